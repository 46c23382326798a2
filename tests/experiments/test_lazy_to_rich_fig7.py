import numpy as np
import pytest
import xarray as xr

from experiments.lazy_to_rich.fig7_weight_scale import CLAIMS, plot
from grok_jax.analysis.claims import judge

INIT_SCALE, OUTPUT_SCALE, LEARNING_RATE = "model.init_scale", "model.output_scale", "optimizer.learning_rate"
POINT = f"{INIT_SCALE},{OUTPUT_SCALE},{LEARNING_RATE}"
BY_ALPHA = [(1.0, 0.0625), (1.0, 0.25), (1.0, 1.0), (1.0, 4.0)]
BY_SIGMA, KEPT = [(0.5, 1.0), (0.7, 1.0), (2.0, 1.0)], [(0.5, 4.0), (2.0, 0.25)]


def results(points=(*BY_ALPHA, *BY_SIGMA, *KEPT), change=1.0, loss=1.0, at=0.5, seeds=3):
    """A change of (σ²α)^-1/2 and a final loss of σ²α/10, times the given factors at σ = `at`."""
    sigma, alpha = np.array(points).T
    steps = np.array([0, 1, 10, 100])
    laziness, here = sigma**2 * alpha, np.isclose(sigma, at)
    moved = np.where(here, change, 1) * laziness**-0.5
    end = np.where(here, loss, 1) * laziness / 10

    def curve(start, end):
        return np.tile((start + (end - start)[:, None] * steps / 100)[:, None], (1, seeds, 1))

    dims = (POINT, "seed", "step")
    curves = {"relative_distance": curve(0.0, moved), "train_loss": curve(1.0, end / 2), "test_loss": curve(1.0, end)}
    coords = {
        INIT_SCALE: (POINT, sigma),
        OUTPUT_SCALE: (POINT, alpha),
        LEARNING_RATE: (POINT, 250 / (sigma * alpha) ** 2),
    }
    shared = {"seed": range(seeds), "step": steps}
    return xr.Dataset({name: (dims, values) for name, values in curves.items()}, {**coords, **shared})


def judged(**settings):
    return [v["verdict"] for v in judge(CLAIMS, results(**settings))]


def test_functions_of_sigma_squared_alpha_pass_both_claims():
    verdicts = judge(CLAIMS, results())
    assert [v["verdict"] for v in verdicts] == ["holds"] * 2
    assert verdicts[0]["measured"]["largest deviation from the α sweep"] == pytest.approx(0, abs=1e-9)


def test_claim_1_fails_where_one_sweep_moves_further():
    assert judged(change=1.3) == ["does not hold", "holds"]


def test_claim_2_fails_where_one_sweep_ends_elsewhere():
    assert judged(loss=1.3) == ["holds", "does not hold"]


def test_the_deviation_is_that_from_the_interpolated_alpha_sweep():
    verdict = judge(CLAIMS, results(change=0.9, at=0.7))[0]
    assert verdict["measured"]["σ = 0.7, α = 1"] == pytest.approx(-0.1)
    assert verdict["measured"]["largest deviation from the α sweep"] == pytest.approx(0.1)


def test_a_point_beyond_the_alpha_sweep_leaves_the_claims_open():
    assert judged(points=[*BY_ALPHA, (3.0, 1.0)]) == ["not measured"] * 2


def test_no_sweep_of_sigma_or_two_seeds_give_no_verdict():
    assert judged(points=BY_ALPHA) == ["not measured"] * 2
    assert judged(seeds=2) == ["not measured"] * 2


def test_results_without_the_sweeps_give_no_verdict():
    assert [v["verdict"] for v in judge(CLAIMS, results().isel({POINT: 0}))] == ["not measured"] * 2


def test_the_figure_has_three_sweeps_above_three_collapses(tmp_path):
    figure = plot(results())
    titles = [ax.get_title() for ax in figure.axes]
    assert titles[:3] == ["sweep of α, σ = 1", "sweep of σ, α = 1", "sweep of σ, α = 1/σ²"]
    across = [ax.get_xlabel() for ax in figure.axes[3:]]
    assert across == ["laziness σ²α", "laziness σ²α", "relative change of the weights"]
    assert [len(ax.get_legend().get_texts()) for ax in figure.axes[:3]] == [4, 4, 3]
    figure.savefig(tmp_path / "figure.png")
