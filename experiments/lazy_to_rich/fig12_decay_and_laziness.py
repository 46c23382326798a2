"""Lazy to rich, Figure 12: weight decay removes the grokking of a transformer; a larger output scale restores it.

Results: dims ('model.output_scale,optimizer.weight_decay', 'seed', 'step').
"""

from collections.abc import Callable

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from configs.lazy_to_rich.fig12_decay_and_laziness import SETTINGS
from grok_jax.analysis.claims import Claim, Measured, NotMeasured, over_seeds
from grok_jax.analysis.grokking import LEVEL, delay, is_censored, last_value, t_fit, t_generalize
from grok_jax.analysis.selection import runs_at
from grok_jax.plotting.curves import learning_curves, legend, mark_time
from grok_jax.plotting.style import TEST, TRAIN, panel_label, style

OUTPUT_SCALE, WEIGHT_DECAY = "model.output_scale", "optimizer.weight_decay"
LARGE, GONE = 10.0, 2.0  # delays


def plot(ds: xr.Dataset) -> Figure:
    """Plots losses, as in the paper, above accuracies, one column per setting: (a) lazy, (b) decayed, (c) both."""
    with style():
        figure = Figure(figsize=(10.8, 5.6), layout="constrained")
        panels = figure.subplots(2, len(SETTINGS), sharex=True, sharey="row")
        for (alpha, gamma), (top, bottom), letter in zip(SETTINGS, panels.T, "abc", strict=True):
            top.set_title(f"α = {alpha:g}, decay {gamma:g}")
            panel_label(top, letter)
            try:
                runs = _runs(ds, alpha, gamma)
            except NotMeasured:  # a custom grid without this setting
                continue
            learning_curves(top, runs, ("train_loss", "test_loss"))
            learning_curves(bottom, runs)
            for time, color, name in ((t_fit(runs), TRAIN, "train"), (t_generalize(runs), TEST, "test")):
                mark_time(bottom, time, color=color, label=f"{LEVEL:.0%} {name}")
            legend(bottom, loc="upper left")
            top.set_xlabel("")
        legend(panels[0, 0], loc="lower left")
        for ax in panels[:, 1:].flat:
            ax.set_ylabel("")
    return figure


def _runs(ds: xr.Dataset, alpha: float, gamma: float) -> xr.Dataset:
    return runs_at(runs_at(ds, {WEIGHT_DECAY: gamma}), {OUTPUT_SCALE: alpha})


def _delay(
    ds: xr.Dataset,
    setting: tuple[float, float],
    expected: Callable[[xr.DataArray], xr.DataArray],
    at_most: float = np.inf,
) -> Measured:
    """Judges whether the delay of the runs with a setting is as expected: at most `at_most`.

    A run that never generalizes has no delay. It decides only if its budget is at_most times its steps to fit.
    """
    runs = _runs(ds, *setting)
    ratio, fit = delay(runs), t_fit(runs)
    too_late = float(runs["step"][-1]) >= at_most * fit
    return over_seeds(
        expected(ratio),
        {
            "delay": ratio,
            "t95(train)": fit,
            "t95(test)": t_generalize(runs),
            "final test accuracy": last_value(runs["test_accuracy"]),
        },
        decided=ratio.notnull() & (~is_censored(ratio) | too_late),
    )


CLAIMS = [
    Claim(
        "lazy_to_rich/fig12/1",
        "α = .5, decay 1: the delay t95(test)/t95(train) is large (above 10)",
        "start with large grokking time delay",
        lambda ds: _delay(ds, SETTINGS[0], lambda ratio: ratio > LARGE),
    ),
    Claim(
        "lazy_to_rich/fig12/2",
        "α = .5, decay 5: the delay is gone (below 2)",
        "increasing weight decay makes grokking vanish",
        lambda ds: _delay(ds, SETTINGS[1], lambda ratio: ratio < GONE, at_most=GONE),
    ),
    Claim(
        "lazy_to_rich/fig12/3",
        "α = 1.4, decay 5: the delay is back (above 10)",
        "commensurately increasing laziness recovers grokking",
        lambda ds: _delay(ds, SETTINGS[2], lambda ratio: ratio > LARGE),
    ),
]
