"""Probes of a run's neural tangent kernel, and of its path inside and outside the space of its initial gradients.

All kernels belong to the predictor α f(w, x), output scale included, averaged over outputs, at the weights of the
record. A linearized twin keeps its initial kernel throughout.
"""

from typing import Any

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float

from grok_jax.errors import require
from grok_jax.kernels import (
    difficulty,
    kernel_alignment,
    kernel_distance,
    kernel_regression,
    kernel_spectrum,
    tangent_kernel,
)
from grok_jax.kernels.alignment import restricted, spectrum
from grok_jax.training import Probed, metric
from grok_jax.training.losses import as_values

LEADING = 5  # eigenvalues of the kernel that probe 'kernel_spectrum' records

Scalars = dict[str, Float[Array, ""]]


def measure_kernel(probed: Probed) -> Scalars:
    """Alignment of the kernel over test rows with their targets, and how far the kernel has moved.

    The kernel is averaged over outputs and uses the first training.probe_rows test rows.

    Reference: Kumar et al. (2024), Sec. 5 (CKA on the test set).
    """
    rows = probed.training.probe_rows
    inputs = jax.tree.map(lambda a: a[:rows], probed.test.inputs)
    used = probed.test_weights[:rows] > 0
    targets = as_values(probed.test.targets, probed.test_outputs)[:rows]
    now, start = (
        restricted(tangent_kernel(probed.network, params, inputs), used)
        for params in (probed.tangent_params, probed.initial_params)
    )
    return {
        "kernel_alignment": kernel_alignment(now, targets, in_use=used),
        "kernel_alignment_centered": kernel_alignment(now, targets, centered=True, in_use=used),
        "kernel_distance": kernel_distance(now, start),
    }


def measure_regression(probed: Probed) -> Scalars:
    """Kernel regression with the current kernel, averaged over outputs.

    At step 0 with one output, this is where the linearized model ends. For several outputs use lazy_limit, which has
    the kernel over pairs of outputs.
    """
    used = probed.train_weights > 0
    start, test_start = outputs_at_start(probed)
    kernel = restricted(tangent_kernel(probed.network, probed.tangent_params, probed.train.inputs), used)
    test_kernel = tangent_kernel(probed.network, probed.tangent_params, probed.test.inputs, probed.train.inputs)
    missing = missing_outputs(probed, start, used)
    found = kernel_regression(kernel, jnp.where(used[None, :], test_kernel, 0), missing, test_start=test_start)
    errors = jnp.mean((found.test - as_values(probed.test.targets, found.test)) ** 2, axis=1)
    values, _, kept = spectrum(kernel)
    return {
        "kernel_regression_loss": probed.test_weights @ errors,
        "kernel_difficulty": difficulty(kernel, missing),
        "kernel_rank": jnp.where(jnp.isfinite(values[-1]), jnp.sum(kept), jnp.nan),
    }


def measure_spectrum(probed: Probed) -> Scalars:
    """The spectrum of the kernel over training rows, averaged over outputs; see kernels.kernel_spectrum.

    The rows are the first training.probe_rows training rows. With fewer than LEADING rows, the missing eigenvalues
    are 0.
    """
    rows = probed.training.probe_rows
    inputs = jax.tree.map(lambda a: a[:rows], probed.train.inputs)
    kernel = tangent_kernel(probed.network, probed.tangent_params, inputs)
    found = kernel_spectrum(kernel, LEADING, probed.train_weights[:rows] > 0)
    return {
        **{f"kernel_eigenvalue_{order + 1}": found.leading[order] for order in range(LEADING)},
        "kernel_leading_share": found.leading_share,
        "kernel_effective_rank": found.effective_rank,
    }


