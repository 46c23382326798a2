"""Checks whether a group of runs can train, from its functions and their shapes, before anything compiles.

One trace covers everything, part by part: data, network, optimizer, a step, measurements, probes. An error in a part
becomes one line that names the part and the place in its file.
"""

import functools
import operator
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.interpreters import partial_eval
from jax.sharding import Mesh
from jax.tree_util import keystr
from jaxtyping import Array, Float, Int, Integer, Real

from grok_jax.errors import naming, require, written
from grok_jax.models.activations import ACTIVATIONS, STRAIGHT
from grok_jax.tasks import Data, Examples, Rows, Split
from grok_jax.tasks.task import fetch_rows
from grok_jax.training import dynamics
from grok_jax.training.kept import require_like
from grok_jax.training.losses import is_classification
from grok_jax.training.metrics import ALWAYS, Probed
from grok_jax.training.plan import FOLLOWING, Group, Plan
from grok_jax.training.program import Alike, Stages, load_pool, stages_of
from grok_jax.training.run import Form, Run

FEW = 3  # rows to try a network on


class Found(NamedTuple):
    """What validation finds out about a valid group of runs."""

    state: Any  # shapes and dtypes of (Moving, Fixed) of one run
    labels: bool  # whether the targets are labels
    outputs: int
    own_examples: bool  # whether each run has its own examples in addition to the pool
    measured: dict[str, tuple[int, ...]]  # variable of a metric -> shape
    owners: dict[str, str]  # variable -> the metric that returns it
    reads: frozenset[str]  # dotted names of the traced fields that affect anything recorded


def validate(group: Group, mesh: Mesh) -> Found:
    """Checks that the functions of a group of runs fit together, without compiling or allocating.

    Args:
      group: runs that compile together.
      mesh: the devices that hold the task's pool.

    Raises:
      UserError: a part raises or does not fit another; one line says what was found and what is required.
    """
    with naming(f"task {group.form.bare.task.name!r} (load)"):
        load_pool(group.form, mesh)
    return _traced(Alike(group.form, mesh), group.capacity, mesh)


def require_readable(group: Group, mesh: Mesh, found: Found, read: Callable[[Probed], Any]) -> None:
    """Raises UserError if `read` cannot be traced on an observed run, or does not return arrays."""
    pool, step = load_pool(group.form, mesh), jax.ShapeDtypeStruct((), jnp.int32)

    def observed(moving: Any, fixed: Any, hyper: Any, pool: Any, step: Any) -> Any:
        return dynamics.observe(group.form.fill(hyper), read, moving, fixed, pool, step)

    with naming("what observe reads"):
        jax.eval_shape(observed, *found.state, group.form.shapes(), pool, step)


def require_axes_are_read(plan: Plan, every: list[Found], but: frozenset[str] = frozenset()) -> None:
    """Raises UserError if all runs would be the same along an axis of traced fields.

    Args:
      plan: the runs.
      every: what validation found out about each group.
      but: fields that do not count as read.
    """
    reads = frozenset().union(*(found.reads for found in every)) - but
    names = {name for group in plan.groups for name in group.form.names}
    for axis in plan.axes:
        fields = [name for field in axis.fields for name in (FOLLOWING if field == "seed" else (field,))]
        read = any(name in reads or name not in names for name in fields)
        require(
            read or len(axis.values) == 1,
            f"grid axis {axis.name} is not used by this setup, so all runs along it would be equal",
        )


