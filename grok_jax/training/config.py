"""A run as a config: a ConfigDict with sections task, model, optimizer and training, which flags can override.

A config also has execution (where and how a grid runs, which never changes a result's meaning), grid, seed and figure,
and a section loss if the loss has fields.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ml_collections import ConfigDict, config_dict

from grok_jax.errors import UserError, require, written
from grok_jax.fields import Field, fit
from grok_jax.parts import Part
from grok_jax.tasks import Rows
from grok_jax.tasks.task import Arrays
from grok_jax.training.grid import Axis, as_text, parse_grid, values_at
from grok_jax.training.metrics import METRICS, Metric
from grok_jax.training.naming import (
    NAMED,
    OF_CONFIGS,
    SECTIONS,
    Draft,
    fields_of,
    loss_of,
    metrics_of,
    part_of,
    with_changes,
    word_of,
    word_of_metric,
)
from grok_jax.training.run import Run, Training, draft_of, finished
from grok_jax.values import Config, coerce, plain

# Field names in older configs -> current names. A field `init` would hide a method of flax modules.
OLD_NAMES = {
    "task.init": "task.initializer",
    "model.init": "model.initializer",
    "task.memorising_steps": "task.memorizing_steps",
    "task.generalising_steps": "task.generalizing_steps",
    "model.memorising_speed": "model.memorizing_speed",
    "model.generalising_speed": "model.generalizing_speed",
}
ARRAYS = "arrays"  # describes arrays, which a config cannot hold
MAPPINGS = ("auto", "map", "vmap")
EXECUTION = {
    "mapping": Field(
        "host", "auto", "how a device trains its runs: one after the other (map) or in parallel (vmap)", one_of=MAPPINGS
    ),
    "chunk_runs": Field("host", 0, "maximum number of runs that train together; 0 takes as many as fit", at_least=0),
    "checkpoint_seconds": Field("host", 60.0, "seconds between checkpoints", at_least=0),
    "capacity": Field("host", (), "training and test rows to make room for; () takes the grid's maximum"),
}


class Execution(NamedTuple):
    """Where and how a grid runs."""

    mapping: str
    chunk_runs: int
    checkpoint_seconds: float
    capacity: Rows | tuple[()]


class Reading(NamedTuple):
    """A config or a run, read together with its grid.

    Attributes:
      draft: the parts of the run, and the values for their fields.
      axes: of the grid.
      execution: how the grid runs.
      config: the config that records all of this; its values are not checked yet.
    """

    draft: Draft
    axes: tuple[Axis, ...]
    execution: Execution
    config: dict[str, Any]


def default_config(
    task: Any = "teacher_student", model: Any = "mlp", optimizer: Any = "adamw", loss: Any = OF_CONFIGS["loss"]
) -> Config:
    """The config of one run, with every field at its default.

    Args:
      task, model, optimizer: names in TASKS, MODELS and OPTIMIZERS, or "package.module:name"; each determines the
        fields of its section.
      loss: a name in LOSSES, or "package.module:name"; a name in LOSSES with fields gets a section loss.

    Returns:
      A locked ConfigDict that accepts 1e5 as a whole number. A misspelled field or a value of the wrong type raises.

    Raises:
      UserError: a name does not exist.
    """
    parts = {"task": task, "model": model, "optimizer": optimizer}
    sections = {section: {"name": name, **_defaults(part_of(section, name))} for section, name in parts.items()}
    sections["training"] = {**OF_CONFIGS, "loss": loss, **_defaults(Training())}
    named = loss_of(loss)
    sections |= {"loss": _defaults(named)} if named.by_word and named.shown() else {}
    execution = {name: field.default for name, field in EXECUTION.items()}
    config = {"figure": "", "seed": 0, **sections, "execution": execution, "grid": ""}
    return _config(config)


def _defaults(part: Part) -> dict[str, Any]:
    """Defaults in which optional fields (None) can later be set to a number on the command line."""
    return {
        name: config_dict.placeholder(int if field.whole else float) if field.default is None else field.default
        for name, field in part.shown().items()
    }


def complete(config: ConfigDict | Mapping[str, Any]) -> dict[str, Any]:
    """Fills in the defaults of all missing sections and fields, and updates old field names.

    Returns:
      The config as a plain dict.

    Raises:
      UserError: the config has an unknown part or name.
    """
    if isinstance(config, ConfigDict):
        try:
            config = config.to_dict()
        except TypeError as error:
            raise UserError("the config has names that are not strings; it must have parts and fields") from error
    require(isinstance(config, Mapping), f"the config is {written(config)}; it must be a ConfigDict or a dict")
    for section in (*SECTIONS, "loss", "execution"):
        given = config.get(section, {})
        require(isinstance(given, Mapping), f"{section} is {written(given)}; it must be a dict of fields")
    figure = config.get("figure", "")
    require(isinstance(figure, str), f"figure is {written(figure)}; it must be the name of a figure, or '' for none")
    unknown = [
        _named(part) for part in config if part not in (*SECTIONS, "loss", "seed", "figure", "execution", "grid")
    ]
    require(not unknown, f"config has no {', '.join(sorted(unknown))}; its parts are {', '.join(SECTIONS)}, seed")
    names = {section: config[section]["name"] for section in NAMED if "name" in config.get(section, {})}
    names |= {"loss": config["training"]["loss"]} if "loss" in config.get("training", {}) else {}
    defaults = default_config(**names).to_dict()
    sections = [*SECTIONS, "execution", *(["loss"] if "loss" in {**defaults, **config} else [])]
    merged = {section: {**defaults.get(section, {}), **config.get(section, {})} for section in sections}
    grid = config.get("grid", "")
    for old, new in OLD_NAMES.items():
        section, _, name = old.partition(".")
        if name in defaults[section]:
            continue  # A custom part may have such a field.
        if name in merged[section]:
            merged[section][new.partition(".")[2]] = merged[section].pop(name)
        grid = re.sub(rf"\b{re.escape(old)}\b", new, grid) if isinstance(grid, str) else grid
    return {**defaults, **config, **merged, "grid": grid}


def read_config(config: ConfigDict | Mapping[str, Any], grid: str | Mapping[Any, Any] | None = None) -> Reading:
    """Reads a config: the one place where it becomes parts, axes and settings.

    Args:
      config: the config; missing sections and fields take their defaults.
      grid: axes; None takes those of the config.

    Raises:
      UserError: a field or name is unknown, or a value has the wrong type.
    """
    whole = complete(config)
    execution = execution_settings(whole["execution"])
    axes = parse_grid(whole["grid"] if grid is None else grid)
    draft = _draft_of(whole)
    return Reading(draft, axes, execution, whole if grid is None else {**whole, "grid": as_text(axes)})


def read_run(run: Run, grid: str | Mapping[Any, Any], execution: Mapping[str, Any]) -> Reading:
    """Reads a run, its grid and how it executes, and writes the config that records them.

    Raises:
      UserError: the grid or the execution settings are invalid.
    """
    settings, axes = execution_settings(execution), parse_grid(grid)
    own = {} if run.loss.by_word else {"loss": run.loss.values()}
    told = {name: _told(each) for name, each in run.metrics.items()}
    of_metrics = {n: each for n, each in told.items() if n not in METRICS or each != _told(METRICS[n])}
    own |= {"metrics": of_metrics} if of_metrics else {}
    config = {**to_config(run, axes).to_dict(), "execution": settings._asdict(), **own}
    return Reading(draft_of(run), axes, settings, config)


def _told(metric: Metric) -> dict[str, Any]:
    """The fields of a metric that a config records."""
    fields = metric.fields()
    return {name: value for name, value in metric.values().items() if fields[name].kind != "host"}


def _draft_of(config: Mapping[str, Any]) -> Draft:
    """The parts named in a plain config, and the values for their fields.

    Args:
      config: nested plain dict with every field, from `complete`.

    Raises:
      UserError: an unknown field, name or probe.
    """
    require(ARRAYS not in config["task"], f"the config refers to {config['task'].get(ARRAYS)}, which it cannot hold")
    parts: dict[str, Any] = {"training": Training()}
    changes: dict[str, dict[str, Any]] = {}
    for section in NAMED:
        parts[section] = part_of(section, config[section]["name"])
    of_words = {key: config["training"].get(key, word) for key, word in OF_CONFIGS.items()}
    parts |= {"loss": loss_of(of_words["loss"]), "metrics": metrics_of(of_words["probes"])}
    for section in (*SECTIONS, "loss"):
        besides = {"training": OF_CONFIGS, "loss": ()}.get(section, ("name",))
        given = {key: value for key, value in config.get(section, {}).items() if key not in besides}
        fields = fields_of(parts[section])
        _require_known(section, given, [*(OF_CONFIGS if section == "training" else []), *fields])
        # A required argument that is None is left out, so that a missing one is reported when the function is called.
        changes[section] = {key: value for key, value in given.items() if value is not None or not _needs(fields, key)}
    return Draft({**parts, "seed": coerce("seed", config["seed"], 0)}, changes)


def _needs(fields: Mapping[str, Field], key: str) -> bool:
    return key in fields and fields[key].required


def from_config(config: ConfigDict | Mapping[str, Any]) -> Run:
    """The run that a config describes, at the first point of its grid.

    Raises:
      UserError: a field or name is unknown, or a value has the wrong type or is not allowed.
    """
    read = read_config(config)
    return finished(with_changes(read.draft, values_at(read.axes, [0] * len(read.axes))))


def to_config(run: Run, grid: str | Mapping[Any, Any] | Sequence[Axis] | None = None, *, figure: str = "") -> Config:
    """The config that describes a run and its grid; from_config turns it back into the run, with exceptions.

    Custom parts are named "package.module:name", and from_config imports them. A config cannot hold arrays, which are
    described by a hash of their content, or fields of a custom loss or metric, which get their defaults. A custom
    metric comes back under the name of its function.

    Args:
      run: the run.
      grid: axes, as for sweep.
      figure: name of the figure to make from the results, a module of experiments.

    Raises:
      UserError: an axis cannot be read.
    """
    sections = {section: {"name": word_of(getattr(run, section)), **_given(getattr(run, section))} for section in NAMED}
    loss = run.loss.name if run.loss.by_word else word_of(run.loss)
    probes = tuple(word_of_metric(name, each) for name, each in run.metrics.items())
    sections["training"] = {"loss": loss, "probes": probes, **_given(run.training)}
    sections |= {"loss": _given(run.loss)} if run.loss.by_word and run.loss.shown() else {}
    execution = {name: field.default for name, field in EXECUTION.items()}
    if isinstance(run.task, Arrays):
        sections["task"][ARRAYS] = repr(run.task.shared)
    text = grid if isinstance(grid, str) else as_text(grid if isinstance(grid, tuple) else parse_grid(grid or {}))
    return _config({"figure": figure, "seed": run.seed, **sections, "execution": execution, "grid": text})


def _config(parts: dict[str, Any]) -> Config:
    """A locked config, with sections that are configs too, which accepts 1e5 as a whole number."""
    return Config({name: Config(part) if isinstance(part, dict) else part for name, part in parts.items()}).lock()


def as_json(config: Mapping[str, Any]) -> dict[str, Any]:
    """A plain config in which values that JSON cannot hold are replaced by their repr."""
    return json.loads(json.dumps(plain(dict(config)), default=written))


def _given(part: Part) -> dict[str, Any]:
    """The fields of a part; fields that are None can later be set to a number."""
    values = part.values()
    return {
        name: config_dict.placeholder(int if field.whole else float) if values[name] is None else values[name]
        for name, field in part.shown().items()
    }


def execution_settings(given: Mapping[str, Any]) -> Execution:
    """Checks the execution section.

    Raises:
      UserError: an unknown mapping or a negative number.
    """
    _require_known("execution", given, EXECUTION)
    fields = {name: fit(f"execution.{name}", field, given[name]) for name, field in EXECUTION.items() if name in given}
    fields = {**{name: field.default for name, field in EXECUTION.items()}, **fields}
    rows = tuple(coerce("execution.capacity", count, 1) for count in fields["capacity"])
    require(
        rows == () or (len(rows) == 2 and min(rows) >= 1),
        f"execution.capacity is {rows}; it must be () (automatic) or (training rows, test rows)",
    )
    return Execution(**{**fields, "capacity": rows and Rows(*rows)})


def _require_known(section: str, given: Mapping[str, Any], known: Any) -> None:
    unknown = [_named(key) for key in given if key not in known]
    hint = f" (choose another {section} in default_config, or with configs/grid.py:{section}=<name>)"
    hint = hint if section in NAMED else ""
    require(not unknown, f"{section} has no field {', '.join(unknown)}; it has {', '.join(known) or 'none'}{hint}")


def _named(key: Any) -> str:
    """A word unchanged, or the repr of any other key."""
    return key if isinstance(key, str) and key.isidentifier() and len(key) <= 40 else written(key)
