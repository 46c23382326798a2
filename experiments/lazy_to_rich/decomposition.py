"""Reads the three parts of the polynomial task's test loss (probe "decomposition")."""

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from grok_jax.analysis.claims import NOT_MEASURED, Measured, NotMeasured, over_seeds
from grok_jax.analysis.grokking import first_crossing, last_value, relative
from grok_jax.analysis.lazy import t_peak
from grok_jax.analysis.selection import config_value
from grok_jax.plotting.curves import curve, learning_curves, legend
from grok_jax.plotting.style import NORM, OKABE_ITO, TEST, TRAIN, panel_label, style

PARTS = ("variance_error", "misalignment_error", "linear_power")
STANDARD_ERRORS = 4.0  # a mean of independent draws is farther off once in 16,000 times
ROUNDING = 1e-9  # below this share of its start, a float32 loss is noise
RISES = 0.1  # least rise that counts, as a share of the start
LATE = 2.0  # least ratio of times that counts as late
GENERALIZED = 0.1  # a test loss below this share of its start has fallen
# variable -> name, color, line. As in the paper, misalignment error is dashed green and linear power dashed black.
LINES = {
    "test_loss": ("test loss", TEST, "-"),
    "variance_error": ("variance error", OKABE_ITO[3], ":"),
    "misalignment_error": ("misalignment error", NORM, "--"),
    "linear_power": ("power in linear modes", "black", "--"),
}
DECADES = 1e-4  # lower limit of the plot, as a share of the largest test loss


def sampling_error(ds: xr.Dataset, rows: int) -> Float[xr.DataArray, "..."]:
    """Returns an upper bound on the standard error of a test loss over `rows` random rows, given its three parts.

    The residual r = y - f is a quadratic function of Gaussian inputs, so its cumulants are known. With m² the
    variance error, s the misalignment error, l the linear power and v = s + l the variance of r,

    Var(r²) = κ_4 + 4 m κ_3 + 2 v² + 4 m² v,   |κ_3| ≤ 8 (s/2)^{3/2} + 6 l (s/2)^{1/2},   κ_4 ≤ 12 s² + 24 l s,

    and the standard error is √(Var(r²) / rows). The bounds are attained if y - f depends on one direction.

    Args:
      ds: results with the three parts.
      rows: test rows.
    """
    m2, s, linear = (ds[name] for name in PARTS)
    v = s + linear
    third = 8 * (s / 2) ** 1.5 + 6 * linear * (s / 2) ** 0.5
    fourth = 12 * s**2 + 24 * linear * s
    return np.sqrt((fourth + 4 * np.sqrt(m2) * third + 2 * v**2 + 4 * m2 * v) / rows)


def sum_is_test_loss(ds: xr.Dataset) -> Measured:
    """Judges whether the three parts add up to the test loss on random rows, within the sampling error of these rows.

    A run shows it if the two differ by at most STANDARD_ERRORS at every record. The mean of their relative difference
    over runs is reported too and decides nothing. It is a sharper number, because the runs have independent rows.
    """
    rows = config_value(ds, "task.test_size")
    if rows is None:
        raise NotMeasured("needs one known task.test_size")
    total = ds["decomposed_loss"]
    usable = (total > ROUNDING * total.isel(step=0)) & ds["test_loss"].notnull()
    difference = ((ds["test_loss"] - total) / total).where(usable)
    error = (sampling_error(ds, rows) / total).where(usable)
    largest = np.abs(difference / error).max("step")
    judged = over_seeds(
        largest <= STANDARD_ERRORS,
        {"largest |difference| of a run / standard error": largest, "/ test loss": np.abs(difference).max("step")},
    )
    if judged.verdict == NOT_MEASURED:
        return judged
    enough = usable.sum("seed") == ds.sizes["seed"]
    mean, spread = difference.mean("seed"), np.sqrt((error**2).sum("seed")) / ds.sizes["seed"]
    pooled = np.abs(mean / spread).where(enough).max()
    value = {
        **judged.value,
        "largest |mean difference| / standard error": float(pooled),
        "/ test loss ": float(np.abs(mean).where(enough).max()),
    }
    return judged._replace(value=value)


def rise_is_linear_power(ds: xr.Dataset) -> Measured:
    """Judges whether in runs that generalize the test loss first rises, mostly because linear power does.

    A run shows it if the sum of the parts rises from its lowest record so far by at least RISES times its start, the
    top of its largest such rise comes before the misalignment error has halved, and linear power makes up more than
    half of that rise. A run that does not generalize does not count: it has no delay to explain.
    """
    ds, note = _those_that_generalize(ds)
    loss, linear = ds["decomposed_loss"], ds["linear_power"]
    low, peak = _largest_rise(loss)
    rise, linear_rise = (x.isel(step=peak) - x.isel(step=low) for x in (loss, linear))
    start = loss.isel(step=0)
    rises = rise >= RISES * start
    step = ds["step"].isel(step=peak).drop_vars("step")
    early = step < first_crossing(relative(ds["misalignment_error"]), 0.5, "down")
    values = {
        "linear power, start / test loss": linear.isel(step=0) / start,
        "rise of the test loss from its lowest / its start": rise / start,
        "rise of linear power meanwhile / the same": linear_rise / start,
        "step of the peak": step,
    }
    values = {name: value.drop_vars("step", errors="ignore") for name, value in values.items()}
    shown = (rises & early & (linear_rise > rise / 2)).drop_vars("step", errors="ignore")
    return over_seeds(shown, values, note=note)


