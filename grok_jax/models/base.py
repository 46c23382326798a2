"""What a model is, and the registry."""

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace

import flax.linen as nn

from grok_jax.components import Component, register


@dataclass(frozen=True, kw_only=True, eq=False)
class Model(Component):
    """What learns. The fields init_scale, output_scale, centered and seed belong to every model (see predictor.py).

    Attributes:
      build: fields of the config's model section (traced ones may be tracers), number of outputs, size of the task's
        vocabulary (tokens, or kinds of edges; None where its inputs are numbers) -> a flax module whose initialization
        is the "standard" one, at init_scale 1.
      inputs: the NamedTuple of arrays that it reads; None where a batch of inputs is one array.
    """

    build: Callable[[SimpleNamespace, int, int | None], nn.Module]
    inputs: type | None = None


MODELS: dict[str, Model] = {}


def register_model(model: Model, *, replace: bool = False) -> Model:
    """Makes a model available to configs under its name, and returns it."""
    return register(MODELS, model, replace=replace)
