"""Whether networks grok in a regression: what counts, in how many seeds, and the answer for one kind of network.

A run groks if its train loss falls to a level, its test loss falls to the same level, and this takes at least DELAYED
times as many steps. The level is an error that means "knows the function", such as that of a method without a network.
A figure whose errors have other names renames them to train_loss and test_loss first.

Of the other runs some generalize with the fit. Some fit, and never generalize within their steps: they decide whether
the network generalizes at all, and leave the delay open. Some do not fit; they decide nothing.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float
from matplotlib.axes import Axes

from grok_jax.analysis.claims import HALF, MINIMUM_SEEDS, MOST, Measured, over_seeds
from grok_jax.analysis.grokking import first_crossing, is_censored, loss_delay, t_loss
from grok_jax.analysis.seeds import Share, median_of_seeds, share_of_seeds
from grok_jax.plotting.maps import heat_map

DELAYED = 3.0  # a run groks if its test loss takes this many times as many steps as its train loss, or more
ANSWERS = BY_ITSELF, INDUCED, DOES_NOT, OPEN = "occurs by itself", "can be induced", "does not occur", "open"


class Outcomes(NamedTuple):
    """What became of each run; a run that diverged or ended early may have none of these outcomes."""

    delay: Float[xr.DataArray, "*grid"]  # t(test) / t(train): inf if it never generalizes, NaN if it does not fit
    groks: Bool[xr.DataArray, "*grid"]
    with_fit: Bool[xr.DataArray, "*grid"]  # generalizes before DELAYED times the steps of its fit
    never: Bool[xr.DataArray, "*grid"]  # fits, and does not generalize within its steps
    unfit: Bool[xr.DataArray, "*grid"]  # does not fit within its steps


def outcomes(ds: xr.Dataset, level: float) -> Outcomes:
    """Returns what became of each run, at one level of the train loss and the test loss."""
    late = loss_delay(ds, level)
    known, never = np.isfinite(late), is_censored(late)
    unfit = is_censored(first_crossing(ds["train_loss"], level, "down"))
    return Outcomes(late, known & (late >= DELAYED), known & (late < DELAYED), never, unfit)


def least_delay(ds: xr.Dataset, level: float) -> Float[xr.DataArray, "..."]:
    """Returns the delay of each run; where it never generalizes, the last step over t(train), which it exceeds."""
    late, (fit, _) = loss_delay(ds, level), t_loss(ds, level)
    return late.where(~np.isinf(late), float(ds["step"][-1]) / fit)


def share_that_groks(ds: xr.Dataset, level: float) -> Share:
    """Returns the share of the seeds that grok, of those that generalize, for each setting."""
    found = outcomes(ds, level)
    return share_of_seeds(found.groks, found.groks | found.with_fit)


def share_that_generalizes(ds: xr.Dataset, level: float) -> Share:
    """Returns the share of the seeds that generalize, early or late, of those that fit, for each setting."""
    found = outcomes(ds, level)
    generalizes = found.groks | found.with_fit
    return share_of_seeds(generalizes, generalizes | found.never)


class Answer(NamedTuple):
    """Whether a kind of network groks, and the shares of seeds behind it."""

    words: str  # one of ANSWERS
    standard: Share  # of seeds that grok at the standard scale without decay
    induced: Share  # of seeds that grok at the large scale with decay


def answer(standard: xr.Dataset, induced: xr.Dataset, level: float) -> Answer:
    """Answers whether a kind of network groks.

    | answer | standard | induced |
    |---|---|---|
    | occurs by itself | at least MOST of the seeds grok | any |
    | can be induced | any other | at least MOST of the seeds grok |
    | does not occur | fewer than HALF grok | fewer than HALF grok |
    | open | any other, such as too few seeds that generalize | |

    Args:
      standard: runs at the standard scale of the initial weights without decay, along 'seed' and 'step'.
      induced: runs at the large scale and the decay for which grokking is expected.
      level: of the train loss and the test loss.
    """
    shares = share_that_groks(standard, level), share_that_groks(induced, level)
    known = [float(each.share) if each.deciding >= MINIMUM_SEEDS else np.nan for each in shares]
    alone, with_decay = (share >= MOST for share in known)
    neither = all(share < HALF for share in known)
    return Answer(BY_ITSELF if alone else INDUCED if with_decay else DOES_NOT if neither else OPEN, *shares)


def judge_delay(ds: xr.Dataset, level: float, *, groks: bool) -> Measured:
    """Judges whether runs at one setting grok, or generalize with their fit; runs that generalize decide.

    Args:
      ds: runs along 'seed' and 'step', and perhaps another axis; see over_all.
      level: of the train loss and the test loss.
      groks: whether they are claimed to grok.
    """
    found = outcomes(ds, level)
    expected = found.groks if groks else found.with_fit
    return over_all(expected, numbers(ds, level), found.groks | found.with_fit)


def judge_generalization(ds: xr.Dataset, level: float, *, generalizes: bool) -> Measured:
    """Judges whether runs at one setting generalize within their steps, early or late; runs that fit decide.

    Args:
      ds: runs along 'seed' and 'step', and perhaps another axis; see over_all.
      level: of the train loss and the test loss.
      generalizes: whether they are claimed to generalize.
    """
    found = outcomes(ds, level)
    does = found.groks | found.with_fit
    return over_all(does if generalizes else found.never, numbers(ds, level), does | found.never)


def numbers(ds: xr.Dataset, level: float) -> dict[str, Float[xr.DataArray, "..."]]:
    """Returns the numbers behind a verdict: the delay, both times, and the lowest test loss over the level."""
    fit, generalize = (first_crossing(ds[f"{split}_loss"], level, "down") for split in ("train", "test"))
    return {
        "delay": loss_delay(ds, level),
        "steps to fit": fit,
        "steps to generalize": generalize,
        "lowest test loss / level": ds["test_loss"].min("step") / level,
    }


def over_all(
    holds: Bool[xr.DataArray, "..."],
    values: Mapping[str, Float[xr.DataArray, "..."]],
    decided: Bool[xr.DataArray, "..."],
) -> Measured:
    """Judges a claim like over_seeds, where runs may have another axis, such as one of images.

    A seed decides if its runs along the other axis all do, and the claim holds in it if it holds for all of them. Each
    point of that axis has its own numbers.
    """
    return over_seeds(on_all(holds & decided), _of_each_point(values), decided=on_all(decided))


def on_all(flag: Bool[xr.DataArray, "..."]) -> Bool[xr.DataArray, "..."]:
    """Returns whether a flag is set along all axes but the seed."""
    return flag.all([dim for dim in flag.dims if dim != "seed"])


def _of_each_point(values: Mapping[str, Float[xr.DataArray, "..."]]) -> dict[str, Float[xr.DataArray, "..."]]:
    found = {}
    for name, x in values.items():
        others = [dim for dim in x.dims if dim != "seed"]
        points = x.stack(point=others, create_index=False) if others else x.expand_dims("point")
        for i in range(points.sizes["point"]):
            one = points.isel(point=i)
            words = ", ".join(str(one[other].item()) for other in others)
            found[f"{name} ({words})" if points.sizes["point"] > 1 else name] = one.reset_coords(drop=True)
    return found


def delay_map(
    ax: Axes, ds: xr.Dataset, level: float, x: str, y: str, *, labels: tuple[str, str], name: str = "t(test) / t(train)"
) -> None:
    """Draws the median delay over two axes of a grid; each cell has the number of seeds that grok, of all seeds.

    Cells are evenly spaced, so that an axis may begin at 0.

    Args:
      ax: where to draw.
      ds: runs along x, y, 'seed' and 'step'.
      level: of the train loss and the test loss.
      x, y: names of the axes.
      labels: labels of x and y, with units.
      name: label of the delay.
    """
    ds = ds.sortby([x, y])
    found = outcomes(ds, level)
    medians = median_of_seeds(found.delay).median.transpose(x, y)
    places = {axis: np.arange(ds.sizes[axis]) for axis in (x, y)}
    words = {"never": "fits, never generalizes", "missing": "does not fit"}
    cells = heat_map(ax, medians.assign_coords(places), x, y, labels=(*labels, name), log="z", **words)
    bar, powers = cells.colorbar, 10.0 ** np.arange(-3, 6)
    inside = [tick for tick in np.outer(powers, (1, 2, 5)).flat if bar.vmin <= tick <= bar.vmax]
    ticks = inside if len(inside) > 1 else [bar.vmin, bar.vmax]
    bar.set_ticks(ticks, labels=[f"{tick:.3g}" for tick in ticks])
    bar.minorticks_off()
    for axis, field in ((ax.xaxis, x), (ax.yaxis, y)):
        axis.set_ticks(places[field], [f"{value:g}" for value in ds[field].values])
    for (i, j), count in np.ndenumerate(found.groks.sum("seed").transpose(x, y).values):
        median = medians.values[i, j]
        is_dark = np.isfinite(median) and cells.norm(np.array([median]))[0] < 0.5
        look: dict[str, Any] = {"ha": "center", "va": "center", "color": "white" if is_dark else "black", "fontsize": 8}
        if not np.isfinite(median):
            look["bbox"] = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
        ax.text(i, j, f"{count}/{ds.sizes['seed']}", **look)
