"""Measures time and memory of grids of runs, in turns with PyTorch on the same device, and prints the results.

python -m benchmarks.run [--only=at_once,compile,...] [--rounds=5] [--smoke] [--out=docs [--resume]]

With --out, each benchmark's results are saved to speed.json in that folder; speed.md and its pictures are made from it.
"""

import os
import sys
import tempfile
from pathlib import Path

from absl import flags

from benchmarks import catalogue, machine, page, suite
from benchmarks.kept import Kept
from benchmarks.timing import in_own_process
from experiments import command
from grok_jax.errors import require

ONLY = flags.DEFINE_list("only", [], "Which to run, by the beginnings of their names; all but figures by default.")
LIST = flags.DEFINE_bool("list", False, "Print the names of the benchmarks, and run none.")
SMOKE = flags.DEFINE_bool("smoke", False, "Tiny sizes: whether the benchmarks run, not what they measure.")
ROUNDS = flags.DEFINE_integer("rounds", 5, "Turns of each side.", lower_bound=1)
SECONDS = flags.DEFINE_float("seconds", 1.0, "About how long a turn is.", lower_bound=0.0)
PRECISION = flags.DEFINE_enum("precision", "float32", list(machine.PRECISIONS), "Of products, on both sides.")
OUT = flags.DEFINE_string("out", None, "Folder for speed.json, speed.md and its pictures; what it has is kept.")
RESUME = flags.DEFINE_bool("resume", False, "Leave out what --out has of this device and these versions.")
flags.register_validator(
    "only",
    lambda words: set(words) <= {word for word in words if catalogue.chosen([word], catalogue.every())},
    message=f"there are {', '.join(catalogue.families())}; --list prints all names",
)


def main() -> None:
    """Runs the benchmarks that the flags select."""
    require(not RESUME.value or OUT.value is not None, "--resume needs --out=<folder>, the results to go on from")
    found = in_own_process(machine.find)
    if LIST.value:
        print("\n".join(catalogue.every(found.kind)))
        return
    machine.prepare(found, PRECISION.value)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = folder  # so that torch.compile starts with an empty cache
        _measure(found)


def _measure(found: machine.Machine) -> None:
    size = suite.SMOKE if SMOKE.value else suite.Size("quick", ROUNDS.value, SECONDS.value)
    size = size._replace(machine=found)
    about = {**machine.about(found, PRECISION.value), "preset": size.preset}
    kept = Kept.read(Path(OUT.value), about) if OUT.value else Kept.nothing(about)
    print(f"{found.name}; load average {about['load_before']:.1f} before, from others than these benchmarks")
    for name, benchmark in catalogue.chosen(ONLY.value, catalogue.every(found.kind)).items():
        if RESUME.value and kept.has(name):
            continue
        print(f"{name} ...", file=sys.stderr, flush=True)
        rows = list(benchmark(size))
        print(page.text(rows), flush=True)
        kept = kept.with_rows(name, rows)
        if OUT.value:
            kept.write(Path(OUT.value))
            page.write(Path(OUT.value))
    if OUT.value:
        print("\n".join(page.summary(kept.entry())), file=sys.stderr)


if __name__ == "__main__":
    command.start(main)
