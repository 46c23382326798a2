import numpy as np
import pytest
import xarray as xr

from experiments.lazy_to_rich.fig16_loss_and_accuracy import CLAIMS, plot
from grok_jax.analysis.claims import judge

STEPS = np.array([0, 500, 1000, 2000, 3000, 3500, 4000, 10_000])
TRAIN = np.array([0.04, 0.3, 0.7, 1.0, 1.0, 1.0, 1.0, 1.0])  # accuracies
TEST = np.array([0.0, 0.0, 0.01, 0.02, 0.2, 0.6, 1.0, 1.0])
TRAIN_LOSS = np.array([0.043, 0.04, 0.03, 0.02, 0.012, 0.008, 0.005, 0.0])
TEST_LOSS = np.array([0.043, 0.045, 0.05, 0.05, 0.03, 0.02, 0.01, 0.001])


def results(*, train=TRAIN, test=TEST, train_loss=TRAIN_LOSS, test_loss=TEST_LOSS, seeds=3):
    curves = {"train_accuracy": train, "test_accuracy": test, "train_loss": train_loss, "test_loss": test_loss}
    return xr.Dataset(
        {name: (("task.p", "seed", "step"), np.tile(curve, (2, seeds, 1))) for name, curve in curves.items()},
        {"task.p": [13, 23], "seed": range(seeds), "step": STEPS},
    )


def judged(**settings):
    """The verdicts, which must be the same at both primes."""
    verdicts = [verdict["verdict"] for verdict in judge(CLAIMS, results(**settings))]
    assert verdicts[:2] == verdicts[2:]
    return verdicts[:2]


def test_a_prime_that_was_not_run_is_not_judged():
    verdicts = [verdict["verdict"] for verdict in judge(CLAIMS, results().isel({"task.p": [0]}))]
    assert verdicts == ["holds", "holds", "not measured", "not measured"]


def test_the_papers_figure_passes_both_claims():
    verdicts = judge(CLAIMS, results())
    assert [verdict["verdict"] for verdict in verdicts] == ["holds"] * 4
    assert verdicts[0]["measured"]["test loss, largest change / start"] == pytest.approx(0.05 / 0.043 - 1)
    assert verdicts[1]["measured"]["loss"] == pytest.approx(0.02)
    assert verdicts[1]["measured"]["test loss there at"] == pytest.approx(3500)


def test_claim_1_fails_where_test_accuracy_rises_with_train_accuracy():
    assert judged(test=np.maximum(TEST, 0.5 * TRAIN))[0] == "does not hold"


def test_claim_1_fails_where_the_test_loss_stays():
    assert judged(test_loss=np.where(STEPS <= 2000, 0.043, TEST_LOSS))[0] == "does not hold"


def test_claim_2_fails_where_the_test_loss_falls_before_test_accuracy_rises():
    assert judged(test_loss=np.where(STEPS >= 2000, 0.01, TEST_LOSS))[1] == "does not hold"


def test_claim_2_fails_where_the_test_loss_falls_after_test_accuracy_has_risen():
    assert judged(test_loss=np.where(STEPS <= 4000, 0.03, TEST_LOSS))[1] == "does not hold"


def test_both_are_open_where_training_rows_are_not_fitted():
    assert judged(train=np.minimum(TRAIN, 0.9)) == ["not measured"] * 2


def test_claim_2_is_open_where_nothing_generalizes():
    assert judged(test=np.minimum(TEST, 0.6))[1] == "not measured"


def test_the_figure_marks_the_steps_in_both_panels(tmp_path):
    figure = plot(results())
    for ax in figure.axes:
        labels = [text.get_text() for text in ax.get_legend().get_texts()]
        assert labels[-2:] == ["100% train accuracy", "test loss below it"]
    figure.savefig(tmp_path / "figure.png")
