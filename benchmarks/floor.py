"""A limit that no program can beat: the arithmetic of a step and the bytes it moves, at the machine's measured rates.

A floor counts only matrix products, and each array that a step must touch once per use. The rates are measured in turns
with the contestants, because the speed of a shared machine varies over time.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.extend.core import ClosedJaxpr, Jaxpr

from benchmarks.machine import jax_precision
from benchmarks.timing import Trainer
from grok_jax.tasks.task import fetch_rows
from grok_jax.training import dynamics
from grok_jax.training.devices import per_run, run_mesh, use_all_cores
from grok_jax.training.plan import Group
from grok_jax.training.program import load_pool, stages_of

PRODUCT_SIZE = {"cpu": 1000, "gpu": 8192}  # rows and columns of each factor
# Passes of a step over arrays as large as the weights: weights and both moments are read and written, and gradients
# are written and read.
PASSES = 8
LEAST_COPY = 2**16  # bytes; for smaller arrays, the loop around a copy takes longer than the copy


class Needs(NamedTuple):
    """The minimum that one step of one run takes.

    Attributes:
      operations: additions and multiplications in matrix products.
      bytes: read and written.
      held: bytes of the arrays that a step reads or writes, each counted once.
    """

    operations: int
    bytes: int
    held: int


class Floor(NamedTuple):
    """The maximum number of run-steps per second that a machine allows."""

    rate: float
    bound: str  # "arithmetic" or "memory"


def needs(group: Group) -> Needs:
    """The minimum that a step of a group's runs takes, from the traced gradient of the network."""
    form = group.form
    pool = load_pool(form, run_mesh())
    capacity = group.capacity
    rows = min(form.bare.training.batch_size or capacity.train, capacity.train)

    def parts(hyper: Any, pool: Any) -> tuple[Any, Any]:
        moving, fixed = stages_of(form, capacity).init(hyper, pool)
        run = form.fill(hyper)
        return moving.params, fetch_rows(fixed.data.train, pool, jnp.arange(rows), run.task).inputs

    params, inputs = jax.eval_shape(parts, form.shapes(), pool)

    def outputs(params: Any, inputs: Any, hyper: Any) -> jax.Array:
        return dynamics.network_of(form.fill(hyper)).apply({"params": params}, inputs)

    def gradient(params: Any, inputs: Any, hyper: Any) -> Any:
        return jax.grad(lambda w: jnp.sum(outputs(w, inputs, hyper) ** 2))(params)

    forward = jax.make_jaxpr(outputs)(params, inputs, form.shapes())
    both = jax.make_jaxpr(gradient)(params, inputs, form.shapes())
    weights, read = _bytes(jax.tree.leaves(params)), _bytes(jax.tree.leaves(inputs))
    activations = products(forward)[1]
    return Needs(
        operations=products(both)[0],
        bytes=PASSES * weights + read + 2 * activations,  # activations are written, and read by the backward pass
        held=PASSES // 2 * weights + read + activations,
    )


def floor(needs: Needs, operations_rate: float, bytes_rate: float) -> Floor:
    """The floor of runs with these needs, at the machine's rates (operations and bytes per second)."""
    arithmetic, memory = operations_rate / needs.operations, bytes_rate / needs.bytes
    return Floor(arithmetic, "arithmetic") if arithmetic <= memory else Floor(memory, "memory")


def products(jaxpr: ClosedJaxpr | Jaxpr) -> tuple[int, int]:
    """The operations in all matrix products of a program, and the bytes of their results; a while loop counts once."""
    operations = results = 0
    for equation in jaxpr.eqns if isinstance(jaxpr, Jaxpr) else jaxpr.jaxpr.eqns:
        if equation.primitive.name == "dot_general":
            left, out = equation.invars[0].aval, equation.outvars[0].aval
            (contracted, _), _ = equation.params["dimension_numbers"]
            operations += 2 * math.prod(out.shape) * math.prod(left.shape[axis] for axis in contracted)
            results += _bytes([out])
        times = equation.params["length"] if equation.primitive.name == "scan" else 1
        for inner in _inner(equation.params.values()):
            own = products(inner)
            operations, results = operations + times * own[0], results + times * own[1]
    return operations, results


def product_trainer() -> Trainer:
    """Multiplies large matrices; a step is one product on each device, operations_of_product() in total."""
    use_all_cores()
    kind = "cpu" if jax.default_backend() == "cpu" else "gpu"
    size, precision = PRODUCT_SIZE[kind], jax_precision()

    def multiplied(matrix: jax.Array, steps: Any) -> jax.Array:
        # Divided by the size, a product of matrices of ones is again a matrix of ones.
        return jax.lax.fori_loop(0, steps, lambda _, a: jnp.matmul(a, matrix, precision=precision) / size, matrix)

    return _everywhere(multiplied, (size, size))


def copy_trainer(held: int) -> Trainer:
    """Copies arrays of `held` bytes on each device; a step reads and writes them once."""
    use_all_cores()
    return _everywhere(_scaled, (max(held, LEAST_COPY) // 4,))


def _scaled(array: jax.Array, steps: Any) -> jax.Array:
    # The barrier keeps the compiler from fusing successive steps of the loop.
    return jax.lax.fori_loop(0, steps, lambda _, a: jax.lax.optimization_barrier(a * 1.0000001), array)


def operations_of_product(kind: str, devices: int) -> int:
    """Additions and multiplications in a step of product_trainer."""
    return 2 * PRODUCT_SIZE[kind] ** 3 * devices


def bytes_of_copy(held: int, devices: int) -> int:
    """Bytes that a step of copy_trainer reads and writes."""
    return 2 * 4 * (max(held, LEAST_COPY) // 4) * devices


def _everywhere(function: Callable, shape: Sequence[int]) -> Trainer:
    """Runs function(array, steps) on every device at the same time."""
    mesh = run_mesh()
    arrays = jax.device_put(jnp.ones((mesh.size, *shape), jnp.float32), per_run(mesh))
    specs = per_run(mesh).spec

    def of_device(arrays: jax.Array, steps: Any) -> jax.Array:
        return function(arrays[0], steps)[None]

    compiled = jax.jit(
        jax.shard_map(
            of_device, mesh=mesh, in_specs=(specs, jax.sharding.PartitionSpec()), out_specs=specs, check_vma=False
        )
    )

    def advance(steps: int) -> None:
        jax.block_until_ready(compiled(arrays, steps))

    advance(1)
    return Trainer(advance, runs=1)


def _inner(values: Any) -> list[ClosedJaxpr | Jaxpr]:
    """The programs among the parameters of an equation."""
    found = []
    for value in values:
        if isinstance(value, ClosedJaxpr | Jaxpr):
            found.append(value)
        elif isinstance(value, tuple | list):
            found += _inner(value)
    return found


def _bytes(arrays: Sequence[Any]) -> int:
    return sum(math.prod(array.shape) * array.dtype.itemsize for array in arrays)
