"""The graph network on QM9: our config, and the loop in plain PyTorch and in PyTorch Geometric."""

import importlib.util
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from ml_collections import ConfigDict

from benchmarks.machine import start_torch
from benchmarks.peers import trainer
from benchmarks.timing import Trainer
from grok_jax import default_config
from grok_jax.tasks import Qm9

SIZE, BATCH, KINDS = 200, 32, 4
WIDTHS, EDGE_WIDTH, READOUT_WIDTH = (11, 32, 16), 32, 32  # the first is the width of the molecules' features


class Molecules(NamedTuple):
    """The training molecules, one entry per molecule.

    Attributes:
      atoms: for each molecule, float32 (atoms, 11).
      senders: for each molecule, int64 (edges,).
      receivers: for each molecule, int64 (edges,).
      bonds: for each molecule, one-hot kinds of bonds, float32 (edges, 4).
      targets: float32 (molecules, 1).
    """

    atoms: list[np.ndarray]
    senders: list[np.ndarray]
    receivers: list[np.ndarray]
    bonds: list[np.ndarray]
    targets: np.ndarray


def get_config(preset: str) -> ConfigDict:
    """The first 200 molecules, half of them to train on, in shuffled batches: 8 runs, whatever the preset."""
    del preset
    config = default_config("qm9", "graph_network", "adam")
    config.task.size, config.task.train_fraction, config.training.batch_size = SIZE, 0.5, BATCH
    config.grid = "seed=range(8)"
    return config


def first_molecules() -> Molecules:
    """The first molecules of the config, as many as it trains on."""
    graphs, targets = Qm9().load()
    molecules = range(SIZE // 2)
    edges = [graphs.kinds[i] >= 0 for i in molecules]
    return Molecules(
        atoms=[graphs.nodes[i, : graphs.sizes[i]].astype(np.float32) for i in molecules],
        senders=[graphs.senders[i, edges[i]].astype(np.int64) for i in molecules],
        receivers=[graphs.receivers[i, edges[i]].astype(np.int64) for i in molecules],
        bonds=[np.eye(KINDS, dtype=np.float32)[graphs.kinds[i, edges[i]]] for i in molecules],
        targets=targets[: SIZE // 2].astype(np.float32),
    )


def has_geometric() -> bool:
    """Whether PyTorch Geometric is installed."""
    return importlib.util.find_spec("torch_geometric") is not None


def plain(threads: int, optimizer: dict[str, Any], molecules: Molecules) -> Trainer:
    """A run of the config, with gathered senders, a matrix for each edge, and sums by index_add.

    Args:
      threads: number of PyTorch threads.
      optimizer: further arguments of Adam.
      molecules: the training molecules.
    """
    import torch

    device = start_torch(threads)

    class Convolution(torch.nn.Module):
        def __init__(self, features: int, width: int) -> None:
            super().__init__()
            self.edges, self.root = _edges(features, width), torch.nn.Linear(features, width)

        def forward(self, atoms: Any, senders: Any, receivers: Any, bonds: Any) -> Any:
            matrices = self.edges(bonds).view(len(bonds), atoms.shape[1], -1)
            messages = torch.bmm(atoms[senders, None], matrices)[:, 0]
            return self.root(atoms).index_add(0, receivers, messages)

    atoms, senders, receivers, bonds = (
        [torch.from_numpy(array).to(device) for array in arrays] for arrays in molecules[:-1]
    )
    targets = torch.from_numpy(molecules.targets).to(device)
    sizes = torch.tensor(list(map(len, atoms)), device=device)
    edges = torch.tensor(list(map(len, senders)), device=device)

    def batches() -> Iterator[tuple[tuple, torch.Tensor]]:
        while True:
            for chosen in torch.randperm(len(atoms), device=device).split(BATCH):
                members = chosen.tolist()
                of_atom = torch.arange(len(members), device=device).repeat_interleave(sizes[chosen])
                first = (sizes[chosen].cumsum(0) - sizes[chosen]).repeat_interleave(edges[chosen])
                ends = (torch.cat([side[i] for i in members]) + first for side in (senders, receivers))
                parts = (torch.cat([atoms[i] for i in members]), *ends, torch.cat([bonds[i] for i in members]))
                yield (*parts, of_atom, len(members)), targets[chosen]

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.convolutions, self.readout = _convolutions(Convolution), _readout()

        def forward(self, batch: tuple) -> torch.Tensor:
            x, *ends_and_bonds, of_atom, count = batch
            for convolution in self.convolutions:
                x = convolution(x, *ends_and_bonds).relu()
            return self.readout(x.new_zeros(count, x.shape[1]).index_add(0, of_atom, x))

    return _trained(Network().to(device), optimizer, batches())


def geometric(threads: int, optimizer: dict[str, Any], molecules: Molecules) -> Trainer:
    """A run of the config in PyTorch Geometric: NNConv, global_add_pool and its DataLoader.

    Args:
      threads: number of PyTorch threads.
      optimizer: further arguments of Adam.
      molecules: the training molecules.
    """
    import torch
    from torch_geometric.data import Data
    from torch_geometric.loader import DataLoader
    from torch_geometric.nn import NNConv, global_add_pool

    device = start_torch(threads)
    data = [
        Data(
            x=torch.from_numpy(atoms),
            edge_index=torch.from_numpy(np.stack([senders, receivers])),
            edge_attr=torch.from_numpy(bonds),
            y=torch.from_numpy(target[None]),
        )
        for atoms, senders, receivers, bonds, target in zip(*molecules, strict=True)
    ]
    loader = DataLoader(data, batch_size=BATCH, shuffle=True)

    def batches() -> Iterator[tuple[Data, torch.Tensor]]:
        while True:
            for batch in loader:
                on_device = batch.to(device)
                yield on_device, on_device.y

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.convolutions = _convolutions(lambda *ends: NNConv(*ends, _edges(*ends), aggr="add"))
            self.readout = _readout()

        def forward(self, batch: Data) -> torch.Tensor:
            x = batch.x
            for convolution in self.convolutions:
                x = convolution(x, batch.edge_index, batch.edge_attr).relu()
            return self.readout(global_add_pool(x, batch.batch))

    return _trained(Network().to(device), optimizer, batches())


def _edges(features: int, width: int) -> Any:
    from torch import nn

    return nn.Sequential(nn.Linear(KINDS, EDGE_WIDTH), nn.ReLU(), nn.Linear(EDGE_WIDTH, features * width))


def _convolutions(make: Callable[[int, int], Any]) -> Any:
    from torch import nn

    return nn.ModuleList(map(make, WIDTHS[:-1], WIDTHS[1:]))


def _readout() -> Any:
    from torch import nn

    return nn.Sequential(nn.Linear(WIDTHS[-1], READOUT_WIDTH), nn.ReLU(), nn.Linear(READOUT_WIDTH, 1))


def _trained(network: Any, optimizer: dict[str, Any], batches: Iterator) -> Trainer:
    import torch

    return trainer(network, torch.optim.Adam(network.parameters(), **{"lr": 1e-3, **optimizer}), batches)
