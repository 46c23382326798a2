"""Numbers that were read off the public code's pictures of landscapes, held against synthetic landscapes."""

import json

import numpy as np
import pytest
import xarray as xr

from configs.omnigrok.fig6_toy_addition import FINE, SIZES
from experiments.check_pictures import check_curves
from experiments.checks import AGREES, DIFFERS, NOT_COMPARED, compare
from experiments.omnigrok import (
    fig2a_teacher_student_landscape,
    fig3abc_mnist_landscape,
    fig4abc_imdb_landscape,
    fig4d_imdb_grokking,
    fig5abc_qm9_landscape,
    fig8_mnist_representation,
    toy_addition_numbers,
)
from experiments.omnigrok.drawn import PATH, along_path, at_points, blurred, row_of_pixels
from grok_jax.analysis.claims import NotMeasured

INIT_SCALE, MESSINESS, TRAIN_SIZE = "model.init_scale", "task.messiness", "task.train_size"
LANDSCAPES = (fig3abc_mnist_landscape, fig4abc_imdb_landscape, fig5abc_qm9_landscape, fig8_mnist_representation)
CONFIG = {"model": {"width": 256}, "task": {"train_fraction": 0.5}, "training": {"batch_size": 32}}
STEPS = [0, 100]


def flat(points, height, seeds=2):
    """Runs at the points of a plane, whose losses and errors have one height everywhere."""
    points = {axis: list(values) for axis, values in points.items()}
    dims = (*points, "seed", "step")
    shape = (*(len(values) for values in points.values()), seeds, len(STEPS))
    loss = xr.DataArray(np.ones(shape), {**points, "seed": range(seeds), "step": STEPS}, dims) * height
    names = {"train_loss": loss, "test_loss": loss, "train_accuracy": 1 - loss, "test_accuracy": 1 - loss}
    return xr.Dataset(names, attrs={"config": json.dumps(CONFIG)})


def of_height(module, height):
    """The landscape of a module whose slices have one height in the unit of its numbers."""
    if module is fig5abc_qm9_landscape:  # stored: batches' losses, summed, over the molecules
        half = xr.DataArray(np.array(module.POINTS[module.SIZE]) / 2, {module.SIZE: list(module.POINTS[module.SIZE])})
        height = height * half / np.ceil(half / 32)
    return flat(module.POINTS, height)


def verdicts(checks, ds):
    return [row["verdict"] for row in compare(checks, ds)]


HEIGHTS = [(m, c) for m in LANDSCAPES for c in m.CHECKS if c.kind in ("value", "dip")]


@pytest.mark.parametrize(("module", "check"), HEIGHTS)
def test_a_landscape_of_the_authors_height_agrees_and_one_twice_as_high_differs(module, check):
    assert verdicts([check], of_height(module, check.theirs)) == [AGREES]
    assert verdicts([check], of_height(module, 2 * check.theirs)) == [DIFFERS]


@pytest.mark.parametrize("module", LANDSCAPES)
def test_a_landscape_on_other_points_than_the_codes_is_not_compared(module):
    ds = of_height(module, 0.1).isel({INIT_SCALE: slice(None, None, 2)})
    rows = compare(module.CHECKS, ds)
    assert {row["verdict"] for row in rows} == {NOT_COMPARED}
    assert all(row["note"].startswith(f"no run with {INIT_SCALE}") for row in rows)


@pytest.mark.parametrize(("place", "found"), [(1.0, AGREES), (4.0, DIFFERS)])
def test_the_scale_of_the_lowest_loss_is_compared(place, found):
    scales = fig5abc_qm9_landscape.POINTS[INIT_SCALE]
    valley = xr.DataArray(1 + np.log(scales / place) ** 2, {INIT_SCALE: scales})
    (check,) = [c for c in fig5abc_qm9_landscape.CHECKS if c.kind == "dip step" and c.theirs == 1]
    assert verdicts([check], of_height(fig5abc_qm9_landscape, valley)) == [found]


def test_the_picture_of_a_landscape_has_its_slices():
    checks = fig3abc_mnist_landscape.CHECKS
    ds = of_height(fig3abc_mnist_landscape, 0.2)
    figure = check_curves(checks, compare(checks, ds), ds)
    assert [ax.get_ylabel() for ax in figure.axes if ax.get_ylabel()] == [
        f"{split} error at {digits} digits" for digits in (200, 8000) for split in ("test", "train")
    ]
    assert {ax.get_xlabel() for ax in figure.axes} == {"initialization scale α = w/w₀"}
    figure.draw_without_rendering()


