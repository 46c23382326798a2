"""Measurements that a config may ask for beside those always recorded."""

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, NamedTuple

from jaxtyping import Array, Float, Key

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

    network: Callable[[Any, Array], Float[Array, "rows outputs"]]  # params, inputs -> α f(w, x) as it is
    params: Any
    initial_params: Any
    tangent_params: Any  # where the gradients of what is trained are the network's: w_0 of a linearised twin, else w
    train: Examples  # as the network sees them
    test: Examples
    train_weights: Float[Array, " train"]
    test_weights: Float[Array, " test"]
    train_outputs: Float[Array, "train outputs"]  # as the loss sees them, so centred where the config says so
    test_outputs: Float[Array, "test outputs"]
    task: SimpleNamespace  # fields of the config's sections
    model: SimpleNamespace
    training: SimpleNamespace
    data_key: Key[Array, ""]  # what the task drew its data from


class Probe(NamedTuple):
    """Scalars read off a run's state together, with their meanings."""

    measure: Callable[[Probed], Mapping[str, Float[Array, ""]]]
    variables: Mapping[str, tuple[str, str]]  # name in the results -> (long_name, units)
    check: Callable[[SimpleNamespace], None] = lambda config: None  # sections task, model, training; raises UserError


PROBES: dict[str, Probe] = {}


def register_probe(name: str, probe: Probe, *, replace: bool = False) -> Probe:
    """Makes a probe available to training.probes under its name.

    Args:
      name: how configs ask for it.
      probe: what to add.
      replace: take the place of a probe of the same name, as when a notebook's cell is run again.

    Raises:
      UserError: the name, or that of one of its variables, is taken.
    """
    others = [other for key, other in PROBES.items() if not (replace and key == name)]
    taken = {*ALWAYS} | {variable for other in others for variable in other.variables}
    free = replace or name not in PROBES
    require(free, f"a probe {name!r} is registered already; give another name, or replace=True")
    both = sorted(set(probe.variables) & taken)
    require(not both, f"probe {name!r} has variables that are taken: {', '.join(both)}")
    PROBES[name] = probe
    return probe


def measure_probes(probed: Probed) -> dict[str, Float[Array, ""]]:
    """The variables of every probe that the run's config asks for."""
    return {name: value for probe in probed.training.probes for name, value in PROBES[probe].measure(probed).items()}


def variable_attributes(name: str) -> tuple[str, str]:
    """The long_name and units of a recorded variable."""
    known = ALWAYS | {key: value for probe in PROBES.values() for key, value in probe.variables.items()}
    return known[name]