@functools.lru_cache(maxsize=256)
def _traced(alike: Alike, capacity: Rows, mesh: Mesh) -> Found:
    """Traces everything that a run does; results are cached by functions and shapes."""
    form = alike.form
    pool, stages = load_pool(form, mesh), stages_of(form, capacity)
    seen: dict[str, Any] = {}
    owners: dict[str, str] = {}

    def everything(hyper: Mapping[str, Any], pool: Examples | None, step: Any) -> Any:
        run = form.fill(hyper)
        data, outputs = _draw(run, capacity, pool)
        shown = _shown(run, data, pool, outputs)
        _require_compatible(run, shown)
        _require_network(run, shown, outputs)
        if not run.loss.views:  # a loss that takes a view needs a network, so the step below checks it
            with naming(f"loss {run.loss.name!r}"):
                losses = run.loss.fn(jnp.zeros((len(shown.targets), outputs)), shown.targets)
            _require_floats(f"loss {run.loss.name!r}", losses, (len(shown.targets),), "each row has a loss")
        with naming("the start of a run"):
            moving, fixed = stages.init(hyper, pool)
        later = _require_step(run, stages, (moving, fixed, hyper, pool))
        with naming("measuring a run"):
            recorded = stages.measure(later, fixed, hyper, pool, step)
        read = functools.partial(_require_metrics, run, owners)
        measured = dynamics.observe(run, read, later, fixed, pool, step)
        own = data.train.examples is not None or data.test.examples is not None
        seen.update(labels=is_classification(shown.targets), outputs=outputs, own_examples=own)
        seen["measured"] = {name: value.shape for name, value in measured.items()}
        return (recorded, measured), (moving, fixed)

    with jax.numpy_dtype_promotion("standard"):  # as in the run's own functions
        step = jax.ShapeDtypeStruct((), jnp.int32)
        traced, (records, state) = jax.make_jaxpr(everything, return_shape=True)(form.shapes(), pool, step)
    return Found(state, **seen, owners=owners, reads=_reads(traced, form, len(jax.tree.leaves(records))))


def _reads(traced: Any, form: Form, records: int) -> frozenset[str]:
    """The fields that affect the records, which are the first outputs of a trace."""
    wanted = [place < records for place in range(len(traced.jaxpr.outvars))]
    _, used = partial_eval.dce_jaxpr(traced.jaxpr, wanted)
    # JAX sorts the keys of a dict. The fields are the first arguments.
    return frozenset(name for name, is_used in zip(sorted(form.names), used, strict=False) if is_used)


def _draw(run: Run, capacity: Rows, pool: Examples | None) -> tuple[Data, int]:
    """The data of one run, and its task's number of outputs."""
    task = run.task
    with naming(f"task {task.name!r} (output_size)"):
        outputs = operator.index(task.output_size())
    require(outputs >= 1, f"task {task.name!r} has {outputs} outputs; it must have 1 or more")
    with naming(f"task {task.name!r} (draw)"):
        data = Data(*task.draw(jax.random.key(task.seed), pool, capacity))
    for name, split, rows in zip(Data._fields, data, capacity, strict=True):
        _require_split(f"task {task.name!r} (draw)", name, split, rows, pool)
    return data, outputs


def _require_split(where: str, name: str, split: Split, rows: int, pool: Examples | None) -> None:
    require(isinstance(split, Split), f"{where} gives {type(split).__name__} to {name} on; it must give a Split")
    index, size = jnp.asarray(split.index), jnp.asarray(split.size)
    fits = _is(index, Integer[Array, f"{rows}"]) and _is(size, Integer[Array, ""])
    given = f"{where} gives {name}.index as {_kinds(index)} and {name}.size as {_kinds(size)}"
    require(fits, f"{given}; they must be whole numbers of shapes ({rows},), the rows to make room for, and ()")
    source = pool if split.examples is None else split.examples
    require(source is not None, f"{where} gives {name} no examples, and there is no pool; give one of them")
    lengths = sorted({jnp.shape(leaf)[:1] for leaf in jax.tree.leaves(source)})
    words = f"{where} has {name} examples whose arrays have {_listed(lengths)} rows"
    require(len(lengths) == 1 and lengths[0] not in ((), (0,)), f"{words}; all must have equally many, 1 or more")


