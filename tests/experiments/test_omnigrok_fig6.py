import numpy as np
import pytest
import xarray as xr

from configs.omnigrok.fig6_toy_addition import get_config
from experiments.omnigrok.fig6_toy_addition import CLAIMS, plot
from grok_jax.analysis.claims import judge
from grok_jax.training.grid import parse_grid

INIT_SCALE, MESSINESS, TRAIN_SIZE = "model.init_scale", "task.messiness", "task.train_size"
W = np.array([0.4, 1, 1.5, 2, 2.35, 2.7, 3.05, 3.5, 4, 5, 6.5, 8])
M, N = np.array([0, 0.02, 0.05, 0.1, 0.15, 0.2]), np.array([25, 35, 45, 54])


def line(foot, lean):
    """Where the train loss is .02 over m: it leans toward larger w up to m = .15, and back from there on."""
    return lambda m: foot * np.exp(lean * np.minimum(m, 0.3 - m))


# By the number of pairs: as in the public plot, at half of its lean.
PAPER = {25: line(2.1, 1.2), 35: line(2.4, 1.1), 45: line(2.7, 1.1), 54: line(2.7, 1.5)}


def u_shaped(w, m):
    """Smallest at m = 0; on the way down from large w first falls, then rises, then falls again."""
    return 0.01 + 10 * m * (0.3 + (w - 5.5) ** 2 * (w > 5.5) + 30 * np.maximum(0.5 - abs(w - 4.8), 0))


def results(lines=PAPER, test_loss=u_shaped, seeds=3, train_loss=None):
    w, m, _, _ = np.meshgrid(W, M, N, range(seeds), indexing="ij")
    place = np.stack([lines[n](m[:, :, i]) for i, n in enumerate(N)], axis=2)
    train = 0.02 * np.exp(-2.5 * (w - place)) if train_loss is None else np.broadcast_to(train_loss(w, m), w.shape)
    test = np.broadcast_to(test_loss(w, m), w.shape)
    dims = (INIT_SCALE, MESSINESS, TRAIN_SIZE, "seed", "step")
    losses = {name: (dims, np.stack([x * 2, x], axis=-1)) for name, x in (("train_loss", train), ("test_loss", test))}
    return xr.Dataset(losses, {INIT_SCALE: W, MESSINESS: M, TRAIN_SIZE: N, "seed": range(seeds), "step": [0, 100]})


def verdict(number, ds):
    return judge(CLAIMS[number - 1 : number], ds)[0]["verdict"]


@pytest.fixture(scope="module")
def papers():
    return results()


def test_the_papers_landscape_passes_every_claim(papers):
    assert [v["verdict"] for v in judge(CLAIMS, papers)] == ["holds"] * 9


# What must not hold, by claim: landscapes that show the opposite of it.
OPPOSITES = {
    "the test loss depends on messiness no more than the train loss": (1, {"test_loss": lambda w, m: 0.5 + 0.001 * m}),
    "small weights are as slow as large ones": (2, {"train_loss": lambda w, m: 0.06 - 1e-3 * w + 0 * m}),
    "the slow path does not generalize": (2, {"test_loss": lambda w, m: 1.01 - 5 * m + 0 * w}),
    "the train loss and not the decay sets the pace": (
        3,
        {"train_loss": lambda w, m: 0.02 * np.exp(-4 * (w - 1)) + 0.3 * (m + 0.05)},
    ),
    "few pairs meet the same place": (4, {"lines": PAPER | {35: PAPER[45]}}),
    "the contour of more pairs leans less": (4, {"lines": PAPER | {45: PAPER[54], 54: PAPER[45]}}),
    "the train loss varies relatively more": (5, {"test_loss": lambda w, m: 0.5 + m + 0 * w}),
    "messy starts generalize": (6, {"lines": {n: (lambda m: 2.7 * np.exp(2.5 * m)) for n in N}}),
    "the test loss falls once": (7, {"test_loss": lambda w, m: 0.01 + 5 * m + 0 * w}),
    "the test loss depends on the norm far more": (9, {"test_loss": lambda w, m: 3 / (1 + w) + 0.3 * m}),
    "a bad representation needs no more norm": (8, {"lines": PAPER | {45: lambda m: 2.7 - 2 * m}}),
}


