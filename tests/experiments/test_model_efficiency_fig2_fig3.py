import numpy as np
import pytest
import xarray as xr

from experiments.model_efficiency import fig2_transformer_fractions, fig3_lstm_fractions
from grok_jax.analysis.claims import judge

FRACTIONS = np.array([0.3, 0.5, 0.7])
STEPS = np.array([0, 10, 12, 15, 100, 200, 400, 800])
CLAIMS = fig3_lstm_fractions.CLAIMS


def results(test=(800, 400, 200), train=(10, 12, 15), *, fractions=FRACTIONS, seeds=3):
    """Accuracies that go from 0 to 1 by a record, at the given step of each fraction; the points are not in order."""
    dims = ("task.train_fraction", "seed", "step")
    rise = {"test_accuracy": test, "train_accuracy": train}
    data = {
        name: (dims, (np.array(steps)[:, None] <= STEPS)[:, None].repeat(seeds, 1).astype(float))
        for name, steps in rise.items()
    }
    coords = {dims[0]: fractions, "seed": range(seeds), "step": STEPS}
    return xr.Dataset(data, coords, {"config": "{}"}).isel({dims[0]: slice(None, None, -1)})


def judged(claims=CLAIMS, **settings):
    return [v["verdict"] for v in judge(claims, results(**settings))]


def test_the_papers_times_pass_for_both_networks():
    assert judged() == ["holds", "holds"]
    assert judged(fig2_transformer_fractions.CLAIMS) == ["holds"]


@pytest.mark.parametrize("steps", [(200, 400, 800), (800, 200, 400), (400, 400, 200)])
def test_claim_1_fails_where_one_larger_fraction_is_not_sooner(steps):
    assert judged(test=steps)[0] == "does not hold"


def test_a_fraction_that_never_generalises_is_later_than_one_that_does():
    assert judged(test=(np.inf, 400, 200))[0] == "holds"


def test_claim_1_is_open_where_two_fractions_never_generalise():
    assert judged(test=(np.inf, np.inf, 200))[0] == "not measured"


@pytest.mark.parametrize("steps", [(15, 12, 10), (10, 10, 10), (10, 15, 100)])
def test_claim_2_fails_where_fitting_is_not_later_or_much_later(steps):
    assert judged(train=steps)[1] == "does not hold"


def test_claim_2_is_open_where_a_fraction_is_never_fitted():
    assert judged(train=(10, 12, np.inf))[1] == "not measured"


def test_two_seeds_or_two_fractions_give_no_verdict():
    assert judged(seeds=2) == ["not measured"] * 2
    assert judged(fractions=FRACTIONS[:2], test=(400, 200), train=(10, 12)) == ["not measured"] * 2


@pytest.mark.parametrize("figure", [fig2_transformer_fractions, fig3_lstm_fractions])
@pytest.mark.parametrize("changes", [{}, {"test": (np.inf, 400, 200)}, {"seeds": 1}])
def test_the_figure_has_a_panel_for_each_fraction(figure, changes, tmp_path):
    drawn = figure.plot(results(**changes))
    assert ["30%" in drawn.axes[0].get_title(), len(drawn.axes)] == [True, 3]
    drawn.savefig(tmp_path / "figure.png")
