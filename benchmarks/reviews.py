"""The LSTM on IMDb reviews: our config, and the loop as a PyTorch user writes it."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from ml_collections import ConfigDict

from benchmarks import lstm
from benchmarks.machine import start_torch
from benchmarks.peers import trainer
from benchmarks.timing import Trainer
from grok_jax import default_config, observe

REVIEWS, LENGTH, WORDS, EMBEDDING_WIDTH, BATCH = 1000, 100, 1000, 64, 50


def get_config(preset: str) -> ConfigDict:
    """Omnigrok's fig. 4d with 100 words per review, trained on 750 of 1000: 8 runs, whatever the preset."""
    del preset
    config = default_config("imdb", "lstm", "adamw")
    config.task.size, config.task.length, config.task.words = REVIEWS, LENGTH, WORDS
    config.model.layers, config.model.width, config.model.embedding_width = lstm.LAYERS, lstm.WIDTH, EMBEDDING_WIDTH
    config.optimizer.learning_rate = 3e-4
    config.training.batch_size, config.training.loss = BATCH, "cross_entropy"
    config.grid = "seed=range(8)"
    return config


def first_reviews() -> tuple[np.ndarray, np.ndarray]:
    """The training reviews of one run of the config: tokens int64 (750, 100), targets float32 (750, 1)."""
    ((_, (tokens, labels)),) = observe(lambda probed: probed.train, get_config(""), {"seed": [0]})
    return tokens.astype(np.int64), labels.astype(np.float32)[:, None]


def reviews(threads: int, optimizer: dict[str, Any], tokens: np.ndarray, targets: np.ndarray) -> Trainer:
    """A run of the config.

    Args:
      threads: number of PyTorch threads.
      optimizer: further arguments of AdamW.
      tokens: int64 (reviews, words).
      targets: float32 (reviews, 1), 0 or 1.
    """
    import torch

    device = start_torch(threads)
    inputs, labels = torch.from_numpy(tokens).to(device), torch.from_numpy(targets).to(device)

    def batches() -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        while True:
            for chosen in torch.randperm(len(inputs), device=device).split(BATCH):
                yield inputs[chosen], labels[chosen]

    network = lstm.network(WORDS + 1, EMBEDDING_WIDTH, 1).to(device)
    adamw = torch.optim.AdamW(network.parameters(), **{"lr": 3e-4, "weight_decay": 0.0, **optimizer})
    loss = torch.nn.functional.binary_cross_entropy_with_logits
    return trainer(network, adamw, batches(), criterion=loss)
