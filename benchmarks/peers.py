"""The same work as a PyTorch user writes it: the loops of the papers' public code, one run at a time.

Nothing slows them down: the data is in memory as float32, indexing once gives a minibatch, and nothing is measured.
"""

import itertools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from benchmarks.machine import Machine, start_torch
from benchmarks.timing import Trainer

FUSED = ", fused optimizer"


class Form(NamedTuple):
    """How loops run: the numbers of processes and of threads in each, and further arguments of the optimizer."""

    label: str
    processes: int
    threads: int
    optimizer: dict[str, Any]


def forms(machine: Machine) -> list[Form]:
    """The forms in which loops of one kind run on a machine; the one with a fused optimizer comes last."""
    if machine.kind == "gpu":
        return [Form("one loop", 1, 1, {}), Form(f"one loop{FUSED}", 1, 1, {"fused": True})]
    count = machine.cores
    return [
        Form(f"{count} processes", count, 1, {}),
        Form(f"{count} threads", 1, count, {}),
        Form(f"{count} processes{FUSED}", count, 1, {"fused": True}),
    ]


def teacher_student(threads: int, optimizer: dict[str, Any]) -> Trainer:
    """The run of Omnigrok's fig. 2b: a student 5-100-100-5 tanh, 100 rows of a teacher like it, full batch.

    Args:
      threads: number of PyTorch threads.
      optimizer: further arguments of AdamW.
    """
    import torch

    device = start_torch(threads)
    inputs = torch.randn(100, 5, device=device)
    with torch.no_grad():
        targets = teacher_network().to(device)(inputs)
    student = _scaled(teacher_network().to(device), 2.0)
    adamw = torch.optim.AdamW(student.parameters(), **{"lr": 3e-4, "weight_decay": 0.03, **optimizer})
    return trainer(student, adamw, itertools.repeat((inputs, targets)))


def mnist(threads: int, optimizer: dict[str, Any], images: np.ndarray, labels: np.ndarray) -> Trainer:
    """The run of Omnigrok's fig. 3d: 784-200-200-10 ReLU, 1000 digits in shuffled batches of 200, MSE to one-hot.

    Args:
      threads: number of PyTorch threads.
      optimizer: further arguments of AdamW.
      images: uint8 (1000, 784).
      labels: int32 (1000,).
    """
    import torch

    device = start_torch(threads)
    network = _scaled(mnist_network().to(device), 8.0)
    adamw = torch.optim.AdamW(network.parameters(), **{"lr": 1e-3, "weight_decay": 0.1, **optimizer})
    return trainer(network, adamw, _digits(images, labels, 200, device))


def landscape(threads: int, optimizer: dict[str, Any], images: np.ndarray, labels: np.ndarray) -> Trainer:
    """A run of Omnigrok's fig. 3a: the network of fig. 3d at its initial norm throughout, batches of 100.

    Args:
      threads: number of PyTorch threads.
      optimizer: further arguments of AdamW.
      images: uint8 (1000, 784).
      labels: int32 (1000,).
    """
    import torch

    device = start_torch(threads)
    network = mnist_network().to(device)
    parameters = list(network.parameters())

    def norm() -> torch.Tensor:
        return torch.sqrt(sum(torch.sum(p**2) for p in parameters))

    adamw = torch.optim.AdamW(parameters, **{"lr": 1e-3, "weight_decay": 0.0, **optimizer})
    with torch.no_grad():
        initial = norm()

    @torch.no_grad()
    def rescale() -> None:
        factor = initial / norm()
        for parameter in parameters:
            parameter.mul_(factor)

    return trainer(network, adamw, _digits(images, labels, 100, device), rescale)


def digits(images: np.ndarray, labels: np.ndarray, device: Any) -> tuple[Any, Any]:
    """Pixels in [0, 1], float32 (rows, 784), and one-hot labels, float32 (rows, 10), on a device."""
    import torch

    inputs = torch.from_numpy(images).to(device).float() / 255
    return inputs, torch.eye(10, device=device)[torch.from_numpy(labels).to(device).long()]


