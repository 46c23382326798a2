"""The neural tangent kernel of any network, block by block: averaged over outputs, or over all pairs of outputs."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree, Shaped

from grok_jax.errors import require
from grok_jax.kernels.compat import has_neural_tangents, neural_tangents
from grok_jax.kernels.layered import (
    Inputs,
    Network,
    first_row,
    full_layered_kernel,
    is_layered,
    layered_kernel,
)
from grok_jax.kernels.room import COPIES, full_kernel_bytes, itemsize_of, require_room

BLOCK_BYTES = 2**27  # size of one block's Jacobian: large enough for fast products, small next to any memory
NEURAL_TANGENTS, LAYERS = METHODS = "neural-tangents", "layers"  # by which a full kernel is computed
MOST_PRODUCTS = 10**12  # of numbers, in a baseline's kernel by neural-tangents: some ten seconds on 2 CPU cores


def tangent_kernel(
    network: Network,
    params: PyTree[Float[Array, "..."]],
    inputs: PyTree[Shaped[Array, "rows ..."]],
    others: PyTree[Shaped[Array, "columns ..."]] | None = None,
    *,
    block_rows: int | None = None,
) -> Float[Array, "rows columns"]:
    """The neural tangent kernel, averaged over outputs.

    K(x, x') = (1/O) Σ_o ∇_w f_o(w, x) · ∇_w f_o(w, x')

    For a network with one output (O = 1) this is the exact kernel. For several outputs it is the average of their
    kernels: K ⊗ 1 is a stand-in for the kernel over pairs of outputs (full_tangent_kernel), which is O² times larger.

    If all parameters lie in affine layers, the kernel comes from the layers' inputs and backpropagated gradients (see
    layered.py). Otherwise neural-tangents computes it as products of per-example gradients, one output at a time, in
    square blocks, and without `others` only on and above the diagonal. Memory is then a few matrices of the size of the
    result plus two blocks of gradients, whatever the number of rows.

    Args:
      network: f; params, inputs -> outputs of shape (rows, O).
      params: w.
      inputs: x, row by row.
      others: x'; None takes the inputs again.
      block_rows: rows and columns of a block, also used for networks of affine layers; None derives it from BLOCK_BYTES
        and uses the faster layered method if possible. The result does not depend on it.

    Returns:
      K.

    Raises:
      UserError: block_rows is below 1.

    Reference: Kumar et al. (2024), Eq. 2, after Jacot et al. (2018).
    """
    _require_block(block_rows)
    if block_rows is None and is_layered(network, params, inputs):
        return layered_kernel(network, params, inputs, others)
    outputs = _outputs(network, params, inputs)

    def part(own: Inputs, others: Inputs) -> Array:
        return _block_kernel(network, params, own, others, outputs)

    block = block_rows or max(1, BLOCK_BYTES // (4 * _size(params)))
    return _in_blocks(part, params, inputs, others, block)


def full_tangent_kernel(
    network: Network,
    params: PyTree[Float[Array, "..."]],
    inputs: PyTree[Shaped[Array, "rows ..."]],
    others: PyTree[Shaped[Array, "columns ..."]] | None = None,
    *,
    block_rows: int | None = None,
    by: str | None = None,
) -> Float[Array, "row_outputs column_outputs"]:
    """The full neural tangent kernel over pairs of outputs, which is the kernel of the linearized model.

    K[(x, o), (x', o')] = ∇_w f_o(w, x) · ∇_w f_o'(w, x')

    There are two methods, equal up to rounding. "neural-tangents" computes the kernel of any network from Jacobians, in
    square blocks of rows, and without `others` only on and above the diagonal. "layers" needs all parameters to lie in
    affine layers, and takes the layers' inputs and backpropagated gradients (see layered.py), which is much faster.

    Args:
      network: f; params, inputs -> outputs of shape (rows, O).
      params: w.
      inputs: x, row by row.
      others: x'; None takes the inputs again.
      block_rows: rows and columns of a block for neural-tangents; None derives it from BLOCK_BYTES. The result does not
        depend on it.
      by: the method, one of METHODS: see baseline_method. None takes the layers if the network allows it and there are
        no block_rows.

    Returns:
      K of shape (rows x O, columns x O): output o of row i is at index i x O + o, as in targets.reshape(-1).

    Raises:
      DoesNotFit: the kernel does not fit in memory; nothing has been allocated yet.
      UserError: block_rows is below 1, `by` is not a method, the network does not consist of affine layers where they
        are asked for, or neural-tangents is needed and not installed.

    Reference: Jacot et al. (2018), Eq. 4; Novak et al. (2022) for methods of computing it.
    """
    _require_block(block_rows)
    outputs = _outputs(network, params, inputs)
    rows, columns = (jax.tree.leaves(x)[0].shape[0] for x in (inputs, inputs if others is None else others))
    needed = COPIES * full_kernel_bytes(rows, columns, outputs, itemsize_of(params))
    require_room(rows, columns, outputs, needed)
    if _by_layers(network, params, inputs, block_rows, by):
        return full_layered_kernel(network, params, inputs, others)
    kernel_of = neural_tangents().empirical_ntk_fn(network, trace_axes=(), vmap_axes=0, implementation=1)

    def part(own: Inputs, others: Inputs) -> Array:
        pairs = kernel_of(own, others, params)  # (rows, columns, outputs, outputs)
        return pairs.swapaxes(1, 2).reshape(pairs.shape[0] * outputs, -1)

    block = block_rows or max(1, BLOCK_BYTES // (4 * _size(params) * outputs))
    return _in_blocks(part, params, inputs, others, block, outputs)


def baseline_method(
    network: Network, params: PyTree[Float[Array, "..."]], inputs: PyTree[Shaped[Array, "rows ..."]]
) -> str:
    """The method by which the full kernel of a lazy baseline is computed: neural-tangents if it fits, or the layers.

    neural-tangents fits if

    rows² O² P ≤ MOST_PRODUCTS   and   O P ≤ BLOCK_BYTES / 4,

    with P parameters and O outputs: the products take about ten seconds on 2 CPU cores, and the gradients of a row stay
    within a block. Beyond that, or if neural-tangents is not installed, a network of affine layers takes "layers"; for
    any other network there is only neural-tangents. The answer depends on shapes alone, so it is the same for all runs
    that compile together.

    Args:
      network: f; params, inputs -> outputs of shape (rows, O).
      params: w.
      inputs: the training rows.

    Returns:
      One of METHODS, for the argument `by` of full_tangent_kernel.
    """
    outputs, rows = _outputs(network, params, inputs), jax.tree.leaves(inputs)[0].shape[0]
    gradients = outputs * _size(params)
    fits = rows**2 * outputs * gradients <= MOST_PRODUCTS and 4 * gradients <= BLOCK_BYTES
    if (fits and has_neural_tangents()) or not is_layered(network, params, inputs):
        return NEURAL_TANGENTS
    return LAYERS


def _by_layers(network: Network, params: Any, inputs: Inputs, block_rows: int | None, by: str | None) -> bool:
    """Whether the layers' factors are to be used; refuses them for other networks if they are asked for."""
    if by is None:
        return block_rows is None and is_layered(network, params, inputs)
    require(by in METHODS, f"by is {by!r}; there are {', '.join(METHODS)}")
    if by == NEURAL_TANGENTS:
        return False
    require(block_rows is None, f"block_rows is {block_rows}; only {NEURAL_TANGENTS!r} takes blocks")
    layered = is_layered(network, params, inputs)
    require(layered, f"the network has parameters outside affine layers; use {NEURAL_TANGENTS!r}")
    return True


