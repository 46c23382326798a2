"""The three-layer MLP over token embeddings on modular addition: the config of our side, and PyTorch's loop."""

import itertools
from typing import Any

from ml_collections import ConfigDict

from benchmarks.lstm import FRACTION, P
from benchmarks.peers import trainer
from benchmarks.timing import Trainer
from grok_jax import default_config

EMBEDDING, WIDTH = 128, 400


def get_config(preset: str) -> ConfigDict:
    """The LSTM's task with the MLP of model_efficiency's figures: 8 runs of one size, whatever the preset."""
    del preset
    config = default_config("modular_arithmetic", "token_mlp", "adamw")
    config.task.p, config.task.encoding, config.task.train_fraction = P, "tokens", FRACTION
    config.model.widths, config.model.embedding_width = (WIDTH, WIDTH), EMBEDDING
    config.optimizer.weight_decay = 1.0
    config.training.loss = "cross_entropy"
    config.grid = "seed=range(8)"
    return config


def token_mlp(threads: int, optimizer: dict[str, Any]) -> Trainer:
    """A run of the config.

    Args:
      threads: of PyTorch.
      optimizer: further arguments of AdamW.
    """
    import torch
    from torch.nn import functional

    torch.set_num_threads(threads)
    network = torch.nn.Sequential(
        torch.nn.Embedding(P + 1, EMBEDDING),
        torch.nn.Flatten(),
        torch.nn.Linear(3 * EMBEDDING, WIDTH),
        torch.nn.ReLU(),
        torch.nn.Linear(WIDTH, WIDTH),
        torch.nn.ReLU(),
        torch.nn.Linear(WIDTH, P),
    )
    pairs = torch.cartesian_prod(torch.arange(P), torch.arange(P))
    pairs = pairs[torch.randperm(len(pairs))[: int(FRACTION * len(pairs))]]
    tokens = functional.pad(pairs, (0, 1), value=P)
    adamw = torch.optim.AdamW(network.parameters(), **{"lr": 1e-3, "weight_decay": 1.0, **optimizer})
    return trainer(network, adamw, itertools.repeat((tokens, pairs.sum(1) % P)), criterion=functional.cross_entropy)