def _shown(run: Run, data: Data, pool: Examples | None, outputs: int) -> Examples:
    """A few training rows as the network sees them; checks that test rows have the same shapes and dtypes."""
    task, rows = run.task, FEW + (outputs == FEW)  # differs from outputs, so that swapped axes are noticed
    with naming(f"task {task.name!r} (present)"):
        train, test = (Examples(*fetch_rows(split, pool, jnp.arange(rows), task)) for split in data)
    _require_same(f"task {task.name!r} tests on examples", train, test, "it trains on")
    lengths = sorted({leaf.shape[:1] for leaf in jax.tree.leaves(train)})
    words = f"task {task.name!r} (present) gives arrays that begin with {_listed(lengths)} for {rows} rows"
    require(lengths == [(rows,)], f"{words}; each must begin with ({rows},)")
    shape = str(("rows", *train.targets.shape[1:])).replace("'", "")
    hint = "; write targets[:, None]" if _is(train.targets, Float[Any, "_"]) else ""
    require(
        _is(train.targets, (Int[Any, "_"], Float[Any, f"_ {outputs}"])),
        f"targets of task {task.name!r} are {train.targets.dtype} of shape {shape}; give labels as int32 of shape "
        f"(rows,), or values as floats of shape (rows, {outputs}){hint}",
    )
    return train


def _require_compatible(run: Run, shown: Examples) -> None:
    """Raises UserError unless the model takes the task's kind of inputs and the targets allow the loss."""
    kinds = run.model.inputs, None if hasattr(shown.inputs, "dtype") else type(shown.inputs)
    takes, gives = ("one array" if kind is None else kind.__name__ for kind in kinds)
    words = f"model {run.model.name!r} takes {takes}, and task {run.task.name!r} gives {gives}"
    require(kinds[0] is kinds[1], f"{words}; choose another model or another task")
    allowed = "'mse' and 'residual'" if run.task.equation_order else "'mse'"
    words = f"training.loss is {run.loss.name!r}; task {run.task.name!r} is a regression, which allows {allowed}"
    require(is_classification(shown.targets) or not run.loss.for_labels, words)
    has_classes = is_classification(shown.targets) and not (run.loss.by_word and not run.loss.for_labels)
    words = f"training.temperature divides logits, and loss {run.loss.name!r} of task {run.task.name!r} has none"
    require(has_classes or run.training.temperature is None, f"{words}; leave it out, or choose a loss of classes")
    if run.loss.by_word and run.loss.name == "residual":
        _require_differentiable(run)


def _require_differentiable(run: Run) -> None:
    """Raises UserError unless the loss "residual" has an equation, a network to differentiate, and all its rows."""
    order, words = run.task.equation_order, f"training.loss is 'residual'; task {run.task.name!r}"
    require(order > 0, f"{words} has no differential equation; choose task 'pinn', or another loss")
    activation = run.model.values().get("activation")
    words = f"model.activation is {written(activation)}, whose second derivative is 0; task {run.task.name!r} has an"
    curved = ", ".join(name for name in ACTIVATIONS if name not in STRAIGHT)
    require(order < 2 or activation not in STRAIGHT, f"{words} equation of order {order} and needs one of {curved}")
    words = "training.shrink_step would leave boundary points alone, which training.loss='residual' does not allow"
    require(run.training.shrink_step is None, f"{words}; leave it out")


def _require_network(run: Run, shown: Examples, outputs: int) -> None:
    """Raises UserError unless the parameters are floats and the outputs have shape (rows, outputs)."""
    name = f"model {run.model.name!r}"
    with naming(f"task {run.task.name!r} (vocabulary)"):
        vocabulary = run.task.vocabulary()
    with naming(f"{name} (build)"):
        module = run.model.build(outputs, vocabulary)
    one = jax.tree.map(lambda a: jax.ShapeDtypeStruct((1, *a.shape[1:]), a.dtype), shown.inputs)
    with naming(f"{name} (init)"):
        variables = module.lazy_init(jax.random.key(0), one)
    words = f"{name} has variables {', '.join(sorted(variables)) or '(none)'}"
    require(set(variables) == {"params"}, f"{words}; it must have params, and no others")
    for path, leaf in jax.tree.leaves_with_path(variables["params"]):
        words = f"{name} has parameters {keystr(path, simple=True, separator='/')} of {leaf.dtype}"
        require(_is(leaf, Float[Any, "..."]), f"{words}; parameters must be floats")
    with naming(name):
        given = module.apply({"params": variables["params"]}, shown.inputs)
    about = f"task {run.task.name!r} has {outputs} outputs"
    _require_floats(name, given, (len(shown.targets), outputs), about)