def _in_blocks(
    part: Callable[[Inputs, Inputs], Array],
    params: Any,
    inputs: Inputs,
    others: Inputs | None,
    block: int,
    per: int = 1,
) -> Array:
    """Assembles the kernel from blocks part(rows, columns) of `block` rows each, with `per` entries per row."""
    columns = inputs if others is None else others
    rows = [jax.tree.leaves(x)[0].shape[0] for x in (inputs, columns)]
    block = min(block, max(rows))
    left, right = (jax.tree.map(lambda a: _padded(a, block), x) for x in (inputs, columns))
    counts = [-(-count // block) for count in rows]
    pairs = np.array([(i, j) for i in range(counts[0]) for j in range(counts[1]) if others is not None or i <= j])

    def add_block(number: Array, kernel: Array) -> Array:
        i, j = jnp.asarray(pairs * block)[number]
        own, opposite = (
            jax.tree.map(lambda a, at=at: jax.lax.dynamic_slice_in_dim(a, at, block), x)
            for x, at in ((left, i), (right, j))
        )
        found = part(own, opposite)
        kernel = jax.lax.dynamic_update_slice(kernel, found, (i * per, j * per))
        return jax.lax.dynamic_update_slice(kernel, found.T, (j * per, i * per)) if others is None else kernel

    empty = jnp.zeros([count * block * per for count in counts], jax.tree.leaves(params)[0].dtype)
    kernel = jax.lax.fori_loop(0, len(pairs), add_block, empty)
    return kernel[: rows[0] * per, : rows[1] * per]


def _require_block(block_rows: int | None) -> None:
    require(block_rows is None or block_rows >= 1, f"block_rows is {block_rows}; it must be 1 or above")


def _size(params: Any) -> int:
    return sum(leaf.size for leaf in jax.tree.leaves(params))


def _outputs(network: Network, params: Any, inputs: Inputs) -> int:
    return jax.eval_shape(network, params, first_row(inputs)).shape[-1]


def _block_kernel(network: Network, params: Any, rows: Inputs, others: Inputs, outputs: int) -> Array:
    def of_output(output: Array) -> Array:
        def alone(w: Any, x: Inputs) -> Array:
            return jax.lax.dynamic_slice_in_dim(network(w, x), output, 1, axis=-1)

        kernel_of = neural_tangents().empirical_ntk_fn(alone, trace_axes=(-1,), vmap_axes=0, implementation=1)
        return kernel_of(rows, others, params)

    return (
        jax.lax.fori_loop(
            1, outputs, lambda output, total: total + of_output(output), of_output(jnp.zeros((), jnp.int32))
        )
        / outputs
    )


def _padded(x: Array, block: int) -> Array:
    """x with its last row repeated up to a whole number of blocks."""
    return jnp.pad(x, ((0, -x.shape[0] % block), *((0, 0),) * (x.ndim - 1)), mode="edge")
