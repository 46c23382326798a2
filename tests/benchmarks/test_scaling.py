import json
from unittest import mock

import pytest
from absl import flags
from absl.testing import flagsaver

from benchmarks import catalogue, costs, machine, page, run, scaling, suite
from benchmarks.scaling import COMPILED, OURS, WORKS
from grok_jax.errors import UserError

CPU = machine.Machine("cpu", "2 CPU cores", 2, None)
GPU = machine.Machine("gpu", "a GPU", 16, None)


def forms(work: str, runs: int, place: machine.Machine) -> dict:
    pytest.importorskip("torch")
    return scaling.peer_forms(WORKS[work], runs, place)


def test_ensembles_on_cores_are_spread_over_processes_and_over_threads():
    found = forms("teacher_student", 16, CPU)
    assert list(found) == [
        "compiled ensemble, 2 processes",
        "compiled ensemble, 2 threads",
        "eager ensemble, 2 processes",
        "eager ensemble, 2 threads",
        "loop, 2 processes",
    ]
    assert [form.args[3] * form.processes for form in list(found.values())[:4]] == [16] * 4


def test_one_run_on_cores_has_loops_and_is_told_that_there_are_no_cuda_graphs():
    found = forms("teacher_student", 1, CPU)
    assert {"compiled ensemble, 1 thread", "loop, 1 thread", "loop, 2 threads"} <= set(found)
    assert found["loop, CUDA graph"].missing == scaling.NO_GRAPHS


def test_one_run_on_a_gpu_has_cuda_graphs_of_ensembles_and_of_a_loop():
    found = forms("teacher_student", 1, GPU)
    assert {f"{COMPILED}, CUDA graph", COMPILED, "eager ensemble, CUDA graph", "loop, CUDA graph"} <= set(found)
    assert found["loop, CUDA graph"].args[1] == {"fused": True, "capturable": True}


def test_without_a_compiler_the_compiled_ensembles_say_so(monkeypatch):
    monkeypatch.setattr(machine.shutil, "which", lambda name: None)
    monkeypatch.delenv("CXX", raising=False)
    found = forms("teacher_student", 16, CPU)
    assert {form.missing for label, form in found.items() if label.startswith(COMPILED)} == {machine.NO_COMPILER}


def test_sides_that_do_not_fit_the_memory_are_left_out_ours_never(monkeypatch):
    monkeypatch.setattr(scaling, "free_memory", lambda: 200)
    found = {OURS: scaling._Form(1, scaling.grids.trainer, ()), **forms("teacher_student", 16, CPU)}
    left = scaling._left_out(found, 60, CPU)
    assert [label for label in found if label not in left] == [OURS, f"{COMPILED}, 2 processes", "loop, 2 processes"]


@pytest.mark.parametrize("name", WORKS)
def test_one_process_of_an_ensemble_trains_the_runs_it_is_given(name):
    torch = pytest.importorskip("torch")
    work = WORKS[name]
    made = scaling.ensemble("eager", work.make, torch.get_num_threads(), 2, *work.data())
    made.advance(1)
    assert (made.runs, made.compile_seconds) == (2, 0.0)


@pytest.mark.slow
def test_a_comparison_without_pytorch_has_ours_and_the_floor():
    place = CPU._replace(no_peer=machine.NO_PEER)
    row = scaling.compare(WORKS["teacher_student"], 2, place, "smoke", 1, 0.05)
    assert row.sides[OURS].rate > 0
    assert row.floor > 0
    assert row.sides[COMPILED].missing == machine.NO_PEER
    assert "torch is not installed" in page.text([row])


@pytest.mark.slow
def test_a_side_that_cannot_start_is_reported_and_the_others_go_on(monkeypatch):
    broken = WORKS["teacher_student"]._replace(make=int, loop=int)
    row = scaling.compare(broken, 2, CPU, "smoke", 1, 0.05)
    assert {side.missing for label, side in row.sides.items() if label != OURS} == {scaling.FAILED}


@pytest.mark.slow
def test_a_second_start_compiles_faster():
    found = costs.compiled("students", suite.TEACHER_STUDENT, "smoke", {})
    assert found.cached_seconds < found.first_seconds


@pytest.mark.slow
def test_a_grid_holds_about_what_the_planner_says():
    found = costs.weighed("digits", suite.MNIST, "smoke", {"grid": "seed=range(64)"})
    assert 0.5 < found.held / found.predicted < 2.5


def test_benchmarks_are_chosen_by_whole_parts_of_their_names():
    every = catalogue.every()
    assert set(catalogue.chosen(["at_once.mnist"], every)) == {f"at_once.mnist.{runs}" for runs in (1, 16, 256)}
    assert list(catalogue.chosen(["mnist"], every)) == ["mnist"]
    assert "figures" not in catalogue.chosen([], every)


def test_the_figures_that_are_compiled_are_those_of_the_demo():
    makefile = (suite.REPOSITORY / "Makefile").read_text("utf-8")
    assert f"--only={','.join(map(suite.figure_id, catalogue.DEMO))} " in makefile


def benchmarks(*arguments: str) -> None:
    with flagsaver.flagsaver(), mock.patch.dict("os.environ"):
        flags.FLAGS(["benchmarks", *arguments])
        run.main()


def test_the_command_keeps_its_rows_and_goes_on_from_them(tmp_path, capsys, monkeypatch):
    called, row = [], suite.Row("held", compile_seconds=1.0, peak_bytes=1)
    monkeypatch.setitem(suite.BENCHMARKS, "memory", lambda size: called.append(size) or [row])
    for flag in ("--noresume", "--resume"):
        benchmarks("--smoke", "--only=memory", f"--out={tmp_path}", flag)
    written = json.loads((tmp_path / "speed.json").read_text("utf-8"))["cpu"]
    assert written["benchmarks"]["memory"]["rows"][0]["peak_bytes"] == 1
    assert written["about"]["jax"]
    assert len(called) == 1
    assert "held" in capsys.readouterr().out


def test_the_command_lists_what_there_is(capsys):
    benchmarks("--list")
    assert capsys.readouterr().out.split() == list(catalogue.every())


def test_going_on_needs_results_to_go_on_from():
    with pytest.raises(UserError, match="--resume needs --out"):
        benchmarks("--resume")


def test_an_unknown_benchmark_is_one_line_with_those_there_are():
    with flagsaver.flagsaver(), pytest.raises(flags.IllegalFlagValueError, match="there are at_once, compile"):
        flags.FLAGS(["benchmarks", "--only=nonsense"])
