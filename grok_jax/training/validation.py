"""Whether a group of runs can train, found out from its functions and their shapes before anything compiles.

All is looked at in one trace, part by part: data, network, optimizer, a step, what is measured, probes. Whatever a
part raises becomes one line that names the part and the place in its file.
"""

import functools
import operator
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh

from grok_jax.errors import naming, require
from grok_jax.models import MODELS
from grok_jax.optim import OPTIMIZERS
from grok_jax.tasks import TASKS, Data, Examples, Rows, Split, Task, fetch
from grok_jax.training.grid import Group
from grok_jax.training.losses import is_classification
from grok_jax.training.probes import PROBES, Probed
from grok_jax.training.program import load_pool, program_key
from grok_jax.training.run import Run, make_run
from grok_jax.training.settings import Static, section_fields

FEW = 3  # rows that a network is shown


class _Parts(NamedTuple):
    """What the names in a group's settings stand for."""

    task: Task
    model: Any
    optimizer: Any
    probes: tuple[tuple[str, Callable, tuple[str, ...]], ...]  # name, measure, variables


class Found(NamedTuple):
    """What is known of a group of runs that fit."""

    state: Any  # shapes and dtypes of (Moving, Fixed) of one run
    labels: bool  # whether the targets are labels
    outputs: int
    own_examples: bool  # whether each run has examples beside the pool


def validate(group: Group, mesh: Mesh) -> Found:
    """Finds out whether the functions of a group of runs fit each other, without compiling or allocating.

    Args:
      group: runs that compile together.
      mesh: the devices that hold the task's pool.

    Raises:
      UserError: a part does not fit another, or raises; one line that says what came and what must come.
    """
    with naming(f"task {dict(group.static.task)['name']!r} (load)"):
        load_pool(group.static, mesh)
    return _traced(program_key(group.static, mesh), group.static, group.capacity, mesh)


def require_readable(group: Group, mesh: Mesh, found: Found, read: Callable[[Probed], Any]) -> None:
    """Raises UserError where `read` cannot be traced over what is observed of a run, or gives no arrays."""
    pool, step = load_pool(group.static, mesh), jax.ShapeDtypeStruct((), jnp.int32)
    with naming("what observe reads"):
        jax.eval_shape(
            make_run(group.static, group.capacity).observe(read), *found.state, _shapes(group.static), pool, step
        )


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


@functools.lru_cache(maxsize=256)
def _traced(key: str, static: Static, capacity: Rows, mesh: Mesh) -> Found:
    """Traces all that a run does, once for the same functions and shapes."""
    del key  # Only tells calls apart: a name can come to stand for something else.
    parts, pool = _parts(static), load_pool(static, mesh)
    run = make_run(static, capacity)
    seen = {}

    def everything(hyper: Mapping[str, Any], pool: Examples | None, step: Any) -> Any:
        data, outputs = _draw(static, hyper, capacity, parts.task, pool)
        shown = _shown(static, hyper, parts.task, data, pool, outputs)
        _require_compatible(static, parts, shown)
        _require_network(static, hyper, parts, shown, outputs)
        with naming("the start of a run"):
            moving, fixed = run.init(hyper, pool)
        _require_step(static, hyper, parts, run, (moving, fixed, hyper, pool), step)
        with naming("measuring a run"):
            run.measure(moving, fixed, hyper, pool, step)
        run.observe(functools.partial(_require_probes, parts))(moving, fixed, hyper, pool, step)
        own = data.train.examples is not None or data.test.examples is not None
        seen.update(labels=is_classification(shown.targets), outputs=outputs, own_examples=own)
        return moving, fixed

    hyper = _shapes(static)
    with jax.numpy_dtype_promotion("standard"):  # as the run's own functions have it
        state = jax.eval_shape(everything, hyper, pool, jax.ShapeDtypeStruct((), jnp.int32))
    return Found(state, **seen)


def _parts(static: Static) -> _Parts:
    names = (dict(section)["name"] for section in static[:3])
    probes = ((name, PROBES[name]) for name in dict(static.training)["probes"])
    return _Parts(
        *(registry[name] for registry, name in zip((TASKS, MODELS, OPTIMIZERS), names, strict=True)),
        tuple((name, probe.measure, tuple(probe.variables)) for name, probe in probes),
    )


