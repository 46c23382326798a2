"""The three-layer MLP over token embeddings on modular addition: our config, and the loop in PyTorch."""

from typing import Any

from ml_collections import ConfigDict

from benchmarks.lstm import P, task_config, trained
from benchmarks.machine import start_torch
from benchmarks.timing import Trainer

EMBEDDING, WIDTH = 128, 400


def get_config(preset: str) -> ConfigDict:
    """The LSTM's task with the MLP from model_efficiency's figures: 8 runs of one size, whatever the preset."""
    del preset
    config = task_config("token_mlp")
    config.model.widths, config.model.embedding_width = (WIDTH, WIDTH), EMBEDDING
    return config


def token_mlp(threads: int, optimizer: dict[str, Any]) -> Trainer:
    """A run of the config.

    Args:
      threads: number of PyTorch threads.
      optimizer: further arguments of AdamW.
    """
    device = start_torch(threads)
    return trained(network().to(device), optimizer)


def network() -> Any:
    """Three layers over the embeddings of three tokens."""
    import torch

    return torch.nn.Sequential(
        torch.nn.Embedding(P + 1, EMBEDDING),
        torch.nn.Flatten(),
        torch.nn.Linear(3 * EMBEDDING, WIDTH),
        torch.nn.ReLU(),
        torch.nn.Linear(WIDTH, WIDTH),
        torch.nn.ReLU(),
        torch.nn.Linear(WIDTH, P),
    )
