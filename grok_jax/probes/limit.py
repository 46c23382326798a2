"""Where the linearized networks of a grid end, by kernel regression with the initial kernel over pairs of outputs."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array
from ml_collections import ConfigDict

from grok_jax.kernels import baseline_method, full_tangent_kernel, kernel_product, solve_full_kernel
from grok_jax.kernels.room import COPIES, full_kernel_bytes, require_room
from grok_jax.kernels.tangent import METHODS
from grok_jax.memory import free_memory
from grok_jax.probes.kernel import missing_outputs, outputs_at_start, require_regression
from grok_jax.training import Probed, Run
from grok_jax.training.config import complete
from grok_jax.training.devices import run_mesh, start_jax
from grok_jax.training.grid import Axis, parse_grid
from grok_jax.training.losses import as_values
from grok_jax.training.observe import observe_plan
from grok_jax.training.plan import Group, plan_grid
from grok_jax.training.records import axis_coordinates

TWINS = ("model.linearized",)  # the field of an axis along which all limits are equal
SOLVING_BYTES = 4 + 8  # per number of a kernel on the host: for the rows in use, and in float64
VARIABLES = {
    "lazy_limit_loss": "test loss of kernel regression with the initial NTK over pairs of outputs",
    "lazy_limit_condition": "condition number of the training rows' initial NTK over pairs of outputs",
}


def lazy_limit(run: Run | ConfigDict | Mapping[str, Any], grid: str | Mapping[Any, Any] | None = None) -> xr.Dataset:
    """Where the linearized networks of a grid end under gradient descent on the squared error, without weight decay.

    f_∞(x) = f_0(x) + K(x, X) K(X, X)⁻¹ (y - f_0(X)),  with f_0 = 0 for the centered predictor

    K is the initial kernel of the predictor over pairs of outputs, output scale included. neural-tangents computes
    K(X, X) if it fits, or the layers' factors do: see kernels.baseline_method. The system with K(X, X) is solved in
    float64; the products K(x, X) a do not store the kernel between test and training rows.

    Args:
      run, grid: as for sweep; training.loss must be "mse" for all runs. An axis that sets only model.linearized is
        left out, because network and twin have the same limit.

    Returns:
      A Dataset along the other axes of the grid, with lazy_limit_loss and lazy_limit_condition. The latter is infinite
      if the kernel is singular up to rounding; directions in which it vanishes are then left out. The attribute
      kernel_by of both says what computed K(X, X): "neural-tangents", "layers", or both if runs differ.

    Raises:
      DoesNotFit: a kernel does not fit in memory; nothing has been allocated yet.
      UserError: the run, config or grid is invalid, or has another loss.
    """
    start_jax()
    bare, own_grid = _without_metrics(run)
    axes = [axis for axis in parse_grid(own_grid if grid is None else grid) if axis.fields != TWINS]
    plan = plan_grid(bare, {axis.name: _listed(axis) for axis in axes})
    for group in plan.groups:
        require_regression(group.form.bare)
        _require_room(group)
    shape = tuple(len(axis.values) for axis in plan.axes)
    values = {name: np.full(int(np.prod(shape, dtype=int)), np.nan) for name in VARIABLES}
    methods = set()
    for place, (solved, loss) in observe_plan(plan, _read, solve=_solve, answer=_answer):
        values["lazy_limit_loss"][place] = loss
        values["lazy_limit_condition"][place] = solved["condition"]
        methods.add(METHODS[solved["method"]])
    kernel_by = ", ".join(sorted(methods))
    dims = [axis.name for axis in plan.axes]
    variables = {
        name: (dims, values[name].reshape(shape), {"long_name": long_name, "units": "1", "kernel_by": kernel_by})
        for name, long_name in VARIABLES.items()
    }
    return xr.Dataset(variables, axis_coordinates(plan.axes))


def _without_metrics(run: Run | ConfigDict | Mapping[str, Any]) -> tuple[Run | dict[str, Any], Any]:
    """A run or config that measures nothing, and the grid that it has of its own."""
    if isinstance(run, Run):
        return run.replace(metrics=()), {}
    plain = complete(run)
    return plain | {"training": {**plain["training"], "probes": ()}}, plain["grid"]


def _listed(axis: Axis) -> list[Any]:
    """The values of an axis, in the form that a grid takes."""
    return [value for (value,) in axis.values] if len(axis.fields) == 1 else list(axis.values)


def _require_room(group: Group) -> None:
    """Raises DoesNotFit if the kernels held at the same time, one per device, are too large."""
    outputs, rows = group.form.bare.task.output_size(), group.capacity.train
    kernel = full_kernel_bytes(rows, rows, outputs)
    held = run_mesh(len(group.members)).size * COPIES * kernel if jax.default_backend() == "cpu" else 0
    require_room(rows, rows, outputs, held + SOLVING_BYTES * kernel // 4, free_memory())


def _read(probed: Probed) -> dict[str, Array]:
    used = probed.train_weights > 0
    initial = probed.network, probed.initial_params, probed.train.inputs
    method = baseline_method(*initial)
    return {
        "kernel": full_tangent_kernel(*initial, by=method),
        "method": jnp.asarray(METHODS.index(method), jnp.int32),
        "missing": missing_outputs(probed, outputs_at_start(probed)[0], used),
        "used": used,
    }


def _solve(found: dict[str, np.ndarray]) -> dict[str, np.ndarray | np.float64]:
    """The weights of kernel regression, 0 for unused rows; the condition; and the number of the kernel's method."""
    used, missing = found["used"], found["missing"]
    places = np.repeat(used, missing.shape[1])
    kernel = found["kernel"] if used.all() else found["kernel"][np.ix_(places, places)]
    solved = solve_full_kernel(kernel, missing[used])
    weights = np.zeros(missing.shape, np.float32)
    weights[used] = solved.weights
    return {"weights": weights, "condition": np.float64(solved.condition), "method": found["method"]}


def _answer(probed: Probed, solved: dict[str, Array]) -> Array:
    """The test loss in the limit."""
    _, start = outputs_at_start(probed)
    inputs = (probed.test.inputs, probed.train.inputs)
    found = start + kernel_product(probed.network, probed.initial_params, *inputs, solved["weights"])
    return probed.test_weights @ jnp.mean((found - as_values(probed.test.targets, found)) ** 2, axis=1)
