"""Makes several figures at the same time, each in a process of its own with its share of the CPU cores.

A program runs on one core while it compiles, while it plots, and while the runs of a grid do not fill the others. So
figures side by side finish sooner than one after the other.
"""

import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, NamedTuple

import jax
import psutil

import configs
from experiments import evidence_entries
from experiments.command import how_to_go_on
from experiments.interruption import leave_at_signals
from grok_jax.errors import UserError, require

BREAK = 0.2  # seconds between looks at the processes
PATIENCE = 60  # seconds for a process to save what it has when it is told to stop
RECORDED = Path(__file__).parents[1] / "docs" / "evidence.json"


class Making(NamedTuple):
    """A figure that a process is making."""

    name: str
    process: subprocess.Popen
    cores: list[int]
    errors: IO[bytes]  # what it prints to stderr
    began: float


def shares(jobs: int) -> list[list[int]]:
    """The cores of this process, dealt out to jobs.

    Raises:
      UserError: there are fewer cores than jobs, or there is an accelerator, which the jobs could not share.
    """
    require(jobs >= 1, f"--jobs={jobs}; it must be 1 or above")
    if jobs == 1:
        return [[]]
    backend = jax.default_backend()
    require(backend == "cpu", f"--jobs={jobs} shares CPU cores, and here JAX uses a {backend}; give --jobs=1")
    cores = psutil.Process().cpu_affinity() if hasattr(psutil.Process, "cpu_affinity") else []
    require(
        jobs <= max(1, len(cores)),
        f"--jobs={jobs}; each job needs a CPU core, and {len(cores) or 'none'} can be assigned here",
    )
    return [cores[start::jobs] for start in range(jobs)]


def longest_first(names: Sequence[str], preset: str) -> list[str]:
    """Returns figures by the time that their recorded runs took, those without one first.

    So that at the end no core waits for a long figure that began last.
    """
    entries = evidence_entries.read(RECORDED)
    seconds = {name: entries[f"{name} {preset}"]["seconds"] for name in names if f"{name} {preset}" in entries}
    return sorted(names, key=lambda name: -seconds.get(name, float("inf")))


def make(names: Sequence[str], preset: str, out: Path, jobs: int, *, resume: bool, overwrite: bool) -> None:
    """Makes figures in several processes and prints a line for each that is finished.

    Args:
      names: of the figures.
      preset: of all of them.
      out: the folder; each figure gets a subfolder.
      jobs: how many to make at the same time.
      resume, overwrite: see results.begin.

    Raises:
      UserError: a figure could not be made. Those that had begun are finished first, and no other is begun.
    """
    free, waiting = shares(jobs), list(names)
    making: list[Making] = []
    flags = ["--noprogress", *["--resume"] * resume, *["--overwrite"] * overwrite]
    failed: list[str] = []
    told = how_to_go_on(("resume",))
    with contextlib.ExitStack() as stack:
        stack.callback(_stop, making)
        leave_at_signals(f"\ninterrupted; {told}", before=lambda: _stop(making))
        while making or (waiting and not failed):
            if waiting and free and not failed:
                name, cores = waiting.pop(0), free.pop()
                errors = stack.enter_context(tempfile.TemporaryFile())
                making.append(_begin(name, preset, out, flags, cores, errors))
                continue
            for each in _ended(making):
                making.remove(each)
                free.append(each.cores)
                done = len(names) - len(waiting) - len(making)
                if each.process.returncode:
                    failed.append(f"{each.name}: {_last_line(each)}")
                    continue
                seconds = time.monotonic() - each.began
                print(f"[{done}/{len(names)}] {each.name} ({preset}), made in {seconds:.0f} s", flush=True)
            time.sleep(BREAK)
    if failed:
        raise UserError("; ".join(failed))


def _begin(name: str, preset: str, out: Path, flags: Sequence[str], cores: list[int], errors: IO[bytes]) -> Making:
    config = f"--config={Path(configs.__file__).parent / name}.py:{preset}"
    command = [sys.executable, "-m", "experiments.run", config, f"--out={out / name}", *flags]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
    # It takes its share while it still imports; JAX makes a device for each core that it finds later.
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(process.pid).cpu_affinity(cores)
    return Making(name, process, cores, errors, time.monotonic())


def _ended(making: Sequence[Making]) -> Iterator[Making]:
    yield from [each for each in making if each.process.poll() is not None]


def _last_line(ended: Making) -> str:
    ended.errors.seek(0)
    lines = ended.errors.read().decode("utf-8", "replace").strip().splitlines()
    code = ended.process.returncode
    if code < 0:  # it had no time to say why
        return f"ended by signal {-code}"
    return lines[-1].removeprefix("error: ") if lines else f"ended with exit code {code}"


def _stop(making: Sequence[Making]) -> None:
    for each in making:
        each.process.terminate()
    for each in making:
        with contextlib.suppress(subprocess.TimeoutExpired):
            each.process.wait(PATIENCE)