def test_reviews_are_compared_only_at_the_width_of_the_code():
    ds = of_height(fig4abc_imdb_landscape, 0.3)
    ds.attrs["config"] = json.dumps({"model": {"width": 128}})
    rows = compare(fig4abc_imdb_landscape.CHECKS, ds)
    assert {row["note"] for row in rows} == {"needs model.width = 256; the results have 128"}


@pytest.mark.parametrize(("factor", "found"), [(1.0, AGREES), (0.6, DIFFERS)])
def test_accuracies_of_reviews_are_compared_at_their_steps(factor, found):
    checks, steps = fig4d_imdb_grokking.CHECKS, [0, 120, 300, 1000, 10_000, 70_000, 75_000]
    theirs = {(c.runs[INIT_SCALE], c.curve, c.where): c.theirs for c in checks}

    def curves(name):
        return ("run", "seed", "step"), [[[factor * theirs.get((a, name, s), 0.5) for s in steps]] for a in (6, 1)]

    settings = {INIT_SCALE: ("run", [6, 1]), "optimizer.weight_decay": ("run", [1, 0])}
    ds = xr.Dataset(
        {name: curves(name) for name in ("train_accuracy", "test_accuracy")},
        {**settings, "seed": [0], "step": steps},
        {"config": json.dumps(CONFIG)},
    )
    assert set(verdicts(checks, ds)) == {found}


@pytest.mark.parametrize(("factor", "found"), [(1.0, AGREES), (2.0, DIFFERS)])
def test_losses_of_the_teacher_student_landscape_are_compared_along_the_scale(factor, found):
    checks = fig2a_teacher_student_landscape.CHECKS
    scales, steps = 10 ** np.linspace(-1, 1, 11), [0, 9800, 10_000]
    losses = {name: np.ones((scales.size, 1, len(steps))) for name in ("train_loss", "test_loss")}
    for check in checks:
        name, _, step = check.curve.partition(" at step ")
        at = np.abs(scales - check.where).argmin(), 0, steps.index(int(step.replace(",", "")))
        losses[name][at] = check.theirs * factor
    dims = (INIT_SCALE, "seed", "step")
    ds = xr.Dataset({n: (dims, x) for n, x in losses.items()}, {INIT_SCALE: scales, "seed": [0], "step": steps})
    assert set(verdicts(checks, ds)) == {found}
    rows = compare(checks, ds.isel({INIT_SCALE: slice(1, -1)}))
    assert {row["check"] for row in rows if row["verdict"] == NOT_COMPARED} == {
        f"{name} at step {step} (init scale {scale})"
        for name, step in (("train loss", "0"), ("train loss", "9,800"), ("test loss", "9,800"))
        for scale in ("0.1", "10")
        if (name, step, scale) != ("train loss", "9,800", "10")
    }


# --- toy addition ---


def plane(train, seeds=2, scales=FINE[0]):
    """Runs of toy addition at the points of the fine grid, whose train loss is a function of α, m, pairs and step."""
    steps = np.array([0, 100, 1000, 4900, 10_100, 14_900, 15_000])
    axes = {INIT_SCALE: scales, MESSINESS: FINE[1], TRAIN_SIZE: list(SIZES), "seed": range(seeds), "step": steps}
    grids = np.meshgrid(*(np.asarray(values, float) for values in axes.values()), indexing="ij")
    loss = np.broadcast_to(train(*grids[:3], grids[4]), grids[0].shape)
    return xr.Dataset({name: (tuple(axes), loss) for name in ("train_loss", "test_loss")}, axes)


def found(words, ds):
    rows = [row for row in compare(toy_addition_numbers.CHECKS, ds) if words in row["check"]]
    assert rows
    return {row["verdict"] for row in rows}


def medians(scale, m, pairs, step):
    shown = dict(zip(toy_addition_numbers.STEPS, toy_addition_numbers.SHARES[0.5], strict=True))
    return np.vectorize(lambda at: shown.get(int(at), 1.0))(step)


def test_the_median_train_loss_of_toy_addition_is_compared_at_every_step():
    assert found("50% quantile", plane(medians)) == {AGREES}
    assert found("50% quantile", plane(lambda *at: 2 * medians(*at))) == {DIFFERS}


