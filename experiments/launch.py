"""Trains the shards of a grid as jobs of submitit, waits until all have ended, and makes the figure.

<out>                the figure of the whole grid, as if it had trained at once
<out>/shards/<i>     the folder of shard i
<out>/shards/logs    submitit's files: what each job printed; jobs.json has the last job of each shard

What is done is what the shards' folders hold. The same command therefore goes on, whatever was stopped: it waits for
jobs that Slurm still has, and submits the other shards that are not finished.
"""

import dataclasses
import json
import re
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from ml_collections import ConfigDict

import grok_jax
from experiments import command, shards
from grok_jax import results, values
from grok_jax.errors import UserError, require
from grok_jax.training.plan import plan_grid
from grok_jax.training.shards import Shard, require_enough_runs

CLUSTERS = {"submitit": "slurm", "local": "local"}  # a launcher -> submitit's name for where the jobs run
LOCAL_MINUTES = 7 * 24 * 60  # submitit's own limit for a local job, 2 minutes, is meant for tests
SECONDS = {"slurm": 10, "local": 1}  # between two looks at the jobs
LISTS = ("setup", "teardown", "srun_args")  # parameters of which submitit wants a list
TIMES = ("time", "timeout_min")
GONE = "UNKNOWN"  # what submitit says of a job that Slurm does not know


class Launch(NamedTuple):
    """How shards become jobs."""

    launcher: str  # a key of CLUSTERS
    shards: int
    slurm: Mapping[str, Any]  # submitit's parameters for Slurm
    progress: bool = True


@dataclasses.dataclass(frozen=True)
class ShardJob:
    """Trains one shard inside of a job; submitit writes it to a file, and calls it on the job's machine.

    When Slurm takes the machine away or the time is over, submitit's signal waits until the shard's work is saved (see
    training.interrupts). Its handler then queues the job again.
    """

    config: dict[str, Any]
    folder: str
    shard: Shard
    progress: bool

    def __call__(self) -> None:
        """Trains the shard, or goes on where an earlier job was stopped."""
        command.prepare_messages()
        command.prepare_training()
        shards.train(command.saved(self.config), Path(self.folder), self.shard, progress=self.progress)

    def checkpoint(self) -> Any:
        """What the job does when it starts again: the same, because the shard's folder says what is left."""
        return _submitit().helpers.DelayedSubmission(self)


def launch(config: ConfigDict, out: Path, how: Launch) -> list[dict] | None:
    """Trains a config's grid as jobs, one for each shard, and makes the figure of the whole grid.

    Args:
      config: the config of the whole grid.
      out: the folder of the figure; the folders of the shards are in it.
      how: the number of shards, and what to ask of the cluster.

    Returns:
      The verdicts on the figure's claims, or None if the figure was already there.

    Raises:
      UserError: the input is invalid, and nothing is submitted then; or a shard did not finish.
    """
    submitit, plain = _submitit(), values.plain(config.to_dict())
    require(how.shards >= 1, f"--shards={how.shards}; it must be at least 1")
    require_enough_runs(plan_grid(config), Shard(1, how.shards))  # before a folder is named for each
    held = results.shard_in(out)
    require(held is None, f"--out={out} holds shard {held}; give the folder of the whole figure")
    if results.is_finished(out):
        changed = results.changed_fields(out, plain)
        require(not changed, f"--out={out} holds a finished run with another {', '.join(changed[:3])}; give another")
        return None
    results.require_free(out, plain, resume=True)
    places = {Shard(number, how.shards): out / results.SHARDS / str(number) for number in range(1, how.shards + 1)}
    left = shards.unfinished(config, places)
    if left:
        begun = (out / "config.json").exists()
        require(not begun, f"--out={out} holds an unfinished run without shards; continue it with --resume alone")
        grok_jax.check(config, shard=left[0])
        executor = _executor(submitit, out / results.SHARDS / "logs", how)
    with results.locked(out):
        if left:
            jobs = _jobs(submitit, executor, {shard: _job(plain, places[shard], shard, how) for shard in left})
            _wait(submitit, jobs, how)
            _require_finished(jobs, places)
        return shards.merge(list(places.values()), out)


def _submitit() -> ModuleType:
    try:
        import submitit
    except ImportError:
        raise UserError("--launcher needs submitit: pip install 'grok_jax[cluster]'") from None
    return submitit


def _job(plain: dict[str, Any], folder: Path, shard: Shard, how: Launch) -> ShardJob:
    return ShardJob(plain, str(folder.absolute()), shard, how.progress)


