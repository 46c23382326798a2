"""What learns: flax modules, their initialization, and the scaled and centered predictor."""

from grok_jax.models import committee as committee
from grok_jax.models import embedded_sum as embedded_sum
from grok_jax.models import graph_network as graph_network
from grok_jax.models import lstm as lstm
from grok_jax.models import mixture as mixture
from grok_jax.models import mlp as mlp
from grok_jax.models import token_mlp as token_mlp
from grok_jax.models import transformer as transformer
from grok_jax.models.base import MODELS, Model, register_model
from grok_jax.models.predictor import (
    COMMON_STATIC,
    COMMON_TRACED,
    init_params,
    outputs,
    relative_distance,
    weight_norm,
)

__all__ = [
    "COMMON_STATIC",
    "COMMON_TRACED",
    "MODELS",
    "Model",
    "init_params",
    "outputs",
    "register_model",
    "relative_distance",
    "weight_norm",
]
