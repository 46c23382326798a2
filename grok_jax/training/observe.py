"""Reads anything from the runs of a grid at one step: parameters, outputs, kernels."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jax
import numpy as np
from ml_collections import ConfigDict

from grok_jax.errors import require
from grok_jax.training.chunks import scalars
from grok_jax.training.devices import pad_runs, per_run, run_mesh, start_jax
from grok_jax.training.grid import values_at
from grok_jax.training.kept import weights_of
from grok_jax.training.metrics import Probed
from grok_jax.training.plan import Plan, plan_grid
from grok_jax.training.program import answering_observer, fitted_program, load_pool, observer
from grok_jax.training.run import Run
from grok_jax.training.sweep import require_trainable
from grok_jax.values import coerce


def observe(
    read: Callable[[Probed], Any],
    run: Run | ConfigDict | Mapping[str, Any],
    grid: str | Mapping[Any, Any] | None = None,
    *,
    step: int = 0,
    kept: Any = None,
) -> Iterator[tuple[dict[str, Any], Any]]:
    """Applies a function to each run of a grid after some steps; trains up to there, or takes the weights of a sweep.

    Each device takes one run at a time, so that large results (kernels) of many runs need not fit in memory together.

    Args:
      read: Probed, a probe's view of a run -> arrays in any structure; traceable. Padding rows have weight 0.
      run, grid: as for sweep.
      step: the number of optimizer steps; 0 observes the initial state.
      kept: the weights that a sweep of the same run kept, including those at this step; None trains instead.

    Yields:
      For each run, its values on the axes of the grid, and the result of `read` as numpy arrays. Within each group
      that compiles together, runs come in the order of the grid.

    Raises:
      UserError: the config or grid is invalid, the step is not a 32-bit whole number of at least 0 or was not kept,
        the weights belong to different runs, or `read` raises or does not return arrays; nothing has been trained then.
    """
    step = coerce("step", step, 0)
    require(step >= 0, f"step is {step}; it must be 0 or above")
    start_jax()
    plan = plan_grid(run, grid)
    shape = tuple(len(axis.values) for axis in plan.axes)
    for place, values in observe_plan(plan, read, step=step, kept=kept):
        yield values_at(plan.axes, np.unravel_index(place, shape)), values


def observe_plan(
    plan: Plan,
    read: Callable[[Probed], Any],
    *,
    step: int = 0,
    kept: Any = None,
    solve: Callable[[Any], Any] | None = None,
    answer: Callable[[Probed, Any], Any] | None = None,
) -> Iterator[tuple[int, Any]]:
    """Does what `observe` does, optionally with a second function that uses what the host computes from the first.

    Args:
      plan: the runs.
      read, step, kept: see observe.
      solve: runs on the host; one run's result of `read` as numpy arrays -> arrays with the same shapes for all runs.
      answer: Probed, the run's result of `solve` -> arrays; traceable. Give both or neither.

    Yields:
      For each run, its place in the flattened grid and the result of `read`; with `answer`, instead of the latter, the
      results of `solve` and `answer`.
    """
    found = require_trainable(plan, read)
    taken = [
        None if kept is None else weights_of(kept, step, plan, group, each.state[0].params)
        for group, each in zip(plan.groups, found, strict=True)
    ]
    for group, weights in zip(plan.groups, taken, strict=True):
        uses = ("init",) if weights is not None or step == 0 else ("init", "advance")
        program = fitted_program(group, plan.execution.mapping, run_mesh().size, uses)
        observed = observer(group, program, read)
        answered = answer and answering_observer(group, program, answer)
        pool = load_pool(group.form, program.mesh)

        def placed(per_run_arrays: Any, program: Any = program) -> Any:
            return jax.device_put(pad_runs(per_run_arrays, program.runs), per_run(program.mesh))

        for start in range(0, len(group.members), program.runs):
            places = group.members[start : start + program.runs]
            hyper = placed({name: values[start : start + program.runs] for name, values in group.hyper.items()})
            moving, fixed = program.stages.init(hyper, pool)
            if program.stages.advance:
                moving = program.stages.advance(moving, fixed, hyper, pool, *scalars(program, 0, step))
            elif weights is not None:
                stop = start + program.runs
                own = jax.tree.map(lambda leaf, start=start, stop=stop: leaf[start:stop], weights)
                moving = moving._replace(params=placed(own))
            read_off = jax.device_get(observed(moving, fixed, hyper, pool, *scalars(program, step)))
            values = [jax.tree.map(lambda array, i=i: array[i], read_off) for i in range(len(places))]
            del read_off
            if answered and solve:
                solved = [solve(value) for value in values]
                given = placed(jax.tree.map(lambda *arrays: np.stack(arrays), *solved))
                answers = jax.device_get(answered(moving, fixed, hyper, given, pool, *scalars(program, step)))
                values = [(own, jax.tree.map(lambda array, i=i: array[i], answers)) for i, own in enumerate(solved)]
            yield from zip(map(int, places), values, strict=True)
