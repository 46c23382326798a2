"""Measurements that a config may ask for beside those always recorded."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NamedTuple

import flax.linen as nn
from jaxtyping import Array, Float

from grok_jax.errors import require
from grok_jax.tasks import Examples


class Probed(NamedTuple):
    """What a probe sees of one run."""

    module: nn.Module
    model: SimpleNamespace  # fields of the model section
    params: Any
    initial_params: Any
    train: Examples  # every row of the split's capacity, as the network sees them
    test: Examples


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
    require(name not in PROBES, f"a probe {name!r} is registered already")
    PROBES[name] = probe
    return probe