def measure_subspace(probed: Probed) -> Scalars:
    """Where the weights are relative to the affine space S of their initial gradients.

    Let d = w - w_0, let J be the gradients at w_0 of the outputs on the training rows, and K = J Jᵀ. The part of d in S
    is Jᵀ K⁻¹ J d. The lazy solution, the point of S that fits the training rows, is d* = Jᵀ K⁻¹ (y - f_0).

    Reference: Kumar et al. (2024), Fig. 1a.
    """
    used = probed.train_weights > 0

    def on_train(params: Any) -> Array:
        return probed.network(params, probed.train.inputs)

    moved = optax.tree.sub(probed.params, probed.initial_params)
    _, change = jax.jvp(on_train, (probed.initial_params,), (moved,))
    _, transposed = jax.vjp(on_train, probed.initial_params)
    kernel = restricted(tangent_kernel(probed.network, probed.initial_params, probed.train.inputs), used)
    values, vectors, kept = spectrum(kernel)
    root = jnp.where(kept, jnp.where(kept, values, 1) ** -0.5, 0)[:, None]
    # Coordinates in an orthonormal basis of S.
    here, lazy = (
        (root * (vectors.T @ x))[:, 0]
        for x in (jnp.where(used[:, None], change, 0), missing_outputs(probed, outputs_at_start(probed)[0], used))
    )
    length = jnp.linalg.norm(lazy)
    progress = here @ lazy / length**2
    # Subtracting squared lengths would lose anything below 3e-4 of the way to rounding.
    (inside,) = transposed(vectors @ (root * here[:, None]))
    return {
        "lazy_progress": progress,
        "tangent_distance": jnp.linalg.norm(here - progress * lazy) / length,
        "normal_distance": optax.tree.norm(optax.tree.sub(moved, inside)) / length,
    }


def outputs_at_start(probed: Probed) -> tuple[Float[Array, "train outputs"], Float[Array, "test outputs"]]:
    """f_0 on both splits, as the loss sees it: 0 for the centered predictor."""
    train, test = (probed.network(probed.initial_params, rows.inputs) for rows in (probed.train, probed.test))
    return (jnp.zeros_like(train), jnp.zeros_like(test)) if probed.model.centered else (train, test)


def missing_outputs(
    probed: Probed, start: Float[Array, "train outputs"], used: Bool[Array, " train"]
) -> Float[Array, "train outputs"]:
    """y - f_0 on the training rows; 0 for unused rows."""
    return jnp.where(used[:, None], as_values(probed.train.targets, start) - start, 0)


def require_regression(run: Any) -> None:
    """Raises UserError unless the loss is "mse", which alone has a closed form."""
    loss = run.loss.name
    require(loss == "mse", f"training.loss is {loss!r}; kernel regression has a closed form only for 'mse'")


def require_one_output(run: Any) -> None:
    """Raises UserError unless the loss is "mse" and the network has one output."""
    require_regression(run)
    outputs = run.task.output_size()
    require(outputs == 1, f"probe 'subspace' takes networks with 1 output; task {run.task.name!r} has {outputs}")


kernel = metric(
    measure_kernel,
    variables={
        "kernel_alignment": "alignment (CKA) of the NTK, averaged over outputs, on test rows with their targets",
        "kernel_alignment_centered": (
            "alignment of the NTK, averaged over outputs, and the targets on test rows, both centered"
        ),
        "kernel_distance": "distance of the NTK, averaged over outputs, from its start, relative to the start's norm",
    },
)
regression = metric(
    measure_regression,
    variables={
        "kernel_regression_loss": ("test loss of kernel regression with the NTK of this record, averaged over outputs"),
        "kernel_difficulty": "tr (y - f_0)ᵀ K⁻¹ (y - f_0) of the training rows, K averaged over outputs",
        "kernel_rank": (
            "eigenvalues of the training rows' NTK, averaged over outputs, that are more than rounding errors"
        ),
    },
    needs=require_regression,
)
leading_spectrum = metric(
    measure_spectrum,
    variables={
        **{
            f"kernel_eigenvalue_{order}": (
                f"eigenvalue {order}, from the largest, of the training rows' NTK, averaged over outputs"
            )
            for order in range(1, LEADING + 1)
        },
        "kernel_leading_share": (
            "share of the largest eigenvalue in the trace of the training rows' NTK, averaged over outputs"
        ),
        "kernel_effective_rank": (
            "effective rank (exp of the spectrum's entropy) of the training rows' NTK, averaged over outputs"
        ),
    },
)
subspace = metric(
    measure_subspace,
    variables={
        "lazy_progress": "progress toward the lazy solution along a straight line",
        "tangent_distance": "distance from that line within the space of initial gradients",
        "normal_distance": "distance from the space of initial gradients",
    },
    units="its length",
    needs=require_one_output,
)