@pytest.mark.parametrize(("share", "verdict"), [(0.44, AGREES), (0.8, DIFFERS)])
def test_the_share_of_large_train_losses_is_compared(share, verdict):
    printed = FINE[0][FINE[0] <= 3.7 + 1e-6]
    edge = np.quantile(printed, share)
    assert found("share of train losses", plane(lambda scale, *_: np.where(scale < edge, 1.0, 1e-4))) == {verdict}


def lines(scale, m, pairs, step):
    """Falls to .02 at the α that the picture of the code shows at m = 0 and m = .1."""
    foot = np.select([pairs == 25, pairs == 35], [2.3, 2.4], 2.7)
    top = np.select([pairs == size for size in SIZES], [2.7, 3.0, 3.35, 3.6])
    return 0.02 * np.exp(-4 * (scale - foot - (top - foot) * m / 0.1))


def test_contours_of_the_train_loss_are_compared():
    assert found("contour of train loss", plane(lines)) == {AGREES}
    assert found("contour of train loss", plane(lambda scale, *rest: lines(scale - 1.3, *rest))) == {DIFFERS}


def test_where_a_contour_leaves_the_plane_is_compared():
    def edges(scale, m, pairs, step):
        return 0.02 * np.exp(40 * (m - np.where(pairs == 25, 0.04, 0.015)) - scale + 2.5)

    assert found("messiness where train loss", plane(edges)) == {AGREES}
    assert found("messiness where train loss", plane(lambda scale, m, *rest: edges(scale, m - 0.04, *rest))) == {
        DIFFERS
    }


def test_a_plane_without_the_points_of_the_fine_grid_is_not_compared():
    ds = plane(lines, scales=FINE[0][::2])
    assert found("quantile", ds) | found("contour", ds) | found("messiness where", ds) == {NOT_COMPARED}


def test_losses_of_single_runs_of_toy_addition_are_compared_where_they_are():
    def starts(scale, m, pairs, step):
        return np.select([scale < 1, scale < 3], [1.03, 3.2], 40.0)

    ds = plane(starts, scales=np.concatenate([[0.0], FINE[0]]))
    assert found("at step 0", ds) == {AGREES}
    assert found("at step 0", 2 * ds) == {DIFFERS}
    notes = {
        row["note"]
        for row in compare(toy_addition_numbers.CHECKS, plane(starts))
        if "init scale 0, messiness 0)" in row["check"]
    }
    assert notes == {"no run with model.init_scale = 0"}


# --- what the pictures do ---


def cells(values):
    return xr.DataArray(np.asarray(values, float), {"x": range(np.shape(values)[0]), "y": range(np.shape(values)[1])})


def test_blurring_keeps_a_constant_and_the_sum_of_a_point_in_the_middle():
    points = {"x": range(11), "y": range(11)}
    np.testing.assert_allclose(blurred(cells(np.full((11, 11), 3.0)), points), 3)
    peak = np.zeros((11, 11))
    peak[5, 5] = 1
    shown = blurred(cells(peak), points)
    assert float(shown.sum()) == pytest.approx(1)
    assert float(shown[5, 6] / shown[5, 5]) == pytest.approx(np.exp(-0.5))


def test_seeds_are_not_blurred_into_one_another():
    z = xr.concat([cells(np.zeros((5, 5))), cells(np.ones((5, 5)))], "seed")
    np.testing.assert_allclose(blurred(z, {"x": range(5), "y": range(5)}).mean(["x", "y"]), [0, 1])


@pytest.mark.parametrize(("row", "height"), [(100, 9.55), (56, 5.15), (146, 12.0), (0, 0.0), (5, 0.05)])
def test_a_row_of_pixels_is_a_mixture_of_two_cells_and_at_the_edge_the_last_one(row, height):
    z = cells(np.arange(13.0)[:, None].repeat(2, 1))
    np.testing.assert_allclose(row_of_pixels(z, "x", row), height)


def test_a_path_goes_straight_from_point_to_point():
    x, y = np.meshgrid(range(6), range(6), indexing="ij")
    shown = along_path(cells(2.0 * x + y), ("x", "y"), ((0, 0), (2, 1), (2, 5)), (10, 20))
    assert shown[PATH].size == 31
    np.testing.assert_allclose(shown[[0, 5, 10, 20, 30]], [0, 2.5, 5, 7, 9], atol=1e-9)


def test_a_point_that_is_missing_is_named():
    with pytest.raises(NotMeasured, match="no run with x = 7"):
        at_points(cells(np.zeros((3, 3))), {"x": (0, 7)})
    with pytest.raises(NotMeasured, match="needs the axis z"):
        at_points(cells(np.zeros((3, 3))), {"z": (0,)})