def _digits(images: np.ndarray, labels: np.ndarray, batch: int, device: Any) -> Iterator:
    """Yields shuffled batches of digits and one-hot labels, forever."""
    import torch

    inputs, targets = digits(images, labels, device)
    while True:
        for rows in torch.randperm(len(inputs), device=device).split(batch):
            yield inputs[rows], targets[rows]


def teacher_network() -> Any:
    """5-100-100-5, tanh."""
    import torch

    return _mlp(torch.nn.Tanh, 5, 100, 100, 5)


def mnist_network() -> Any:
    """784-200-200-10, ReLU."""
    import torch

    return _mlp(torch.nn.ReLU, 784, 200, 200, 10)


def committee(threads: int, optimizer: dict[str, Any], features: int, rows: int, width: int) -> Trainer:
    """A run of Kumar et al.'s fig. 3e: a centered committee machine, the polynomial task, full batch.

    Args:
      threads: number of PyTorch threads.
      optimizer: further arguments of SGD.
      features: D.
      rows: P.
      width: N.
    """
    import torch

    device = start_torch(threads)
    output_scale, epsilon = 2.8, 0.14  # the middle of the figure

    class Committee(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.randn(width, features, device=device))
            self.offset = self.votes(inputs).detach()

        def votes(self, inputs: torch.Tensor) -> torch.Tensor:
            z = inputs @ self.weight.T
            return output_scale * (z + epsilon / 2 * z**2).mean(1)

        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            return self.votes(inputs) - self.offset

    inputs = torch.randn(rows, features, device=device) / features**0.5
    targets = (inputs @ torch.randn(features, device=device)) ** 2 / 2
    network = Committee()
    sgd = torch.optim.SGD(network.parameters(), **{"lr": 20 * width / output_scale**2, **optimizer})
    return trainer(network, sgd, itertools.repeat((inputs, targets)))


def _mlp(activation: Callable, *widths: int) -> Any:
    from torch import nn

    layers = []
    for fan_in, fan_out in itertools.pairwise(widths):
        layers += [nn.Linear(fan_in, fan_out), activation()]
    return nn.Sequential(*layers[:-1])


def _scaled(network: Any, init_scale: float) -> Any:
    import torch

    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(init_scale)
    return network


def trainer(
    network: Any,
    optimizer: Any,
    batches: Iterator,
    after_step: Callable[[], None] | None = None,
    criterion: Callable | None = None,
) -> Trainer:
    """The training loop.

    Args:
      network: a module.
      optimizer: its optimizer; if it is capturable, a step becomes one CUDA graph.
      batches: inputs and targets, forever.
      after_step: called after each step.
      criterion: outputs, targets -> loss; the mean squared error by default.
    """
    import torch

    criterion = criterion or torch.nn.functional.mse_loss
    on_gpu = next(network.parameters()).is_cuda

    def step(inputs: Any, targets: Any) -> None:
        optimizer.zero_grad()
        criterion(network(inputs), targets).backward()
        optimizer.step()
        if after_step:
            after_step()

    if optimizer.defaults.get("capturable"):
        step = graphed(step, *next(batches))

    def advance(steps: int) -> None:
        for _ in range(steps):
            step(*next(batches))
        if on_gpu:
            torch.cuda.synchronize()

    return Trainer(advance, runs=1)


def graphed(step: Callable, *batch: Any) -> Callable:
    """Captures a step as one CUDA graph, which reads each batch from the memory of the first one.

    Args:
      step: takes tensors, and changes others in place.
      batch: tensors with the shapes and dtypes of every step's batch.
    """

    places, latest = [tensor.clone() for tensor in batch], []
    replay = captured(lambda: step(*places))

    def replayed(*batch: Any) -> None:
        if not latest or batch[0] is not latest[0]:  # a full batch is copied only once
            for place, tensor in zip(places, batch, strict=True):
                place.copy_(tensor)
            latest[:] = batch
        replay()

    return replayed


def captured(step: Callable[[], None]) -> Callable[[], None]:
    """Captures a step as a CUDA graph, as in PyTorch's manual, after three warm-up calls."""
    import torch

    other = torch.cuda.Stream()
    other.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(other):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(other)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return graph.replay
