"""Whether the labels of a task lie among its classes: the one thing about shapes that takes a look at the data."""

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
    """Raises UserError where labels lie outside of the task's classes.

    Looked at are those of the pool, or where runs have examples of their own those of each run, which are drawn.
    """
    if not found.labels:
        return
    least, most = _range_of_labels(group, mesh, found.own_examples)
    largest = max(found.outputs, 2) - 1  # One output tells two classes apart.
    named = "1 output" if found.outputs == 1 else f"{found.outputs} outputs"
    require(
        least >= 0 and most <= largest,
        f"labels go from {least} to {most}; a model of {named} has labels 0 to {largest}",
    )


def _range_of_labels(group: Group, mesh: Mesh, own_examples: bool) -> tuple[int, int]:
    pool, task = load_pool(group.form, mesh), group.form.bare.task
    if not own_examples and _keeps_targets(task, pool):
        labels = np.asarray(pool.targets)
        return int(labels.min()), int(labels.max())
    drawn = _drawn_labels(Alike(group.form, mesh), group.capacity)
    runs = ({name: values[i] for name, values in group.hyper.items()} for i in _runs_that_draw_apart(group, task))
    least, most = zip(*jax.device_get([drawn(hyper, pool) for hyper in runs]), strict=True)
    return int(min(least)), int(max(most))


def _runs_that_draw_apart(group: Group, task: Task) -> list[int]:
    """One run of each choice of the fields that decide the labels: the task's, or all where a network gives them."""
    deciding = [values for name, values in group.hyper.items() if task.relabels or name.startswith("task.")]
    return sorted({values: i for i, values in enumerate(zip(*deciding, strict=True))}.values()) or [0]


def _keeps_targets(task: Task, pool: Examples | None) -> bool:
    """Whether a task shows the labels as they are stored."""
    try:
        traced = jax.make_jaxpr(lambda examples: task.present(examples).targets)(pool)
    except AttributeError:  # It looks at a traced field, of which there are none here.
        return False
    return traced.jaxpr.outvars[0] in traced.jaxpr.invars


@functools.lru_cache(maxsize=64)
def _drawn_labels(alike: Alike, capacity: Rows) -> Callable:
    """hyper, pool -> the range of the labels of one run; all else that init makes is left out when it compiles."""

    def label_range(hyper: Mapping[str, Any], pool: Examples | None) -> tuple[Any, Any]:
        run = alike.form.fill(hyper)
        _, fixed = dynamics.init(run, pool, capacity)
        sources = [pool if split.examples is None else split.examples for split in fixed.data]
        # All rows, in use or not: how they are split is slow to compile.
        labels = jnp.concatenate([run.task.present(source).targets for source in sources])
        return labels.min(), labels.max()

    return jax.jit(label_range)
