"""Kernel regression with the full kernel over pairs of outputs: where the linearized model ends.

Everything runs on the host with scipy in float64; the kernel keeps the precision it was computed in.
"""

import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import scipy
from jaxtyping import Array, Float

from grok_jax.errors import require
from grok_jax.kernels.room import require_room
from grok_jax.memory import free_memory

ROUNDING = 10  # eigenvalues below this many roundoff units of the largest mean nothing: see alignment.spectrum
FEW = 64  # up to this many directions, all eigenvalues are computed
SPECTRUM_COPIES = 3  # copies of a kernel in float64: its eigenvectors and the workspace of the solver
BAND_ROWS = 1000  # rows of a kernel multiplied at a time

Numbers = np.ndarray | Array


class DualWeights(NamedTuple):
    """The weight of each training row and output in kernel regression, and the condition of the problem."""

    weights: Float[np.ndarray, "rows outputs"]
    condition: float  # largest eigenvalue over smallest, ridge included; infinite if the kernel is singular
    left_out: int  # number of directions in which the kernel vanishes up to rounding


class FullRegression(NamedTuple):
    """Predictions in float64, and the condition number of the kernel."""

    train: Float[np.ndarray, "rows outputs"]
    test: Float[np.ndarray, "columns outputs"]
    condition: float


def full_kernel_regression(
    kernel: Float[Numbers, "row_outputs row_outputs"],
    test_kernel: Float[Numbers, "column_outputs row_outputs"],
    targets: Float[Numbers, "rows outputs"],
    *,
    ridge: float = 0.0,
    train_start: Float[Numbers, "rows outputs"] | None = None,
    test_start: Float[Numbers, "columns outputs"] | None = None,
) -> FullRegression:
    """Kernel (ridge) regression of the targets minus the initial outputs, with the kernel over pairs of outputs.

    f(x) = f_0(x) + K(x, X) [K(X, X) + λ 1]⁻¹ (y - f_0(X))

    With λ = 0 this is where gradient descent on the squared error of the linearized model ends, for any number of
    outputs. Directions in which K vanishes up to rounding are left out, because gradient descent never learns them.

    Args:
      kernel: K(X, X) of the n training rows and O outputs, (n O, n O): see full_tangent_kernel.
      test_kernel: K(x, X) of m other rows, (m O, n O).
      targets: y, (n, O).
      ridge: λ, in the units of K.
      train_start: f_0(X), (n, O); None: 0, as for the centered predictor.
      test_start: f_0(x), (m, O); None: 0.

    Returns:
      FullRegression.

    Raises:
      DoesNotFit: the kernel in float64 does not fit in memory.
      UserError: a kernel or targets are not finite, the shapes do not match, or the ridge is negative.

    Warns:
      RuntimeWarning: the kernel is singular up to its precision.
    """
    rows, outputs = np.shape(targets)
    places = rows * outputs
    require(
        np.shape(kernel) == (places, places) and np.shape(test_kernel)[1] == places,
        f"full kernels of shapes {np.shape(kernel)} and {np.shape(test_kernel)} do not fit targets of shape "
        f"{np.shape(targets)}; they must be (n x outputs, n x outputs) and (m x outputs, n x outputs)",
    )
    kernel, missing = np.asarray(kernel), np.asarray(targets, np.float64)
    if train_start is not None:
        missing = missing - np.asarray(train_start, np.float64)
    found = solve_full_kernel(kernel, missing, ridge=ridge)
    if not np.isfinite(found.condition):
        warnings.warn(
            f"the kernel is singular in {kernel.dtype} ({found.left_out} of {places} directions left out); use a "
            "larger model, fewer or different rows, or a ridge",
            RuntimeWarning,
            stacklevel=2,
        )
    dual = found.weights.reshape(-1)
    parts = (_times(np.asarray(k), dual).reshape(-1, outputs) for k in (kernel, test_kernel))
    train, test = (
        part if start is None else part + np.asarray(start, np.float64)
        for part, start in zip(parts, (train_start, test_start), strict=True)
    )
    return FullRegression(train, test, found.condition)


