"""The benchmark of the arena's methods."""

import pytest

from benchmarks import kept, methods, page, suite
from benchmarks.timing import Ratio
from configs.arena.fig5_arena import METHODS, TASK_AXIS
from experiments.arena.fig5_arena import BASELINE, TASKS

ROWS = [
    methods.Stepped("parity", "AdamW", 100.0, Ratio(1.0, 1.0, 1.0)),
    methods.Stepped("parity", "Muon", 50.0, Ratio(2.0, 1.9, 2.1)),
]


def test_every_method_of_the_ranking_preset_is_a_program_of_one_run():
    axis = methods._axis("medium", TASK_AXIS)
    assert [point[0] for point in axis] == list(TASKS)
    for method in METHODS:
        grid = methods._changes("medium", 0, method)["grid"]
        assert grid.count(repr(METHODS[method][0])) == 1


def test_the_page_says_how_many_steps_of_adamw_a_step_takes():
    about = {
        "kind": "cpu",
        "precision": "float32",
        "device": "cores",
        "date": "2026-12-01",
        "python": "3",
        "load_before": 0,
    }
    entry = kept.Kept.nothing(about).with_rows("methods", ROWS).entry()
    lines = page.markdown({"cpu": entry}).splitlines()
    assert "| method | parity |" in lines
    assert "| Muon | 2.00 (1.90 .. 2.10) |" in lines


def test_what_is_kept_of_a_method_reads_as_what_was_measured(tmp_path):
    about = {"kind": "cpu", "precision": "float32", "date": "2026-12-01"}
    kept.Kept.nothing(about).with_rows("methods", ROWS).write(tmp_path)
    assert kept.read(tmp_path)["cpu"].rows(methods.Stepped) == ROWS


@pytest.mark.slow
def test_the_baseline_costs_once_itself_on_every_task():
    rows = list(methods.stepped(suite.SMOKE))
    assert [row.cost for row in rows if row.method == BASELINE] == [Ratio(1.0, 1.0, 1.0)] * len(TASKS)
    assert all(row.rate > 0 for row in rows)
