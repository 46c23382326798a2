import numpy as np
import xarray as xr

from experiments.lazy_to_rich.fig8_student_teacher import CLAIMS, plot
from grok_jax.analysis.claims import judge

ALPHA = "model.output_scale"
STEPS = np.unique(np.geomspace(1, 100_000, 300).round()).astype(int)
NEVER = np.inf
# output scale -> steps to 95% of train and of test accuracy
PAPER = {0.1: (600, 800), 1.0: (300, 30_000), 3.0: (300, NEVER)}


def results(times=PAPER, seeds=3):
    """Accuracies that rise linearly to .95 at the given times."""

    def rise(which):
        curves = [
            np.full(STEPS.size, 0.3) if np.isinf(pair[which]) else np.minimum(0.95 * STEPS / pair[which], 1)
            for pair in times.values()
        ]
        return ((ALPHA, "seed", "step"), np.repeat(np.array(curves)[:, None], seeds, 1))

    variables = {"train_accuracy": rise(0), "test_accuracy": rise(1)}
    return xr.Dataset(variables, {ALPHA: list(times), "seed": range(seeds), "step": STEPS})


def verdict(number, times, **settings):
    return judge(CLAIMS, results(PAPER | times, **settings))[number - 1]["verdict"]


def test_the_papers_figure_passes_both_claims():
    assert [v["verdict"] for v in judge(CLAIMS, results())] == ["holds"] * 2


def test_claim_1_fails_where_small_scale_leaves_a_delay():
    assert verdict(1, {0.1: (600, 1300)}) == "does not hold"


def test_claim_1_fails_where_doubled_weights_do_not_grok():
    assert verdict(1, {1.0: (300, 2900)}) == "does not hold"


def test_claim_1_is_open_where_small_scale_never_generalises():
    assert verdict(1, {0.1: (600, NEVER)}) == "not measured"


def test_claim_2_fails_where_large_scale_is_no_later():
    assert verdict(2, {3.0: (300, 30_000)}) == "does not hold"
    assert verdict(2, {3.0: (3_000, 50_000)}) == "does not hold"  # later, with a smaller delay


def test_claim_2_is_open_where_the_budget_is_too_short():
    assert verdict(2, {3.0: (3_000, NEVER)}) == "not measured"
    assert verdict(2, {1.0: (300, NEVER)}) == "not measured"


def test_claim_2_holds_for_a_measured_later_time():
    assert verdict(2, {3.0: (300, 60_000)}) == "holds"


def test_without_a_smaller_or_larger_scale_a_claim_is_open():
    ds = results()
    assert [v["verdict"] for v in judge(CLAIMS, ds.sel({ALPHA: [0.1, 1.0]}))] == ["holds", "not measured"]
    assert [v["verdict"] for v in judge(CLAIMS, ds.sel({ALPHA: [1.0, 3.0]}))] == ["not measured", "holds"]


def test_the_figure_has_curves_and_times_over_the_scale(tmp_path):
    figure = plot(results())
    left, right = figure.axes
    assert left.get_legend_handles_labels()[1] == ["α = 0.1", "α = 1", "α = 3"]
    assert right.get_xlabel() == "output scale α"
    figure.savefig(tmp_path / "figure.png")
