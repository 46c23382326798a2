"""How the weights move: optax chains and the transforms they are made of."""

from grok_jax.optim.chains import OPTIMIZERS, Optimizer, compose, make_optimizer, register_optimizer
from grok_jax.optim.transforms import (
    add_decay_to_initial,
    add_update_noise,
    constant_norm,
    perturb_weights,
    warm_up,
)

__all__ = [
    "OPTIMIZERS",
    "Optimizer",
    "add_decay_to_initial",
    "add_update_noise",
    "compose",
    "constant_norm",
    "make_optimizer",
    "perturb_weights",
    "register_optimizer",
    "warm_up",
]
