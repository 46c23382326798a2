"""From a config to what one run needs: what is compiled, what is traced, and how long it trains.

A config has the sections task, model, optimizer and training (what one run is), execution (where and how a
grid runs; never changes a result's meaning), grid, seed and figure.
"""

import operator
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, NamedTuple

from ml_collections import ConfigDict, config_dict

from grok_jax.components import Component, lookup, require_at_least_zero, require_one_of, require_positive
from grok_jax.errors import UserError, naming, require, written
from grok_jax.models import COMMON_STATIC, COMMON_TRACED, MODELS
from grok_jax.optim import OPTIMIZERS
from grok_jax.tasks import TASKS, Rows
from grok_jax.training.losses import LOSSES
from grok_jax.training.probes import PROBES
from grok_jax.training.schedule import MOST_RECORDS, Schedule
from grok_jax.training.values import Config, coerce

REGISTRIES = {"task": TASKS, "model": MODELS, "optimizer": OPTIMIZERS}
RUN_SECTIONS = ("task", "model", "optimizer", "training")
SCHEDULE = Schedule()._asdict()
EXECUTION = {"mapping": "auto", "chunk_runs": 0, "checkpoint_seconds": 60.0, "capacity": ()}
MAPPINGS = ("auto", "map", "vmap")
INTEGERS = ("seed", "shrink_step", "drop_every")  # optional fields that hold whole numbers


class Static(NamedTuple):
    """Everything that decides the compiled program, hashable: (field, value) pairs of each section."""

    task: tuple[tuple[str, Any], ...]
    model: tuple[tuple[str, Any], ...]
    optimizer: tuple[tuple[str, Any], ...]
    training: tuple[tuple[str, Any], ...]
    traced: tuple[tuple[str, str], ...]  # dotted name and dtype of each scalar passed as an argument


class RunSettings(NamedTuple):
    """One run, resolved and checked."""

    static: Static
    hyper: dict[str, float | int]  # dotted name -> value of every traced scalar
    schedule: Schedule
    rows: Rows


def default_config(task: str = "teacher_student", model: str = "mlp", optimizer: str = "adamw") -> Config:
    """The config of one run with every field at its default.

    Args:
      task, model, optimizer: registered names; each decides the fields of its section.

    Returns:
      A locked ConfigDict, in which 1e5 is a whole number: a misspelt field raises, a value of another type raises.

    Raises:
      UserError: a name that is not registered.
    """
    names = {"task": task, "model": model, "optimizer": optimizer, "training": "training"}
    sections = {section: Config(_placeholders(_schema(section, name))) for section, name in names.items()}
    sections["training"].update(SCHEDULE)
    del sections["training"].name
    config = Config({"figure": "", "seed": 0, **sections, "execution": EXECUTION, "grid": ""})
    return config.lock()


def resolve(config: Mapping[str, Any]) -> RunSettings:
    """Checks the config of one run and sorts its fields into static, traced and schedule.

    Seeds of task, model and training that are None follow the run's seed.

    Args:
      config: nested plain dict with every field, as `complete` gives it.

    Raises:
      UserError: an unknown field or name, a wrong type, an impossible value; one line each.
    """
    seed = coerce("seed", config["seed"], 0)
    static, hyper, checked = {}, {}, {}
    for section in RUN_SECTIONS:
        given = dict(config[section])
        name = section if section == "training" else given.pop("name")
        component = _schema(section, name)
        schedule = {key: given.pop(key) for key in SCHEDULE if section == "training" and key in given}
        values = {"name": name, **_checked_fields(section, component, given)}
        if "seed" in component.traced and values["seed"] is None:
            values["seed"] = seed
        with naming(f"{section} {name!r} (check)"):
            component.check(SimpleNamespace(**values))
        if section == "model":
            require_positive(SimpleNamespace(**values), "output_scale", section="model")
            require_at_least_zero(SimpleNamespace(**values), "init_scale", section="model")
        arguments = [key for key in component.traced if values[key] is not None]
        hyper |= {f"{section}.{key}": values[key] for key in arguments}
        static[section] = tuple((key, value) for key, value in values.items() if key not in arguments)
        checked[section] = SimpleNamespace(**values)
        if section == "training":
            timing = _schedule(schedule)
    first_drop = getattr(checked["optimizer"], "drop_every", None)
    require(
        first_drop is None or first_drop <= timing.steps,
        f"optimizer.drop_every is {first_drop}, and training.steps is {timing.steps}; the learning rate must drop"
        " before the training ends",
    )
    for name in checked["training"].probes:
        with naming(f"probe {name!r} (check)"):
            PROBES[name].check(SimpleNamespace(**checked))
    with naming(f"task {checked['task'].name!r} (rows)"):
        rows = Rows(*map(operator.index, TASKS[checked["task"].name].rows(checked["task"])))
    require(sum(rows) < 2**31, f"task {checked['task'].name!r} has {sum(rows):,} rows; it must have fewer than 2**31")
    require(min(rows) >= 1, f"task {checked['task'].name!r} (rows) gives {rows}; each must be 1 or above")
    traced = tuple((name, "int32" if isinstance(value, int) else "float32") for name, value in hyper.items())
    return RunSettings(Static(**static, traced=traced), hyper, timing, rows)


