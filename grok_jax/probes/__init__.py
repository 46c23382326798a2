"""Measurements of a live run besides losses: its kernel, its path, the loss around it, its logits and their modes."""

from grok_jax.probes import curvature, kernel, landscape, logits, modular, psnr, row_errors, solution_error, zero_losses
from grok_jax.probes.limit import lazy_limit
from grok_jax.probes.matrices import tangent_kernels
from grok_jax.probes.modular import embedding_spectrum
from grok_jax.training import METRICS

METRICS |= {
    "curvature": curvature.curvature,
    "gradient": landscape.gradient,
    "kernel": kernel.kernel,
    "kernel_regression": kernel.regression,
    "kernel_spectrum": kernel.leading_spectrum,
    "subspace": kernel.subspace,
    "logits": logits.logits,
    "fourier": modular.fourier,
    "modules": modular.modules,
    "psnr": psnr.psnr,
    "row_errors": row_errors.row_errors,
    "solution_error": solution_error.solution_error,
    "zero_losses": zero_losses.zero_losses,
}

__all__ = ["embedding_spectrum", "lazy_limit", "tangent_kernels"]
