"""Checks that the labels of a task are valid classes, the only check that has to look at the data."""

import functools
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh

from grok_jax.errors import require
from grok_jax.tasks import Examples, Rows
from grok_jax.tasks.task import Task
from grok_jax.training import dynamics
from grok_jax.training.plan import Group
from grok_jax.training.program import Alike, load_pool
from grok_jax.training.validation import Found


def require_labels(group: Group, mesh: Mesh, found: Found) -> None:
    """Raises UserError if labels lie outside the task's classes.

    This checks the labels of the pool, or draws and checks those of each run if runs have their own examples.
    """
    if not found.labels:
        return
    least, most = _range_of_labels(group, mesh, found.own_examples)
    largest = max(found.outputs, 2) - 1  # One output separates two classes.
    named = "1 output" if found.outputs == 1 else f"{found.outputs} outputs"
    require(
        least >= 0 and most <= largest,
        f"labels go from {least} to {most}; a model with {named} allows labels 0 to {largest}",
    )


def _range_of_labels(group: Group, mesh: Mesh, own_examples: bool) -> tuple[int, int]:
    pool, task = load_pool(group.form, mesh), group.form.bare.task
    if pool is not None and not own_examples and _keeps_targets(task, pool):
        labels = np.asarray(pool.targets)
        return int(labels.min()), int(labels.max())
    drawn = _drawn_labels(Alike(group.form, mesh), group.capacity)
    runs = ({name: values[i] for name, values in group.hyper.items()} for i in _runs_that_draw_apart(group, task))
    least, most = zip(*jax.device_get([drawn(hyper, pool) for hyper in runs]), strict=True)
    return int(min(least)), int(max(most))


def _runs_that_draw_apart(group: Group, task: Task) -> list[int]:
    """One run per combination of the fields that affect labels: the task's, or all fields if the network does."""
    deciding = [values for name, values in group.hyper.items() if task.relabels or name.startswith("task.")]
    return sorted({values: i for i, values in enumerate(zip(*deciding, strict=True))}.values()) or [0]


def _keeps_targets(task: Task, pool: Examples) -> bool:
    """Whether a task presents the labels exactly as stored."""
    try:
        traced = jax.make_jaxpr(lambda examples: task.present(examples).targets)(pool)
    except AttributeError:  # It reads a traced field, which has no value here.
        return False
    return traced.jaxpr.outvars[0] in traced.jaxpr.invars


@functools.lru_cache(maxsize=64)
def _drawn_labels(alike: Alike, capacity: Rows) -> Callable:
    """hyper, pool -> the range of one run's labels; compilation drops everything else that init makes."""

    def label_range(hyper: Mapping[str, Any], pool: Examples | None) -> tuple[Any, Any]:
        run = alike.form.fill(hyper)
        _, fixed = dynamics.init(run, pool, capacity)
        sources: list[Any] = [pool if split.examples is None else split.examples for split in fixed.data]
        # All rows, used or not, because the split is slow to compile.
        labels = jnp.concatenate([run.task.present(source).targets for source in sources])
        return labels.min(), labels.max()

    return jax.jit(label_range)
