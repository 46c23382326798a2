"""Resolves words to parts and dotted names to fields, once and outside any trace."""

import functools
import importlib
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

from grok_jax.errors import lookup, naming, require, written
from grok_jax.fields import Field
from grok_jax.models import MODELS
from grok_jax.models.model import Model, as_model, model
from grok_jax.optim import OPTIMIZERS
from grok_jax.optim.optimizer import as_optimizer
from grok_jax.parts import Called, Named, Part
from grok_jax.tasks import TASKS
from grok_jax.tasks.task import as_task
from grok_jax.training.losses import LOSSES, Loss, as_loss
from grok_jax.training.metrics import METRICS, Metric, as_metrics
from grok_jax.values import coerce

REGISTRIES = {"task": TASKS, "model": MODELS, "optimizer": OPTIMIZERS}
NAMED = ("task", "model", "optimizer")  # sections whose part is chosen by a word
SECTIONS = (*NAMED, "training")
WHOLE = {"task": as_task, "model": as_model, "optimizer": as_optimizer, "loss": as_loss}
OF_CONFIGS = {"loss": "mse", "probes": ()}  # fields of a config's training section whose words name parts of a run


class Draft(NamedTuple):
    """The fields of a run and the pending changes to its parts; nothing is checked until the draft is finished."""

    parts: dict[str, Any]
    changes: dict[str, dict[str, Any]]


def part_of(section: str, word: Any) -> Part:
    """The part that a word names, with all fields at their defaults.

    Raises:
      UserError: the word is unknown.
    """
    require(isinstance(word, str), f"{section}.name is {written(word)}; it must be a word")
    if ":" in word:
        return _as_part(section, imported(f"{section}.name", word), word)
    return _default(section, lookup(REGISTRIES[section], word, f"{section}.name"))


def imported(field: str, word: str) -> Any:
    """The object that "package.module:name" refers to.

    Raises:
      UserError: the module does not exist, or does not have the name.
    """
    module, _, name = word.partition(":")
    with naming(f"{field} {written(word)}"):
        found = importlib.import_module(module)
    require(hasattr(found, name), f"{field} is {written(word)}; module {module} has no {written(name)}")
    return getattr(found, name)


def word_of(part: Part) -> str:
    """The word for a part in a config, or "package.module:name"."""
    made = getattr(part, part.inner).make if part.inner else type(part)
    if REGISTRIES.get(part.section, {}).get(part.name) is made:
        return part.name
    made = made.function if isinstance(made, Called) else made
    return f"{getattr(made, '__module__', '?')}:{getattr(made, '__qualname__', part.name)}"


def _as_part(section: str, given: Any, word: str) -> Part:
    """Makes a part of a Task class, a flax module or an optax factory; returns a part unchanged."""
    if section == "model":
        return given if isinstance(given, Model) else model(given)
    if section == "optimizer":
        return as_optimizer(given)
    with naming(f"task.name {written(word)}"):
        return as_task(given() if isinstance(given, type) else given)


@functools.lru_cache(maxsize=256)
def _default(section: str, component: Any) -> Part:
    return _as_part(section, component, getattr(component, "called", ""))


def loss_of(word: Any) -> Loss:
    """The loss that a word names."""
    word = coerce("training.loss", word, "mse")
    return as_loss(imported("training.loss", word) if ":" in word else word)


def fields_of(part: Part) -> Mapping[str, Field]:
    """The fields of a part that a config or a grid can set; of a loss, the parameters of its function."""
    return part.shown() if isinstance(part, Loss) else part.fields()


def metrics_of(words: Any) -> Named:
    """The metrics that words name: those in METRICS, and metrics or functions as "package.module:name"."""
    words = coerce("training.probes", words, ())
    own = [word for word in words if isinstance(word, str) and ":" in word]
    found = {word.partition(":")[2]: imported("training.probes", word) for word in own}
    require(len(found) == len(own), f"training.probes names two functions alike: {', '.join(own)}; rename one")
    made = {**as_metrics(tuple(word for word in words if word not in own)), **as_metrics(found)}
    return Named({name: made[name] for name in (word.rpartition(":")[2] for word in words)})


