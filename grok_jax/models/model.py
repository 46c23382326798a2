"""What learns, as a part of a run: a network, and how it is scaled, centered and linearized."""

import inspect
from typing import Any

import flax.linen as nn

from grok_jax.errors import lookup, require, written
from grok_jax.fields import Field, declared_fields, static, traced
from grok_jax.models import MODELS
from grok_jax.parts import Built, Part

FROM_TASK = ("outputs", "vocabulary")  # fields of a module that the task decides, where they are None


class Model(Part, kw_only=False):
    """A network, w_0 = init_scale · w_standard, trained as output_scale · f(w, x), perhaps centered or linearized."""

    section = "model"
    inner = "net"

    net: Built
    centered: Any = static(False, "train α [f(w, x) - f(w_0, x)], which starts at 0")
    linearized: Any = static(False, "train the first-order expansion of f around w_0: the lazy twin")
    init_scale: Any = traced(1.0, "factor of all initial weights", at_least=0)
    output_scale: Any = traced(1.0, "factor α of the outputs: laziness", above=0)
    solution_share: Any = traced(None, "start at w_0 + share · w_solution, of a task whose solution is known")
    seed: Any = traced(None, "of the initial weights; None takes the run's", whole=True)

    def check(self) -> None:
        """Raises UserError where the network's fields are called as those of every model, or its check_fields does."""
        twice = sorted(set(self.net.schema) & set(declared_fields(Model)))
        require(not twice, f"model {self.name!r} has fields of its own called {', '.join(twice)}; rename them")
        if hasattr(self.net.make, "check_fields"):
            self.net(**dict.fromkeys(self._undecided())).check_fields()

    def shown(self) -> dict[str, Field]:
        """All fields but those that the task decides."""
        undecided = self._undecided()
        return {name: field for name, field in self.fields().items() if name not in undecided}

    def _undecided(self) -> list[str]:
        return [name for name in FROM_TASK if name in self.net.schema and self.net.given.get(name) is None]

    @property
    def inputs(self) -> type | None:
        """The NamedTuple of arrays that the network reads; None where a batch of inputs is one array."""
        found = getattr(self.net.make, "inputs", None)
        return found if isinstance(found, type) and issubclass(found, tuple) else None

    def build(self, outputs: int, vocabulary: int | None) -> nn.Module:
        """The flax module of this run.

        Args:
          outputs: of the task.
          vocabulary: number of the task's tokens; None where its inputs are numbers.
        """
        decided = {"outputs": outputs, "vocabulary": vocabulary}
        return self.net(**{name: decided[name] for name in self._undecided()})


def model(net: Any, *, traced: tuple[str, ...] = (), static: tuple[str, ...] = (), **fields: Any) -> Model:
    """A model around a flax module.

    Args:
      net: a flax.linen module class or instance, a function of its fields that gives one, or a word of MODELS. A
        field `outputs` or `vocabulary` that is left out gets the task's.
      traced, static: undeclared fields that are to be traced (a float is, by itself) or static.
      **fields: of the network, and of the model: init_scale, output_scale, centered, linearized, seed.

    Raises:
      UserError: there is no such field, or it cannot have such a value.
    """
    if isinstance(net, str):
        net = lookup(MODELS, net, "model.name")
    own = {name: fields.pop(name) for name in declared_fields(Model) if name in fields}
    return Model(Built(net, fields, "model", traced=traced, static=static), **own)


def as_model(net: Any) -> Model:
    """A Model as it is, a flax module or a word as a model with all at its defaults."""
    if isinstance(net, Model):
        return net
    require(
        isinstance(net, nn.Module | str) or (inspect.isclass(net) and issubclass(net, nn.Module)),
        f"model is {written(net)}; it must be a model, a flax.linen module, or one of {', '.join(MODELS)}",
    )
    return model(net)
