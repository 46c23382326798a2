"""The transformer of Nanda et al. as a PyTorch user writes it, computed at every position or only at the last one."""

import itertools
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.machine import start_torch
from benchmarks.peers import trainer
from benchmarks.timing import Trainer

HEADS = 4
PAPER = {"p": 113, "train_fraction": 0.3, "width": 128, "mlp_width": 512}
SMALL = {"p": 31, "train_fraction": 0.5, "width": 64, "mlp_width": 256}


def changes(sizes: Mapping[str, float], runs: int) -> dict[str, Any]:
    """The changes that give the config of Omnigrok's fig. 7 one of these sizes, whatever its preset."""
    return {
        "task.p": sizes["p"],
        "task.outputs": sizes["p"] + 1,
        "task.train_fraction": sizes["train_fraction"],
        "model.width": sizes["width"],
        "model.mlp_width": sizes["mlp_width"],
        "optimizer.weight_decay": 1.0,
        "training.probes": (),
        "grid": f"seed=range({runs})",
    }


def transformer(
    threads: int,
    optimizer: dict[str, Any],
    p: int,
    train_fraction: float,
    width: int,
    mlp_width: int,
    last_only: bool = False,
) -> Trainer:
    """A run of Nanda et al.: addition modulo p, one layer, full batch, AdamW.

    Args:
      threads: number of PyTorch threads.
      optimizer: further arguments of AdamW.
      p, train_fraction: fields of the task.
      width, mlp_width: widths of the network.
      last_only: see network.
    """
    import torch

    device = start_torch(threads)
    batch = pairs(p, train_fraction, device)
    module = network(p, width, mlp_width, last_only, device)
    options = {"lr": 1e-3, "weight_decay": 1.0, "betas": (0.9, 0.98), **optimizer}
    adamw = torch.optim.AdamW(module.parameters(), **options)
    return trainer(module, adamw, itertools.repeat(batch), criterion=torch.nn.functional.cross_entropy)


def pairs(p: int, train_fraction: float, device: Any) -> tuple[Any, Any]:
    """Training pairs as tokens (rows, 3), and their sums (rows,)."""
    import torch
    from torch.nn import functional

    summands = torch.cartesian_prod(torch.arange(p), torch.arange(p))
    summands = summands[torch.randperm(len(summands))[: int(train_fraction * len(summands))]].to(device)
    return functional.pad(summands, (0, 1), value=p), summands.sum(1) % p


def attention(query: Any, key: Any, value: Any) -> Any:
    """Same as scaled_dot_product_attention, in operations that torch.func can batch over networks."""
    return (query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5).softmax(-1) @ value


def network(
    p: int, width: int, mlp_width: int, last_only: bool, device: Any, attend: Callable[..., Any] | None = None
) -> Any:
    """The network of Nanda et al.

    Args:
      p: the task's modulus.
      width, mlp_width: widths of the network.
      last_only: whether to compute the queries and everything after them only at the last position, which is the one
        read; otherwise every position goes through the whole network, with the einsums of Nanda's code.
      device: the device of the weights.
      attend: queries, keys, values -> mixed values, with last_only; PyTorch's own attention by default.
    """
    import torch
    from torch.nn import functional

    attend = attend or functional.scaled_dot_product_attention

    def matrix(*shape: int, std: float = width**-0.5) -> torch.nn.Parameter:
        return torch.nn.Parameter(std * torch.randn(*shape, device=device))

    def zeros(size: int) -> torch.nn.Parameter:
        return torch.nn.Parameter(torch.zeros(size, device=device))

    unseen = 1e10 * torch.triu(torch.ones(3, 3, device=device), 1)

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.token, self.position = matrix(p + 1, width), matrix(3, width)
            self.query, self.key, self.value = (matrix(HEADS, width // HEADS, width) for _ in range(3))
            self.output = matrix(width, width)
            self.inward, self.inward_bias = matrix(mlp_width, width), zeros(mlp_width)
            self.outward, self.outward_bias = matrix(width, mlp_width), zeros(width)
            self.unembedding = matrix(p + 1, width, std=(p + 1) ** -0.5)

        def forward(self, tokens: torch.Tensor) -> torch.Tensor:
            x = self.token[tokens] + self.position
            if last_only:
                x = x[:, -1] + functional.linear(self.mixed_last(x), self.output)
            else:
                x = x + functional.linear(self.mixed(x), self.output)
            hidden = functional.relu(functional.linear(x, self.inward, self.inward_bias))
            x = x + functional.linear(hidden, self.outward, self.outward_bias)
            logits = functional.linear(x, self.unembedding)
            return logits if last_only else logits[:, -1]

        def mixed(self, x: torch.Tensor) -> torch.Tensor:
            query, key, value = (torch.einsum("ihd,bpd->biph", of, x) for of in (self.query, self.key, self.value))
            scores = torch.einsum("biph,biqh->biqp", key, query) - unseen
            shares = functional.softmax(scores / (width // HEADS) ** 0.5, dim=-1)
            return torch.einsum("biph,biqp->biqh", value, shares).transpose(1, 2).flatten(2)

        def mixed_last(self, x: torch.Tensor) -> torch.Tensor:
            heads = (
                functional.linear(read, of.flatten(0, 1)).unflatten(-1, (HEADS, -1)).transpose(1, 2)
                for of, read in ((self.query, x[:, -1:]), (self.key, x), (self.value, x))
            )
            return attend(*heads).flatten(1)

    return Network()
