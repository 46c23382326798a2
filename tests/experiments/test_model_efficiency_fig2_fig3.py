import numpy as np
import pytest
import xarray as xr

from experiments.model_efficiency import fig2_transformer_fractions, fig3_lstm_fractions
from grok_jax.analysis.claims import judge

FRACTIONS = np.array([0.3, 0.5, 0.7])
STEPS = np.array([0, 10, 12, 15, 100, 200, 400, 800])
TRANSFORMER, LSTM = fig2_transformer_fractions.CLAIMS, fig3_lstm_fractions.CLAIMS
BATCHES = "task.train_fraction,training.batch_size"


def results(test=(800, 400, 200), train=(10, 12, 15), plateau=(0.2, 0.4, 0.6), *, fractions=FRACTIONS, seeds=3):
    """Accuracies that go to 1 by a record, at the given step of each fraction, the test accuracy from a plateau.

    The fractions are not in order, and the batch changes with them on the same axis.
    """
    dims = (BATCHES, "seed", "step")
    fit, late = (np.array(times)[:, None] <= STEPS for times in (train, test))
    height = np.array(plateau)[: len(fractions), None]
    curves = {"train_accuracy": fit.astype(float), "test_accuracy": np.where(late, 1.0, height)}
    data = {name: (dims, curve[:, None].repeat(seeds, 1)) for name, curve in curves.items()}
    along = {"task.train_fraction": fractions, "training.batch_size": np.full(len(fractions), 512)}
    coords = {**{name: (BATCHES, values) for name, values in along.items()}, "seed": range(seeds), "step": STEPS}
    return xr.Dataset(data, coords, {"config": "{}"}).isel({BATCHES: slice(None, None, -1)})


def judged(claims, **settings):
    return [v["verdict"] for v in judge(claims, results(**settings))]


def test_the_papers_curves_pass_for_both_networks():
    assert judged(LSTM) == ["holds"] * 2
    assert judged(TRANSFORMER) == ["holds"] * 3


@pytest.mark.parametrize("claims", [LSTM, TRANSFORMER])
@pytest.mark.parametrize("steps", [(200, 400, 800), (800, 200, 400), (400, 400, 200), (np.inf, 200, 400)])
def test_claim_1_fails_where_one_larger_fraction_is_not_sooner(claims, steps):
    assert judged(claims, test=steps, plateau=(0.2, 0.2, 0.2))[0] == "does not hold"


def test_a_fraction_that_never_generalizes_is_later_than_one_that_does():
    assert judged(LSTM, test=(np.inf, 400, 200))[0] == "holds"
    assert judged(TRANSFORMER, test=(np.inf, 400, 200)) == ["holds"] * 3


def test_times_are_open_where_two_fractions_never_generalize():
    assert judged(LSTM, test=(np.inf, np.inf, 200))[0] == "not measured"
    assert judged(TRANSFORMER, test=(np.inf, np.inf, 200)) == ["not measured", "holds", "not measured"]


@pytest.mark.parametrize("plateau", [(0.6, 0.4, 0.2), (0.4, 0.4, 0.6), (0.39, 0.4, 0.6)])
def test_claim_2_of_the_transformer_fails_where_a_plateau_is_not_higher_by_the_margin(plateau):
    assert judged(TRANSFORMER, plateau=plateau) == ["holds", "does not hold", "holds"]


def test_the_transformers_plateau_and_ascent_are_open_where_a_fraction_is_never_fitted():
    assert judged(TRANSFORMER, train=(10, 12, np.inf)) == ["holds", "not measured", "not measured"]


def test_claim_3_of_the_transformer_fails_where_the_ascent_is_as_long():
    same = {"test": (400, 400, 400), "train": (10, 10, 10), "plateau": (0.2, 0.2, 0.2)}
    assert judged(TRANSFORMER, **same)[2] == "does not hold"


def test_the_note_counts_runs_that_collapse_after_the_fit():
    ds = results()
    ds["train_accuracy"][0, :, 5] = 0.3
    (note,) = (v["note"] for v in judge(TRANSFORMER[:1], ds))
    assert "in 3 of 9 runs, 3 of them back at 95% at the end" in note


@pytest.mark.parametrize("steps", [(15, 12, 10), (10, 10, 10), (10, 15, 100)])
def test_claim_2_of_the_lstm_fails_where_fitting_is_not_later_or_much_later(steps):
    assert judged(LSTM, train=steps)[1] == "does not hold"


def test_claim_2_of_the_lstm_is_open_where_a_fraction_is_never_fitted():
    assert judged(LSTM, train=(10, 12, np.inf))[1] == "not measured"


@pytest.mark.parametrize("claims", [LSTM, TRANSFORMER])
def test_two_seeds_or_two_fractions_give_no_verdict(claims):
    assert set(judged(claims, seeds=2)) == {"not measured"}
    assert set(judged(claims, fractions=FRACTIONS[:2], test=(400, 200), train=(10, 12))) == {"not measured"}


@pytest.mark.parametrize("figure", [fig2_transformer_fractions, fig3_lstm_fractions])
@pytest.mark.parametrize("changes", [{}, {"test": (np.inf, 400, 200)}, {"seeds": 1}])
def test_the_figure_has_a_panel_for_each_fraction(figure, changes, tmp_path):
    drawn = figure.plot(results(**changes))
    assert ["30%" in drawn.axes[0].get_title(), len(drawn.axes)] == [True, 3]
    drawn.savefig(tmp_path / "figure.png")