def complete(config: ConfigDict | Mapping[str, Any]) -> dict[str, Any]:
    """A plain config with every section and field it leaves out at its default.

    Raises:
      UserError: a part that is no part of a config, or a name that is not registered.
    """
    if isinstance(config, ConfigDict):
        try:
            config = config.to_dict()
        except TypeError as error:
            raise UserError("the config has names that are not all words; it must have parts and fields") from error
    require(isinstance(config, Mapping), f"the config is {written(config)}; it must be a ConfigDict or a dict")
    for section in (*RUN_SECTIONS, "execution"):
        given = config.get(section, {})
        require(isinstance(given, Mapping), f"{section} is {written(given)}; it must be a section, a dict of fields")
    figure = config.get("figure", "")
    require(isinstance(figure, str), f"figure is {written(figure)}; it must be a word such as '' (none)")
    unknown = [_named(part) for part in config if part not in (*RUN_SECTIONS, "seed", "figure", "execution", "grid")]
    require(not unknown, f"config has no {', '.join(sorted(unknown))}; its parts are {', '.join(RUN_SECTIONS)}, seed")
    given = {section: dict(config.get(section, {})) for section in ("task", "model", "optimizer")}
    names = {section: fields["name"] for section, fields in given.items() if "name" in fields}
    for section, name in names.items():
        _require_word(section, name)
    defaults = default_config(**names).to_dict()
    sections = (*RUN_SECTIONS, "execution")
    merged = {section: {**defaults[section], **config.get(section, {})} for section in sections}
    return {**defaults, **config, **merged}


def with_field(config: Mapping[str, Any], dotted: str, value: Any) -> dict[str, Any]:
    """A copy of a plain config with one field replaced.

    Replacing the name of a task, model or optimiser keeps the fields that were not at their defaults and that the
    new one has too; the others get the new one's defaults. None for a field that only another one has changes
    nothing, so that one axis can give each of several models fields of its own.

    Raises:
      UserError: the config has no such field.
    """
    section, _, key = dotted.partition(".")
    if dotted == "seed":
        return {**config, "seed": value}
    if section not in RUN_SECTIONS or not key:
        raise UserError(
            f"grid axis {written(dotted)} is not a field; an axis is seed or one of {', '.join(RUN_SECTIONS)}.<field>"
        )
    fields = config[section]
    if value is None and key not in fields and _is_of_another(section, key):
        return dict(config)
    known = ", ".join(map(_named, fields))
    require(key in fields, f"grid axis {written(dotted)} is not a field; {section} has {known}")
    if key == "name":
        old, new = (_schema(section, name).defaults for name in (fields["name"], value))
        chosen = {k: v for k, v in fields.items() if k in new and v != old.get(k)}
        return {**config, section: {**new, **chosen, "name": value}}
    return {**config, section: {**fields, key: value}}


def _is_of_another(section: str, key: str) -> bool:
    """Whether some task, model or optimiser has such a field."""
    return any(key in component.defaults for component in REGISTRIES.get(section, {}).values())


def section_fields(static: Static, hyper: Mapping[str, Any], section: str) -> SimpleNamespace:
    """The fields of a section: static ones as Python values, traced ones from `hyper` (scalars or tracers)."""
    prefix = f"{section}."
    traced = {name.removeprefix(prefix): value for name, value in hyper.items() if name.startswith(prefix)}
    return SimpleNamespace(**dict(getattr(static, section)), **traced)


def execution_settings(config: Mapping[str, Any]) -> SimpleNamespace:
    """The checked execution section.

    Raises:
      UserError: an unknown mapping, a negative number.
    """
    given = config["execution"]
    _require_known("execution", given, EXECUTION)
    fields = SimpleNamespace(**{key: coerce(f"execution.{key}", given[key], EXECUTION[key]) for key in EXECUTION})
    require_one_of(fields, "mapping", MAPPINGS, section="execution")
    require(fields.chunk_runs >= 0, f"execution.chunk_runs is {fields.chunk_runs}; it must be 0 (automatic) or above")
    require_at_least_zero(fields, "checkpoint_seconds", section="execution")
    rows = tuple(coerce("execution.capacity", count, 1) for count in fields.capacity)
    require(
        rows == () or (len(rows) == 2 and min(rows) >= 1),
        f"execution.capacity is {rows}; it must be () (automatic) or (training rows, test rows)",
    )
    fields.capacity = rows and Rows(*rows)
    return fields