def word_of_metric(name: str, metric: Metric) -> str:
    """The word for a metric in a config: its name in METRICS, or "package.module:name" of it or of its function."""
    made = metric.fn.make
    if name in METRICS and METRICS[name].fn.make == made:
        return name
    module = getattr(made, "__module__", "?")
    is_there = isinstance(getattr(sys.modules.get(module), name, None), Metric)
    return f"{module}:{name}" if is_there else word_of(metric)


def with_changes(draft: Draft, changes: Mapping[str, Any]) -> Draft:
    """A draft with some fields changed, by dotted name.

    If a task, model, optimizer or loss changes its name, the new one keeps the values that were not at their defaults,
    in the fields that it also has; its other fields get their defaults. None for a field that only a different task,
    model, optimizer or loss has changes nothing, so that one axis can set different fields for different models.

    Raises:
      UserError: a field does not exist.
    """
    # Names and whole parts come first, because they bring the fields that other changes may set.
    for dotted in sorted(changes, key=_is_of_a_field):
        draft = _with_change(draft, dotted, changes[dotted])
    return draft


def _is_of_a_field(dotted: str) -> bool:
    return "." in dotted and not dotted.endswith(".name") and dotted != "training.loss"


def _with_change(draft: Draft, dotted: str, value: Any) -> Draft:
    if dotted in ("seed", "training", *WHOLE):
        return _with_part(draft, dotted, WHOLE[dotted](value) if dotted in WHOLE else value)
    if dotted == "training.loss":
        return _with_other(draft, "loss", loss_of(value))
    if dotted == "training.probes":
        return _with_part(draft, "metrics", metrics_of(value))
    section, _, key = dotted.partition(".")
    part: Any = draft.parts.get(section)
    if isinstance(part, Named) and key.count(".") == 1:
        name, key = key.split(".")
        known = ", ".join(part) or "none"
        require(name in part, f"grid axis {written(dotted)} is not a field; the metrics are {known}")
        return _with_part(draft, section, Named({**part, name: part[name].replace(**{key: value})}))
    words = f"grid axis {written(dotted)} is not a field; an axis is seed or one of {', '.join(SECTIONS)}.<field>"
    require(isinstance(part, Part) and key != "", words)
    fields, changes = fields_of(part), draft.changes.get(section, {})
    if section in NAMED and key == "name":
        return _with_other(draft, section, part_of(section, value))
    if value is None and key not in fields and _is_of_another(section, key):
        return draft
    names = [*(["name"] if section in NAMED else []), *fields, *(OF_CONFIGS if section == "training" else [])]
    require(key in fields, f"grid axis {written(dotted)} is not a field; {section} has {', '.join(names) or 'none'}")
    return _with_part(draft, section, part, {**changes, key: value})


def _with_part(draft: Draft, section: str, part: Any, changes: dict[str, Any] | None = None) -> Draft:
    return Draft({**draft.parts, section: part}, {**draft.changes, section: changes or {}})


def _with_other(draft: Draft, section: str, other: Part) -> Draft:
    """A draft with another part, which keeps the values that were not at their defaults, in the fields that it has."""
    part = draft.parts[section]
    fields, new = fields_of(part), fields_of(other)
    kept = {**part.values(), **draft.changes.get(section, {})}
    kept = {name: value for name, value in kept.items() if name in fields and name in new}
    return _with_part(draft, section, other, {k: v for k, v in kept.items() if v != fields[k].default})


def _is_of_another(section: str, key: str) -> bool:
    """Whether any task, model, optimizer or loss has this field."""
    if section == "loss":
        return any(key in fields_of(loss_of(word)) for word in LOSSES)
    return any(key in part_of(section, word).fields() for word in REGISTRIES.get(section, {}))
