"""One tangent kernel, averaged over outputs or full: the MNIST network 784-200-200-10 on some digits."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from benchmarks.machine import cores, start_torch
from benchmarks.memory import peak_bytes
from benchmarks.peers import mnist_network


class Taken(NamedTuple):
    """The time and memory of a kernel, in a process that did nothing else."""

    seconds: float  # without compilation or a library's first calls
    compile_seconds: float
    peak_bytes: int  # of the whole process


def averaged(images: np.ndarray, block_rows: int | None = None) -> Taken:
    """Uses tangent_kernel, which works layer by layer; with block_rows, it multiplies Jacobians.

    Args:
      images: uint8 (rows, 784).
      block_rows: see tangent_kernel.
    """
    from grok_jax.kernels import tangent_kernel

    return _ours(images, partial(tangent_kernel, block_rows=block_rows))


def full(images: np.ndarray, by: str) -> Taken:
    """Uses full_tangent_kernel, over pairs of outputs.

    Args:
      images: uint8 (rows, 784).
      by: see full_tangent_kernel.
    """
    from grok_jax.kernels import full_tangent_kernel

    return _ours(images, partial(full_tangent_kernel, by=by))


def _ours(images: np.ndarray, made: Callable[..., Any]) -> Taken:
    import jax

    from grok_jax.models import init_params
    from grok_jax.models.mlp import MLP

    inputs, module = jax.numpy.asarray(images, "float32") / 255, MLP((200, 200), 10)
    params = init_params(module, jax.random.key(0), inputs)

    def kernel_of(params: dict, inputs: jax.Array) -> jax.Array:
        return made(lambda w, x: module.apply({"params": w}, x), params, inputs)

    began = time.perf_counter()
    compiled = jax.jit(kernel_of).lower(params, inputs).compile()
    compile_seconds = time.perf_counter() - began
    began = time.perf_counter()
    jax.block_until_ready(compiled(params, inputs))
    return Taken(time.perf_counter() - began, compile_seconds, peak_bytes())


def pytorch(images: np.ndarray, chunk: int) -> Taken:
    """Uses torch.func as in its tutorial on tangent kernels: contracts per-row Jacobians, `chunk` rows at a time."""
    import torch
    from torch.func import functional_call, jacrev, vmap

    device = start_torch(cores())
    inputs, network = torch.from_numpy(images).to(device).float() / 255, mnist_network().to(device)
    params = {name: parameter.detach() for name, parameter in network.named_parameters()}

    def jacobian(inputs: torch.Tensor) -> list[torch.Tensor]:
        of_row = vmap(jacrev(lambda w, x: functional_call(network, w, (x[None],))[0]), (None, 0))
        return [leaf.flatten(2) for leaf in of_row(params, inputs).values()]

    def kernel_of(inputs: torch.Tensor) -> torch.Tensor:
        rows = len(inputs)
        kernel = torch.empty(rows, rows, device=device)
        for i in range(0, rows, chunk):
            left = jacobian(inputs[i : i + chunk])
            for j in range(i, rows, chunk):
                right = left if j == i else jacobian(inputs[j : j + chunk])
                block = sum(torch.einsum("iop,jop->ij", a, b) for a, b in zip(left, right, strict=True)) / 10
                kernel[i : i + chunk, j : j + chunk] = block
                kernel[j : j + chunk, i : i + chunk] = block.T
        return kernel

    kernel_of(inputs[:2]).cpu()  # waits for a GPU
    began = time.perf_counter()
    kernel_of(inputs).cpu()
    return Taken(time.perf_counter() - began, 0.0, peak_bytes())
