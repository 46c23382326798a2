import json

import numpy as np
import pytest
import xarray as xr

from experiments.arena.fig5_arena import CHALLENGERS, CLAIMS, LEVELS, TASKS, plot, ranks, standings, table
from grok_jax.analysis.claims import judge

FIELDS = {
    "AdamW": ("adamw", "nothing", "cross_entropy"),
    "Grokfast EMA": ("adamw", "grokfast_ema", "cross_entropy"),
    "Grokfast MA": ("adamw", "grokfast_ma", "cross_entropy"),
    "OrthoGrad": ("adamw", "orthograd", "cross_entropy"),
    "Muon": ("muon", "nothing", "cross_entropy"),
    "StableMax": ("adamw", "nothing", "stablemax"),
}
SETTINGS = [(rate, decay) for rate in (0.001, 0.003, 0.01) for decay in (0.0, 0.3, 1.0)]
SLOW, SOON, NEVER = 500.0, 100.0, np.inf
STEPS = np.r_[0, np.geomspace(10, 2000, 200)]


def results(times=None, *, seeds=6, settings=9, working=9, spread=0.02, methods=tuple(FIELDS)):
    """Test accuracy jumps to 1 at a time per method and task, SLOW unless given; the best setting is the first.

    Args:
      times: {method: a time for all tasks, or one for each}.
      working: number of a method's settings that get there, or {method: number}.
      spread: relative distance of neighboring seeds.
    """
    times, counts = times or {}, working if isinstance(working, dict) else dict.fromkeys(FIELDS, working)
    arms = [(name, *setting) for name in methods for setting in SETTINGS[:settings]]
    late = np.full((len(TASKS), len(arms), seeds), np.inf)
    for j, (name, _, _) in enumerate(arms):
        place = j % settings
        if place < counts.get(name, 9):
            base = np.broadcast_to(np.asarray(times.get(name, SLOW), float), len(TASKS))
            late[:, j] = base[:, None] * (1 + 0.1 * place) * (1 + spread * np.arange(seeds))
    test = np.where(late[..., None] <= STEPS, 1.0, 0.1)
    columns = {name: [FIELDS[arm[0]][i] for arm in arms] for i, name in enumerate(("name", "before", "loss"))}
    return xr.Dataset(
        {"test_accuracy": (("tasks", "arms", "seed", "step"), test)},
        {
            "task.name": ("tasks", list(TASKS)),
            "optimizer.name": ("arms", columns["name"]),
            "optimizer.before": ("arms", columns["before"]),
            "training.loss": ("arms", columns["loss"]),
            "optimizer.learning_rate": ("arms", [arm[1] for arm in arms]),
            "optimizer.weight_decay": ("arms", [arm[2] for arm in arms]),
            "seed": range(seeds),
            "step": STEPS,
        },
        {"config": json.dumps({})},
    )


def judged(ds):
    return [verdict["verdict"] for verdict in judge(CLAIMS, ds)]


def test_claims_hold_where_every_method_is_sooner_than_adamw_and_all_settings_work():
    assert judged(results(dict.fromkeys(CHALLENGERS, SOON))) == ["holds"] * 7


def test_claim_1_fails_where_one_method_never_gets_there_on_one_task():
    assert judged(results({"Muon": (SOON, NEVER, SOON)}))[0] == "does not hold"


@pytest.mark.parametrize("name", CHALLENGERS)
def test_a_method_is_judged_against_adamw_by_its_own_claim_alone(name):
    verdicts = judged(results({name: SOON}))[1:6]
    assert verdicts == ["holds" if other == name else "does not hold" for other in CHALLENGERS]


def test_a_method_that_is_sooner_on_one_task_only_does_not_hold():
    assert judged(results({"Muon": (SOON, 2 * SLOW, 2 * SLOW)}))[4] == "does not hold"


def test_a_comparison_is_open_where_neither_gets_there_on_two_tasks():
    both = (SLOW, NEVER, NEVER)
    assert judged(results({"AdamW": both, "Muon": (SOON, NEVER, NEVER)}))[4] == "not measured"


def test_claim_7_fails_where_adamw_works_at_fewer_settings():
    assert judged(results(working={"AdamW": 4}))[6] == "does not hold"


def test_claim_7_holds_where_another_method_works_at_fewer_settings():
    assert judged(results(working={"Muon": 4}))[6] == "holds"


@pytest.mark.parametrize("size", [{"seeds": 5}, {"settings": 8}], ids=["five seeds", "eight settings"])
def test_nothing_is_ranked_with_fewer_runs(size):
    ds = results(dict.fromkeys(CHALLENGERS, SOON), **size)
    assert judged(ds)[1:] == ["not measured"] * 6
    assert {row["rank"] for row in table(ds)} == {None}


def test_claim_1_takes_three_seeds_and_few_settings():
    assert judged(results(seeds=3, settings=4))[0] == "holds"
    assert judged(results(seeds=2, settings=4))[0] == "not measured"


def test_a_method_that_was_not_run_is_not_measured():
    methods = [name for name in FIELDS if name != "Grokfast MA"]
    assert judged(results(methods=methods))[2] == "not measured"


def test_a_run_that_diverges_is_infinitely_late():
    ds = results({"Muon": SOON})
    ds["test_accuracy"] = ds["test_accuracy"].where((ds["optimizer.name"] != "muon") | (ds["step"] < 50))
    assert np.isinf(standings(ds)["mnist"]["Muon"].times).all()


def test_methods_share_a_rank_where_their_intervals_overlap():
    ds = results({"Muon": SOON, "OrthoGrad": SOON * 1.05, "StableMax": SLOW * 2, "Grokfast MA": NEVER})
    found = ranks(standings(ds)["sparse_parity"])
    assert found == {"Muon": 1, "OrthoGrad": 1, "AdamW": 3, "Grokfast EMA": 3, "StableMax": 5, "Grokfast MA": None}


def test_the_best_setting_has_the_smallest_median():
    rows = [row for row in table(results({"Muon": SOON})) if row["method"] == "Muon"]
    assert {(row["best rate"], row["best decay"]) for row in rows} == {SETTINGS[0]}


def test_a_method_that_gets_nowhere_has_no_best_setting():
    row = table(results({"Muon": NEVER}))[len(FIELDS) - 1]
    assert row["method"] == "Muon"
    assert np.isnan([row["best rate"], row["best decay"], row["final test accuracy"]]).all()


def test_each_task_has_its_own_level():
    ds = results({"AdamW": SOON})
    ds["test_accuracy"] = ds["test_accuracy"].clip(max=0.9)
    reached = {task: bool(np.isfinite(each["AdamW"].times).all()) for task, each in standings(ds).items()}
    assert reached == {task: low <= 0.9 for task, (low, _) in LEVELS.items()}


def test_the_figure_has_a_panel_for_each_task_and_names_each_method(tmp_path):
    figure = plot(results({"Muon": NEVER}))
    assert len(figure.axes) == len(TASKS) + 1
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == list(FIELDS)
    assert any("not reached" in text.get_text() for text in figure.axes[0].texts)
    figure.savefig(tmp_path / "figure.png")
