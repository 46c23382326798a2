import numpy as np
import pytest
import xarray as xr

from experiments.lazy_to_rich import fig17_thresholds as fig17
from experiments.lazy_to_rich import fig18_student_teacher_loss as fig18
from grok_jax.analysis.claims import judge

ACCURACY_THRESHOLD = "training.accuracy_threshold"
STEPS = np.unique([0, *np.geomspace(1, 100_000, 300).round()]).astype(int)
NEVER = np.inf


def rise(time):
    return np.full(STEPS.size, 0.3) if np.isinf(time) else np.minimum(0.95 * STEPS / time, 1)


def by_threshold(times, seeds=3):
    """theta -> steps to 95% of train and of test accuracy."""
    variables = {
        f"{split}_accuracy": (
            (ACCURACY_THRESHOLD, "seed", "step"),
            np.repeat(np.array([rise(pair[i]) for pair in times.values()])[:, None], seeds, 1),
        )
        for i, split in enumerate(("train", "test"))
    }
    return xr.Dataset(variables, {ACCURACY_THRESHOLD: list(times), "seed": range(seeds), "step": STEPS})


def verdict17(times, **settings):
    return judge(fig17.CLAIMS, by_threshold(times, **settings))[0]["verdict"]


@pytest.mark.parametrize("late", [30_000, NEVER])
def test_the_delay_depends_on_the_threshold_where_one_groks_and_one_does_not(late):
    assert verdict17({1e-3: (300, late), 0.1: (100, 150)}) == "holds"


def test_the_claim_fails_where_all_delays_are_alike():
    assert verdict17({1e-3: (300, 600), 0.1: (100, 150)}) == "does not hold"


def test_a_threshold_that_is_never_fitted_says_nothing():
    assert verdict17({1e-4: (NEVER, NEVER), 1e-3: (300, 600), 0.1: (100, 150)}) == "not measured"
    assert verdict17({1e-4: (NEVER, NEVER), 1e-3: (300, 6000), 0.1: (100, 150)}) == "holds"


def test_a_single_threshold_or_two_seeds_give_no_verdict():
    assert verdict17({1e-3: (300, 6000)}) == "not measured"
    assert verdict17({1e-3: (300, 6000), 0.1: (100, 150)}, seeds=2) == "not measured"


def test_the_figure_has_a_color_for_each_threshold(tmp_path):
    figure = fig17.plot(by_threshold({1e-3: (300, NEVER), 0.1: (100, 150)}))
    assert figure.axes[0].get_legend_handles_labels()[1] == ["θ = 0.001", "θ = 0.1"]
    (lower_bound,) = figure.axes[1].get_legend_handles_labels()[1]
    assert lower_bound.startswith("at least: not within")
    figure.savefig(tmp_path / "figure.png")


def losses(train=1.0, test=1.0, floor=1e-6, seeds=3):
    """Losses 1 / (1 + step / time), each with its own time in steps, down to a floor of the test loss."""
    curves = {
        "train_loss": 1 / (1 + STEPS / train),
        "test_loss": np.maximum(1 / (1 + STEPS / test), floor),
        "train_accuracy": rise(300),
        "test_accuracy": rise(30_000),
    }
    variables = {name: (("seed", "step"), np.repeat(curve[None], seeds, 0)) for name, curve in curves.items()}
    return xr.Dataset(variables, {"seed": range(seeds), "step": STEPS})


def verdicts18(**settings):
    return [claim["verdict"] for claim in judge(fig18.CLAIMS, losses(**settings))]


def test_losses_that_fall_at_one_pace_fall_together():
    assert verdicts18(train=10, test=15) == ["holds"] * 2


def test_a_test_loss_that_falls_late_does_not():
    assert verdicts18(train=10, test=30) == ["does not hold"] * 2


def test_a_test_loss_that_stays_above_a_hundredth_falls_with_it_to_a_tenth_only():
    assert verdicts18(train=10, test=10, floor=0.05) == ["holds", "does not hold"]


def test_losses_that_do_not_come_down_in_the_budget_leave_it_open():
    assert verdicts18(train=50_000, test=60_000) == ["not measured"] * 2


def test_the_figure_shows_losses_and_accuracies(tmp_path):
    figure = fig18.plot(losses())
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["(a)", "(b)", "(c)"]
    assert [ax.get_yscale() for ax in figure.axes] == ["linear", "log", "linear"]
    figure.savefig(tmp_path / "figure.png")
