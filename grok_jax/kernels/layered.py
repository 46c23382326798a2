"""The tangent kernel of networks made of affine layers, from each layer's inputs and backpropagated gradients.

The gradient of an output with respect to a layer's matrix is an outer product, and the kernel never needs to form it.
Let h_t be the inputs of a layer at position t (there is one position, unless the layer acts along a sequence), δ_ot the
gradient of output o with respect to the layer's outputs there, c the factor of its product, and b = 1 with a bias and
0 without. Then

    K(x, x') = (1/O) Σ_layers Σ_ts (c² h_t·h'_s + b) Σ_o δ_ot·δ'_os

For the MNIST network of Omnigrok this takes about a hundred times less arithmetic than a product of Jacobians.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree, Shaped

from grok_jax.models.mlp import Layer

Path = tuple[str, ...]
Inputs = Any  # an array, or a structure of arrays, with a leading row axis
Network = Callable[[Any, Inputs], Array]  # params, inputs -> (rows, outputs)
BAND_BYTES = 2**25  # size of the rows of a full kernel computed at a time
MOST_POSITIONS = 8  # of a sequence, as the kernel loops over pairs of positions


class _Call(NamedTuple):
    """One application of a layer."""

    layer: Layer
    weights: tuple[Array, ...]  # as passed to it
    inputs: Shaped[Any, "rows ..."]  # an array, or its shape and dtype
    outputs: Shaped[Any, "rows ..."]


def first_row(inputs: PyTree[Shaped[Array, "rows ..."]]) -> PyTree[Shaped[Array, "1 ..."]]:
    """The first row, as a batch of one."""
    return jax.tree.map(lambda a: a[:1], inputs)


def is_layered(
    network: Network, params: PyTree[Float[Array, "..."]], inputs: PyTree[Shaped[Array, "rows ..."]]
) -> bool:
    """Whether every parameter belongs to an affine layer that the network applies exactly once, to short sequences.

    The answer is False if a parameter is changed before it reaches its layer (for example scaled), or is also used
    outside its layer. The first axis of a layer's inputs must be the row.
    """
    answers = []

    def look(w: Any, x: Inputs) -> Array:
        seen: list[tuple[Path, _Call]] = []
        outputs = _run(network, w, x, seen, {})
        applied = sorted(id(weight) for _, call in seen for weight in call.weights)
        once = applied == sorted(map(id, jax.tree.leaves(w))) and len({path for path, _ in seen}) == len(seen)
        row_first = all(call.inputs.shape[0] == call.outputs.shape[0] == 1 for _, call in seen)
        short = all(call.inputs.ndim <= 3 and _positions(call) <= MOST_POSITIONS for _, call in seen)
        answers.append(once and row_first and short)
        return outputs

    program = jax.make_jaxpr(look)(params, first_row(inputs)).jaxpr
    uses = Counter(id(variable) for equation in program.eqns for variable in equation.invars)
    weights = program.invars[: len(jax.tree.leaves(params))]
    return answers[0] and all(uses[id(weight)] == 1 for weight in weights)


def layered_kernel(
    network: Network,
    params: PyTree[Float[Array, "..."]],
    inputs: PyTree[Shaped[Array, "rows ..."]],
    others: PyTree[Shaped[Array, "columns ..."]] | None = None,
) -> Float[Array, "rows columns"]:
    """The kernel of a network for which is_layered is True; same arguments and result as tangent_kernel."""
    left = _pullback(network, params, inputs)
    right = left if others is None else _pullback(network, params, others)
    calls = _trace(network, params, inputs)
    outputs = jax.eval_shape(network, params, first_row(inputs)).shape[-1]
    kernel = 0.0
    for path, call in calls:
        factor, count = call.layer.factor(call.inputs.shape[-1]), _positions(call)
        for t, s in ((t, s) for t in range(count) for s in range(count)):
            forward = factor**2 * _at(left.inputs[path], t) @ _at(right.inputs[path], s).T + call.layer.use_bias

            def of_output(output: Array, total: Array, path: Path = path, t: int = t, s: int = s) -> Array:
                return total + _at(left.pull(output)[path], t) @ _at(right.pull(output)[path], s).T

            kernel += forward * jax.lax.fori_loop(0, outputs, of_output, jnp.zeros_like(forward))
    return kernel / outputs


def full_layered_kernel(
    network: Network,
    params: PyTree[Float[Array, "..."]],
    inputs: PyTree[Shaped[Array, "rows ..."]],
    others: PyTree[Shaped[Array, "columns ..."]] | None = None,
) -> Float[Array, "row_outputs column_outputs"]:
    """The kernel over pairs of outputs of a network for which is_layered is True; see full_tangent_kernel.

    K[(x, o), (x', o')] = Σ_layers Σ_ts (c² h_t·h'_s + b) δ_ot·δ'_o's

    It is computed a few rows at a time, so that it needs little memory besides the kernel itself.
    """
    outputs = jax.eval_shape(network, params, first_row(inputs)).shape[-1]
    left = _factors(network, params, inputs, outputs)
    right = left if others is None else _factors(network, params, others, outputs)
    rows, columns = (jax.tree.leaves(x)[0].shape[0] for x in (inputs, inputs if others is None else others))
    dtype = jax.tree.leaves(params)[0].dtype
    block = min(rows, max(1, BAND_BYTES // (dtype.itemsize * columns * outputs**2)))
    calls = _trace(network, params, inputs)

    def add_band(number: Array, kernel: Array) -> Array:
        start = jnp.minimum(number * block, rows - block)  # The last band may overlap the previous one.
        own = jax.tree.map(lambda a: jax.lax.dynamic_slice_in_dim(a, start, block), left)
        band = jnp.zeros((block, outputs, columns, outputs), dtype)
        for path, call in calls:
            factor, count = call.layer.factor(call.inputs.shape[-1]), _positions(call)
            for t, s in ((t, s) for t in range(count) for s in range(count)):
                (h, back), (h_, back_) = own[path], right[path]
                forward = factor**2 * _at(h, t) @ _at(h_, s).T + call.layer.use_bias
                backward = _place(back, t) @ _place(back_, s).T
                band += forward[:, None, :, None] * backward.reshape(band.shape)
        return jax.lax.dynamic_update_slice(kernel, band.reshape(block * outputs, -1), (start * outputs, 0))

    empty = jnp.zeros((rows * outputs, columns * outputs), dtype)
    return jax.lax.fori_loop(0, -(-rows // block), add_band, empty)


def _factors(network: Network, params: Any, inputs: Inputs, outputs: int) -> dict[Path, tuple[Array, Array]]:
    """The inputs of each layer, (rows, ...), and the gradient of each output, (rows, outputs, ...)."""
    pullback = _pullback(network, params, inputs)
    back = jax.lax.map(pullback.pull, jnp.arange(outputs))
    return {path: (pullback.inputs[path], jnp.moveaxis(back[path], 0, 1)) for path in back}


def _place(back: Float[Array, "rows outputs ..."], position: int) -> Float[Array, "row_outputs features"]:
    """The gradients at a position, output by output within each row."""
    at = back[:, :, position] if back.ndim == 4 else back
    return at.reshape(-1, at.shape[-1])


class _Pullback(NamedTuple):
    inputs: dict[Path, Array]
    pull: Callable[[Array], dict[Path, Array]]  # output -> its gradient with respect to each layer's outputs


def _pullback(network: Network, params: Any, inputs: Inputs) -> _Pullback:
    rows = jax.tree.leaves(inputs)[0].shape[0]
    shifts = {
        path: jnp.zeros((rows, *call.outputs.shape[1:]), call.outputs.dtype)
        for path, call in _trace(network, params, inputs)
    }

    def shifted(shift: dict[Path, Array], row: Inputs) -> tuple[Array, dict[Path, Array]]:
        seen: list[tuple[Path, _Call]] = []
        outputs = _run(network, params, jax.tree.map(lambda a: a[None], row), seen, shift)
        return outputs[0], {path: call.inputs[0] for path, call in seen}

    outputs, pull, layer_inputs = jax.vjp(lambda shifts: jax.vmap(shifted)(shifts, inputs), shifts, has_aux=True)
    # Rows do not interact, so the gradient of a column's sum holds the gradient of each row.
    return _Pullback(layer_inputs, lambda output: pull(jnp.zeros_like(outputs).at[:, output].set(1))[0])


def _trace(network: Network, params: Any, inputs: Inputs) -> list[tuple[Path, _Call]]:
    """The layers that the network applies to a row, in order, with the shapes of their inputs and outputs."""
    shapes: list[tuple[Path, _Call]] = []

    def look(w: Any, x: Inputs) -> Array:
        seen: list[tuple[Path, _Call]] = []
        outputs = _run(network, w, x, seen, {})
        # Keeps no tracers: JAX can be set to raise on leaked tracers.
        for path, call in seen:
            layer = call.layer.clone(parent=None)
            shapes.append((path, _Call(layer, (), _shape(call.inputs), _shape(call.outputs))))
        return outputs

    jax.eval_shape(look, params, first_row(inputs))
    return shapes


def _run(
    network: Network, params: Any, inputs: Inputs, seen: list[tuple[Path, _Call]], shifts: dict[Path, Array]
) -> Array:
    """The network's outputs with shifts added to the outputs of its layers; records each call of a layer in `seen`."""

    def intercept(call: Callable, args: tuple, kwargs: dict, context: nn.module.InterceptorContext) -> Any:
        result = call(*args, **kwargs)
        if not isinstance(context.module, Layer) or context.method_name != "__call__":
            return result
        path, own = context.module.path, context.module.variables["params"]
        weights = tuple(own[name] for name in context.module.parameters)
        seen.append((path, _Call(context.module, weights, args[0], result)))
        return result + shifts[path][None] if path in shifts else result

    with nn.intercept_methods(intercept):
        return network(params, inputs)


def _shape(x: Array) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(x.shape, x.dtype)


def _positions(call: _Call) -> int:
    return call.inputs.shape[1] if call.inputs.ndim == 3 else 1


def _at(x: Array, position: int) -> Array:
    return x[:, position] if x.ndim == 3 else x