def _largest_rise(x: Float[xr.DataArray, "*grid step"]) -> tuple[xr.DataArray, xr.DataArray]:
    """Returns the records of the bottom and the top of a curve's largest rise; both are 0 if it only falls."""

    def ends(curve: np.ndarray) -> tuple[int, int]:
        finite = np.where(np.isfinite(curve), curve, -np.inf)
        lowest = np.minimum.accumulate(np.where(np.isfinite(curve), curve, np.inf))
        top = int(np.argmax(np.where(finite > lowest, finite - lowest, 0.0)))
        return int(np.argmin(lowest[: top + 1])), top

    return xr.apply_ufunc(ends, x, input_core_dims=[["step"]], output_core_dims=[[], []], vectorize=True)


def misalignment_falls_late(ds: xr.Dataset) -> Measured:
    """Judges whether in runs that generalize the misalignment error halves LATE times later than the training loss.

    It must also halve after the peak of the test loss.
    """
    ds, note = _those_that_generalize(ds)
    error = relative(ds["misalignment_error"])
    aligned = first_crossing(error, 0.5, "down")
    fitted, peak = first_crossing(relative(ds["train_loss"]), 0.5, "down"), t_peak(ds["decomposed_loss"])
    return over_seeds(
        np.isfinite(aligned) & (aligned >= LATE * fitted) & (aligned > peak),
        {
            "steps to half the misalignment error": aligned,
            "to half the train loss": fitted,
            "to the peak of the test loss": peak,
            "misalignment error, end / start": last_value(error),
        },
        note=note,
    )


def _those_that_generalize(ds: xr.Dataset) -> tuple[xr.Dataset, str]:
    """Returns the runs that generalize, and a note on their number.

    Raises:
      NotMeasured: no run generalizes.
    """
    general = np.atleast_1d(generalizes(ds).values)
    note = f"{general.sum()} of {general.size} runs generalize"
    if not general.any():
        raise NotMeasured(note)
    return ds.isel(seed=np.flatnonzero(general)) if "seed" in ds.dims else ds, note


def generalizes(ds: xr.Dataset) -> Bool[xr.DataArray, "*grid"]:
    """Returns whether the test loss of a run ends below GENERALIZED times its start."""
    return last_value(relative(ds["test_loss"])) < GENERALIZED


def typical_run(ds: xr.Dataset) -> int:
    """Returns the index along 'seed' of a typical run, for plots of a single run.

    It is the run with the median time among those that generalize or, if none does, the run with the median final test
    loss.
    """
    loss, chosen = relative(ds["test_loss"]), generalizes(ds)
    some = bool(chosen.any())
    key = first_crossing(loss, GENERALIZED, "down").where(chosen) if some else last_value(loss)
    return int(np.argsort(key.values)[(max(int(key.count()), 1) - 1) // 2])  # NaN sorts last


def loss_parts(ax: Axes, ds: xr.Dataset) -> None:
    """Draws the test loss and its three parts against the step, both axes logarithmic.

    Args:
      ax: where to draw.
      ds: results with the probe's variables; every axis but 'step' counts as repeats.
    """
    for variable, (name, color, line) in LINES.items():
        curve(ax, ds[variable], color=color, label=name, linestyle=line)
    ax.set_yscale("log")
    ax.set_ylabel("test loss and its parts")
    largest = float(ds["test_loss"].max())
    ax.set_ylim(DECADES * largest, 2 * largest)


def decomposed_run(ds: xr.Dataset) -> Figure:
    """Plots (a) losses of a typical run, with the other test losses faint, (b) its test loss and the three parts.

    The typical run is one that generalizes, if any does; the title says how many do.
    """
    runs = ds if "seed" in ds.dims else ds.expand_dims("seed")
    generalizing = generalizes(runs)
    place = typical_run(runs)
    shown = runs.isel(seed=[place])
    with style():
        figure = Figure(figsize=(10.0, 3.8), layout="constrained")
        left, right = figure.subplots(1, 2)
        for i in range(runs.sizes["seed"]):
            for variable, color in (("train_loss", TRAIN), ("test_loss", TEST)):
                left.plot(runs["step"][1:], runs[variable].isel(seed=i)[1:], color=color, alpha=0.15, linewidth=0.8)
        learning_curves(left, shown, ("train_loss", "test_loss"))
        left.set_ylim(DECADES * float(shown["test_loss"].max()), 2 * float(runs["test_loss"].max()))
        left.set_title(f"{int(generalizing.sum())} of {runs.sizes['seed']} seeds generalize (faint: all of them)")
        legend(left, loc="lower left")
        loss_parts(right, shown)
        kind = "generalizes" if bool(generalizing.isel(seed=place)) else "does not generalize"
        right.set_title(f"one that {kind}")
        legend(right, loc="lower left")
        for ax, letter in zip((left, right), "ab", strict=True):
            panel_label(ax, letter)
    return figure
