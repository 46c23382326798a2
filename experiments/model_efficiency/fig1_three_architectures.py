"""Model efficiency, Figure 1: grokking of a transformer, an LSTM and an MLP.

Results: dims (the settings of a network as one axis, 'seed', 'step').
"""

from typing import NamedTuple

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from experiments.model_efficiency.architectures import networks_along, runs_by_network
from experiments.model_efficiency.panels import accuracy_panels
from experiments.model_efficiency.stability import collapse_note
from grok_jax.analysis.claims import Claim, Measured, over_seeds
from grok_jax.analysis.grokking import delay, first_crossing, t_fit, t_generalize, value_at

FITTED, GENERALIZED = 1.0, 0.99
DELAY = 2.0
GUESSING = 0.1  # largest test accuracy that is "close to random guessing"
MIDDLING = (0.1, 0.9)  # test accuracy at t95(train)
LASTS, BAND = 3.0, 0.2  # a plateau lasts until LASTS times t95(train) and changes by at most BAND


def plot(ds: xr.Dataset) -> Figure:
    """Plots accuracies against steps, one panel per network."""
    return accuracy_panels(ds, *networks_along(ds))


def _all_generalize(ds: xr.Dataset) -> Measured:
    networks = runs_by_network(ds)
    fits = [first_crossing(runs["train_accuracy"], FITTED) for runs in networks.values()]
    generalizes = [first_crossing(runs["test_accuracy"], GENERALIZED) for runs in networks.values()]
    holds = xr.concat([np.isfinite(time) for time in (*fits, *generalizes)], "network").all("network")
    values = {f"largest test accuracy, {name}": runs["test_accuracy"].max("step") for name, runs in networks.items()}
    return over_seeds(holds, values)


def _two_are_delayed(ds: xr.Dataset) -> Measured:
    networks = runs_by_network(ds)
    delays = {name: delay(runs).where(np.isfinite(t_fit(runs))) for name, runs in networks.items()}
    fitted = {name: first_crossing(runs["train_accuracy"], FITTED) for name, runs in networks.items()}
    accuracy = {name: value_at(runs["test_accuracy"], fitted[name]) for name, runs in networks.items()}
    ratio, guess = (xr.concat([x["LSTM"], x["MLP"]], "network") for x in (delays, accuracy))
    is_late, is_early = (ratio > DELAY) & (guess < GUESSING), (ratio <= DELAY) | (guess >= GUESSING)
    known = (np.isfinite(ratio) & guess.notnull()).all("network") | is_early.any("network")
    values = {f"delay, {name}": x for name, x in delays.items()}
    values |= {f"test accuracy at {FITTED:.0%} train accuracy, {name}": x for name, x in accuracy.items()}
    return over_seeds(is_late.all("network"), values, decided=known)


class Plateau(NamedTuple):
    """Test accuracy from t95(train) to LASTS times that step."""

    height: xr.DataArray  # at t95(train)
    change: xr.DataArray  # largest minus smallest


def _plateau(runs: xr.Dataset) -> Plateau:
    test, fit = runs["test_accuracy"], t_fit(runs)
    ends = xr.concat([value_at(test, fit), value_at(test, LASTS * fit)], "step", join="outer")
    inside = test.where((test["step"] >= fit) & (test["step"] <= LASTS * fit)).drop_vars("step")
    spread = xr.concat([inside, ends.transpose(*inside.dims)], "step")
    return Plateau(ends.isel(step=0), spread.max("step") - spread.min("step"))


def _transformer_plateaus(ds: xr.Dataset) -> Measured:
    runs = runs_by_network(ds)["transformer"]
    height, change = _plateau(runs)
    late, fit = t_generalize(runs), t_fit(runs)
    stays = (height >= MIDDLING[0]) & (height <= MIDDLING[1]) & (change <= BAND)
    values = {
        "test accuracy at t95(train)": height,
        f"change until {LASTS:g} times that step": change,
        "t95(train)": fit,
        "t95(test)": late,
    }
    known = np.isfinite(fit) & (np.isfinite(late) | ~stays)
    return over_seeds(stays & np.isfinite(late), values, decided=known, note=collapse_note(runs))


CLAIMS = [
    Claim(
        "model_efficiency/fig1/1",
        "transformer, LSTM and MLP reach 100% train accuracy and 99% test accuracy",
        "training and validation accuracy of all three become perfect",
        _all_generalize,
    ),
    Claim(
        "model_efficiency/fig1/2",
        f"LSTM and MLP: test accuracy is below {GUESSING:.0%} when train accuracy reaches {FITTED:.0%}, "
        f"and t95(test) / t95(train) is above {DELAY:g}",
        "their validation accuracy stays close to random guessing until after perfect training accuracy",
        _two_are_delayed,
    ),
    Claim(
        "model_efficiency/fig1/3",
        f"transformer: test accuracy at t95(train) is from {MIDDLING[0]:.0%} to {MIDDLING[1]:.0%}; it "
        f"changes by {BAND:.0%} or less until {LASTS:g} times that step, and reaches 95% later",
        "validation accuracy plateaus at intermediate levels before surging to full accuracy",
        _transformer_plateaus,
    ),
]
