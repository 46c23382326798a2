"""A run as a value: its task, model, optimizer, loss, metrics and training settings."""

import dataclasses
import functools
import operator
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from grok_jax.errors import naming, require, written
from grok_jax.fields import host, static, traced
from grok_jax.models.model import Model
from grok_jax.optim.optimizer import Optimizer
from grok_jax.parts import UNKNOWN, Named, Part, dotted_leaves
from grok_jax.tasks import Examples, Rows
from grok_jax.tasks.task import Task
from grok_jax.training import dynamics
from grok_jax.training.losses import Loss
from grok_jax.training.metrics import as_metrics, measure_metrics
from grok_jax.training.naming import WHOLE, Draft, with_changes
from grok_jax.training.schedule import MOST_RECORDS, Schedule

Step = Int[Array, ""] | int


class Training(Part):
    """How a run trains, for how long, and when it is measured."""

    section = "training"

    batch_size: Any = static(None, "rows per step, drawn in shuffled epochs; None takes all", whole=True, above=0)
    matmul_precision: Any = static("highest", "precision of matrix products", one_of=("default", "high", "highest"))
    probe_rows: Any = static(500, "largest number of rows of each split that kernels use", above=0)
    accuracy_threshold: Any = traced(1e-3, "squared error below which a row of a regression is right", above=0)
    seed: Any = traced(None, "seed of batches and noise; None takes the run's", whole=True)
    shrink_step: Any = traced(None, "step from which only some rows are trained on", whole=True, at_least=0)
    shrink_to: Any = traced(None, "share of the rows trained on from that step on", above=0, at_most=1)
    temperature: Any = traced(None, "T: the loss sees outputs / T; accuracies do not change", above=0)
    temperature_end: Any = traced(None, "T from training.temperature_steps on; it moves there from the first", above=0)
    temperature_steps: Any = traced(None, "steps until the temperature reaches its end", whole=True, above=0)
    temperature_path: Any = static("geometric", "how the temperature moves to its end", one_of=("geometric", "linear"))
    steps: Any = host(1000, "optimizer steps", at_least=0)
    records: Any = host(60, "number of measurements, log-spaced in steps", at_least=2, at_most=MOST_RECORDS)
    record_steps: Any = host((), "steps to measure at, instead of log-spaced ones")
    probe_every: Any = host(1, "measure the metrics only at every n-th record", at_least=1)
    stop_when_generalized: Any = host(False, "end runs that have generalized or diverged")

    def check(self) -> None:
        """Raises UserError if the fields do not fit together."""
        words = f"training.shrink_step is {self.shrink_step} and training.shrink_to is {self.shrink_to}"
        require((self.shrink_step is None) == (self.shrink_to is None), f"{words}; give both or none")
        start, end, steps = self.temperature, self.temperature_end, self.temperature_steps
        words = f"training.temperature_end is {end} and training.temperature_steps is {steps}"
        require((end is None) == (steps is None), f"{words}; give both or none")
        words = f"training.temperature_end is {end} and training.temperature is None"
        require(end is None or start is not None, f"{words}; give the temperature at the start, too")
        outside = [step for step in self.record_steps if type(step) is not int or not 0 <= step <= self.steps]
        words = f"training.record_steps has {outside[:3]}; each must lie in 0 .. {self.steps} (training.steps)"
        require(not outside, words)

    @property
    def schedule(self) -> Schedule:
        """The settings that only the host reads."""
        return Schedule(**{name: getattr(self, name) for name in Schedule._fields})