def _require_floats(name: str, given: Any, shape: tuple[int, ...], reason: str) -> None:
    words = f"{name} gives {_kinds(given)} for {shape[0]} rows; {reason}, so it must give floats of shape {shape}"
    require(_is(given, Float[Any, " ".join(map(str, shape))]), words)


def _require_step(run: Run, stages: Stages, state: tuple[Any, ...]) -> Any:
    """The state after one step; raises UserError if the step changes its structure, shapes or dtypes."""
    (moving, fixed, *_), name = state, f"optimizer {run.optimizer.name!r}"
    with naming(name):
        given = {"initial_params": fixed.initial_params, "key": jax.random.key(0)}
        # Gradients have the shapes and dtypes of the parameters, so the parameters stand in for them.
        updates, opt_state = dynamics.chain_of(run).update(moving.params, moving.opt_state, moving.params, **given)
    require_like(updates, moving.params, "updates", name)  # any dtype is allowed: updates are cast when they are added
    _require_same(f"a step of {name} gives a state", moving.opt_state, opt_state, "it must be")
    with naming("a step of training"):
        return stages.advance(*state, 0, 1)  # numbers, so that JAX sees what a step does not read


def _require_same(words: str, before: Any, after: Any, must: str) -> None:
    structures: list[Any] = [jax.tree.structure(tree) for tree in (before, after)]
    one, other = structures
    require(one == other, f"{words} {written(other)}; {must} {written(one)}")
    for (path, old), new in zip(jax.tree.leaves_with_path(before), jax.tree.leaves(after), strict=True):
        was, came, where = _kinds(old), _kinds(new), keystr(path, simple=True, separator="/")
        require(was == came, f"{words}{where and f' ({where})'} of {came}; {must} {was}")


def _require_metrics(run: Run, owners: dict[str, str], probed: Probed) -> dict[str, Any]:
    """The values of all metrics; raises UserError unless each returns arrays under unused names."""
    values = {}
    for name, each in run.metrics.items():
        with naming(f"metric {name!r}"):
            measured = each.measure(name, probed)
        declared = [variable for variable, *_ in each.variables]
        words = f"metric {name!r} gives {_listed(map(str, measured))}; its variables are {_listed(declared)}"
        require(not declared or set(measured) == set(declared), words)
        for variable, value in measured.items():
            words = f"metric {name!r} gives {variable} as {_kinds(value)}"
            is_named = _is(value, Real[Any, "..."]) and isinstance(variable, str)
            require(is_named, f"{words}; it must give an array, or a dict of arrays by name")
            fits = not (each.dims or declared) or len(each.dims) == value.ndim
            require(fits, f"{words}; its dims are {each.dims}, so it must have {len(each.dims)} dimensions")
            other = "every run" if variable in ALWAYS else f"metric {owners.get(variable)!r}"
            words = f"metric {name!r} gives {variable}, which {other} records; give another name"
            require(variable not in {*ALWAYS, *owners}, words)
            values[variable], owners[variable] = value, name
    return values


def _is(value: Any, kind: Any) -> bool:
    """isinstance for the types of jaxtyping, which type checkers take for annotations only."""
    return isinstance(value, kind)


def _kinds(tree: Any) -> str:
    """The dtype and shape of each array, such as float32 of shape (3, 5)."""
    leaves = jax.tree.leaves(tree)
    return _listed(
        f"{leaf.dtype} of shape {leaf.shape}" if hasattr(leaf, "dtype") else type(leaf).__name__ for leaf in leaves
    )


def _listed(items: Any) -> str:
    return ", ".join(map(str, items)) or "nothing"