def _shapes(static: Static) -> dict[str, jax.ShapeDtypeStruct]:
    """Shape and dtype of each traced field of one run."""
    return {name: jax.ShapeDtypeStruct((), dtype) for name, dtype in static.traced}


def _draw(
    static: Static, hyper: Mapping[str, Any], capacity: Rows, task: Task, pool: Examples | None
) -> tuple[Data, int]:
    """The data of one run, and the number of outputs that its task names."""
    fields = section_fields(static, hyper, "task")
    with naming(f"task {task.name!r} (outputs)"):
        outputs = operator.index(task.outputs(fields))
    require(outputs >= 1, f"task {task.name!r} has {outputs} outputs; it must have 1 or more")
    with naming(f"task {task.name!r} (draw)"):
        data = Data(*task.draw(jax.random.key(fields.seed), fields, pool, capacity))
    for name, split, rows in zip(Data._fields, data, capacity, strict=True):
        _require_split(f"task {task.name!r} (draw)", name, split, rows, pool)
    return data, outputs


def _require_split(where: str, name: str, split: Split, rows: int, pool: Examples | None) -> None:
    require(isinstance(split, Split), f"{where} gives {type(split).__name__} to {name} on; it must give a Split")
    index, size = jnp.asarray(split.index), jnp.asarray(split.size)
    require(
        index.shape == (rows,) and jnp.issubdtype(index.dtype, jnp.integer),
        f"{where} gives {name}.index of shape {index.shape} and {index.dtype}; it must be whole numbers of shape "
        f"({rows},), the rows to make room for",
    )
    require(
        size.shape == () and jnp.issubdtype(size.dtype, jnp.integer),
        f"{where} gives {name}.size of shape {size.shape} and {size.dtype}; it must be one whole number",
    )
    source = pool if split.examples is None else split.examples
    require(source is not None, f"{where} gives {name} no examples, and there is no pool; give one of both")
    lengths = sorted({jnp.shape(leaf)[:1] for leaf in jax.tree.leaves(source)})
    require(
        len(lengths) == 1 and lengths[0] not in ((), (0,)),
        f"{where} has {name} examples whose arrays have {_listed(lengths)} rows; all must have as many, 1 or more",
    )


def _shown(
    static: Static, hyper: Mapping[str, Any], task: Task, data: Data, pool: Examples | None, outputs: int
) -> Examples:
    """A few rows as the network sees them, alike in both splits."""
    fields, rows = section_fields(static, hyper, "task"), _few(outputs)
    with naming(f"task {task.name!r} (present)"):
        train, test = (Examples(*fetch(split, pool, jnp.arange(rows), task, fields)) for split in data)
    for part in Examples._fields:
        ours, others = (_kinds(getattr(shown, part)) for shown in (train, test))
        require(
            ours == others,
            f"task {task.name!r} trains on {part} {ours} and tests on {part} {others}; both must be of one kind",
        )
    lengths = sorted({leaf.shape[:1] for leaf in jax.tree.leaves(train)})
    require(
        lengths == [(rows,)],
        f"task {task.name!r} (present) gives arrays that begin with {_listed(lengths)} for {rows} rows; "
        f"each must begin with ({rows},)",
    )
    _require_targets(task, train.targets, outputs)
    return train


def _require_targets(task: Task, targets: Any, outputs: int) -> None:
    """Labels (rows,) or values (rows, outputs)."""
    kind, shape = targets.dtype, _in_rows(targets.shape)
    if is_classification(targets):
        require(
            targets.ndim == 1,
            f"targets of task {task.name!r} are whole numbers of shape {shape}, so labels; they must have shape "
            "(rows,); give values as floats",
        )
        require(
            jnp.issubdtype(kind, jnp.signedinteger),
            f"labels of task {task.name!r} are {kind}, which has no -1; they must be int32; write "
            "targets.astype(numpy.int32)",
        )
        return
    require(
        jnp.issubdtype(kind, jnp.floating),
        f"targets of task {task.name!r} are {kind}; they must be floats (values) or int32 (labels)",
    )
    hint = "; write targets[:, None]" if targets.ndim == 1 else ""
    require(
        targets.ndim == 2,
        f"targets of task {task.name!r} are floats of shape {shape}; they must have shape (rows, outputs), here "
        f"(rows, {outputs}){hint}",
    )
    require(
        targets.shape[1] == outputs,
        f"targets of task {task.name!r} are floats of shape {shape}; its networks have {outputs} outputs, so they "
        f"must have shape (rows, {outputs})",
    )


