"""Optimizers: optax chains and the transforms they are made of."""

from grok_jax.optim.base import Optimizer
from grok_jax.optim.chains import GD, OPTIMIZERS, Adam, AdamW, Momentum, Standard
from grok_jax.optim.transforms import (
    add_decay_to_initial,
    add_update_noise,
    constant_norm,
    perturb_weights,
    warm_up,
)

__all__ = [
    "GD",
    "OPTIMIZERS",
    "Adam",
    "AdamW",
    "Momentum",
    "Optimizer",
    "Standard",
    "add_decay_to_initial",
    "add_update_noise",
    "constant_norm",
    "perturb_weights",
    "warm_up",
]