def _executor(submitit: ModuleType, logs: Path, how: Launch) -> Any:
    """What submits jobs with the given parameters; raises UserError where submitit refuses them."""
    cluster = CLUSTERS[how.launcher]
    given = {name: [value] if name in LISTS and isinstance(value, str) else value for name, value in how.slurm.items()}
    for name in (name for name in LISTS if name in given):  # submitit does not look until it submits
        is_text = isinstance(given[name], list) and all(isinstance(line, str) for line in given[name])
        require(is_text, f"--slurm.{name}={given[name]}; it must be text, or a list of texts in JSON")
    times = {name: given[name] for name in TIMES if name in given}
    for name, minutes in times.items():  # submitit computes with it, so it cannot be Slurm's 1-00:00:00
        require(type(minutes) is int and minutes > 0, f"--slurm.{name}={minutes}; it must be whole minutes")
    require(bool(times) or cluster == "local", "--launcher=submitit needs --slurm.time, in minutes")
    own = {"name": "grok_jax", "local_timeout_min": LOCAL_MINUTES, "stderr_to_stdout": True}
    asked = own | {f"slurm_{name}": value for name, value in given.items()}
    try:
        submitit.AutoExecutor(logs, cluster="debug").update_parameters(**asked)  # checks names, and makes no folder
        executor = submitit.AutoExecutor(logs, cluster=cluster)
        executor.update_parameters(**asked)
    except RuntimeError as error:
        raise UserError(f"{error} --launcher=local tries the command without Slurm") from error
    except NameError as error:  # the lines after the first are about submitit's Python interface
        raise UserError(f"--slurm: {str(error).splitlines()[0]}") from error
    except (TypeError, ValueError, AssertionError) as error:
        raise UserError(f"--slurm: {error}") from error
    return executor


def _jobs(submitit: ModuleType, executor: Any, wanted: Mapping[Shard, ShardJob]) -> dict[Shard, Any]:
    """The job of each shard: the one that Slurm has from an earlier call, or one that is submitted now."""
    record, is_found_again = executor.folder / "jobs.json", executor.cluster == "slurm"
    known = json.loads(record.read_text("utf-8")) if is_found_again and record.exists() else {}
    before = {shard: submitit.SlurmJob(executor.folder, known[str(shard)]) for shard in wanted if str(shard) in known}
    jobs = {shard: job for shard, job in before.items() if not job.done() and job.state != GONE}
    new = [shard for shard in wanted if shard not in jobs]
    if new:
        errors = submitit.core.utils.FailedJobError, submitit.core.utils.FailedSubmissionError
        try:
            jobs |= dict(zip(new, executor.submit_array([wanted[shard] for shard in new]), strict=True))
        except errors as error:
            raise UserError(f"the jobs cannot be submitted: {error}") from error
    if is_found_again:
        ids = json.dumps({str(shard): job.job_id for shard, job in jobs.items()}, indent=1)
        results.write_whole(record, lambda path: path.write_text(f"{ids}\n", "utf-8"))
    still = f", {len(jobs) - len(new)} still with Slurm" if len(jobs) > len(new) else ""
    print(f"shards submitted: {len(new)}{still}; logs are in {executor.folder}/", flush=True)
    return jobs


def _wait(submitit: ModuleType, jobs: Mapping[Shard, Any], how: Launch) -> None:
    """Waits until all jobs have ended, well or not."""
    shard_of = {job.job_id: shard for shard, job in jobs.items()}
    ended = submitit.helpers.as_completed(list(jobs.values()), poll_frequency=SECONDS[CLUSTERS[how.launcher]])
    for count, job in enumerate(ended, 1):
        if how.progress:
            print(f"the job of shard {shard_of[job.job_id]} has ended ({count} of {len(jobs)})", flush=True)


def _require_finished(jobs: Mapping[Shard, Any], places: Mapping[Shard, Path]) -> None:
    """Raises UserError if a job has ended and its shard is not finished; the line quotes its log."""
    failed = [shard for shard in jobs if not results.is_finished(places[shard])]
    if failed:
        job = jobs[failed[0]]
        said = [line.strip() for line in (job.stdout() or "").splitlines() if line.strip()]
        # Slurm's own words follow an error of Python, but are all there is where a job was killed.
        telling = [line for line in said if re.match(r"[\w.]+(Error|Exception)\b", line)] or said or ["nothing"]
        others = f" and {len(failed) - 1} more" if len(failed) > 1 else ""
        told = f"shard {failed[0]}{others} did not finish; its log {job.paths.stdout} says: {telling[-1]}"
        raise UserError(f"{told} (the same command goes on)")
