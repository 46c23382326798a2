"""Trains one config and plots the results.

python -m experiments.run --config=configs/<paper>/<figure>.py:<preset> --out=<folder> [--config.seed=1]
python -m experiments.run --resume --out=<folder>
python -m experiments.run --config=... --shard=3/8 --out=<folder of this shard>; see experiments.results merge
python -m experiments.run --config=... --launcher=submitit --shards=8 --slurm.time=60 --out=<folder>; all on a cluster
"""

from pathlib import Path

from absl import flags
from ml_collections import ConfigDict

from experiments import command, figures, launch, shards
from experiments.interruption import leave_at_signals
from grok_jax import results
from grok_jax.analysis.claims import format_claims
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
PROGRESS = flags.DEFINE_bool("progress", True, "Show a progress bar.")


def main() -> None:
    """Trains the config given by the flags."""
    config = command.given_or_saved(CONFIG.value, OUT.value, resume=RESUME.value)
    command.require_no_axis_overridden(config)
    out = Path(OUT.value)
    if LAUNCHER.value is not None:
        _launch(config, out)
        return
    require(SHARDS.value is None and not SLURM, "--shards and --slurm belong to --launcher; give --launcher=submitit")
    ways = {"resume": RESUME.value, "overwrite": OVERWRITE.value, "progress": PROGRESS.value}
    given = results.shard_in(out) if SHARD.value is None and RESUME.value else SHARD.value
    if given is not None:
        _train_shard(config, out, given)
        return
    _tell(figures.make(config, out, **ways, keep_params=_kept(KEEP_PARAMS.value)), out)


def _tell(verdicts: list[dict], out: Path) -> None:
    if verdicts:
        print(format_claims(verdicts))
    print(f"results, picture and claims are in {out}/")


def _train_shard(config: ConfigDict, out: Path, given: str) -> None:
    require(KEEP_PARAMS.value is None, "--keep_params keeps the weights of a whole grid; leave it out with --shard")
    require(not (RESUME.value and OVERWRITE.value), "--resume and --overwrite exclude each other; give at most one")
    shard = shard_of(given)
    trained = shards.train(config, out, shard, overwrite=OVERWRITE.value, progress=PROGRESS.value)
    print(f"shard {shard} is in {out}/" if trained else f"shard {shard} in {out}/ is already finished")


def _launch(config: ConfigDict, out: Path) -> None:
    given = {"--shard": SHARD.value, "--keep_params": KEEP_PARAMS.value, "--resume": RESUME.value or None}
    wrong = [name for name, value in {**given, "--overwrite": OVERWRITE.value or None}.items() if value is not None]
    require(not wrong, f"--launcher does not take {', '.join(wrong)}; the same command goes on, or give another --out")
    require(SHARDS.value is not None, "--launcher needs --shards, the number of jobs")
    leave_at_signals("\ninterrupted; the same command goes on (jobs that Slurm has stay there until scancel)")
    slurm = {name: flag.value for name, flag in SLURM.items()}
    verdicts = launch.launch(config, out, launch.Launch(LAUNCHER.value, SHARDS.value, slurm, PROGRESS.value))
    if verdicts is None:
        print(f"{out}/ is already finished")
        return
    _tell(verdicts, out)
    print(f"the shards and what their jobs printed are in {out / results.SHARDS}/")


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