def _check_training(fields: SimpleNamespace) -> None:
    require_one_of(fields, "loss", LOSSES, section="training")
    require_one_of(fields, "matmul_precision", ("default", "high", "highest"), section="training")
    require_positive(fields, "accuracy_threshold", section="training")
    require_positive(fields, "probe_rows", section="training")
    if fields.batch_size is not None:
        require_positive(fields, "batch_size", section="training")
    both = fields.shrink_step is None, fields.shrink_to is None
    require(
        both[0] == both[1],
        f"training.shrink_step is {fields.shrink_step} and training.shrink_to is {fields.shrink_to}; give both or none",
    )
    if fields.shrink_step is not None:
        require_at_least_zero(fields, "shrink_step", section="training")
        require(
            0 < fields.shrink_to <= 1, f"training.shrink_to is {fields.shrink_to}; it must be above 0 and at most 1"
        )
    unknown = [probe for probe in fields.probes if not isinstance(probe, str) or probe not in PROBES]
    require(not unknown, f"training.probes names {unknown[:3]}; there are {', '.join(PROBES) or 'none registered'}")


TRAINING = Component(
    "training",
    static={"loss": "mse", "batch_size": None, "matmul_precision": "highest", "probes": (), "probe_rows": 500},
    traced={"accuracy_threshold": 1e-3, "seed": None, "shrink_step": None, "shrink_to": None},
    check=_check_training,
)


def _schema(section: str, name: Any) -> Component:
    """The component a section selects, with the fields that every one of its kind has."""
    if section == "training":
        return TRAINING
    registry = REGISTRIES[section]
    _require_word(section, name)
    component = lookup(registry, name, f"{section}.name")
    seeds = {} if section == "optimizer" else {"seed": None}
    common_static, common_traced = (COMMON_STATIC, COMMON_TRACED) if section == "model" else ({}, {})
    return Component(
        component.name,
        {**common_static, **component.static},
        {**common_traced, **component.traced, **seeds},
        component.check,
    )


def _require_word(section: str, name: Any) -> None:
    require(isinstance(name, str), f"{section}.name is {written(name)}; it must be a word")


def _placeholders(component: Component) -> dict[str, Any]:
    """Defaults in which an optional field (None) can later be given a number on the command line."""

    def typed(key: str, value: Any) -> Any:
        if value is not None:
            return value
        return config_dict.placeholder(int if _holds_integers(key, component) else float)

    return {key: typed(key, value) for key, value in component.defaults.items()}


def _checked_fields(section: str, component: Component, given: dict[str, Any]) -> dict[str, Any]:
    defaults = {key: value for key, value in component.defaults.items() if key != "name"}
    _require_known(section, given, defaults)
    return {
        key: coerce(
            f"{section}.{key}", given.get(key, default), default, optional_integer=_holds_integers(key, component)
        )
        for key, default in defaults.items()
    }


def _holds_integers(key: str, component: Component) -> bool:
    """Whether an optional field takes whole numbers: sizes (static) and seeds do, traced scalars do not."""
    return key in INTEGERS or key in component.static


def _require_known(section: str, given: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    unknown = [_named(key) for key in given if key not in known]
    hint = f" (another {section} is chosen by default_config, or by configs/grid.py:{section}=<name>)"
    hint = hint if section in ("task", "model", "optimizer") else ""
    require(not unknown, f"{section} has no field {', '.join(unknown)}; it has {', '.join(known)}{hint}")


def _named(key: Any) -> str:
    """A word as it is, another key as Python writes it."""
    return key if isinstance(key, str) and key.isidentifier() and len(key) <= 40 else written(key)


def _schedule(given: dict[str, Any]) -> Schedule:
    fields = Schedule(
        **{key: coerce(f"training.{key}", given.get(key, SCHEDULE[key]), SCHEDULE[key]) for key in SCHEDULE}
    )
    require(fields.steps >= 0, f"training.steps is {fields.steps}; it must be 0 or above")
    require(
        fields.records >= 2,
        f"training.records is {fields.records}; it must be at least 2 (the first step and the last)",
    )
    require(
        fields.records <= MOST_RECORDS, f"training.records is {fields.records}; it must be at most {MOST_RECORDS:,}"
    )
    require(fields.probe_every >= 1, f"training.probe_every is {fields.probe_every}; it must be 1 or above")
    steps = tuple(coerce("training.record_steps", step, 0) for step in fields.record_steps)
    outside = [step for step in steps if not 0 <= step <= fields.steps]
    require(
        not outside, f"training.record_steps has {outside[:3]}; each must lie in 0 .. {fields.steps} (training.steps)"
    )
    return fields._replace(record_steps=steps)
