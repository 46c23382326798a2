"""Words for parts, and dotted names for their fields: where a name is looked up, once, outside of any trace."""

import functools
import importlib
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

from grok_jax.errors import UserError, lookup, naming, require, written
from grok_jax.models import MODELS
from grok_jax.models.model import Model, as_model, model
from grok_jax.optim import OPTIMIZERS
from grok_jax.optim.optimizer import as_optimizer
from grok_jax.parts import Called, Named, Part, require_part
from grok_jax.tasks import TASKS
from grok_jax.tasks.task import Task
from grok_jax.training.losses import Loss, as_loss
from grok_jax.training.metrics import METRICS, Metric, as_metrics
from grok_jax.values import coerce

REGISTRIES = {"task": TASKS, "model": MODELS, "optimizer": OPTIMIZERS}
NAMED = ("task", "model", "optimizer")  # sections that a word chooses
SECTIONS = (*NAMED, "training")
OF_CONFIGS = {"loss": "mse", "probes": ()}  # fields of the section training that are parts of a run by words


class Draft(NamedTuple):
    """Parts of a run, and the changes that they are to get; not checked before it is finished."""

    parts: dict[str, Part]
    changes: dict[str, dict[str, Any]]
    whole: dict[str, Any]  # loss, metrics, seed


def part_of(section: str, word: Any) -> Part:
    """The part that a word stands for, all of its fields at their defaults.

    Raises:
      UserError: there is no such word.
    """
    require(isinstance(word, str), f"{section}.name is {written(word)}; it must be a word")
    if ":" in word:
        return _part_of_object(section, word)
    return _default(section, lookup(REGISTRIES[section], word, f"{section}.name"))


def imported(field: str, word: str) -> Any:
    """What "package.module:name" stands for.

    Raises:
      UserError: there is no such module, or it has no such name.
    """
    module, _, name = word.partition(":")
    with naming(f"{field} {written(word)}"):
        found = importlib.import_module(module)
    require(hasattr(found, name), f"{field} is {written(word)}; module {module} has no {written(name)}")
    return getattr(found, name)


def word_of(part: Part) -> str:
    """The word that a config chooses a part by, or "package.module:name"."""
    made = getattr(part, part.inner).make if part.inner else type(part)
    if REGISTRIES.get(part.section, {}).get(part.name) is made:
        return part.name
    made = made.function if isinstance(made, Called) else made
    return f"{getattr(made, '__module__', '?')}:{getattr(made, '__qualname__', part.name)}"


def _part_of_object(section: str, word: str) -> Part:
    return _as_part(section, imported(f"{section}.name", word), word)


def _as_part(section: str, given: Any, word: str) -> Part:
    """What an object is as a part: a class of tasks, a flax module, an optax factory, or a part as it is."""
    if section == "model":
        return given if isinstance(given, Model) else model(given)
    if section == "optimizer":
        return as_optimizer(given)
    with naming(f"task.name {written(word)}"):
        task = given() if isinstance(given, type) else given
    require_part(task, Task, "task")
    return task


@functools.lru_cache(maxsize=256)
def _default(section: str, component: Any) -> Part:
    return _as_part(section, component, getattr(component, "called", ""))


def loss_of(word: str) -> Loss:
    """The loss that a word stands for."""
    return as_loss(imported("training.loss", word) if ":" in word else word)


def metrics_of(words: Any) -> Named:
    """The metrics that words stand for: those in METRICS, and metrics or functions "package.module:name"."""
    words = coerce("training.probes", words, ())
    own = [word for word in words if isinstance(word, str) and ":" in word]
    found = {word.partition(":")[2]: imported("training.probes", word) for word in own}
    require(len(found) == len(own), f"training.probes names two functions alike: {', '.join(own)}; rename one")
    made = {**as_metrics(tuple(word for word in words if word not in own)), **as_metrics(found)}
    return Named({name: made[name] for name in (word.rpartition(":")[2] for word in words)})


