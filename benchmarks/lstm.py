"""The LSTM on modular addition: our config, and the loop as a PyTorch user writes it."""

import itertools
from typing import Any

from ml_collections import ConfigDict

from benchmarks.machine import start_torch
from benchmarks.peers import trainer
from benchmarks.timing import Trainer
from grok_jax import default_config

P, FRACTION, LAYERS, WIDTH = 53, 0.36, 2, 128


def get_config(preset: str) -> ConfigDict:
    """Addition modulo 53, 1011 pairs, full batch, AdamW: 8 runs of one size, whatever the preset."""
    del preset
    config = task_config("lstm")
    config.model.layers, config.model.width, config.model.embedding_width = LAYERS, WIDTH, WIDTH
    return config


def task_config(model: str) -> ConfigDict:
    """The task and the optimizer, with a model of tokens at its defaults."""
    config = default_config("modular_arithmetic", model, "adamw")
    config.task.p, config.task.encoding, config.task.train_fraction = P, "tokens", FRACTION
    config.optimizer.weight_decay = 1.0
    config.training.loss = "cross_entropy"
    config.grid = "seed=range(8)"
    return config


def trained(module: Any, optimizer: dict[str, Any]) -> Trainer:
    """Trains a PyTorch network of tokens on this task, using AdamW with further arguments."""
    import torch

    batch = pairs(next(module.parameters()).device)
    adamw = torch.optim.AdamW(module.parameters(), **{"lr": 1e-3, "weight_decay": 1.0, **optimizer})
    return trainer(module, adamw, itertools.repeat(batch), criterion=torch.nn.functional.cross_entropy)


def pairs(device: Any) -> tuple[Any, Any]:
    """Training pairs as tokens (rows, 3), and their sums (rows,)."""
    import torch
    from torch.nn import functional

    summands = torch.cartesian_prod(torch.arange(P), torch.arange(P))
    summands = summands[torch.randperm(len(summands))[: int(FRACTION * len(summands))]].to(device)
    return functional.pad(summands, (0, 1), value=P), summands.sum(1) % P


def lstm(threads: int, optimizer: dict[str, Any]) -> Trainer:
    """A run of the config.

    Args:
      threads: number of PyTorch threads.
      optimizer: further arguments of AdamW.
    """
    device = start_torch(threads)
    return trained(network(P + 1, WIDTH, P).to(device), optimizer)


def network(vocabulary: int, embedding_width: int, outputs: int) -> Any:
    """PyTorch LSTM layers between an embedding and a readout of the last state."""
    import torch

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = torch.nn.Embedding(vocabulary, embedding_width)
            self.lstm = torch.nn.LSTM(embedding_width, WIDTH, LAYERS, batch_first=True)
            self.readout = torch.nn.Linear(WIDTH, outputs)

        def forward(self, tokens: torch.Tensor) -> torch.Tensor:
            states, _ = self.lstm(self.embedding(tokens))
            return self.readout(states[:, -1])

    return Network()
