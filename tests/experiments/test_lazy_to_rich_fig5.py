import numpy as np
import pytest
import xarray as xr

from experiments.lazy_to_rich.fig5_eigenvector_labels import CLAIMS, plot
from grok_jax.analysis.claims import judge

NEVER = np.inf
# j -> steps at which the training and the test loss are at half of their start, and the initial alignment
PAPER = {1: (10, 15, 0.26), 70: (50, 1_000, 0.06), 100: (100, NEVER, 0.04)}


def results(orders=PAPER, seeds=5, last=25_000, start=0.005):
    """Losses that fall as 1 / (1 + step / time) from `start`; with NEVER, a test loss that doubles instead."""
    steps = np.unique(np.r_[0, np.geomspace(1, last, 300).round()]).astype(int)

    def fall(time):
        return start * (1 + steps / last if np.isinf(time) else 1 / (1 + steps / time))

    def variable(curves):
        return ("task.order", "seed", "step"), np.tile(np.array(curves)[:, None], (1, seeds, 1))

    return xr.Dataset(
        {
            "train_loss": variable([fall(train) for train, _, _ in orders.values()]),
            "test_loss": variable([fall(test) for _, test, _ in orders.values()]),
            "kernel_alignment": variable([np.full(steps.size, cka) for _, _, cka in orders.values()]),
        },
        {"task.order": list(orders), "seed": range(seeds), "step": steps},
    )


def with_twins(ds):
    return xr.concat([ds, ds], xr.DataArray([False, True], dims="model.linearized", name="model.linearized"))


def verdicts(ds):
    return [claim["verdict"] for claim in judge(CLAIMS, ds)]


OPEN = "not measured"  # claim 5 where there are no twins


def test_the_papers_figure_passes_every_claim():
    assert verdicts(results()) == [*["holds"] * 4, OPEN]


def test_the_scale_of_the_labels_changes_no_verdict():
    assert verdicts(results(start=3.0)) == [*["holds"] * 4, OPEN]


def test_the_verdicts_are_about_the_networks_and_the_twins_stand_beside():
    ds = with_twins(results())
    ds["test_loss"][{"model.linearized": 1}] = 1.0
    claims = judge(CLAIMS, ds)
    assert [claim["verdict"] for claim in claims] == ["holds"] * 5
    assert claims[1]["measured"]["of the linearized twin"] == 1
    assert claims[1]["measured"]["final test loss / start"] < 0.1


def test_claim_5_fails_where_network_and_twin_end_alike():
    assert verdicts(with_twins(results()))[4] == "does not hold"


def test_claim_5_is_open_where_the_network_does_not_fit():
    assert verdicts(with_twins(results(PAPER | {70: (NEVER, NEVER, 0.06)})))[4] == OPEN


def test_claim_1_fails_where_the_test_loss_comes_late():
    assert verdicts(results(PAPER | {1: (10, 30, 0.26)}))[0] == "does not hold"


@pytest.mark.parametrize("test_time", [60, NEVER])
def test_claim_2_fails_where_the_test_loss_is_not_late_or_never_falls(test_time):
    assert verdicts(results(PAPER | {70: (50, test_time, 0.06)}))[1] == "does not hold"


def test_claim_3_fails_where_the_hard_label_is_learned():
    assert verdicts(results(PAPER | {100: (100, 5_000, 0.04)}))[2] == "does not hold"


def test_claim_3_is_not_shown_by_a_run_that_learns_nothing_at_all():
    assert verdicts(results(PAPER | {100: (NEVER, NEVER, 0.04)}))[2] == "does not hold"


def test_claim_4_fails_where_the_alignment_rises():
    assert verdicts(results(PAPER | {100: (100, NEVER, 0.5)}))[3] == "does not hold"


def test_a_missing_order_leaves_its_claim_open():
    assert verdicts(results().sel({"task.order": [1, 100]})) == ["holds", OPEN, "holds", OPEN, OPEN]


def test_two_seeds_give_no_verdict():
    assert verdicts(results(seeds=2)) == ["not measured"] * 5


def test_the_figure_has_a_panel_for_each_of_the_papers_orders(tmp_path):
    ds = with_twins(results(PAPER | {150: (100, NEVER, 0.03)}))
    figure = plot(ds)
    assert [ax.get_title() for ax in figure.axes] == ["j = 1", "j = 70", "j = 100", ""]
    assert [len(ax.lines) for ax in figure.axes[:3]] == [4] * 3  # train, test, twin, level
    figure.savefig(tmp_path / "figure.png")


def test_the_figure_takes_other_orders_where_the_papers_are_not_there(tmp_path):
    ds = results({3: PAPER[1], 20: PAPER[70]})
    assert [ax.get_title() for ax in plot(ds).axes] == ["j = 3", "j = 20", ""]
