import numpy as np
import xarray as xr

from experiments.lazy_to_rich.fig3b_epsilon import CLAIMS, plot
from grok_jax.analysis.claims import judge

EPSILON = "model.epsilon"
STEPS = np.unique(np.geomspace(1, 20_000, 400).round()).astype(int)
PAPER = {0.1: (500, 5_000, 0.01), 0.3: (200, 2_000, 0.02), 1.0: (50, 300, 0.03), 4.0: (5, 10, 0.05)}


def results(runs=PAPER, seeds=3):
    """For each ε the steps to a train and test loss of .1, on the way from 1 to 0 and to the given final test loss."""

    def fall(time, end):
        rate = np.log((1 - end) / (0.1 - end)) / time if end < 0.1 else 1 / time
        return np.tile(end + (1 - end) * np.exp(-rate * STEPS), (seeds, 1))

    way = np.tile(STEPS / STEPS[-1], (len(runs), seeds, 1))
    curves = {
        "train_loss": [fall(train, 0.0) for train, _, _ in runs.values()],
        "test_loss": [fall(test, end) for _, test, end in runs.values()],
        "lazy_progress": way,
        "normal_distance": way**2,
    }
    coords = {EPSILON: list(runs), "seed": range(seeds), "step": STEPS}
    return xr.Dataset({name: ((EPSILON, "seed", "step"), values) for name, values in curves.items()}, coords)


def judged(*args, **settings):
    return [v["verdict"] for v in judge(CLAIMS, results(*args, **settings))]


def test_the_papers_figure_passes_all_claims():
    assert judged() == ["holds"] * 3


def test_claims_1_and_3_fail_where_the_delay_grows_with_epsilon():
    assert judged(dict(zip(PAPER, reversed(PAPER.values()), strict=True)))[::2] == ["does not hold"] * 2


def test_claim_1_leaves_out_what_never_generalizes():
    assert judged(PAPER | {4.0: (5, 10, 0.3)})[0] == "holds"
    assert judged(PAPER | {0.1: (500, 5_000, 0.3)})[0] == "does not hold"
    assert judged(PAPER | {1.0: (50, 300, 0.3), 4.0: (5, 10, 0.3)})[0] == "not measured"


def test_claim_3_counts_never_as_the_longest_delay_and_shows_what_the_papers_zero_would_give():
    never = judge(CLAIMS, results(PAPER | {4.0: (5, 10, 0.3)}))[2]
    assert never["verdict"] == "does not hold"
    assert never["measured"]["number of ε that never get there"] == 1
    assert round(never["measured"]["the same if never counts as 0 (the paper's code)"], 6) == 1


def test_claims_1_and_3_are_open_where_no_run_fits():
    ds = results()
    ds["train_loss"] = ds["train_loss"] * 0 + 1
    verdicts = [v["verdict"] for v in judge(CLAIMS, ds.assign(test_loss=ds.train_loss))]
    assert verdicts[::2] == ["not measured"] * 2


def test_claim_2_fails_where_small_epsilon_ends_higher():
    swapped = {0.1: (500, 5_000, 0.05), 0.3: (200, 2_000, 0.03), 1.0: (50, 300, 0.02), 4.0: (5, 10, 0.01)}
    assert judged(swapped)[1] == "does not hold"


def test_two_values_or_two_seeds_give_no_verdict():
    assert [v["verdict"] for v in judge(CLAIMS, results().isel({EPSILON: [0, 3]}))] == ["not measured"] * 3
    assert judged(seeds=2) == ["not measured"] * 3


def test_the_figure_has_losses_above_the_ways_through_weight_space(tmp_path):
    figure = plot(results())
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["(b)", "(d)"]
    assert "ε = 0.3" in [text.get_text() for text in figure.axes[1].get_legend().get_texts()]
    figure.savefig(tmp_path / "figure.png")
