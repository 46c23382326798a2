"""Networks as flax modules, their initialization, and the scaled and centered predictor."""

from typing import Any

from grok_jax.models.committee import Committee
from grok_jax.models.coordinate import FourierMLP, Siren
from grok_jax.models.embedded_sum import EmbeddedSum
from grok_jax.models.graph_network import GraphNetwork
from grok_jax.models.lstm import LSTM
from grok_jax.models.mixture import Mixture
from grok_jax.models.mlp import MLP
from grok_jax.models.predictor import init_params, outputs, relative_distance, weight_norm
from grok_jax.models.radiance import Nerf
from grok_jax.models.token_mlp import TokenMLP
from grok_jax.models.transformer import Transformer

# Network names in configs -> a flax module class, or anything else that grok_jax.model takes.
MODULES = (MLP, Committee, EmbeddedSum, FourierMLP, GraphNetwork, LSTM, Mixture, Nerf, Siren, TokenMLP, Transformer)
MODELS: dict[str, Any] = {module.called: module for module in MODULES}

__all__ = [
    "LSTM",
    "MLP",
    "MODELS",
    "Committee",
    "EmbeddedSum",
    "FourierMLP",
    "GraphNetwork",
    "Mixture",
    "Nerf",
    "Siren",
    "TokenMLP",
    "Transformer",
    "init_params",
    "outputs",
    "relative_distance",
    "weight_norm",
]
