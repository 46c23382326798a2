import json

import numpy as np
import xarray as xr

from experiments.lazy_to_rich.fig9_dataset_size import CLAIMS, plot
from grok_jax.analysis.claims import judge

TRAIN_SIZE = "task.train_size"
NEVER = np.inf
PAPER = {50: (50, NEVER), 120: (100, 5_000), 500: (200, 250)}  # size -> steps to a tenth: train loss, test loss
# size -> linear power at the start, at its top near step 100, and at the end; in parts of the first test loss
LINEAR = {50: (0, 0.5, 0.5), 120: (0, 0.2, 0.01), 500: (0, 0.05, 0.0)}


def results(times=PAPER, linear=LINEAR, fitted=0.0, seeds=5):
    """Losses that fall like 1 / (1 + 9 t / T), linear power of its own course, and what is left in equal parts."""
    steps = np.concatenate([[0], np.unique(np.geomspace(1, 50_000, 80).round()).astype(int)])

    def fall(which):
        return np.array([1 / (1 + 9 * steps / t[which]) for t in times.values()])

    test = fall(1)
    power = np.array([np.interp(np.log1p(steps), np.log1p([0, 100, 50_000]), linear[size]) for size in times])
    rest = np.maximum(test - power, 0) / 2
    train = fall(0)
    train[:, -1] = fitted
    parts = {"linear_power": power, "misalignment_error": rest, "variance_error": rest}
    curves = parts | {"train_loss": train, "test_loss": test, "decomposed_loss": test}
    dims = (TRAIN_SIZE, "seed", "step")
    tiled = {name: (dims, np.tile(values[:, None], (1, seeds, 1))) for name, values in curves.items()}
    return xr.Dataset(tiled, {TRAIN_SIZE: list(times), "seed": range(seeds), "step": steps})


def judged(*args, **settings):
    return [v["verdict"] for v in judge(CLAIMS, results(*args, **settings))]


def test_the_papers_figure_passes_every_claim():
    assert judged() == ["holds"] * 5


def test_claim_1_fails_where_few_rows_are_enough():
    assert judged(PAPER | {50: (50, 500)})[0] == "does not hold"


def test_claim_1_fails_where_linear_power_has_not_grown():
    assert judged(linear=LINEAR | {50: (0.3, 0.5, 0.2)})[0] == "does not hold"


def test_claim_1_is_open_where_few_rows_are_not_fitted():
    assert judged(PAPER | {50: (NEVER, NEVER)}, fitted=1.0)[0] == "not measured"


def test_claim_2_fails_where_there_is_no_delay():
    assert judged(PAPER | {120: (100, 150)})[1] == "does not hold"


def test_claim_2_fails_where_the_train_loss_is_gone_and_the_test_loss_stays():
    assert judged(PAPER | {120: (100, NEVER)})[1] == "does not hold"


def test_claim_2_is_open_where_there_is_something_left_to_learn():
    assert judged(PAPER | {120: (100, NEVER)}, fitted=1e-3)[1] == "not measured"


def test_claim_3_fails_where_many_rows_wait_as_long_as_some():
    assert judged(PAPER | {500: (200, 5_000)})[2] == "does not hold"


def test_claim_3_is_open_where_neither_loss_has_fallen():
    assert judged(PAPER | {500: (1e6, 1e6)}, fitted=0.9)[2] == "not measured"


def test_claim_4_fails_where_linear_power_stays_up_or_never_rises():
    assert judged(linear=LINEAR | {120: (0, 0.2, 0.2)})[3] == "does not hold"
    assert judged(linear=LINEAR | {120: (0.2, 0.2, 0.01)})[3] == "does not hold"


def test_claims_4_and_5_are_open_where_nothing_is_fitted():
    assert judged(dict.fromkeys(PAPER, (NEVER, NEVER)), fitted=1.0)[3:] == ["not measured"] * 2


def test_claim_5_fails_where_linear_power_is_high_or_stays():
    assert judged(linear=LINEAR | {500: (0, 0.4, 0)})[4] == "does not hold"
    assert judged(linear=LINEAR | {500: (0, 0.05, 0.05)})[4] == "does not hold"


def test_each_claim_takes_its_own_sizes():
    verdicts = judge(CLAIMS, results({120: (100, 5_000), 240: (100, 900)}, LINEAR | {240: (0, 0.1, 0)}))
    assert [v["verdict"] for v in verdicts] == [
        "not measured",
        "holds",
        "not measured",
        "holds",
        "not measured",
    ]


def test_two_seeds_give_no_verdict():
    assert judged(seeds=2) == ["not measured"] * 5


def test_the_figure_has_a_column_for_each_size(tmp_path):
    figure = plot(results())
    assert [ax.get_title() for ax in figure.axes] == ["P = 50", "P = 120", "P = 500", "", "", ""]
    figure.savefig(tmp_path / "figure.png")


def test_the_figure_of_one_size_takes_it_from_the_config():
    ds = results().isel({TRAIN_SIZE: 1}, drop=True)
    ds.attrs["config"] = json.dumps({"task": {"train_size": 120}})
    assert plot(ds).axes[0].get_title() == "P = 120"
