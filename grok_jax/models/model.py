"""The model of a run: a network, and how it is scaled, centered and linearized."""

import inspect
from typing import Any

import flax.linen as nn

from grok_jax.errors import lookup, require, written
from grok_jax.fields import Field, declared_fields, static, traced
from grok_jax.models import MODELS
from grok_jax.parts import Built, Part

FROM_TASK = ("outputs", "vocabulary")  # fields of a module that the task sets if they are None


class Model(Part, kw_only=False):
    """A network, w_0 = init_scale · w_standard, trained as output_scale · f(w, x), perhaps centered or linearized."""

    section = "model"
    inner = "net"

    net: Built
    centered: Any = static(False, "train α [f(w, x) - f(w_0, x)], which starts at 0")
    linearized: Any = static(False, "train the first-order expansion of f around w_0: the lazy twin")
    init_scale: Any = traced(1.0, "factor of all initial weights", at_least=0)
    output_scale: Any = traced(1.0, "factor α of the outputs; a large α makes training lazy", above=0)
    solution_share: Any = traced(None, "start at w_0 + share · w_solution, if the task has a known solution")
    seed: Any = traced(None, "seed of the initial weights; None takes the run's", whole=True)

    def check(self) -> None:
        """Raises UserError if a field of the network has the name of a field of all models, or if check_fields does."""
        twice = sorted(set(self.net.schema) & set(declared_fields(Model)))
        words = f"model {self.name!r} has fields named {', '.join(twice)}"
        require(not twice, f"{words}; every model has these already, so rename them")
        if hasattr(self.net.make, "check_fields"):
            self.net(**dict.fromkeys(self._undecided())).check_fields()

    def shown(self) -> dict[str, Field]:
        """All fields except those that the task sets."""
        undecided = self._undecided()
        return {name: field for name, field in self.fields().items() if name not in undecided}

    def _undecided(self) -> list[str]:
        return [name for name in FROM_TASK if name in self.net.schema and self.net.given.get(name) is None]

    @property
    def inputs(self) -> type | None:
        """The NamedTuple of arrays that the network reads; None if a batch of inputs is one array."""
        found = getattr(self.net.make, "inputs", None)
        return found if isinstance(found, type) and issubclass(found, tuple) else None

    def build(self, outputs: int, vocabulary: int | None) -> nn.Module:
        """The flax module of this run.

        Args:
          outputs: number of outputs of the task.
          vocabulary: number of tokens of the task; None if its inputs are numbers.
        """
        decided = {"outputs": outputs, "vocabulary": vocabulary}
        return self.net(**{name: decided[name] for name in self._undecided()})


def model(net: Any, *, traced: tuple[str, ...] = (), static: tuple[str, ...] = (), **fields: Any) -> Model:
    """Makes a model from a flax module.

    Args:
      net: a flax.linen module class or instance, a function of its fields that returns one, or a name in MODELS. If
        `outputs` or `vocabulary` is left out, it takes the task's value.
      traced, static: undeclared fields to trace (floats are traced by default) or keep static.
      **fields: fields of the network, and of the model: init_scale, output_scale, centered, linearized, seed.

    Raises:
      UserError: a field does not exist, or its value is not allowed.
    """
    if isinstance(net, str):
        net = lookup(MODELS, net, "model.name")
    own = {name: fields.pop(name) for name in declared_fields(Model) if name in fields}
    return Model(Built(net, fields, "model", traced=traced, static=static), **own)


def as_model(net: Any) -> Model:
    """Returns a Model unchanged; wraps a flax module or a name in a Model with default fields."""
    if isinstance(net, Model):
        return net
    require(
        isinstance(net, nn.Module | str) or (inspect.isclass(net) and issubclass(net, nn.Module)),
        f"model is {written(net)}; it must be a model, a flax.linen module, or one of {', '.join(MODELS)}",
    )
    return model(net)
