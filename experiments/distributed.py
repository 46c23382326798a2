"""One process group of JAX: each process trains its shard of a grid, and the first one makes the figure of all.

<out>                the figure of the whole grid, as if it had trained at once
<out>/shards/<i>     the folder of shard i

The processes share no arrays. JAX's coordination service starts them together, ends the others when one dies, and lets
them wait for each other at the end.
"""

import contextlib
import os
import re
import signal
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import jax
from ml_collections import ConfigDict

from experiments import shards
from experiments.interruption import SIGNALS, leave_at_signals
from grok_jax import results, values
from grok_jax.errors import UserError, require
from grok_jax.training.shards import Shard

DEAD = 60  # seconds without a sign of life until JAX takes a process for dead and ends the others
PATIENCE = 30 * 24 * 60 * 60  # seconds that a process waits for the others to finish their shards
CLUSTERS = "Slurm, TPU pods, Open MPI and Kubernetes"


def join(coordinator: str | None = None, processes: int | None = None, process: int | None = None) -> Shard:
    """Joins a process group before JAX starts its devices, and returns the shard of this process.

    Args:
      coordinator: <host>:<port> of the first process; None lets JAX find it, on the clusters that it knows.
      processes, process: the number of processes, and that of this one, from 0; None as for coordinator.

    Raises:
      UserError: JAX finds no cluster and an argument is missing, or it refuses an argument.
    """
    port = None if coordinator is None else re.fullmatch(r".+:(\d{1,5})", coordinator)
    known = coordinator is None or (port is not None and 0 < int(port[1]) < 2**16)  # JAX waits at other ports for ever
    require(known, f"--coordinator={coordinator}; it must be <host>:<port>, such as node1:1234")
    # JAX's own handler of SIGTERM would take the place of ours, which lets a sweep save its checkpoint.
    jax.config.update("jax_enable_preemption_service", False)
    try:
        with _ended_by_signals():
            jax.distributed.initialize(
                coordinator, processes, process, heartbeat_timeout_seconds=DEAD, shutdown_timeout_seconds=PATIENCE
            )
    except (ValueError, RuntimeError) as error:
        said = str(error).rstrip(".")
        needed = f"outside {CLUSTERS}, give --coordinator=<host>:<port>, --num_processes and --process_id"
        raise UserError(f"--distributed cannot join the processes: {said}; {needed}") from error
    leave_at_signals("\ninterrupted; start the same command again in every process, without --overwrite")
    return Shard(jax.process_index() + 1, jax.process_count())


def train(
    config: ConfigDict, out: Path, shard: Shard, *, overwrite: bool = False, progress: bool = True
) -> list[dict] | None:
    """Trains the shard of this process, waits for the others, and makes the figure of all in the first process.

    Started again, each process goes on where it was stopped. If this process fails, it ends at once, and JAX ends the
    others. If another one fails, JAX ends this one.

    Args:
      config: the config of the whole grid.
      out: a folder that all processes see.
      shard: from join.
      overwrite, progress: as for shards.train.

    Returns:
      The verdicts on the figure's claims in the first process; None in the others, and if the figure was there.

    Raises:
      UserError: the shards cannot be merged.
    """
    folders = [out / results.SHARDS / str(number) for number in range(1, shard.of + 1)]
    own = folders[shard.number - 1]
    try:
        if _is_made(config, out, overwrite):
            print(f"{out}/ is already finished")
            return None
        trained = shards.train(config, own, shard, overwrite=overwrite, progress=progress)
    except Exception as error:
        _leave_group(error)
    print(f"shard {shard} is in {own}/" if trained else f"shard {shard} in {own}/ is already finished", flush=True)
    with _ended_by_signals():
        jax.distributed.shutdown()  # waits for the others
    if shard.number > 1:
        return None
    return shards.merge(folders, out, overwrite=overwrite)


def _is_made(config: ConfigDict, out: Path, overwrite: bool) -> bool:
    """Whether a folder holds the figure of a config; raises UserError if it holds something else."""
    plain = values.plain(config.to_dict())
    whole = results.is_finished(out) and results.shard_in(out) is None
    if whole and not overwrite and not results.changed_fields(out, plain):
        return True
    results.require_free(out, plain, resume=not overwrite, overwrite=overwrite)
    return False


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Gives signals their usual effect while JAX waits in C++, where Python's handlers do not run."""
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    ours = {number: each for number, each in handlers.items() if each is not signal.SIG_IGN}  # nohup ignores SIGHUP
    for number in ours:
        signal.signal(number, signal.SIG_DFL)
    try:
        yield
    finally:
        for number, handler in ours.items():
            signal.signal(number, handler)


def _leave_group(error: Exception) -> NoReturn:
    """Prints an error and ends this process at once; a normal exit would wait until the others have trained."""
    if isinstance(error, UserError):
        print(f"error: {error}", file=sys.stderr)
    else:
        traceback.print_exception(error)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(2 if isinstance(error, UserError) else 1)
