"""The works of the benchmarks as ensembles: the loops' networks, data and settings, with a leading run axis."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import lstm, peers, token_mlp
from benchmarks import transformer as nanda
from benchmarks.ensembles import Work


def teacher_student(runs: int, device: Any) -> Work:
    """See peers.teacher_student; each run has its own teacher."""
    import torch

    inputs = torch.randn(runs, 100, 5, device=device)
    network, teachers = stacked(peers.teacher_network, runs, device)
    with torch.no_grad():
        targets = torch.func.vmap(network)(teachers, inputs)
    _, students = stacked(peers.teacher_network, runs, device, init_scale=2.0)
    return _regression(network, students, inputs, targets, 3e-4, 0.03, own_data=True)


def mnist(runs: int, device: Any, images: np.ndarray, labels: np.ndarray) -> Work:
    """See peers.mnist."""
    network, params = stacked(peers.mnist_network, runs, device, init_scale=8.0)
    return _regression(network, params, *peers.digits(images, labels, device), 1e-3, 0.1, batch=200)


def landscape(runs: int, device: Any, images: np.ndarray, labels: np.ndarray) -> Work:
    """See peers.landscape."""
    network, params = stacked(peers.mnist_network, runs, device)
    data = peers.digits(images, labels, device)
    return _regression(network, params, *data, 1e-3, 0.0, batch=100, constant_norm=True)


def transformer(runs: int, device: Any, p: int, train_fraction: float, width: int, mlp_width: int) -> Work:
    """See transformer.transformer; only the last position is computed."""

    def made() -> Any:
        return nanda.network(p, width, mlp_width, True, device, nanda.attention)

    network, params = stacked(made, runs, device)
    data = [nanda.pairs(p, train_fraction, device) for _ in range(runs)]
    return _classification(network, params, data, betas=(0.9, 0.98))


def modular_mlp(runs: int, device: Any) -> Work:
    """See token_mlp.token_mlp."""
    network, params = stacked(token_mlp.network, runs, device)
    return _classification(network, params, [lstm.pairs(device) for _ in range(runs)])


def stacked(
    make: Callable[[], Any], runs: int, device: Any, init_scale: float = 1.0
) -> tuple[Callable[..., Any], dict[str, Any]]:
    """A network as a function of its weights and inputs, and the runs' initial weights by name, (runs, ...).

    Args:
      make: makes a module with random weights.
      runs: number of runs.
      device: the device of the weights.
      init_scale: factor of the initial weights.
    """
    import torch

    modules = [make() for _ in range(runs)]
    leaves = [dict(module.named_parameters()) for module in modules]
    params = {name: torch.stack([own[name].detach() for own in leaves]) for name in leaves[0]}
    base = copy.deepcopy(modules[0]).to("meta")  # so that only weights passed in can be used

    def network(weights: dict[str, Any], inputs: Any) -> Any:
        return torch.func.functional_call(base, weights, (inputs,))

    return network, {name: init_scale * weights.to(device) for name, weights in params.items()}


def _regression(
    network: Callable[..., Any],
    params: dict[str, Any],
    inputs: Any,
    targets: Any,
    rate: float,
    decay: float,
    **others: Any,
) -> Work:
    import torch

    rates = _of_each(params, rate), _of_each(params, decay)
    return Work(network, params, inputs, targets, torch.nn.functional.mse_loss, *rates, **others)


def _classification(network: Callable[..., Any], params: dict[str, Any], data: list[Any], **others: Any) -> Work:
    import torch

    inputs, targets = (torch.stack(parts) for parts in zip(*data, strict=True))
    rates = _of_each(params, 1e-3), _of_each(params, 1.0)
    loss = torch.nn.functional.cross_entropy
    return Work(network, params, inputs, targets, loss, *rates, own_data=True, **others)


def _of_each(params: dict[str, Any], value: float) -> Any:
    """The value, repeated for each run."""
    weights = next(iter(params.values()))
    return weights.new_full((len(weights),), value)
