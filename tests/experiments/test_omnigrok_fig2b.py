import json

import numpy as np
import pytest
import xarray as xr

from experiments.omnigrok.fig2b_teacher_student import CLAIMS, plot
from grok_jax.analysis.claims import judge

INIT_SCALE, WEIGHT_DECAY = "model.init_scale", "optimizer.weight_decay"
NEVER = np.inf
# The times of the paper's figure: (alpha, wd) -> steps to 95% of train and of test accuracy.
PAPER = {
    (2.0, 0.0): (300, NEVER),
    (2.0, 0.03): (300, 40_000),
    (2.0, 1.0): (300, 2_000),
    (0.5, 0.0): (500, 900),
    (0.5, 0.03): (500, 900),
    (0.5, 1.0): (500, 800),
}


def results(times=PAPER, last=100_000, seeds=5):
    """Accuracies that rise linearly to .95 at the given times, one or one for each seed; never: they stay at .3.

    The errors of 95% of the rows fall as 1 / step, to .01 at these times, and so to .001 at ten times as many steps.
    """
    steps = np.unique(np.geomspace(1, last, 300).round()).astype(int)

    def curves(which, reach, never):
        """What `reach` makes of each time, over all settings and seeds."""
        rows = [[np.broadcast_to(times[a, g][which], seeds) for g in (0.0, 0.03, 1.0)] for a in (2.0, 0.5)]
        time = np.array(rows, float)[..., None]
        return (INIT_SCALE, WEIGHT_DECAY, "seed", "step"), np.where(np.isinf(time), never, reach(time))

    grid = {}
    for which, split in enumerate(("train", "test")):
        grid[f"{split}_accuracy"] = curves(which, lambda time: np.minimum(0.95 * steps / time, 1), 0.3)
        grid[f"{split}_row_error"] = curves(which, lambda time: 0.01 * time / steps, 0.3)
    coords = {INIT_SCALE: [2.0, 0.5], WEIGHT_DECAY: [0.0, 0.03, 1.0], "seed": range(seeds), "step": steps}
    return xr.Dataset(grid, coords, {"config": json.dumps({"training": {"accuracy_threshold": 1e-3}})})


def judged(ds):
    return [v["verdict"] for v in judge(CLAIMS, ds)]


def verdict(number, times, **settings):
    return judge(CLAIMS, results(PAPER | times, **settings))[number - 1]["verdict"]


def test_the_papers_figure_passes_every_claim():
    verdicts = judge(CLAIMS, results())
    assert [v["verdict"] for v in verdicts] == ["holds"] * 4
    assert verdicts[1]["measured"]["delay"] == pytest.approx(40_000 / 300, rel=0.01)
    assert verdicts[1]["measured"]["delay at θ = 0.001"] == np.inf
    assert verdicts[3]["measured"]["last t95(test) there"] == pytest.approx(9_000, rel=0.02)
    assert verdicts[2]["measured"]["ratio (at least)"] == pytest.approx(20, rel=0.01)
    assert all(v["measured"]["seeds"] == "5 of 5 (0.65 to 1.00)" for v in verdicts)


def test_claim_1_fails_where_most_seeds_generalize_without_decay():
    assert verdict(1, {(2.0, 0.0): (300, [NEVER, NEVER, 9e4, 9e4, 9e4])}) == "does not hold"
    assert verdict(1, {(2.0, 0.0): (300, [NEVER, NEVER, NEVER, 9e4, 9e4])}) == "mixed"
    assert verdict(1, {(2.0, 0.0): (300, [NEVER, NEVER, NEVER, NEVER, 9e4])}) == "holds"


def test_claim_1_fails_where_the_training_set_is_not_fitted():
    assert verdict(1, {(2.0, 0.0): (NEVER, NEVER)}) == "does not hold"


def test_claim_1_does_not_look_beyond_the_papers_budget():
    assert verdict(1, {(2.0, 0.0): (300, 150_000)}, last=200_000) == "holds"


def test_claim_1_under_a_shorter_budget_asks_that_small_decay_had_its_time():
    assert verdict(1, {}, last=50_000) == "holds"
    assert verdict(1, {}, last=20_000) == "not measured"
    assert verdict(1, {(2.0, 0.0): (300, 9_000)}, last=20_000) == "does not hold"


def test_claim_2_fails_without_a_delay():
    assert verdict(2, {(2.0, 0.03): (300, 2_900)}) == "does not hold"


def test_claim_2_fails_where_the_run_never_generalizes():
    assert verdict(2, {(2.0, 0.03): (300, NEVER)}) == "does not hold"


def test_claim_2_is_open_where_a_shorter_budget_is_not_enough():
    assert verdict(2, {}, last=20_000) == "not measured"


def test_claim_3_fails_where_decay_makes_little_difference():
    assert verdict(3, {(2.0, 1.0): (300, 9_000)}) == "does not hold"
    assert verdict(3, {(2.0, 1.0): (300, NEVER)}) == "does not hold"


def test_claim_3_takes_the_budget_for_a_lower_bound():
    assert verdict(3, {(2.0, 0.03): (300, NEVER)}) == "holds"
    assert verdict(3, {(2.0, 0.03): (300, NEVER), (2.0, 1.0): (300, 30_000)}) == "not measured"


def test_claim_4_fails_where_one_decay_groks_or_never_generalizes():
    assert verdict(4, {(0.5, 0.0): (500, 6_000)}) == "does not hold"
    assert verdict(4, {(0.5, 1.0): (500, NEVER)}) == "does not hold"
    assert verdict(4, {(0.5, 1.0): (500, NEVER)}, last=50_000) == "not measured"


def test_diverged_seeds_do_not_count_for_a_claim():
    ds = results()
    assert judged(ds.where(ds.seed > 2)) == ["does not hold"] * 4


def test_results_without_errors_of_rows_name_the_probe():
    found = judge(CLAIMS, results().drop_vars(["train_row_error", "test_row_error"]))
    assert {v["verdict"] for v in found} == {"not measured"}
    assert all("training.probes=('row_errors',)" in v["note"] for v in found)


def test_two_seeds_give_no_verdict():
    assert judged(results(seeds=2)) == ["not measured"] * 4


def test_a_grid_without_a_setting_leaves_its_claims_open():
    assert judged(results().sel({WEIGHT_DECAY: [0.0, 0.03]})) == ["holds", "holds", "not measured", "holds"]
    assert judged(results().sel({INIT_SCALE: [2.0]})) == ["holds", "holds", "holds", "not measured"]


def test_the_figure_has_a_titled_panel_for_each_setting(tmp_path):
    figure = plot(results())
    titles = [ax.get_title() for ax in figure.axes]
    assert titles[0] == "α = 2, γ = 0"
    assert titles[5] == "α = 0.5, γ = 1"
    assert len(titles) == 6
    assert [ax.get_title(loc="left") for ax in figure.axes] == [f"({letter})" for letter in "abcdef"]
    figure.savefig(tmp_path / "figure.png")


def test_the_figure_of_one_setting_takes_it_from_the_config():
    ds = results().isel({INIT_SCALE: 0, WEIGHT_DECAY: 1}, drop=True)
    ds.attrs["config"] = json.dumps({"model": {"init_scale": 2.0}, "optimizer": {"weight_decay": 0.03}})
    assert [ax.get_title() for ax in plot(ds).axes] == ["α = 2, γ = 0.03"]
