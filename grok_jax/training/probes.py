"""Measurements that a config may ask for beside those always recorded."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NamedTuple

import flax.linen as nn
from jaxtyping import Array, Float

from grok_jax.errors import require
from grok_jax.tasks import Examples

# What every run records: name -> (meaning, units). See run.measure.
ALWAYS = {
    "train_loss": ("loss on the training rows, without weight decay", "1"),
    "test_loss": ("loss on the test rows", "1"),
    "train_accuracy": ("fraction of training rows that are right", "1"),
    "test_accuracy": ("fraction of test rows that are right", "1"),
    "weight_norm": ("Euclidean norm of all parameters", "1"),
    "relative_distance": ("distance of the parameters from their start, relative to the start's norm", "1"),
}


class Probed(NamedTuple):
    """What a probe sees of one run.

    The rows of a split are as many as the largest run of the program has. A run's own are those of non-zero
    weight; the weights sum to 1, so that weights @ values is the mean over them.
    """

    module: nn.Module
    model: SimpleNamespace  # fields of the model section
    params: Any
    initial_params: Any
    train: Examples  # as the network sees them
    test: Examples
    train_weights: Float[Array, " train"]
    test_weights: Float[Array, " test"]


class Probe(NamedTuple):
    """A scalar read off a run's state, with its meaning."""

    measure: Callable[[Probed], Float[Array, ""]]
    long_name: str
    units: str


PROBES: dict[str, Probe] = {}


def register_probe(name: str, probe: Probe) -> Probe:
    """Makes a probe available to training.probes under its name (the name of its variable in results).

    Raises:
      UserError: the name is taken.
    """
    require(name not in PROBES and name not in ALWAYS, f"a probe {name!r} is registered already")
    PROBES[name] = probe
    return probe
