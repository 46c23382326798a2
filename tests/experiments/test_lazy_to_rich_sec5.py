import numpy as np
import pytest
import xarray as xr

from experiments.lazy_to_rich.sec5_sample_complexity import CLAIMS, EPSILON, FEATURES, POINT, STEPS, TRAIN_SIZE, plot
from grok_jax.analysis.claims import judge

COUNTS, EPSILONS = (10, 20, 40), (0.125, 0.25, 0.5)
GRID = np.geomspace(5, 40_000, 40).round().astype(int)


def kernel_as_the_paper_says(features, epsilon):
    return features**2 / (2 * epsilon)


def network_as_the_paper_says(features):
    return 3 * features


def results(kernel=kernel_as_the_paper_says, network=network_as_the_paper_says, trained=1000, seeds=3):
    """Losses that fall as (rows / rows needed)^-4 past a tenth."""
    points = [(d, int(p), e, steps) for d in COUNTS for e in EPSILONS for p in GRID for steps in (0, trained)]
    points = [point for point in points if point[3] == 0 or point[2] == 0.25]
    kernel_loss, test_loss = (np.full((len(points), seeds, 2), np.nan) for _ in range(2))
    for i, (features, size, epsilon, steps) in enumerate(points):
        kernel_loss[i, :, 0] = 2 * 0.1 * (size / kernel(features, epsilon)) ** -4.0
        test_loss[i, :, 0] = 2.0
        if steps:
            test_loss[i, :, 1] = 2 * 0.1 * (size / network(features)) ** -4.0
    dims = (POINT, "seed", "step")
    fields = {
        name: (POINT, list(column))
        for name, column in zip((FEATURES, TRAIN_SIZE, EPSILON, STEPS), zip(*points, strict=True), strict=True)
    }
    return xr.Dataset(
        {"kernel_regression_loss": (dims, kernel_loss), "test_loss": (dims, test_loss)},
        {**fields, "seed": range(seeds), "step": [0, trained]},
    )


def judged(ds):
    return [v["verdict"] for v in judge(CLAIMS, ds)]


def test_what_the_paper_says_passes_every_claim():
    assert judged(results()) == ["holds"] * 4


def test_the_slopes_are_those_of_the_rows_needed():
    kernel, epsilon, fewer, network = (v["measured"] for v in judge(CLAIMS, results()))
    assert kernel["slope"] == pytest.approx(2, abs=0.01)
    assert epsilon["slope"] == pytest.approx(-1, abs=0.01)
    assert network["slope"] == pytest.approx(1, abs=0.01)
    assert fewer["rows of the network / of the kernel"] == pytest.approx(120 / 3200, rel=0.01)
    assert kernel["rows at D = 40"] == pytest.approx(3200, rel=0.01)


def test_claim_1_fails_for_a_kernel_that_needs_rows_as_d():
    assert judged(results(kernel=lambda d, e: 20 * d / e))[0] == "does not hold"


def test_claim_2_fails_for_a_kernel_that_needs_as_many_rows_at_every_epsilon():
    assert judged(results(kernel=lambda d, e: d**2)) == ["holds", "does not hold", "holds", "holds"]


def test_claim_3_fails_for_a_network_that_needs_as_many_rows_as_the_kernel():
    assert judged(results(network=lambda d: 0.9 * d**2 / 0.5))[2] == "does not hold"


def test_claim_3_fails_for_a_network_that_never_learns():
    assert judged(results(network=lambda d: 1e6))[2] == "does not hold"


def test_claim_4_fails_for_a_network_that_needs_rows_as_d_squared():
    assert judged(results(network=lambda d: d**2 / 4))[3] == "does not hold"


def test_a_kernel_that_needs_more_rows_than_there_are_gives_no_verdict_on_it():
    assert judged(results(kernel=lambda d, e: 1e6))[:3] == ["not measured"] * 3


def test_two_seeds_and_two_dimensions_give_no_verdict():
    assert judged(results(seeds=2)) == ["not measured"] * 4
    ds = results()
    few = ds.isel({POINT: np.flatnonzero(ds[FEATURES] < 40)})
    assert judged(few)[0] == judged(few)[3] == "not measured"


def test_another_grid_gives_no_verdict():
    assert judged(results().isel({POINT: 0}, drop=True)) == ["not measured"] * 4


def test_the_figure_shows_the_rows_that_are_needed(tmp_path):
    figure = plot(results())
    losses, features, epsilon = figure.axes
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["(a)", "(b)", "(c)"]
    assert len(losses.lines) == 2 * len(COUNTS) + 1
    kernel, _, network, _ = features.lines
    assert sorted(set(kernel.get_xdata())) == list(COUNTS)
    np.testing.assert_allclose(sorted(set(np.round(network.get_ydata(), 6))), [30, 60, 120], rtol=0.01)
    assert len(epsilon.lines[0].get_xdata()) == len(EPSILONS) * 3
    figure.savefig(tmp_path / "figure.png")