class Run(Part, kw_only=False):
    """One run; as its traced fields vary, a whole program of runs.

    Attributes:
      task: a Task, or (inputs, targets).
      model: a Model, or a flax.linen module.
      optimizer: an Optimizer, or an optax factory.
      loss: a Loss, a function, or a word.
      metrics: name -> Metric or function; or words in METRICS, such as ("kernel",).
      training: steps, batches, records.
      seed: the seed of the task, the model and the training if they have none of their own.
    """

    section = "run"

    # The annotations say what is accepted. The fields then hold a Task, Model, Optimizer, Loss and Named metrics.
    task: Task | Any
    model: Model | Any
    optimizer: Optimizer | Any
    loss: Loss | Any = "mse"
    metrics: Named | Any = ()
    training: Training = Training()
    seed: Any = traced(0, "seed of the task, model and training that have none of their own")

    def __post_init__(self) -> None:
        require(isinstance(self.training, Training), f"training is {written(self.training)}; it must be a Training")
        made = {name: as_part(getattr(self, name)) for name, as_part in WHOLE.items()}
        vars(self).update(made, metrics=as_metrics(self.metrics))
        super().__post_init__()

    def check(self) -> None:
        """Raises UserError if the parts do not fit together; validate checks shapes later."""
        self.optimizer.check_steps(self.training.steps)
        for name, each in self.metrics.items():
            with naming(f"metric {name!r} (needs)"):
                each.needs(self)

    def seeded(self) -> "Run":
        """A copy in which every part without a seed has the run's seed."""
        parts = {name: getattr(self, name) for name in ("task", "model", "training")}
        own = {name: part.swapped(seed=self.seed) for name, part in parts.items() if part.seed is None}
        return self.swapped(**own)

    def at(self, dotted: str, value: Any) -> "Run":
        """A copy with one field changed, such as at("model.init_scale", 2.0).

        Raises:
          UserError: the field does not exist, or does not allow the value.
        """
        return finished(with_changes(draft_of(self), {dotted: value}))

    def rows(self) -> Rows:
        """The numbers of training and test rows.

        Raises:
          UserError: the data has fewer rows, or a number is not allowed.
        """
        with naming(f"task {self.task.name!r} (rows)"):
            rows = Rows(*map(operator.index, self.seeded().task.rows()))
        require(sum(rows) < 2**31, f"task {self.task.name!r} has {sum(rows):,} rows; it must have fewer than 2**31")
        require(min(rows) >= 1, f"task {self.task.name!r} (rows) gives {rows}; each must be 1 or above")
        return rows

    def load(self) -> Examples | None:
        """The examples shared by all runs of the task."""
        return jax.tree.map(jnp.asarray, self.task.load())

    def init(self, pool: Examples | None, capacity: Rows | None = None) -> tuple[Any, Any]:
        """The initial state of the run: what a step changes (weights, optimizer state), and what stays (w_0, data).

        Args:
          pool: the shared examples, from load().
          capacity: rows to make room for when runs of different sizes are mapped together; None takes this run's rows.
        """
        return dynamics.init(self.seeded(), pool, capacity or self.rows())

    def advance(self, moving: Any, fixed: Any, pool: Examples | None, start: Step, steps: Step) -> Any:
        """The state after `steps` optimizer steps; `start` is the number of the first one."""
        return dynamics.advance(self.seeded(), moving, fixed, pool, start, steps)

    def measure(self, moving: Any, fixed: Any, pool: Examples | None, step: Step) -> dict[str, Array]:
        """Losses, accuracies, norms and metrics after `step` steps."""
        run = self.seeded()
        read = functools.partial(measure_metrics, run.metrics)
        always = dynamics.measure(run, moving, fixed, pool, step)
        return always | dynamics.observe(run, read, moving, fixed, pool, step)


def draft_of(run: Run) -> Draft:
    """A draft of a run, which can then be changed."""
    return Draft(dict(vars(run)), {})


def finished(draft: Draft) -> Run:
    """The run that a draft describes.

    Raises:
      UserError: the run is invalid.
    """
    changed = {name: draft.parts[name].replace(**changes) for name, changes in draft.changes.items() if changes}
    return Run(**{**draft.parts, **changed})


@dataclasses.dataclass(frozen=True, init=False)
class Form:
    """The structure of a run without the values of its leaves. Runs with equal forms share a program.

    Attributes:
      names: dotted names of the leaves.
      dtypes: NumPy names of their dtypes.
      structure: the tree structure of the run.
    """

    names: tuple[str, ...]
    dtypes: tuple[str, ...]
    structure: Any

    def __init__(self, run: Run) -> None:
        leaves = dotted_leaves(run)
        dtypes = tuple("int32" if isinstance(value, int) else "float32" for value in leaves.values())
        vars(self).update(names=tuple(leaves), dtypes=dtypes, structure=jax.tree.structure(run))

    def fill(self, leaves: Mapping[str, Any]) -> Run:
        """The run with these leaves; leaves that are left out have no value."""
        return jax.tree.unflatten(self.structure, [leaves.get(name, UNKNOWN) for name in self.names])

    @property
    def bare(self) -> Run:
        """The run without leaves: its static fields only."""
        return self.fill({})

    def shapes(self) -> dict[str, jax.ShapeDtypeStruct]:
        """The shape and dtype of each leaf of one run."""
        return {name: jax.ShapeDtypeStruct((), dtype) for name, dtype in zip(self.names, self.dtypes, strict=True)}


def stack(runs: Sequence[Run]) -> Run:
    """Stacks runs of the same structure into one Run whose leaves have a leading axis, for jax.vmap.

    Raises:
      UserError: no runs are given, or they differ in a static field.
    """
    require(bool(runs) and all(isinstance(run, Run) for run in runs), "stack takes one Run or more")
    seeded = [run.seeded() for run in runs]
    for place, run in enumerate(seeded):
        words = f"run {place} of those to stack differs from the first in a static field; vmap takes one program"
        require(Form(run) == Form(seeded[0]), words)
    return jax.tree.map(lambda *leaves: jnp.stack([jnp.asarray(leaf) for leaf in leaves]), *seeded)
