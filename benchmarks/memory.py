"""Peak resident memory, and compile time, of whole grids: each in a process of its own, trained for a few steps."""

import resource
import sys
from typing import NamedTuple

FEW = {"training.steps": 3, "training.records": 3}


class Held(NamedTuple):
    """What a grid took, apart from training."""

    runs: int
    compile_seconds: float
    peak_bytes: int


def peak_bytes() -> int:
    """The most memory that this process has held resident so far."""
    unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss: bytes on macOS, KiB on Linux
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def few_steps(module: str, preset: str, changes: dict[str, object]) -> Held:
    """Trains a config's grid for a few steps; what it holds and compiles does not depend on how many.

    Args:
      module: of the config, dotted.
      preset: of the config.
      changes: fields by dotted name, e.g. {"grid": "seed=range(1000)"}.
    """
    from benchmarks.grids import load_config
    from grok_jax import sweep

    ds = sweep(load_config(module, preset, {**changes, **FEW}), progress=False)
    return Held(ds["train_loss"].isel(step=0).size, ds.attrs["compile_seconds"], peak_bytes())
