"""Questions, Figure 1: do networks of coordinates grok when they learn an image?

Results: dims (networks and settings as one axis, 'seed', 'step'), perhaps with 'task.image'; with the probe "kernel".
"""

from collections.abc import Callable
from typing import Any

import xarray as xr
from matplotlib.figure import Figure

from configs.questions.fig1_image_field import AMOUNT, DATA, LARGE, STANDARD
from configs.questions.fig1_image_field import DECAY as EXPECTED
from configs.questions.fig1_image_field import LEVEL as LEVELS
from experiments.questions.coordinates import (
    FACTOR,
    LEVEL,
    Finding,
    Study,
    at,
    is_lazier,
    is_lu,
    judge_most,
    later_with_less_data,
    later_with_less_decay,
    later_with_output_scale,
    of_network,
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
from grok_jax.analysis.selection import with_axis
from grok_jax.plotting.style import panel_label, style

IMAGE = "task.image"
STUDY = Study(DATA, AMOUNT, STANDARD, LARGE, EXPECTED)
NETWORKS = {"mlp": "plain MLP", "fourier_mlp": "Fourier features", "siren": "SIREN"}
IMAGES = {"digit": "a digit", "china": "a photograph"}
INDUCES = "large initial weights and weight decay induce grokking on tasks beyond algorithms"


def in_levels(ds: xr.Dataset) -> xr.Dataset:
    """Returns the results with an axis of images, and losses divided by the level of their image."""
    ds = with_axis(ds, IMAGE)
    level = xr.DataArray([LEVELS[str(image)] for image in ds[IMAGE].values], dims=IMAGE, coords={IMAGE: ds[IMAGE]})
    return ds.assign({name: ds[name] / level for name in ("train_loss", "test_loss")})


def plot(ds: xr.Dataset) -> Figure:
    """Plots for each network (a) curves, (b, d, f) delays, (c) errors at constant norm, (e) the kernel."""
    ds = in_levels(ds)
    columns = [(ds.sel({IMAGE: image}), str(image), name) for image in ds[IMAGE].values for name in NETWORKS]
    with style():
        figure = Figure(figsize=(4.7 * len(columns), 19), layout="constrained")
        panels = figure.subplots(6, len(columns), squeeze=False)
        for (runs, image, name), axes in zip(columns, panels.T, strict=True):
            own = of_network(runs, name)
            draw_curves(axes[0], own, STUDY, name)
            draw_map(axes[1], own, STUDY)
            draw_landscape(axes[2], own)
            draw_outputs(axes[3], own)
            draw_kernel(axes[4], own)
            draw_amounts(axes[5], own, STUDY, name, "share of the pixels to train on")
            axes[0].set_title(f"{NETWORKS[name]}, {IMAGES[image]}")
        for ax, letter in zip(panels[:, 0], "abcdef", strict=True):
            panel_label(ax, letter)
    return figure


def table(ds: xr.Dataset) -> list[dict[str, Any]]:
    """Returns the answer for each network on each image, and the seeds behind it."""
    ds = in_levels(ds)
    rows = []
    for image in ds[IMAGE].values:
        for name, words in NETWORKS.items():
            runs = of_network(ds.sel({IMAGE: image}), name)
            scales = ((STANDARD, 0.0), (LARGE, EXPECTED[name]))
            found = answer(*(at(runs, STUDY, scale, decay) for scale, decay in scales), LEVEL)
            row = {"image": str(image), "network": words, "grokking": found.words}
            for label, share in (("standard", found.standard), ("large with decay", found.induced)):
                row[f"{label}: seeds that grok"] = int(share.holding)
                row[f"{label}: seeds that generalize"] = int(share.deciding)
            rows.append(row)
    return rows


def _runs(ds: xr.Dataset, name: str, scale: float, decay: float) -> xr.Dataset:
    return at(of_network(in_levels(ds), name), STUDY, scale, decay)


def _each(find: Callable[[xr.Dataset, str], Finding]) -> Callable[[xr.Dataset], Measured]:
    """Returns a measure of what is found in each network."""
    return lambda ds: judge_most(
        {words: find(of_network(in_levels(ds), name), name) for name, words in NETWORKS.items()}
    )


def _standard(name: str) -> Callable[[xr.Dataset], Measured]:
    return lambda ds: judge_delay(_runs(ds, name, STANDARD, 0.0), LEVEL, groks=False)


def _induced(name: str) -> Callable[[xr.Dataset], Measured]:
    return lambda ds: judge_delay(_runs(ds, name, LARGE, EXPECTED[name]), LEVEL, groks=True)


def _without_decay(name: str) -> Callable[[xr.Dataset], Measured]:
    return lambda ds: judge_generalization(_runs(ds, name, LARGE, 0.0), LEVEL, generalizes=False)


OF_EACH: list[tuple[Callable[[str], str], str, Callable[[str], Callable[[xr.Dataset], Measured]]]] = [
    (
        lambda name: (
            f"at the standard scale without decay, the test error reaches the level in less than {DELAYED:g} "
            "times the steps of the train error"
        ),
        "with standard initial weights there is no delay",
        _standard,
    ),
    (
        lambda name: (
            f"at α = {LARGE:g} with decay {EXPECTED[name]:g}, the test error reaches the level {DELAYED:g} "
            "times as many steps after the start as the train error, or more"
        ),
        INDUCES,
        _induced,
    ),
    (
        lambda name: f"at α = {LARGE:g} without decay, the train error reaches the level and the test error does not",
        "without weight decay a large norm stays, and the network overfits",
        _without_decay,
    ),
]
OF_MOST: list[tuple[str, str, Callable[[xr.Dataset, str], Finding]]] = [
    (
        f"at α = {LARGE:g}, generalization takes {FACTOR:g} times as many steps with the weakest decay as with the "
        "strongest, or more",
        "the steps to generalize are inversely proportional to the decay",
        lambda ds, name: later_with_less_decay(ds, STUDY),
    ),
    (
        f"at α = {LARGE:g} with decay, the delay with the fewest pixels is {FACTOR:g} times that with the most or more",
        "the delay falls with the amount of data",
        lambda ds, name: later_with_less_data(ds, STUDY, name),
    ),
    (
        "at constant norm the train error falls to the level and stays there (L), while the test error is "
        f"{FACTOR:g} times its lowest or more at both ends (U)",
        "the LU mechanism: train loss L-shaped and test loss U-shaped over the weight norm",
        lambda ds, name: is_lu(ds),
    ),
    (
        f"the delay at the largest output scale is {FACTOR:g} times that at the smallest, or more",
        "lazy to rich (Kumar et al.): a larger output scale delays generalization",
        lambda ds, name: later_with_output_scale(ds),
    ),
    (
        "the kernel moves less at the largest output scale than at the smallest",
        "lazy to rich (Kumar et al.): a large output scale is lazy",
        lambda ds, name: is_lazier(ds),
    ),
]
STATEMENTS = [
    (f"{words}: {text(name)}", paper, measure(name))
    for text, paper, measure in OF_EACH
    for name, words in NETWORKS.items()
]
STATEMENTS += [(f"2 of the 3 networks: {text}", paper, _each(find)) for text, paper, find in OF_MOST]
CLAIMS = [
    Claim(f"questions/fig1/{number}", text, paper, measure, own=True)
    for number, (text, paper, measure) in enumerate(STATEMENTS, start=1)
]