def word_of_metric(name: str, metric: Metric) -> str:
    """The word that a config names a metric by: in METRICS, or "package.module:name" of it or of its function."""
    made = metric.fn.make
    if name in METRICS and METRICS[name].fn.make == made:
        return name
    module = getattr(made, "__module__", "?")
    is_there = isinstance(getattr(sys.modules.get(module), name, None), Metric)
    return f"{module}:{name}" if is_there else word_of(metric)


def with_changes(draft: Draft, changes: Mapping[str, Any]) -> Draft:
    """A draft with other values of some fields, by dotted names.

    Another name of a task, model or optimizer keeps the fields that were not at their defaults and that the new one has
    too; the others get the new one's defaults. None for a field that only another one has changes nothing, so that one
    axis can give each of several models fields of its own.

    Raises:
      UserError: there is no such field.
    """
    # Names and whole parts first: they bring the fields that others may set.
    for dotted, value in sorted(changes.items(), key=lambda change: not _is_whole(change[0])):
        draft = _with_change(draft, dotted, value)
    return draft


def _is_whole(dotted: str) -> bool:
    return "." not in dotted or dotted.endswith(".name")


def _with_change(draft: Draft, dotted: str, value: Any) -> Draft:
    section, _, key = dotted.partition(".")
    if dotted == "seed":
        return draft._replace(whole={**draft.whole, "seed": value})
    if dotted in draft.parts:
        made = {"model": as_model, "optimizer": as_optimizer, "loss": as_loss}.get(dotted)
        if made is None:
            require_part(value, type(draft.parts[dotted]) if dotted == "training" else Task, dotted)
        return _with_part(draft, dotted, made(value) if made else value)
    if section == "metrics" and key.count(".") == 1:
        return _with_metric_field(draft, dotted, value)
    if section not in draft.parts or not key:
        raise UserError(
            f"grid axis {written(dotted)} is not a field; an axis is seed or one of {', '.join(SECTIONS)}.<field>"
        )
    if section == "training" and key in OF_CONFIGS:
        if key == "loss":
            return _with_part(draft, "loss", loss_of(coerce(dotted, value, "mse")))
        return draft._replace(whole={**draft.whole, "metrics": metrics_of(value)})
    if section in NAMED and key == "name":
        part, old = part_of(section, value), draft.parts[section]
        known, new = old.fields(), part.fields()
        kept = {**old.values(), **draft.changes[section]}
        chosen = {k: v for k, v in kept.items() if k in new and v != known[k].default}
        return _with_part(draft, section, part, chosen)
    fields = draft.parts[section].fields()
    if value is None and key not in fields and _is_of_another(section, key):
        return draft
    known = ", ".join(
        [*(["name"] if section in NAMED else []), *fields, *(OF_CONFIGS if section == "training" else [])]
    )
    require(key in fields, f"grid axis {written(dotted)} is not a field; {section} has {known}")
    return _with_part(draft, section, draft.parts[section], {**draft.changes[section], key: value})


def _with_part(draft: Draft, section: str, part: Any, changes: dict[str, Any] | None = None) -> Draft:
    return draft._replace(parts={**draft.parts, section: part}, changes={**draft.changes, section: changes or {}})


def _with_metric_field(draft: Draft, dotted: str, value: Any) -> Draft:
    _, name, key = dotted.split(".")
    metrics = draft.whole["metrics"]
    require(
        name in metrics, f"grid axis {written(dotted)} is not a field; the metrics are {', '.join(metrics) or 'none'}"
    )
    changed = type(metrics)({**metrics, name: metrics[name].replace(**{key: value})})
    return draft._replace(whole={**draft.whole, "metrics": changed})


def _is_of_another(section: str, key: str) -> bool:
    """Whether some task, model or optimizer has such a field."""
    return any(key in part_of(section, word).fields() for word in REGISTRIES.get(section, {}))