def _require_compatible(static: Static, parts: _Parts, shown: Examples) -> None:
    """The kind of inputs, and the loss, that the model and the targets allow."""
    name, task, loss = parts.model.name, parts.task.name, dict(static.training)["loss"]
    takes, given = parts.model.inputs, None if hasattr(shown.inputs, "dtype") else type(shown.inputs)
    require(
        takes is given,
        f"model {name!r} takes {_in_words(takes)}, and task {task!r} gives {_in_words(given)}; choose another model "
        "or another task",
    )
    require(
        is_classification(shown.targets) or loss == "mse",
        f"training.loss is {loss!r}; task {task!r} is a regression, which allows 'mse'",
    )


def _require_network(static: Static, hyper: Mapping[str, Any], parts: _Parts, shown: Examples, outputs: int) -> None:
    """Parameters that are floats, and outputs of shape (rows, outputs)."""
    name, rows = f"model {parts.model.name!r}", _few(outputs)
    model_fields, task_fields = (section_fields(static, hyper, section) for section in ("model", "task"))
    with naming(f"task {parts.task.name!r} (vocabulary)"):
        vocabulary = parts.task.vocabulary(task_fields)
    with naming(f"{name} (build)"):
        module = parts.model.build(model_fields, outputs, vocabulary)
    one = jax.tree.map(lambda a: jax.ShapeDtypeStruct((1, *a.shape[1:]), a.dtype), shown.inputs)
    with naming(f"{name} (init)"):
        variables = module.lazy_init(jax.random.key(0), one)
    others = sorted(set(variables) - {"params"})
    require(
        "params" in variables and not others,
        f"{name} has variables {', '.join(sorted(variables)) or 'of no kind'}; it must have params, and no others",
    )
    for path, leaf in jax.tree.leaves_with_path(variables["params"]):
        require(
            jnp.issubdtype(leaf.dtype, jnp.floating),
            f"{name} has parameters {_written(path)} of {leaf.dtype}; parameters must be floats",
        )
    with naming(name):
        given = module.apply({"params": variables["params"]}, shown.inputs)
    require(
        getattr(given, "shape", None) == (rows, outputs) and jnp.issubdtype(given.dtype, jnp.floating),
        f"{name} gives {_kinds(given)} for {rows} rows; task {parts.task.name!r} has {outputs} outputs, so it must "
        f"give floats of shape ({rows}, {outputs})",
    )


def _require_step(
    static: Static, hyper: Mapping[str, Any], parts: _Parts, run: Run, state: tuple[Any, ...], step: Any
) -> None:
    """A step that leaves structure, shapes and dtypes of the state as they are."""
    (moving, fixed, *_), name = state, f"optimizer {parts.optimizer.name!r}"
    with naming(name):
        optimizer = parts.optimizer.build(section_fields(static, hyper, "optimizer"))
        key = jax.random.key(0)
        # Gradients are like the parameters, so these stand in for them.
        updates, opt_state = optimizer.update(
            moving.params, moving.opt_state, moving.params, initial_params=fixed.initial_params, key=key
        )
    # Only the shapes of updates count: they are cast when they are added to the parameters.
    shapes = (
        jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(jnp.shape(leaf), jnp.float32), t)
        for t in (moving.params, updates)
    )
    _require_same(f"{name} gives updates", *shapes)
    _require_same(f"a step of {name} gives a state", moving.opt_state, opt_state)
    with naming("a step of training"):
        run.advance(*state, step, step)


def _require_same(words: str, before: Any, after: Any) -> None:
    one, other = jax.tree.structure(before), jax.tree.structure(after)
    require(one == other, f"{words} {_cut(other)}; it must be {_cut(one)}")
    for (path, old), new in zip(jax.tree.leaves_with_path(before), jax.tree.leaves(after), strict=True):
        was, came, where = _kinds(old), _kinds(new), _written(path)
        require(was == came, f"{words}{where and f', {where},'} of {came}; it must be {was}")


