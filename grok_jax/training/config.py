"""A run as a config: the sections task, model, optimizer and training of a ConfigDict, which flags can override.

Beside them a config has execution (where and how a grid runs; never changes a result's meaning), grid, seed and figure.
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
from grok_jax.training.naming import (
    NAMED,
    OF_CONFIGS,
    SECTIONS,
    Draft,
    loss_of,
    metrics_of,
    part_of,
    with_changes,
    word_of,
    word_of_metric,
)
from grok_jax.training.run import Run, Training, finished
from grok_jax.values import Config, coerce, plain

# Names of fields in older configs -> today's. A field `init` would hide a method of flax modules.
OLD_NAMES = {
    "task.init": "task.initializer",
    "model.init": "model.initializer",
    "task.memorising_steps": "task.memorizing_steps",
    "task.generalising_steps": "task.generalizing_steps",
    "model.memorising_speed": "model.memorizing_speed",
    "model.generalising_speed": "model.generalizing_speed",
}
ARRAYS = "arrays"  # what a config tells of arrays, which it cannot hold
MAPPINGS = ("auto", "map", "vmap")
EXECUTION = {
    "mapping": Field(
        "host", "auto", "how a device takes its runs: one after the other, or side by side", one_of=MAPPINGS
    ),
    "chunk_runs": Field("host", 0, "runs that train together at most; 0 takes as many as fit", at_least=0),
    "checkpoint_seconds": Field("host", 60.0, "between checkpoints", at_least=0),
    "capacity": Field("host", (), "training and test rows to make room for; () takes the grid's most"),
}


class Execution(NamedTuple):
    """Where and how a grid runs."""

    mapping: str
    chunk_runs: int
    checkpoint_seconds: float
    capacity: Rows | tuple[()]


def default_config(task: Any = "teacher_student", model: Any = "mlp", optimizer: Any = "adamw") -> Config:
    """The config of one run with every field at its default.

    Args:
      task, model, optimizer: words of TASKS, MODELS and OPTIMIZERS, or "package.module:name"; each decides the fields
        of its section.

    Returns:
      A locked ConfigDict, in which 1e5 is a whole number: a misspelt field raises, a value of another type raises.

    Raises:
      UserError: a word that does not exist.
    """
    parts = {"task": task, "model": model, "optimizer": optimizer}
    sections = {section: {"name": name, **_defaults(part_of(section, name))} for section, name in parts.items()}
    sections["training"] = {**OF_CONFIGS, **_defaults(Training())}
    execution = {name: field.default for name, field in EXECUTION.items()}
    config = {"figure": "", "seed": 0, **sections, "execution": execution, "grid": ""}
    return _config(config)


def _defaults(part: Part) -> dict[str, Any]:
    """Defaults in which an optional field (None) can later be given a number on the command line."""
    return {
        name: config_dict.placeholder(int if field.whole else float) if field.default is None else field.default
        for name, field in part.shown().items()
    }


def complete(config: ConfigDict | Mapping[str, Any]) -> dict[str, Any]:
    """A plain config with every section and field it leaves out at its default, and today's names of fields.

    Raises:
      UserError: a part that is no part of a config, or a word that does not exist.
    """
    if isinstance(config, ConfigDict):
        try:
            config = config.to_dict()
        except TypeError as error:
            raise UserError("the config has names that are not all words; it must have parts and fields") from error
    require(isinstance(config, Mapping), f"the config is {written(config)}; it must be a ConfigDict or a dict")
    for section in (*SECTIONS, "execution"):
        given = config.get(section, {})
        require(isinstance(given, Mapping), f"{section} is {written(given)}; it must be a section, a dict of fields")
    figure = config.get("figure", "")
    require(isinstance(figure, str), f"figure is {written(figure)}; it must be a word such as '' (none)")
    unknown = [_named(part) for part in config if part not in (*SECTIONS, "seed", "figure", "execution", "grid")]
    require(not unknown, f"config has no {', '.join(sorted(unknown))}; its parts are {', '.join(SECTIONS)}, seed")
    given = {section: dict(config.get(section, {})) for section in NAMED}
    defaults = default_config(**{section: fields["name"] for section, fields in given.items() if "name" in fields})
    defaults = defaults.to_dict()
    merged = {section: {**defaults[section], **config.get(section, {})} for section in (*SECTIONS, "execution")}
    grid = config.get("grid", "")
    for old, new in OLD_NAMES.items():
        section, _, name = old.partition(".")
        if name in defaults[section]:
            continue  # A part of one's own may have such a field.
        if name in merged[section]:
            merged[section][new.partition(".")[2]] = merged[section].pop(name)
        grid = re.sub(rf"\b{re.escape(old)}\b", new, grid) if isinstance(grid, str) else grid
    return {**defaults, **config, **merged, "grid": grid}


def draft_of_config(config: Mapping[str, Any]) -> Draft:
    """The parts that a plain config names, and the values that they are to get.

    Args:
      config: nested plain dict with every field, as `complete` gives it.

    Raises:
      UserError: an unknown field, name or probe.
    """
    require(ARRAYS not in config["task"], f"the config tells of {config['task'].get(ARRAYS)}, which it cannot hold")
    parts, changes = {"training": Training()}, {}
    for section in NAMED:
        parts[section] = part_of(section, config[section]["name"])
    for section in SECTIONS:
        given = {key: value for key, value in config[section].items() if key != "name" or section == "training"}
        of_words = {key: given.pop(key) for key in OF_CONFIGS if section == "training" and key in given}
        _require_known(section, given, [*(OF_CONFIGS if section == "training" else []), *parts[section].fields()])
        fields = parts[section].fields()
        # What a foreign function needs is not given where it is None, and is asked for when it is called.
        changes[section] = {key: value for key, value in given.items() if value is not None or not _needs(fields, key)}
    parts |= {"loss": loss_of(of_words.get("loss", "mse")), "metrics": metrics_of(of_words.get("probes", ()))}
    return Draft({**parts, "seed": coerce("seed", config["seed"], 0)}, changes)


def _needs(fields: Mapping[str, Field], key: str) -> bool:
    return key in fields and fields[key].required


def from_config(config: ConfigDict | Mapping[str, Any]) -> Run:
    """The run that a config describes, at the first point of its grid.

    Raises:
      UserError: an unknown field or name, a wrong type, an impossible value; one line each.
    """
    whole = complete(config)
    axes = parse_grid(whole["grid"])
    return finished(with_changes(draft_of_config(whole), values_at(axes, [0] * len(axes))))


def to_config(run: Run, grid: str | Mapping[Any, Any] | Sequence[Axis] | None = None, *, figure: str = "") -> Config:
    """The config that describes a run and its grid; from_config gives the run again, with the exceptions below.

    Parts of one's own are named "package.module:name", which from_config imports. It cannot hold arrays, which are
    named by their content, nor fields of a loss or a metric, which get their defaults; a metric of one's own comes back
    under its function's name.

    Args:
      run: the run.
      grid: axes, as for sweep.
      figure: what is made of the results, as a module of experiments names it.

    Raises:
      UserError: an axis that cannot be read.
    """
    sections = {section: {"name": word_of(getattr(run, section)), **_given(getattr(run, section))} for section in NAMED}
    loss = run.loss.name if run.loss.by_word else word_of(run.loss)
    probes = tuple(word_of_metric(name, each) for name, each in run.metrics.items())
    sections["training"] = {"loss": loss, "probes": probes, **_given(run.training)}
    execution = {name: field.default for name, field in EXECUTION.items()}
    if isinstance(run.task, Arrays):
        sections["task"][ARRAYS] = repr(run.task.shared)
    text = grid if isinstance(grid, str) else as_text(grid if isinstance(grid, tuple) else parse_grid(grid or {}))
    return _config({"figure": figure, "seed": run.seed, **sections, "execution": execution, "grid": text})


def _config(parts: dict[str, Any]) -> Config:
    """A locked config, its sections configs too, in which 1e5 is a whole number."""
    return Config({name: Config(part) if isinstance(part, dict) else part for name, part in parts.items()}).lock()


def as_json(config: Mapping[str, Any]) -> dict[str, Any]:
    """A plain config in which all that JSON has no form for is named."""
    return json.loads(json.dumps(plain(dict(config)), default=written))


def _given(part: Part) -> dict[str, Any]:
    """The fields of a part; those that are None can later be given a number."""
    values = part.values()
    return {
        name: config_dict.placeholder(int if field.whole else float) if values[name] is None else values[name]
        for name, field in part.shown().items()
    }


def execution_settings(given: Mapping[str, Any]) -> Execution:
    """The checked execution section.

    Raises:
      UserError: an unknown mapping, a negative number.
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
    hint = f" (another {section} is chosen by default_config, or by configs/grid.py:{section}=<name>)"
    hint = hint if section in NAMED else ""
    require(not unknown, f"{section} has no field {', '.join(unknown)}; it has {', '.join(known)}{hint}")


def _named(key: Any) -> str:
    """A word as it is, another key as Python writes it."""
    return key if isinstance(key, str) and key.isidentifier() and len(key) <= 40 else written(key)
