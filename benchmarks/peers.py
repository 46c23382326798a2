"""The same work as a PyTorch user writes it: the loops of the papers' public code, one run at a time.

Nothing is in their way: the data is in memory as float32, a minibatch is one indexing, nothing is measured.
"""

import importlib.util
import itertools
import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from benchmarks.timing import Trainer


def has_torch() -> bool:
    """Whether PyTorch is installed; the benchmarks of our side run without."""
    return importlib.util.find_spec("torch") is not None


def cores() -> int:
    """CPU cores this process may use."""
    return len(os.sched_getaffinity(0))


def teacher_student(threads: int, optimizer: dict[str, Any]) -> Trainer:
    """The run of Omnigrok's fig. 2b: a student 5-100-100-5 tanh, 100 rows of a teacher like it, full batch.

    Args:
      threads: of PyTorch.
      optimizer: further arguments of AdamW.
    """
    import torch

    torch.set_num_threads(threads)

    def network() -> torch.nn.Module:
        return _mlp(torch.nn.Tanh, 5, 100, 100, 5)

    inputs = torch.randn(100, 5)
    with torch.no_grad():
        targets = network()(inputs)

    def batches() -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        while True:
            yield inputs, targets

    student = _scaled(network(), 2.0)
    adamw = torch.optim.AdamW(student.parameters(), **{"lr": 3e-4, "weight_decay": 0.03, **optimizer})
    return trainer(student, adamw, batches())


def mnist(threads: int, optimizer: dict[str, Any], images: np.ndarray, labels: np.ndarray) -> Trainer:
    """The run of Omnigrok's fig. 3d: 784-200-200-10 ReLU, 1000 digits in shuffled batches of 200, MSE to one-hot.

    Args:
      threads: of PyTorch.
      optimizer: further arguments of AdamW.
      images: uint8 (1000, 784).
      labels: int32 (1000,).
    """
    import torch

    torch.set_num_threads(threads)
    network = _scaled(mnist_network(), 8.0)
    adamw = torch.optim.AdamW(network.parameters(), **{"lr": 1e-3, "weight_decay": 0.1, **optimizer})
    return trainer(network, adamw, _digits(images, labels, 200))


def landscape(threads: int, optimizer: dict[str, Any], images: np.ndarray, labels: np.ndarray) -> Trainer:
    """A run of Omnigrok's fig. 3a: the network of fig. 3d at its initial norm throughout, batches of 100.

    Args:
      threads: of PyTorch.
      optimizer: further arguments of AdamW.
      images: uint8 (1000, 784).
      labels: int32 (1000,).
    """
    import torch

    torch.set_num_threads(threads)
    network = mnist_network()
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

    return trainer(network, adamw, _digits(images, labels, 100), rescale)


def _digits(images: np.ndarray, labels: np.ndarray, batch: int) -> Iterator:
    """Shuffled batches of digits and one-hot labels, for ever."""
    import torch

    inputs = torch.from_numpy(images).float() / 255
    targets = torch.eye(10)[torch.from_numpy(labels).long()]
    while True:
        for rows in torch.randperm(len(inputs)).split(batch):
            yield inputs[rows], targets[rows]


def mnist_network() -> Any:
    """784-200-200-10, ReLU."""
    import torch

    return _mlp(torch.nn.ReLU, 784, 200, 200, 10)


def committee(threads: int, optimizer: dict[str, Any], features: int, rows: int, width: int) -> Trainer:
    """A run of Kumar et al.'s fig. 3e: a centered committee machine, the polynomial task, full batch.

    Args:
      threads: of PyTorch.
      optimizer: further arguments of SGD.
      features: D.
      rows: P.
      width: N.
    """
    import torch

    torch.set_num_threads(threads)
    output_scale, epsilon = 2.8, 0.14  # the middle of the figure

    class Committee(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.randn(width, features))
            self.offset = self.votes(inputs).detach()

        def votes(self, inputs: torch.Tensor) -> torch.Tensor:
            z = inputs @ self.weight.T
            return output_scale * (z + epsilon / 2 * z**2).mean(1)

        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            return self.votes(inputs) - self.offset

    inputs = torch.randn(rows, features) / features**0.5
    targets = (inputs @ torch.randn(features)) ** 2 / 2
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
    """The loop itself.

    Args:
      network: a module.
      optimizer: of its parameters.
      batches: inputs and targets, for ever.
      after_step: called after each step.
      criterion: of the network's outputs and the targets; the mean squared error by default.
    """
    import torch

    criterion = criterion or torch.nn.functional.mse_loss

    def advance(steps: int) -> None:
        for _ in range(steps):
            inputs, targets = next(batches)
            optimizer.zero_grad()
            criterion(network(inputs), targets).backward()
            optimizer.step()
            if after_step:
                after_step()

    return Trainer(advance, runs=1)
