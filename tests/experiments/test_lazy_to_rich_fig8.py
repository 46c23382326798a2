import numpy as np
import xarray as xr

from experiments.lazy_to_rich.fig8_student_teacher import CLAIMS, plot
from grok_jax.analysis.claims import judge

OUTPUT_SCALE = "model.output_scale"
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
        return ((OUTPUT_SCALE, "seed", "step"), np.repeat(np.array(curves)[:, None], seeds, 1))

    variables = {"train_accuracy": rise(0), "test_accuracy": rise(1)}
    return xr.Dataset(variables, {OUTPUT_SCALE: list(times), "seed": range(seeds), "step": STEPS})


def verdict(number, times, **settings):
    return judge(CLAIMS, results(PAPER | times, **settings))[number - 1]["verdict"]


def test_the_papers_figure_passes_every_claim():
    assert [v["verdict"] for v in judge(CLAIMS, results())] == ["holds"] * 3


def test_claim_1_fails_where_test_accuracy_does_not_follow_the_scale():
    assert verdict(1, {0.1: (600, 40_000)}) == "does not hold"


def test_claim_1_is_open_where_a_scale_does_not_fit():
    assert verdict(1, {3.0: (NEVER, NEVER)}) == "not measured"
    assert verdict(1, {3.0: (20_000, NEVER)}) == "not measured"  # later than the paper's figure ends


def test_claim_2_fails_where_small_scale_leaves_a_wait():
    assert verdict(2, {0.1: (600, 20_000), 3.0: (300, 60_000)}) == "does not hold"
    assert verdict(2, {0.1: (600, NEVER)}) == "does not hold"


def test_claim_2_is_open_where_no_run_fits():
    assert verdict(2, dict.fromkeys(PAPER, (NEVER, NEVER))) == "not measured"


def test_claim_3_fails_where_large_scale_is_no_later():
    assert verdict(3, {3.0: (300, 30_000)}) == "does not hold"


def test_claim_3_is_open_where_the_reference_is_not_over():
    assert verdict(3, {1.0: (300, NEVER)}) == "not measured"


def test_claim_3_holds_for_a_measured_later_time():
    assert verdict(3, {3.0: (300, 60_000)}) == "holds"


def test_claim_3_takes_a_scale_above_1():
    ds = results({0.1: (600, 800), 0.5: (300, 10_000), 1.0: (300, 30_000)})
    assert judge(CLAIMS, ds)[2]["verdict"] == "not measured"


def test_the_figure_has_curves_and_times_over_the_scale(tmp_path):
    figure = plot(results())
    left, right = figure.axes
    assert left.get_legend_handles_labels()[1] == ["α = 0.1", "α = 1", "α = 3"]
    assert right.get_xlabel() == "output scale α"
    figure.savefig(tmp_path / "figure.png")
