"""The lazy baseline: neural tangent kernels, kernel regression with them, and how well they fit a task.

Kernels can be averaged over outputs or taken over pairs of outputs, at finite or infinite width.
"""

from grok_jax.kernels.alignment import (
    difficulty,
    eigenvector_labels,
    kernel_alignment,
    kernel_distance,
    pair_alignment,
)
from grok_jax.kernels.full import DualWeights, FullRegression, full_kernel_regression, solve_full_kernel
from grok_jax.kernels.infinite import InfiniteKernels, infinite_width_kernels
from grok_jax.kernels.prediction import gradient_descent, gradient_flow
from grok_jax.kernels.products import Conjugate, conjugate_gradients, kernel_product, tangent_operator
from grok_jax.kernels.regression import Regression, kernel_regression
from grok_jax.kernels.room import DoesNotFit
from grok_jax.kernels.spectrum import Spectrum, kernel_spectrum
from grok_jax.kernels.tangent import baseline_method, full_tangent_kernel, tangent_kernel

__all__ = [
    "Conjugate",
    "DoesNotFit",
    "DualWeights",
    "FullRegression",
    "InfiniteKernels",
    "Regression",
    "Spectrum",
    "baseline_method",
    "conjugate_gradients",
    "difficulty",
    "eigenvector_labels",
    "full_kernel_regression",
    "full_tangent_kernel",
    "gradient_descent",
    "gradient_flow",
    "infinite_width_kernels",
    "kernel_alignment",
    "kernel_distance",
    "kernel_product",
    "kernel_regression",
    "kernel_spectrum",
    "pair_alignment",
    "solve_full_kernel",
    "tangent_kernel",
    "tangent_operator",
]
