"""Trains one config and plots the results.

python -m experiments.run --config=configs/<paper>/<figure>.py:<preset> --out=<folder> [--config.seed=1]
python -m experiments.run --resume --out=<folder>
python -m experiments.run --config=... --shard=3/8 --out=<folder of this shard>; see experiments.results merge
python -m experiments.run --config=... --launcher=submitit --shards=8 --slurm.time=60 --out=<folder>; all on a cluster
python -m experiments.run --config=... --distributed --out=<folder>; in each process of a group
"""

from pathlib import Path

from absl import flags
from ml_collections import ConfigDict

from experiments import command, distributed, figures, launch, shards
from experiments.interruption import leave_at_signals
from grok_jax import results
from grok_jax.errors import require
from grok_jax.training.shards import shard_of

CONFIG = command.define_config()
OUT = command.define_out("Folder for the results.")
RESUME = flags.DEFINE_bool("resume", False, "Continue the unfinished run in the folder; needs no --config.")
OVERWRITE = flags.DEFINE_bool("overwrite", False, "Discard the results of an earlier run in the folder.")
KEEP_PARAMS = flags.DEFINE_string(
    "keep_params", None, "Save weights in params.npz: last, or steps such as 0,100. Repeat it with --resume."
)
SHARD = flags.DEFINE_string(
    "shard", None, "Train only slice i/n of the grid, such as 3/8. The same command goes on after a stop."
)
LAUNCHER = flags.DEFINE_enum(
    "launcher",
    None,
    list(launch.CLUSTERS),
    "Train shards as jobs and make the figure: on Slurm, with --slurm.<name>, or here.",
)
SHARDS = flags.DEFINE_integer("shards", None, "Number of jobs of --launcher. The same command goes on after a stop.")
SLURM = command.define_open("slurm", "A parameter of submitit for Slurm, such as --slurm.partition=gpu.")
DISTRIBUTED = flags.DEFINE_bool(
    "distributed", False, "Join a process group of JAX: each process trains a slice of the grid."
)
COORDINATOR = flags.DEFINE_string(
    "coordinator", None, "<host>:<port> of the first process of a group. JAX finds it itself on Slurm and TPU pods."
)
NUM_PROCESSES = flags.DEFINE_integer("num_processes", None, "Processes of the group, if JAX does not find it itself.")
PROCESS_ID = flags.DEFINE_integer("process_id", None, "This process, from 0, if JAX does not find it itself.")
PROGRESS = flags.DEFINE_bool("progress", True, "Show a progress bar.")
GROUP = (COORDINATOR, NUM_PROCESSES, PROCESS_ID)


def main() -> None:
    """Trains the config given by the flags."""
    config = command.given_or_saved(CONFIG.value, OUT.value, resume=RESUME.value)
    command.require_no_axis_overridden(config)
    out = Path(OUT.value)
    alone = [flag.name for flag in GROUP if flag.value is not None and not DISTRIBUTED.value]
    require(not alone, f"--{', --'.join(alone)} belong to --distributed; give it too")
    if LAUNCHER.value is not None:
        _launch(config, out)
        return
    require(SHARDS.value is None and not SLURM, "--shards and --slurm belong to --launcher; give --launcher=submitit")
    ways = {"resume": RESUME.value, "overwrite": OVERWRITE.value, "progress": PROGRESS.value}
    if DISTRIBUTED.value:
        _train_in_group(config, out)
        return
    given = results.shard_in(out) if SHARD.value is None and RESUME.value else SHARD.value
    if given is not None:
        _train_shard(config, out, given)
        return
    figures.tell(figures.make(config, out, **ways, keep_params=_kept(KEEP_PARAMS.value)), out)


def _train_shard(config: ConfigDict, out: Path, given: str) -> None:
    require(KEEP_PARAMS.value is None, "--keep_params keeps the weights of a whole grid; leave it out with --shard")
    require(not (RESUME.value and OVERWRITE.value), "--resume and --overwrite exclude each other; give at most one")
    shard = shard_of(given)
    trained = shards.train(config, out, shard, overwrite=OVERWRITE.value, progress=PROGRESS.value)
    print(f"shard {shard} is in {out}/" if trained else f"shard {shard} in {out}/ is already finished")


def _launch(config: ConfigDict, out: Path) -> None:
    excluded = [flag.name for flag in (SHARD, KEEP_PARAMS, RESUME, OVERWRITE, DISTRIBUTED) if flag.value]
    told = "the same command goes on, or give another --out"
    require(not excluded, f"--launcher does not take --{', --'.join(excluded)}; {told}")
    require(SHARDS.value is not None, "--launcher needs --shards, the number of jobs")
    leave_at_signals("\ninterrupted; the same command goes on (jobs that Slurm has stay there until scancel)")
    slurm = {name: flag.value for name, flag in SLURM.items()}
    verdicts = launch.launch(config, out, launch.Launch(LAUNCHER.value, SHARDS.value, slurm, PROGRESS.value))
    if verdicts is None:
        print(f"{out}/ is already finished")
        return
    figures.tell(verdicts, out)
    print(f"the shards and what their jobs printed are in {out / results.SHARDS}/")


def _train_in_group(config: ConfigDict, out: Path) -> None:
    excluded = [flag.name for flag in (SHARD, KEEP_PARAMS, RESUME) if flag.value]
    told = "--distributed takes its shard from the group and goes on by itself"
    require(not excluded, f"{told}; leave out --{', --'.join(excluded)}")
    shard = distributed.join(COORDINATOR.value, NUM_PROCESSES.value, PROCESS_ID.value)
    verdicts = distributed.train(config, out, shard, overwrite=OVERWRITE.value, progress=PROGRESS.value)
    if verdicts is not None:
        figures.tell(verdicts, out)


def _kept(given: str | None) -> str | tuple[int, ...] | None:
    """Parses the flag's steps; raises UserError if one is not a step."""
    if given in (None, "last"):
        return given
    steps = given.split(",")
    wrong = [step for step in steps if not step.strip().isdecimal()]
    require(not wrong, f"--keep_params={given} has {wrong[:3]}; write last, or steps such as 0,100,200")
    return tuple(int(step) for step in steps)


if __name__ == "__main__":
    command.start(main)
