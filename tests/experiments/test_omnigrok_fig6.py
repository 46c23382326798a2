import numpy as np
import pytest
import xarray as xr

from experiments.omnigrok.fig6_toy_addition import CLAIMS, plot
from grok_jax.analysis.claims import judge

ALPHA, MESS, SIZE = "model.init_scale", "task.messiness", "task.train_size"
W, M, N = np.linspace(1, 5, 9), np.array([0, 0.02, 0.05, 0.1, 0.2, 0.5, 1]), np.array([25, 35, 45, 54])
# Where the train loss has fallen to .02, over m, by the number of pairs: the paper's lines.
PAPER = {25: lambda m: 3 - 3 * m, 35: lambda m: 2.6 - m, 45: lambda m: 2 + 1.5 * m, 54: lambda m: 2 + 3 * m}


def u_shaped(w, m):
    """Smallest at m = 0; first falls with w, then rises."""
    return 1e-3 + 5 * m * (1 + 30 * (w - 2) ** 2)


def results(lines=PAPER, test_loss=u_shaped, seeds=3):
    w, m, _, _ = np.meshgrid(W, M, N, range(seeds), indexing="ij")
    place = np.stack([lines[n](m[:, :, i]) for i, n in enumerate(N)], axis=2)
    train = 0.02 * np.exp(-12 * (w - place))
    test = np.broadcast_to(test_loss(w, m), w.shape)
    dims = (ALPHA, MESS, SIZE, "seed", "step")
    losses = {name: (dims, np.stack([x * 2, x], axis=-1)) for name, x in (("train_loss", train), ("test_loss", test))}
    return xr.Dataset(losses, {ALPHA: W, MESS: M, SIZE: N, "seed": range(seeds), "step": [0, 100]})


def verdict(number, ds):
    return judge(CLAIMS[number - 1 : number], ds)[0]["verdict"]


@pytest.fixture(scope="module")
def papers():
    return results()


def test_the_papers_landscape_passes_every_claim(papers):
    judged = judge(CLAIMS, papers)
    assert [v["verdict"] for v in judged] == ["holds"] * 4
    assert judged[2]["measured"]["slope"] == pytest.approx(-1, abs=0.1)


def test_claim_1_fails_where_the_test_loss_depends_on_messiness_no_more_than_the_train_loss():
    assert verdict(1, results(test_loss=lambda w, m: 0.5 + 0.01 * m)) == "does not hold"


def test_claim_2_fails_where_the_boundary_leads_away_from_the_line():
    assert verdict(2, results(PAPER | {45: PAPER[25]})) == "does not hold"


def test_claim_2_fails_where_the_test_loss_falls_once():
    assert verdict(2, results(test_loss=lambda w, m: 1e-3 + 5 * m)) == "does not hold"


def test_claim_2_fails_where_the_train_loss_never_falls_to_the_dividing_line():
    assert verdict(2, results(PAPER | {45: lambda m: 9 + m})) == "does not hold"


def test_claim_3_is_open_where_the_path_does_not_generalise():
    assert verdict(3, results(PAPER | {45: PAPER[25]})) == "not measured"


def test_claim_3_fails_where_the_slope_of_the_train_loss_and_not_the_decay_sets_the_pace():
    # In the region of small loss the train loss itself falls with the messiness.
    ds = results()
    extra = 0.02 * ds[MESS].clip(max=0.2) * (ds[ALPHA] > 1.5)
    ds["train_loss"] = (ds["train_loss"] + extra).transpose(*ds["train_loss"].dims)
    assert verdict(3, ds) == "does not hold"


def test_claim_4_fails_where_few_pairs_reach_too_or_the_slopes_are_the_other_way_round():
    assert verdict(4, results(PAPER | {25: PAPER[45]})) == "does not hold"
    assert verdict(4, results(PAPER | {45: PAPER[54], 54: PAPER[45]})) == "does not hold"


def test_claim_4_is_open_where_a_contour_is_not_reached_at_the_line():
    assert verdict(4, results(PAPER | {45: lambda m: 9 + m})) == "not measured"


def test_a_grid_without_a_size_too_small_a_grid_or_two_seeds_gives_no_verdict(papers):
    assert [v["verdict"] for v in judge(CLAIMS, papers.sel({SIZE: [54]}))] == ["not measured"] * 4
    assert [v["verdict"] for v in judge(CLAIMS, papers.isel({MESS: [0, 1]}))] == ["not measured"] * 4
    assert [v["verdict"] for v in judge(CLAIMS, papers.isel(seed=[0, 1]))] == ["not measured"] * 4


def test_the_start_has_to_lie_on_the_landscape(papers):
    few = judge(CLAIMS, papers.sel({ALPHA: W[1:]}))
    assert [v["verdict"] for v in few] == ["holds", "not measured", "not measured", "not measured"]


def test_a_diverged_seed_counts_against_no_other(papers):
    ds = xr.concat([papers, papers.isel(seed=[0]).assign_coords(seed=[3])], "seed")
    ds["train_loss"][{ALPHA: 3, MESS: 3, "seed": 0}] = np.nan
    assert verdict(2, ds) == "holds"


@pytest.mark.slow
def test_the_least_train_loss_of_a_run_counts_and_the_test_loss_there(papers):
    later = papers.assign_coords(step=[100, 200])
    worse = papers.isel(step=[1]).assign_coords(step=[300]) * 3
    assert judge(CLAIMS, xr.concat([later, worse], "step"))[0]["measured"]["ratio"] == pytest.approx(
        judge(CLAIMS, papers)[0]["measured"]["ratio"]
    )


def test_the_figure_has_the_papers_six_panels_and_two_more(tmp_path, papers):
    figure = plot(papers)
    letters = [ax.get_title(loc="left") for ax in figure.axes if ax.get_title(loc="left")]
    assert letters == [f"({letter})" for letter in "abcdefgh"]
    figure.savefig(tmp_path / "figure.png")
