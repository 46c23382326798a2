"""Anything read off the runs of a grid at one step: parameters, outputs, kernels."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jax
import numpy as np
from ml_collections import ConfigDict

from grok_jax.errors import require
from grok_jax.training.chunks import scalars
from grok_jax.training.devices import pad_runs, per_run, run_mesh, start_jax
from grok_jax.training.plan import plan_grid
from grok_jax.training.probes import Probed
from grok_jax.training.program import fitted_program, load_pool, observer
from grok_jax.training.sweep import require_trainable
from grok_jax.training.values import coerce


def observe(
    read: Callable[[Probed], Any],
    config: ConfigDict | Mapping[str, Any],
    grid: str | Mapping[Any, Any] | None = None,
    *,
    step: int = 0,
) -> Iterator[tuple[dict[str, Any], Any]]:
    """Trains each run of a grid for some steps and reads something off it.

    Runs are taken one for each device at a time, so that large readings (kernels) of many runs need not fit the
    memory together.

    Args:
      read: what a probe sees of a run -> arrays in any structure; traceable. Rows beyond a run's own have weight 0.
      config, grid: as for sweep.
      step: how many optimiser steps to take first; 0 looks at the start.

    Yields:
      For each run its values on the axes of the grid, and what was read as numpy arrays. Runs come in the order of
      the grid within each group that compiles together.

    Raises:
      UserError: a config or grid that makes no sense, a step that is no whole number of 32 bits from 0, or `read`
        raises or gives no arrays; nothing has been trained then.
    """
    step = coerce("step", step, 0)
    require(step >= 0, f"step is {step}; it must be 0 or above")
    start_jax()
    plan = plan_grid(config, grid)
    require_trainable(plan, read)
    shape = tuple(len(axis.values) for axis in plan.axes)
    for group in plan.groups:
        program = fitted_program(group, plan.execution.mapping, run_mesh().size)
        observed = observer(group, program, plan.execution.mapping, read)
        pool = load_pool(group.static, program.mesh)
        for start in range(0, len(group.members), program.runs):
            places = group.members[start : start + program.runs]
            own = {name: values[start : start + program.runs] for name, values in group.hyper.items()}
            hyper = jax.device_put(pad_runs(own, program.runs), per_run(program.mesh))
            moving, fixed = program.init(hyper, pool)
            moving = program.advance(moving, fixed, hyper, pool, *scalars(program, 0, step))
            values = jax.device_get(observed(moving, fixed, hyper, pool, *scalars(program, step)))
            for i, place in enumerate(places):
                point = zip(plan.axes, np.unravel_index(place, shape) if shape else (), strict=True)
                setting = {
                    field: value
                    for axis, at in point
                    for field, value in zip(axis.fields, axis.values[at], strict=True)
                }
                yield setting, jax.tree.map(lambda array, i=i: array[i], values)
