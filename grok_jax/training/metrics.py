"""What is measured of a run beside losses and norms, and the words that configs have for it."""

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

    The rows of a split are as many as the largest run of the program has. A run's own are those of non-zero
    weight; the weights sum to 1, so that weights @ values is the mean over them.
    """

    network: Callable[[Any, Array], Float[Array, "rows outputs"]]  # params, inputs -> α f(w, x) as it is
    params: Any
    initial_params: Any
    tangent_params: Any  # where the gradients of what is trained are the network's: w_0 of a linearized twin, else w
    train: Examples  # as the network sees them
    test: Examples
    train_weights: Float[Array, " train"]
    test_weights: Float[Array, " test"]
    train_outputs: Float[Array, "train outputs"]  # as the loss sees them, so centered where the config says so
    test_outputs: Float[Array, "test outputs"]
    task: Any  # the run's parts
    model: Any
    loss: Any
    training: Any
    data_key: Key[Array, ""]  # what the task drew its data from


class Variable(NamedTuple):
    """What a variable of the results means."""

    long_name: str
    units: str = "1"
    dims: tuple[str, ...] = ()  # of its own, after those of the grid and the step


def any_run(run: Any) -> None:
    """What a metric needs of a run that can be measured of every one: nothing."""


class Metric(Part, kw_only=False):
    """Something measured of a run: one array, or several by name.

    Attributes:
      fn: a Probed -> an array, or {variable: array}.
      variables: (name, long_name, units) of each variable that it gives; () leaves open which these are.
      dims: names of the dimensions of its arrays; where it is (), declared variables are single numbers, and an
        array of others has dimensions "<name>_0", ...
      long_name, units: what variables that are not declared mean.
      needs: a function of a Run that raises UserError where this cannot be measured.
    """

    section = "metrics"
    inner = "fn"

    fn: Built
    variables: Any = static((), "names, meanings and units of what it gives")
    dims: Any = static((), "names of the dimensions of its arrays")
    long_name: Any = static("", "what it means")
    units: Any = static("1", "its units")
    needs: Any = host(any_run, "raises UserError for a run of which it cannot be measured")

    def measure(self, name: str, probed: Probed) -> dict[str, Array]:
        """Variable -> value."""
        found = self.fn(probed)
        return dict(found) if isinstance(found, Mapping) else {name: found}


# Word in training.probes -> metric. What grok_jax.probes measures is in it; a further word is a further entry.
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
    """A measurement of one's own.

    Args:
      function: what a probe sees of a run (Probed) -> an array, or {variable: array}; traceable.
      variables: what it gives: name -> meaning, or (meaning, units); None leaves it open.
      dims: names of the dimensions of its arrays.
      long_name, units: what it means; by itself the first line of the function's docstring.
      needs: a function of a Run that raises UserError where this cannot be measured.
      traced, static: undeclared parameters that are to be traced (a float is, by itself) or static.
      **fields: its other parameters.

    Raises:
      UserError: it is no function, has no such parameter, or its variables or dims are given otherwise.
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
    told = [(name, (each, units) if isinstance(each, str) else each) for name, each in given]
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
    """Metrics by name: of a dict of them or of functions, or of words in METRICS.

    Raises:
      UserError: it is none of these, or a name is taken.
    """
    if isinstance(given, Named):
        return given
    if not isinstance(given, Mapping):
        words = coerce("training.probes", given, ())
        unknown = [word for word in words if not isinstance(word, str) or word not in METRICS]
        require(not unknown, f"training.probes names {unknown[:3]}; there are {', '.join(METRICS)}")
        return Named({word: METRICS[word] for word in words})
    for name in given:
        require(isinstance(name, str) and name.isidentifier(), f"a metric is called {written(name)}; it must be a word")
        require(name not in ALWAYS, f"a metric is called {name!r}, which every run records; give another name")
    made = {name: each if isinstance(each, Metric) else metric(each) for name, each in given.items()}
    return Named(made)


def measure_metrics(metrics: Named, probed: Probed) -> dict[str, Array]:
    """The variables of all metrics of a run."""
    return {variable: value for name, each in metrics.items() for variable, value in each.measure(name, probed).items()}


def described(metrics: Named, owners: Mapping[str, str]) -> dict[str, Variable]:
    """What each variable of a run's records means.

    Args:
      metrics: of the run.
      owners: variable -> the metric that gives it.
    """
    found = {name: Variable(*words) for name, words in ALWAYS.items()}
    for name, each in metrics.items():
        known = {variable: (long_name, units) for variable, long_name, units in each.variables}
        given = [variable for variable, owner in owners.items() if owner == name]
        mine = known or {variable: (each.long_name or variable, each.units) for variable in given}
        found |= {variable: Variable(*words, each.dims) for variable, words in mine.items()}
    return found
