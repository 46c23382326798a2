"""Our side: grids of the library's configs, run by the programs that sweep uses."""

import importlib
import time
from typing import Any, NamedTuple
from unittest import mock

import jax
import numpy as np
from ml_collections import ConfigDict

from benchmarks import floor
from benchmarks.machine import jax_precision
from benchmarks.memory import peak_bytes
from benchmarks.timing import Trainer
from grok_jax import sweep
from grok_jax.training.devices import pad_runs, per_run, shared, use_all_cores
from grok_jax.training.plan import plan_grid
from grok_jax.training.program import Program, fitted_program, load_pool

FEW = {"training.steps": 3, "training.records": 3}


class Held(NamedTuple):
    """What a grid took in addition to training."""

    runs: int
    compile_seconds: float
    peak_bytes: int


class WholeRun(NamedTuple):
    """A figure's preset, trained and recorded from start to end."""

    compile_seconds: float
    rate: float  # run-steps per second, records included
    measuring_share: float  # share of the time after compiling that is not training
    peak_bytes: int


def load_config(module: str, preset: str, changes: dict[str, object]) -> ConfigDict:
    """The config of a module's preset, with some fields (dotted names) changed."""
    config = importlib.import_module(module).get_config(preset)
    config.training.matmul_precision = jax_precision()
    config.update_from_flattened_dict(changes)
    return config


def trainer(module: str, preset: str, changes: dict[str, object]) -> Trainer:
    """The runs of a config's grid as one compiled program, ready to train on."""
    use_all_cores()
    (group,) = plan_grid(load_config(module, preset, changes)).groups
    began = time.perf_counter()
    program = fitted_program(group, "auto", len(group.members), ("advance", "init"))
    compile_seconds = time.perf_counter() - began
    pool = load_pool(group.form, program.mesh)
    hyper = jax.device_put(pad_runs(group.hyper, program.runs), per_run(program.mesh))
    moving, fixed = program.stages.init(hyper, pool)
    start = 0

    def advance(steps: int) -> None:
        nonlocal moving, start
        scalars = (jax.device_put(np.int32(value), shared(program.mesh)) for value in (start, steps))
        moving = jax.block_until_ready(program.stages.advance(moving, fixed, hyper, pool, *scalars))
        start += steps

    return Trainer(advance, len(group.members), compile_seconds)


def needs(module: str, preset: str, changes: dict[str, object]) -> floor.Needs:
    """The minimum that a step of one run takes."""
    use_all_cores()
    (group,) = plan_grid(load_config(module, preset, changes)).groups
    return floor.needs(group)


def whole_run(module: str, preset: str) -> WholeRun:
    """Trains and records a config's grid, and separates the time spent on training from the rest."""
    training = 0.0

    def clocked(*args: Any) -> Program:
        program = fitted_program(*args)

        def advance(*state: Any) -> Any:
            nonlocal training
            began = time.perf_counter()
            moving = jax.block_until_ready(program.stages.advance(*state))
            training += time.perf_counter() - began
            return moving

        return program._replace(stages=program.stages._replace(advance=advance))

    config = load_config(module, preset, {})
    # The module, not the function with the same name that the package exports.
    with mock.patch.object(importlib.import_module("grok_jax.training.sweep"), "fitted_program", clocked):
        ds = sweep(config, progress=False)
    compile_seconds = ds.attrs["compile_seconds"]
    seconds = ds.attrs["wall_seconds"] - compile_seconds
    run_steps = ds["train_loss"].isel(step=0).size * config.training.steps
    return WholeRun(compile_seconds, run_steps / seconds, 1 - training / seconds, peak_bytes())


def few_steps(module: str, preset: str, changes: dict[str, object]) -> Held:
    """Trains a config's grid for a few steps; memory and compilation do not depend on the number of steps.

    Args:
      module: the config's module, dotted.
      preset: the config's preset.
      changes: changed fields by dotted name, e.g. {"grid": "seed=range(1000)"}.
    """
    ds = sweep(load_config(module, preset, {**changes, **FEW}), progress=False)
    return Held(ds["train_loss"].isel(step=0).size, ds.attrs["compile_seconds"], peak_bytes())
