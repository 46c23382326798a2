"""Optimizers: optax chains and the transforms they are made of."""

from grok_jax.optim.base import Optimizer
from grok_jax.optim.chains import GD, OPTIMIZERS, Adam, AdamW, Momentum, Muon, Standard
from grok_jax.optim.filters import along_sphere, grokfast_ema, grokfast_ma, orthograd
from grok_jax.optim.muon import scale_by_muon
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
    "Muon",
    "Optimizer",
    "Standard",
    "add_decay_to_initial",
    "add_update_noise",
    "along_sphere",
    "constant_norm",
    "grokfast_ema",
    "grokfast_ma",
    "orthograd",
    "perturb_weights",
    "scale_by_muon",
    "warm_up",
]
