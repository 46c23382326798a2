"""The contents of a run's parts, for fingerprints."""

from typing import Any

from grok_jax.models.activations import ACTIVATIONS
from grok_jax.parts import Built, Called, Part
from grok_jax.training.run import Form


def contents(form: Form) -> dict[str, Any]:
    """Kind and name of each part -> its current content: code, and everything it holds besides field values."""
    run = form.bare
    found = {f"{kind} {getattr(run, kind).name}": _code(getattr(run, kind)) for kind in ("task", "model", "optimizer")}
    activation = run.model.values().get("activation")
    if isinstance(activation, str) and activation in ACTIVATIONS:
        found[f"activation {activation}"] = ACTIVATIONS[activation]
    if not run.loss.by_word:
        found[f"loss {run.loss.name}"] = _code(run.loss)
    # The meaning of a metric's variables, and the runs it accepts, do not affect any number.
    return found | {
        f"metric {name}": (_called(each.fn), tuple(variable for variable, *_ in each.variables))
        for name, each in run.metrics.items()
    }


def plain_values(form: Form) -> dict[str, Any]:
    """The static values of all parts, which contents leaves out, by dotted names."""
    run = form.bare
    parts = {name: getattr(run, name) for name in ("task", "model", "optimizer", "loss", "training")}
    parts |= {f"metrics.{name}": each for name, each in run.metrics.items()}
    found = {f"{name}.name": part.name for name, part in parts.items()}
    for name, part in parts.items():
        fields = part.fields()
        values = {key: value for key, value in part.values().items() if fields[key].kind != "host" and is_plain(value)}
        found |= {f"{name}.{key}": value for key, value in values.items()}
    return found


def is_plain(value: Any) -> bool:
    """Whether a value is fully described by its repr: a word, a number, or a tuple of these."""
    if isinstance(value, tuple):
        return all(map(is_plain, value))
    return value is None or type(value) in (bool, int, float, str)


def _code(part: Part) -> Any:
    """A part's class, the function its Built calls, and those of its field values that are code or modules."""
    built: Built | None = getattr(part, part.inner) if part.inner else None
    return type(part), built and _called(built)[0], _not_plain(part.values())


def _called(built: Built) -> tuple[Any, dict[str, Any]]:
    """The function a Built calls, and those of its field values that are code or modules."""
    return built.make.function if isinstance(built.make, Called) else built.make, _not_plain(built.values())


def _not_plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if not is_plain(value)}
