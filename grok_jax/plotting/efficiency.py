"""Efficiency of circuits: small functions from results to Axes."""

import xarray as xr
from jaxtyping import Bool, Float
from matplotlib.axes import Axes

from grok_jax.analysis.critical_size import FRACTION
from grok_jax.analysis.efficiency import LOGIT
from grok_jax.plotting.style import colours


def ways(ax: Axes, ds: xr.Dataset, shown: Bool[xr.DataArray, "*grid step"]) -> None:
    """Draws the weight norm against the correct logit along each run's training, a colour for each amount of data.

    Args:
      ax: where to draw.
      ds: results of the probe "logits" along FRACTION, 'seed' and 'step'.
      shown: the records to draw; where a run ends is a dot.
    """
    for i, colour in enumerate(colours(ds.sizes[FRACTION])):
        runs, here = ds.isel({FRACTION: i}), shown.isel({FRACTION: i})
        label = f"{runs[FRACTION].item():.3g}"
        for seed in range(runs.sizes.get("seed", 1)):
            one, of_one = (x.isel(seed=seed) if "seed" in x.dims else x for x in (runs, here))
            logit, norm = (one[name].where(of_one).dropna("step") for name in ("correct_logit", "weight_norm"))
            if logit.size and norm.size:
                logit, norm = xr.align(logit, norm)
                ax.plot(logit, norm, color=colour, label=label, linewidth=1.1, alpha=0.8)
                ax.plot(logit[-1:], norm[-1:], "o", color=colour, markersize=5)
                label = None
    ax.axvline(LOGIT, color="0.5", linestyle=":", linewidth=1)
    ax.set(xlabel="correct logit, above the mean of all (dot: end)", ylabel="weight norm")


def norms_along(
    ax: Axes,
    norm: Float[xr.DataArray, "..."],
    *,
    colour: str,
    label: str,
    linestyle: str = "-",
    marker: str = "o",
) -> None:
    """Draws a norm of each run over the amount of data, and the line of their means; NaN has no point."""
    repeats = [d for d in norm.dims if d != FRACTION]
    known = norm.dropna(FRACTION, how="all")
    if not known.sizes[FRACTION]:
        return
    for run in known.stack(run=repeats).transpose("run", FRACTION) if repeats else [known]:
        ax.plot(known[FRACTION], run, marker, color=colour, markersize=4, alpha=0.6)
    ax.plot(known[FRACTION], known.mean(repeats), color=colour, linestyle=linestyle, label=label)
