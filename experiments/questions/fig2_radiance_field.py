"""Questions, Figure 2: does a NeRF grok when it learns a scene?

Results: dims (settings as one axis, 'seed', 'step'); with the probe "kernel".
"""

from collections.abc import Callable
from typing import Any

import xarray as xr
from matplotlib.figure import Figure

from configs.questions.fig1_image_field import STANDARD
from configs.questions.fig2_radiance_field import AMOUNT, DATA, LARGE
from configs.questions.fig2_radiance_field import DECAY as EXPECTED
from configs.questions.fig2_radiance_field import LEVEL as ERROR_LEVEL
from experiments.questions.coordinates import (
    FACTOR,
    LEVEL,
    Finding,
    Study,
    at,
    is_lazier,
    is_lu,
    judge_finding,
    later_with_less_data,
    later_with_less_decay,
    later_with_output_scale,
)
from experiments.questions.occurrence import DELAYED, answer, judge_delay, judge_generalization
from experiments.questions.panels import (
    draw_amounts,
    draw_curves,
    draw_kernel,
    draw_landscape,
    draw_map,
    draw_outputs,
)
from grok_jax.analysis.claims import Claim, Measured
from grok_jax.plotting.style import panel_label, style

NETWORK = "nerf"
STUDY = Study(DATA, AMOUNT, STANDARD, LARGE, {NETWORK: EXPECTED})


def in_levels(ds: xr.Dataset) -> xr.Dataset:
    """Returns the results with losses divided by the level."""
    return ds.assign({name: ds[name] / ERROR_LEVEL for name in ("train_loss", "test_loss")})


def plot(ds: xr.Dataset) -> Figure:
    """Plots (a) curves, (b, d, f) delays, (c) errors at constant norm, (e) the kernel."""
    ds = in_levels(ds)
    with style():
        figure = Figure(figsize=(14, 7.4), layout="constrained")
        panels = list(figure.subplots(2, 3).flat)
        draw_curves(panels[0], ds, STUDY, NETWORK)
        draw_map(panels[1], ds, STUDY)
        draw_landscape(panels[2], ds)
        draw_outputs(panels[3], ds)
        draw_kernel(panels[4], ds)
        draw_amounts(panels[5], ds, STUDY, NETWORK, "cameras to train on")
        panels[0].set_title("NeRF")
        for ax, letter in zip(panels, "abcdef", strict=True):
            panel_label(ax, letter)
    return figure


def table(ds: xr.Dataset) -> list[dict[str, Any]]:
    """Returns the answer for the network, and the seeds behind it."""
    found = answer(_runs(ds, STANDARD, 0.0), _runs(ds, LARGE, EXPECTED), LEVEL)
    row: dict[str, Any] = {"network": "NeRF", "grokking": found.words}
    for label, share in (("standard", found.standard), ("large with decay", found.induced)):
        row[f"{label}: seeds that grok"] = int(share.holding)
        row[f"{label}: seeds that generalize"] = int(share.deciding)
    return [row]


def _runs(ds: xr.Dataset, scale: float, decay: float) -> xr.Dataset:
    return at(in_levels(ds), STUDY, scale, decay)


def _of(find: Callable[[xr.Dataset], Finding]) -> Callable[[xr.Dataset], Measured]:
    return lambda ds: judge_finding(find(in_levels(ds)))


CLAIMS = [
    Claim(
        "questions/fig2/1",
        f"at the standard scale without decay, the test error reaches the level in less than {DELAYED:g} times the "
        "steps of the train error",
        "with standard initial weights there is no delay",
        lambda ds: judge_delay(_runs(ds, STANDARD, 0.0), LEVEL, groks=False),
        own=True,
    ),
    Claim(
        "questions/fig2/2",
        f"at α = {LARGE:g} with decay {EXPECTED:g}, the test error reaches the level {DELAYED:g} times as many steps "
        "after the start as the train error, or more",
        "large initial weights and weight decay induce grokking on tasks beyond algorithms",
        lambda ds: judge_delay(_runs(ds, LARGE, EXPECTED), LEVEL, groks=True),
        own=True,
    ),
    Claim(
        "questions/fig2/3",
        f"at α = {LARGE:g} without decay, the train error reaches the level and the test error does not",
        "without weight decay a large norm stays, and the network overfits",
        lambda ds: judge_generalization(_runs(ds, LARGE, 0.0), LEVEL, generalizes=False),
        own=True,
    ),
    Claim(
        "questions/fig2/4",
        f"at α = {LARGE:g}, generalization takes {FACTOR:g} times as many steps with the weakest decay as with the "
        "strongest, or more",
        "the steps to generalize are inversely proportional to the decay",
        _of(lambda ds: later_with_less_decay(ds, STUDY)),
        own=True,
    ),
    Claim(
        "questions/fig2/5",
        f"at α = {LARGE:g} with decay, the delay with the fewest cameras is {FACTOR:g} times that with the most or "
        "more",
        "the delay falls with the amount of data",
        _of(lambda ds: later_with_less_data(ds, STUDY, NETWORK)),
        own=True,
    ),
    Claim(
        "questions/fig2/6",
        "at constant norm the train error falls to the level and stays there (L), while the test error is "
        f"{FACTOR:g} times its lowest or more at both ends (U)",
        "the LU mechanism: train loss L-shaped and test loss U-shaped over the weight norm",
        _of(is_lu),
        own=True,
    ),
    Claim(
        "questions/fig2/7",
        f"the delay at the largest output scale is {FACTOR:g} times that at the smallest, or more",
        "lazy to rich (Kumar et al.): a larger output scale delays generalization",
        _of(later_with_output_scale),
        own=True,
    ),
    Claim(
        "questions/fig2/8",
        "the kernel moves less at the largest output scale than at the smallest",
        "lazy to rich (Kumar et al.): a large output scale is lazy",
        _of(is_lazier),
        own=True,
    ),
]
