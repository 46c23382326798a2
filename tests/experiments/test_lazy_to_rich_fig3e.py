import numpy as np
import xarray as xr

from experiments.lazy_to_rich.fig3e_phase_map import CLAIMS, plot
from grok_jax.analysis.claims import judge

OUTPUT_SCALE, EPSILON = "model.output_scale", "model.epsilon"
STEPS = np.unique(np.geomspace(1, 20_000, 300).round()).astype(int)
SCALES, EPSILONS = np.array([0.4, 2.0, 4.0, 5.6]), np.array([0.02, 0.1, 0.28])
TRAIN = 10  # steps to a train loss of .1


def results(wait=lambda alpha, epsilon: 20 * alpha / epsilon, never=lambda alpha, epsilon: False, seeds=3):
    """Test losses that fall to .1 the given steps after the train loss, or stay at .3."""

    def curve(alpha, epsilon):
        stays = np.full(STEPS.size, 0.3)
        return stays if never(alpha, epsilon) else 0.1 ** (STEPS / (TRAIN + wait(alpha, epsilon)))

    test = np.array([[[curve(a, e)] * seeds for e in EPSILONS] for a in SCALES])
    dims = (OUTPUT_SCALE, EPSILON, "seed", "step")
    train = np.broadcast_to(0.1 ** (STEPS / TRAIN), test.shape)
    coords = {OUTPUT_SCALE: SCALES, EPSILON: EPSILONS, "seed": range(seeds), "step": STEPS}
    return xr.Dataset({"train_loss": (dims, train), "test_loss": (dims, test)}, coords)


def verdict(ds):
    (one,) = verdicts(ds)
    return one


def verdicts(ds):
    """Those that there are among both claims."""
    return {judged["verdict"] for judged in judge(CLAIMS, ds)}


def test_a_map_that_rises_with_alpha_and_one_over_epsilon_passes():
    assert verdict(results()) == "holds"


def test_a_map_that_falls_along_either_axis_fails():
    assert verdict(results(lambda alpha, epsilon: 20 / alpha / epsilon)) == "does not hold"
    assert verdict(results(lambda alpha, epsilon: 20 * alpha * epsilon)) == "does not hold"


def test_never_at_large_epsilon_does_not_count_as_a_short_time():
    longest, judged = judge(CLAIMS, results(never=lambda alpha, epsilon: alpha > 1 and epsilon > 0.2))
    assert longest["verdict"] == "holds"
    assert judged["verdict"] == "does not hold"
    assert judged["measured"]["share that never gets there"] == 0.25
    assert round(judged["measured"]["without runs that never get there, with α"], 6) == 1


def test_a_line_that_never_generalizes_is_ignored():
    assert judge(CLAIMS, results(never=lambda alpha, epsilon: alpha > 5))[1]["verdict"] == "holds"


def test_the_corner_that_never_generalizes_is_not_the_longest_wait():
    assert judge(CLAIMS, results(never=lambda alpha, epsilon: alpha > 5))[0]["verdict"] == "does not hold"


def test_a_map_of_never_gives_no_verdict():
    assert verdict(results(never=lambda alpha, epsilon: True)) == "not measured"


def test_two_values_of_an_axis_or_two_seeds_give_no_verdict():
    assert verdict(results().isel({OUTPUT_SCALE: [0, 1]})) == "not measured"
    assert verdict(results(seeds=2)) == "not measured"


def test_the_figure_names_the_cells_that_never_generalize(tmp_path):
    figure = plot(results(never=lambda alpha, epsilon: alpha > 5 and epsilon > 0.2))
    names = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert names == ["test loss stays above 0.1"]
    figure.savefig(tmp_path / "figure.png")


def test_the_map_of_one_cell_can_be_drawn(tmp_path):
    plot(results().isel({OUTPUT_SCALE: 0, EPSILON: 0})).savefig(tmp_path / "figure.png")
