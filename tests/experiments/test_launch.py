"""Shards as jobs of submitit: what is asked of Slurm, what is refused, and local jobs that are preempted or killed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import xarray as xr

from experiments import launch, shards
from experiments.launch import Launch, ShardJob
from grok_jax import UserError, default_config, results, values
from grok_jax.training.shards import Shard

ROOT = Path(__file__).parents[2]
PATIENCE = 300  # seconds until a process is given up
FIGURE = "--config=configs/lazy_to_rich/fig2_modular_mlp.py:smoke"  # two programs of 8 runs
STEPS = ("--config.training.steps=20000", "--config.execution.checkpoint_seconds=0")  # there is something to stop
HOUR = {"time": 60}


@pytest.fixture
def config():
    config = default_config("modular_arithmetic", "mlp", "gd")
    config.task.p, config.task.train_fraction, config.model.widths = 5, 0.6, (4,)
    config.training.steps, config.training.records = 2, 2
    config.grid = "seed=range(4)"
    return config.lock()


@pytest.fixture
def slurm(tmp_path, monkeypatch):
    """A folder whose files say what Slurm's commands do: what was submitted, as batch_<n>, and the jobs' states."""
    pytest.importorskip("submitit")
    from submitit import SlurmJob

    folder = tmp_path / "slurm"
    folder.mkdir()
    (folder / "states").write_text("JobID|State|NodeList\n")
    says = {
        "srun": "",
        "sacct": f"cat {folder}/states",
        "sbatch": f'n=$(ls {folder} | grep -c batch_); cp "$1" {folder}/batch_$n; echo Submitted batch job $((7 + n))',
    }
    for name, line in says.items():
        (folder / name).write_text(f"#!/bin/sh\n{line}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    SlurmJob.watcher.clear()
    return folder


def set_states(slurm, state, *jobs):
    lines = [f"{job}|{state}|node" for job in jobs]
    (slurm / "states").write_text("\n".join(["JobID|State|NodeList", *lines]))


def failure(config, out, how):
    with pytest.raises(UserError) as raised:
        launch.launch(config, out, how)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_the_shards_are_one_array_of_what_is_asked_of_slurm(config, slurm, tmp_path):
    set_states(slurm, "FAILED", "7_0", "7_1")
    asked = {"time": 90, "partition": "gpu", "gpus_per_node": 1, "setup": "module load cuda"}
    failure(config, tmp_path / "out", Launch("submitit", 2, asked))
    lines = (slurm / "batch_0").read_text().splitlines()
    wanted = ("time=90", "partition=gpu", "gpus-per-node=1", "array=0-1%2", "signal=USR2@90", "job-name=grok_jax")
    assert {f"#SBATCH --{each}" for each in wanted} | {"module load cuda"} <= set(lines)


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ("begins\nsrun: error: vm: task 0: Killed\n", "srun: error: vm: task 0: Killed"),
        ("  raise error\na.UserError: wrong\nsrun: error: vm: task 0: Exited with exit code 1", "a.UserError: wrong"),
        ("", "nothing"),
    ],
    ids=["killed", "failed", "silent"],
)
def test_a_shard_that_did_not_finish_is_named_with_what_its_log_says(config, slurm, tmp_path, log, words):
    set_states(slurm, "FAILED", "7_0", "7_1")
    file = tmp_path / "out" / "shards" / "logs" / "7_0_0_log.out"
    file.parent.mkdir(parents=True)
    file.write_text(log)
    said = failure(config, tmp_path / "out", Launch("submitit", 2, HOUR))
    assert said == f"shard 1/2 and 1 more did not finish; its log {file} says: {words} (the same command goes on)"


def test_the_same_command_submits_only_what_slurm_does_not_have(config, slurm, tmp_path, monkeypatch):
    set_states(slurm, "FAILED", "7_0", "7_1", "7_2")
    failure(config, tmp_path / "out", Launch("submitit", 3, HOUR))
    set_states(slurm, "RUNNING", "7_0", "7_2")
    from submitit import SlurmJob

    SlurmJob.watcher.clear()
    waited = []
    monkeypatch.setattr(launch, "_wait", lambda submitit, jobs, how: waited.append(jobs))
    failure(config, tmp_path / "out", Launch("submitit", 3, HOUR))
    assert {str(shard): job.job_id for shard, job in waited[0].items()} == {"1/3": "7_0", "2/3": "8", "3/3": "7_2"}


def test_what_slurm_refuses_is_one_line(config, slurm, tmp_path):
    (slurm / "sbatch").write_text("#!/bin/sh\necho 'sbatch: error: invalid partition specified: gpuu' >&2; exit 1\n")
    asked = {**HOUR, "partition": "gpuu"}
    words = "the jobs cannot be submitted: sbatch: error: invalid partition specified: gpuu"
    assert failure(config, tmp_path / "out", Launch("submitit", 2, asked)) == words


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (Launch("local", 2, {"partitoin": "gpu"}), "--slurm: Unknown argument 'partitoin'"),
        (Launch("local", 0, {}), "--shards=0; it must be at least 1"),
        (Launch("local", 5, {}), "the grid has 4 runs"),
        (Launch("local", 10**12, {}), "the grid has 4 runs"),
        (Launch("local", 2, {"setup": 3}), "--slurm.setup=3; it must be text, or a list of texts in JSON"),
        (Launch("submitit", 2, {}), "needs --slurm.time, in minutes"),
        (Launch("submitit", 2, {"time": "1-00:00:00"}), "--slurm.time=1-00:00:00; it must be whole minutes"),
        (Launch("submitit", 2, HOUR), "--launcher=local tries the command without Slurm"),
    ],
    ids=["a name", "no shards", "many shards", "very many shards", "a setup", "no time", "a time", "no Slurm"],
)
def test_what_cannot_be_launched_is_one_line_and_leaves_nothing(config, tmp_path, monkeypatch, how, words):
    pytest.importorskip("submitit")
    monkeypatch.setenv("PATH", "")
    assert words in failure(config, tmp_path / "out", how)
    assert not (tmp_path / "out").exists()


def test_a_parameter_that_is_unknown_comes_with_those_that_submitit_has(config, tmp_path):
    pytest.importorskip("submitit")
    said = failure(config, tmp_path / "out", Launch("local", 2, {"partitoin": "gpu"}))
    assert {"partition", "gpus_per_node", "time", "qos"} <= set(said.partition("Valid arguments: ")[2].split(", "))


def test_without_submitit_one_line_says_what_to_install(config, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "submitit", None)
    said = failure(config, tmp_path / "out", Launch("local", 2, {}))
    assert said == "--launcher needs submitit: pip install 'grok_jax[cluster]'"


@pytest.fixture
def first(config, tmp_path):
    """The folder of a figure whose first shard of two is finished."""
    pytest.importorskip("submitit")
    shards.train(config, tmp_path / "out" / "shards" / "1", Shard(1, 2), progress=False)
    return tmp_path / "out"


def test_shards_of_another_launch_are_refused(config, first):
    assert "holds shard 1/2, finished, which differs" in failure(config, first, Launch("local", 3, {}))
    changed = config.copy_and_resolve_references()
    changed.training.steps = 3
    assert "training.steps (was 2, is 3)" in failure(changed, first, Launch("local", 2, {}))


def test_where_all_shards_are_finished_they_are_merged_without_a_job(config, first, monkeypatch):
    shards.train(config, first / "shards" / "2", Shard(2, 2), progress=False)
    monkeypatch.setattr(launch, "_jobs", None)
    assert launch.launch(config, first, Launch("local", 2, {})) == []
    before = (first / "results.nc").stat()
    assert launch.launch(config, first, Launch("local", 2, {})) is None
    assert (first / "results.nc").stat() == before


def launched(out, *arguments):
    line = [sys.executable, "-m", "experiments.run", FIGURE, *STEPS, f"--out={out}", "--noprogress", *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(line, cwd=ROOT, env={**os.environ, "JAX_PLATFORMS": "cpu"}, **pipes)


def ended(process):
    printed, errors = process.communicate(timeout=PATIENCE)
    return process.returncode, printed, errors


def until(reached, process):
    deadline = time.monotonic() + PATIENCE
    while not reached():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)


def numbers(folder):
    return results.load_dataset(folder).drop_attrs(deep=False).drop_vars("device", errors="ignore")


@pytest.mark.slow
def test_two_local_jobs_of_which_one_was_killed_are_bitwise_the_figure_made_at_once(tmp_path):
    pytest.importorskip("submitit")
    out, jobs = tmp_path / "out", ("--launcher=local", "--shards=2")
    process = launched(out, *jobs)
    until(lambda: list(out.glob("shards/1/checkpoint/*/*/seal_*.json")), process)
    of_jobs = psutil.Process(process.pid).children(recursive=True)
    folder = str(out / "shards" / "1")
    (killed,) = (each for each in of_jobs if any(file.path.startswith(folder) for file in each.open_files()))
    killed.kill()
    code, _, errors = ended(process)
    (line,) = errors.splitlines()
    assert code == 2
    assert line.startswith(f"error: shard 1/2 did not finish; its log {out / 'shards' / 'logs'}/")

    second = numbers(out / "shards" / "2")
    code, printed, errors = ended(launched(out, *jobs))
    assert (code, errors) == (0, "")
    assert "shards submitted: 1;" in printed
    assert len(json.loads((out / "shards" / "1" / "config.json").read_text())["resumed"]) == 1
    xr.testing.assert_identical(numbers(out / "shards" / "2"), second)

    assert ended(launched(tmp_path / "whole"))[0] == 0
    xr.testing.assert_identical(numbers(out), numbers(tmp_path / "whole"))
    made = {path.name: path.read_bytes() for path in (tmp_path / "whole").iterdir()}
    assert sorted(path.name for path in out.iterdir()) == sorted([*made, "shards"])
    assert [name for name in ("figure.png", "claims.json") if made[name] != (out / name).read_bytes()] == []
    assert ended(launched(out, *jobs))[1] == f"{out}/ is already finished\n"


@pytest.mark.slow
def test_a_job_that_is_preempted_saves_its_work_and_goes_on_when_it_is_requeued(config, tmp_path, monkeypatch):
    submitit = pytest.importorskip("submitit")
    monkeypatch.chdir(ROOT)
    long = config.copy_and_resolve_references()
    long.training.steps = 300_000  # checkpoint_seconds is a minute: only the signal saves
    plain = values.plain(long.to_dict())
    executor = submitit.LocalExecutor(tmp_path / "logs")
    executor.update_parameters(timeout_min=60)
    shard = Shard(1, 2)
    jobs = [executor.submit(ShardJob(plain, str(tmp_path / name), shard, False)) for name in ("preempted", "other")]
    controller = psutil.Process(int(jobs[0].job_id))
    until(lambda: list(tmp_path.glob("preempted/checkpoint/identity.json")), jobs[0]._process)
    time.sleep(2)
    (task,) = controller.children()
    task.send_signal(signal.SIGUSR2)
    task.wait(PATIENCE)
    assert [job.results() for job in jobs] == [[None], [None]]
    assert "Requeued job" in jobs[0].stdout()
    assert len(json.loads((tmp_path / "preempted" / "config.json").read_text())["resumed"]) == 1
    xr.testing.assert_identical(numbers(tmp_path / "preempted"), numbers(tmp_path / "other"))
