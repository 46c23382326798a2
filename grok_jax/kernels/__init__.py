"""The lazy baseline: neural tangent kernels, averaged over outputs, what kernel regression makes of them, and how they
fit a task.
"""

from grok_jax.kernels.alignment import difficulty, eigenvector_labels, kernel_alignment, kernel_distance
from grok_jax.kernels.prediction import gradient_descent, gradient_flow
from grok_jax.kernels.regression import Regression, kernel_regression
from grok_jax.kernels.tangent import tangent_kernel

__all__ = [
    "Regression",
    "difficulty",
    "eigenvector_labels",
    "gradient_descent",
    "gradient_flow",
    "kernel_alignment",
    "kernel_distance",
    "kernel_regression",
    "tangent_kernel",
]
