"""Measurements of a run besides losses and norms, and their names in configs."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from jaxtyping import Array, Float, Key

from grok_jax.errors import require, written
from grok_jax.fields import host, static
from grok_jax.parts import Built, Named, Part
from grok_jax.tasks import Examples
from grok_jax.values import coerce

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
    """What a metric sees of one run.

    Each split has as many rows as the largest run of the program. The rows that belong to this run have nonzero
    weight. The weights sum to 1, so weights @ values is the mean over these rows.
    """

    network: Callable[[Any, Array], Float[Array, "rows outputs"]]  # params, inputs -> α f(w, x), not centered
    params: Any
    initial_params: Any
    tangent_params: Any  # where to take gradients of the network: w_0 for a linearized twin, otherwise w
    train: Examples  # as the network sees them
    test: Examples
    train_weights: Float[Array, " train"]
    test_weights: Float[Array, " test"]
    train_outputs: Float[Array, "train outputs"]  # as the loss sees them, so centered if the config says so
    test_outputs: Float[Array, "test outputs"]
    task: Any  # the run's parts
    model: Any
    loss: Any
    training: Any
    data_key: Key[Array, ""]  # the key of the task's data


class Variable(NamedTuple):
    """The meaning of a variable in the results."""

    long_name: str
    units: str = "1"
    dims: tuple[str, ...] = ()  # extra dimensions, after those of the grid and the step


def any_run(run: Any) -> None:
    """Accepts every run: the default for a metric's `needs`."""


class Metric(Part, kw_only=False):
    """A measurement of a run: one array, or several by name.

    Attributes:
      fn: a Probed -> an array, or {variable: array}.
      variables: (name, long_name, units) of each variable that it returns; () leaves them undeclared.
      dims: names of the dimensions of its arrays; if (), declared variables are single numbers, and other arrays have
        dimensions "<name>_0", ...
      long_name, units: meaning of variables that are not declared.
      needs: a function of a Run that raises UserError if the run cannot be measured.
    """

    section = "metrics"
    inner = "fn"

    fn: Built
    variables: Any = static((), "names, meanings and units of the variables")
    dims: Any = static((), "names of the dimensions of the arrays")
    long_name: Any = static("", "meaning of undeclared variables")
    units: Any = static("1", "units of undeclared variables")
    needs: Any = host(any_run, "function that raises UserError for a run that cannot be measured")

    def measure(self, name: str, probed: Probed) -> dict[str, Array]:
        """Variable -> value."""
        found = self.fn(probed)
        return dict(found) if isinstance(found, Mapping) else {name: found}


# Name in training.probes -> metric. grok_jax.probes adds its own; add an entry for a new name.
METRICS: dict[str, Metric] = {}


def metric(
    function: Callable,
    *,
    variables: Any = None,
    dims: tuple[str, ...] = (),
    long_name: str = "",
    units: str = "1",
    needs: Callable[[Any], None] = any_run,
    traced: tuple[str, ...] = (),
    static: tuple[str, ...] = (),
    **fields: Any,
) -> Metric:
    """Makes a custom metric.

    Args:
      function: a Probed -> an array, or {variable: array}; traceable.
      variables: the variables it returns: name -> meaning, or (meaning, units); None leaves them undeclared.
      dims: names of the dimensions of its arrays.
      long_name, units: meaning of undeclared variables; by default the first line of the function's docstring.
      needs: a function of a Run that raises UserError if the run cannot be measured.
      traced, static: undeclared parameters to trace (floats are traced by default) or keep static.
      **fields: other parameters of the function.

    Raises:
      UserError: the argument is not a function, a parameter does not exist, or variables or dims are malformed.
    """
    require(callable(function), f"a metric is {written(function)}; it must be a function")
    words = long_name or (inspect.getdoc(function) or "").split("\n")[0]
    require(not isinstance(dims, str), f"dims is {dims!r}; it must be a tuple of names, such as ({dims!r},)")
    built = Built(function, fields, "metrics", skip=1, traced=traced, static=static)
    told = _declared(variables or {}, units)
    return Metric(built, variables=told, dims=tuple(dims), long_name=words, units=units, needs=needs)


def _declared(variables: Any, units: str) -> tuple[tuple[str, str, str], ...]:
    """Name, meaning and units of each variable."""
    given = variables.items() if isinstance(variables, Mapping) else [("", None)]
    told: list[tuple[Any, Any]] = [(name, (each, units) if isinstance(each, str) else each) for name, each in given]
    right = all(
        isinstance(name, str)
        and isinstance(words, tuple)
        and len(words) == 2
        and all(isinstance(w, str) for w in words)
        for name, words in told
    )
    require(
        right, f"variables is {written(variables)}; it must be a dict: name -> meaning, or name -> (meaning, units)"
    )
    return tuple((name, *words) for name, words in told)


def as_metrics(given: Any) -> Named:
    """Metrics by name, from a dict of metrics or functions, or from names in METRICS.

    Raises:
      UserError: the argument is something else, or a name is taken.
    """
    if isinstance(given, Named):
        return given
    if not isinstance(given, Mapping):
        words = coerce("training.probes", given, ())
        unknown = [word for word in words if not isinstance(word, str) or word not in METRICS]
        require(not unknown, f"training.probes names {unknown[:3]}; there are {', '.join(METRICS)}")
        return Named({word: METRICS[word] for word in words})
    for name in given:
        require(isinstance(name, str) and name.isidentifier(), f"a metric is named {written(name)}; it must be a word")
        require(name not in ALWAYS, f"a metric is named {name!r}, which every run records; give another name")
    made = {name: each if isinstance(each, Metric) else metric(each) for name, each in given.items()}
    return Named(made)


def measure_metrics(metrics: Named, probed: Probed) -> dict[str, Array]:
    """The variables that all metrics of a run return."""
    return {variable: value for name, each in metrics.items() for variable, value in each.measure(name, probed).items()}


def described(metrics: Named, owners: Mapping[str, str]) -> dict[str, Variable]:
    """The meaning of each variable in a run's records.

    Args:
      metrics: metrics of the run.
      owners: variable -> the metric that returns it.
    """
    found = {name: Variable(*words) for name, words in ALWAYS.items()}
    for name, each in metrics.items():
        known = {variable: (long_name, units) for variable, long_name, units in each.variables}
        given = [variable for variable, owner in owners.items() if owner == name]
        mine = known or {variable: (each.long_name or variable, each.units) for variable in given}
        found |= {variable: Variable(*words, each.dims) for variable, words in mine.items()}
    return found