def solve_full_kernel(
    kernel: Float[Numbers, "row_outputs row_outputs"], missing: Float[Numbers, "rows outputs"], *, ridge: float = 0.0
) -> DualWeights:
    """Solves [K + λ 1] a = y - f_0 in float64, by Cholesky factors, or by eigenvectors if the kernel is singular.

    Args:
      kernel: K over pairs of outputs, (n O, n O).
      missing: y - f_0, (n, O).
      ridge: λ.

    Returns:
      DualWeights, with a of shape (n, O).

    Raises:
      DoesNotFit: the kernel in float64 does not fit in memory.
      UserError: an input is not finite, or the ridge is negative.
    """
    require(ridge >= 0, f"ridge is {ridge}; it must be 0 or above")
    kernel, (rows, outputs) = np.asarray(kernel), np.shape(missing)
    for name, array in (("kernel", kernel), ("targets", np.asarray(missing))):
        wrong = array.size - int(np.count_nonzero(np.isfinite(array)))
        require(
            wrong == 0,
            f"{name} has {wrong} of {array.size} entries that are NaN or infinite; the network has diverged, or an "
            "input is not finite",
        )
    require_room(rows, rows, outputs, 8 * kernel.size, free_memory())
    asked = np.asarray(missing, np.float64).reshape(-1)
    solved = _by_factors(kernel, asked, ridge)
    if solved is None:
        require_room(rows, rows, outputs, SPECTRUM_COPIES * 8 * kernel.size, free_memory())
        solved = _by_spectrum(kernel, asked, ridge)
    weights, condition, left_out = solved
    return DualWeights(weights.reshape(rows, outputs), condition, left_out)


def _by_factors(kernel: np.ndarray, asked: np.ndarray, ridge: float) -> tuple[np.ndarray, float, int] | None:
    """Weights, condition, and 0 directions left out; None if the kernel is singular up to rounding."""
    matrix = np.array(kernel, np.float64, order="C").T  # LAPACK wants column order; the kernel is symmetric
    matrix[np.diag_indices_from(matrix)] += ridge
    try:
        factor = scipy.linalg.cho_factor(matrix, lower=True, overwrite_a=True, check_finite=False)
    except np.linalg.LinAlgError:
        return None
    largest = _largest(lambda v: kernel @ v.astype(kernel.dtype), len(kernel)) + ridge
    smallest = 1 / _largest(lambda v: scipy.linalg.cho_solve(factor, v, check_finite=False), len(kernel))
    if ridge == 0 and smallest <= _cutoff(kernel) * largest:
        return None
    return scipy.linalg.cho_solve(factor, asked, check_finite=False), largest / smallest, 0


def _by_spectrum(kernel: np.ndarray, asked: np.ndarray, ridge: float) -> tuple[np.ndarray, float, int]:
    """Weights, condition, and the number of directions left out, in which the kernel vanishes without a ridge."""
    values, vectors = scipy.linalg.eigh(kernel.astype(np.float64), overwrite_a=True, check_finite=False)
    kept = (values > _cutoff(kernel) * values[-1]) | (ridge > 0)
    shrunk = np.where(kept, 1 / np.where(kept, np.maximum(values, 0) + ridge, 1), 0)
    condition = (values[-1] + ridge) / (max(values[0], 0) + ridge) if kept.all() else np.inf
    return vectors @ (shrunk * (vectors.T @ asked)), float(condition), int(np.sum(~kept))


def _cutoff(kernel: np.ndarray) -> float:
    return ROUNDING * float(np.finfo(kernel.dtype).eps)


def _largest(apply: Callable[[np.ndarray], np.ndarray], size: int) -> float:
    """The largest eigenvalue of a symmetric map, to within a percent."""
    if size <= FEW:
        return float(np.linalg.eigvalsh(np.stack([apply(row) for row in np.eye(size)]))[-1])
    operator = scipy.sparse.linalg.LinearOperator((size, size), matvec=apply, dtype=np.float64)
    # A fixed start gives equal kernels equal conditions.
    start = np.random.default_rng(0).normal(size=size)
    (value,) = scipy.sparse.linalg.eigsh(operator, k=1, tol=1e-2, v0=start, return_eigenvectors=False)
    return float(value)


def _times(kernel: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The product in float64, a few rows at a time, so that a float32 kernel is not copied whole."""
    bands = range(0, len(kernel), BAND_ROWS)
    return np.concatenate([kernel[start : start + BAND_ROWS].astype(np.float64) @ weights for start in bands])
