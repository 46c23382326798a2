"""Times and weighs grids of runs, beside PyTorch on the same cores by turns, and prints one table.

python -m benchmarks.run [--only=mnist,kernel,...] [--smoke] [--out=<file>.json]
"""

import json
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from absl import app, flags

from benchmarks import suite
from benchmarks.machine import cores

ONLY = flags.DEFINE_list("only", list(suite.BENCHMARKS), f"Which of {', '.join(suite.BENCHMARKS)} to run.")
SMOKE = flags.DEFINE_bool("smoke", False, "Tiny sizes: whether the benchmarks run, not what they measure.")
ROUNDS = flags.DEFINE_integer("rounds", 11, "Turns of each side.", lower_bound=1)
SECONDS = flags.DEFINE_float("seconds", 1.0, "About how long a turn is.", lower_bound=0.0)
OUT = flags.DEFINE_string("out", None, "JSON file for the results.")
flags.register_validator(
    "only", lambda names: set(names) <= set(suite.BENCHMARKS), message=f"there are {', '.join(suite.BENCHMARKS)}"
)


def main(argv: list[str]) -> None:
    """Runs the benchmarks of the flags."""
    if len(argv) > 1:
        raise app.UsageError(f"{argv[1]!r} is no flag")
    size = suite.SMOKE if SMOKE.value else suite.Size("quick", ROUNDS.value, SECONDS.value)
    load = os.getloadavg()[0]
    print(f"{cores()} cores ({platform.machine()}); load average {load:.1f} before, from others than these benchmarks")
    rows = [row for name in ONLY.value for row in suite.BENCHMARKS[name](size)]
    print(suite.table(rows))
    if OUT.value:
        packages = {name: _version(name) for name in ("jax", "jaxlib", "torch", "numpy")}
        about = {"cores": cores(), "load_before": load, "python": platform.python_version(), **packages}
        Path(OUT.value).write_text(json.dumps({"about": about, "rows": [row._asdict() for row in rows]}, indent=2))


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


if __name__ == "__main__":
    app.run(main)