@pytest.mark.parametrize(("number", "changes"), OPPOSITES.values(), ids=OPPOSITES)
def test_a_landscape_that_shows_the_opposite_does_not_pass(number, changes):
    assert verdict(number, results(**changes)) == "does not hold"


# What decides nothing, by claim: landscapes that do not show what the claim is about.
OPEN = {
    "nothing generalizes better than small weights": (2, {"test_loss": lambda w, m: 1 + m + 0.1 * w}),
    "no point of the path generalizes": (3, {"test_loss": lambda w, m: 1.01 - 5 * m + 0 * w}),
    "a contour is not reached": (4, {"lines": PAPER | {45: lambda m: 9 + m}}),
    "the messy starts never fit": (6, {"lines": PAPER | {45: lambda m: 20 + m}}),
    "no path generalizes": (7, {"test_loss": lambda w, m: 1.01 - 5 * m + 0 * w}),
    "no norm fits": (8, {"lines": PAPER | {45: lambda m: 9 + m}}),
}


@pytest.mark.parametrize(("number", "changes"), OPEN.values(), ids=OPEN)
def test_a_landscape_without_what_a_claim_is_about_is_not_judged(number, changes):
    assert verdict(number, results(**changes)) == "not measured"


def test_a_grid_without_a_size_and_too_small_a_grid_give_no_verdict(papers):
    for few in (papers.sel({TRAIN_SIZE: [54]}), papers.isel({MESSINESS: [0, 1]})):
        assert [v["verdict"] for v in judge(CLAIMS, few)] == ["not measured"] * 9


@pytest.mark.parametrize("number", [1, 4, 5, 8, 9, pytest.param(2, marks=pytest.mark.slow)])
def test_two_seeds_give_no_verdict(papers, number):
    assert verdict(number, papers.isel(seed=[0, 1])) == "not measured"


def test_the_starts_have_to_lie_on_the_landscape(papers):
    few = judge(CLAIMS, papers.sel({INIT_SCALE: W[1:]}))
    open_ones = [i for i, v in enumerate(few, start=1) if v["verdict"] == "not measured"]
    assert open_ones == [2, 3, 6, 7]


@pytest.mark.slow
def test_a_diverged_seed_does_not_affect_the_others(papers):
    ds = xr.concat([papers, papers.isel(seed=[0]).assign_coords(seed=[3])], "seed")
    ds["train_loss"][{INIT_SCALE: 3, MESSINESS: 3, "seed": 0}] = np.nan
    assert {v["verdict"] for v in judge(CLAIMS, ds)} == {"holds"}


def test_the_last_record_of_a_run_counts(papers):
    better = papers.isel(step=[0]).assign_coords(step=[50]) / 100
    found = judge(CLAIMS[:1], xr.concat([papers.isel(step=[0]), better, papers.isel(step=[1])], "step"))
    assert found[0]["measured"]["range of test loss"] == judge(CLAIMS[:1], papers)[0]["measured"]["range of test loss"]


def test_the_paper_preset_has_every_point_of_the_codes_two_grids():
    axes = {axis.name: {value for (value,) in axis.values} for axis in parse_grid(get_config("paper").grid)}
    assert {round(0.45 * i, 6) for i in range(21)} | {round(2.5 + 0.075 * i, 6) for i in range(21)} == axes[INIT_SCALE]
    assert {round(0.01 * i, 6) for i in range(21)} | {round(0.005 * i, 6) for i in range(21)} == axes[MESSINESS]


def test_the_figure_has_the_papers_six_panels_and_two_more(tmp_path, papers):
    figure = plot(papers)
    letters = [ax.get_title(loc="left") for ax in figure.axes if ax.get_title(loc="left")]
    assert letters == [f"({letter})" for letter in "abcdefgh"]
    figure.savefig(tmp_path / "figure.png")