def _require_probes(parts: _Parts, probed: Probed) -> None:
    """Each probe gives one float for each variable that it names."""
    for name, measure, variables in parts.probes:
        with naming(f"probe {name!r}"):
            measured = measure(probed)
        require(
            isinstance(measured, Mapping),
            f"probe {name!r} gives {type(measured).__name__}; it must give a dict of its variables",
        )
        require(
            set(measured) == set(variables),
            f"probe {name!r} gives {_listed(map(str, measured))}; its variables are {_listed(variables)}",
        )
        for variable, value in measured.items():
            scalar = getattr(value, "shape", None) == () and jnp.issubdtype(value.dtype, jnp.floating)
            require(scalar, f"probe {name!r} gives {variable} as {_kinds(value)}; it must be one float, of shape ()")


def _range_of_labels(group: Group, mesh: Mesh, own_examples: bool) -> tuple[int, int]:
    fields, pool = section_fields(group.static, {}, "task"), load_pool(group.static, mesh)
    task = TASKS[fields.name]
    if not own_examples and _keeps_targets(task, fields, pool):
        labels = np.asarray(pool.targets)
        return int(labels.min()), int(labels.max())
    drawn = _drawn_labels(program_key(group.static, mesh), group.static, group.capacity)
    runs = ({name: values[i] for name, values in group.hyper.items()} for i in _runs_that_draw_apart(group, task))
    least, most = zip(*jax.device_get([drawn(hyper, pool) for hyper in runs]), strict=True)
    return int(min(least)), int(max(most))


def _runs_that_draw_apart(group: Group, task: Task) -> list[int]:
    """One run of each choice of the fields that decide the labels: the task's, or all where a network gives them."""
    deciding = [values for name, values in group.hyper.items() if task.relabel or name.startswith("task.")]
    return sorted({values: i for i, values in enumerate(zip(*deciding, strict=True))}.values()) or [0]


def _keeps_targets(task: Task, fields: Any, pool: Examples | None) -> bool:
    """Whether a task shows the labels as they are stored."""
    try:
        traced = jax.make_jaxpr(lambda examples: task.present(examples, fields).targets)(pool)
    except AttributeError:  # It looks at a traced field, of which there are none here.
        return False
    return traced.jaxpr.outvars[0] in traced.jaxpr.invars


@functools.lru_cache(maxsize=64)
def _drawn_labels(key: str, static: Static, capacity: Rows) -> Callable:
    """hyper, pool -> the range of the labels of one run; all else that init makes is left out when it compiles."""
    del key  # Only tells calls apart: a name can come to stand for something else.
    task, run = TASKS[dict(static.task)["name"]], make_run(static, capacity)

    def label_range(hyper: Mapping[str, Any], pool: Examples | None) -> tuple[Any, Any]:
        _, fixed = run.init(hyper, pool)
        fields = section_fields(static, hyper, "task")
        sources = [pool if split.examples is None else split.examples for split in fixed.data]
        # All rows, in use or not: how they are split is slow to compile.
        labels = jnp.concatenate([task.present(source, fields).targets for source in sources])
        return labels.min(), labels.max()

    return jax.jit(label_range)


def _few(outputs: int) -> int:
    """A number of rows that is not the number of outputs, so that none is taken for the other."""
    return FEW + (outputs == FEW)


def _kinds(tree: Any) -> str:
    """Dtype and shape of each array, such as float32 of shape (3, 5)."""
    leaves = jax.tree.leaves(tree)
    words = [
        f"{leaf.dtype} of shape {leaf.shape}" if hasattr(leaf, "dtype") else type(leaf).__name__ for leaf in leaves
    ]
    return _listed(words)


def _listed(items: Any) -> str:
    return ", ".join(map(str, items)) or "nothing"


def _cut(structure: Any) -> str:
    text = " ".join(str(structure).split())
    return text if len(text) <= 80 else f"{text[:77]}..."


def _written(path: Any) -> str:
    return jax.tree_util.keystr(path, simple=True, separator="/")


def _in_rows(shape: tuple[int, ...]) -> str:
    return f"(rows{''.join(f', {size}' for size in shape[1:])}{',' if len(shape) == 1 else ''})"


def _in_words(inputs: type | None) -> str:
    return "one array" if inputs is None else inputs.__name__
