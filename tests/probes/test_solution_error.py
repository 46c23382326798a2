"""The relative error of a regression."""

import numpy as np
import pytest

import grok_jax
from grok_jax.errors import UserError

CONFIG = {
    "task": {"name": "pinn", "equation": "poisson_1d", "boundary_points": 2, "points": 7, "test_size": 400},
    "model": {"name": "mlp", "widths": (4,), "activation": "tanh"},
    "training": {"steps": 4, "records": 3, "probes": ("solution_error",)},
}


def test_it_is_the_root_of_the_squared_error_over_that_of_the_zero_function():
    ds = grok_jax.sweep(CONFIG, {"task.points": [7, 20]}, progress=False)
    zero = grok_jax.sweep({**CONFIG, "model": {**CONFIG["model"], "init_scale": 0.0}}, {"task.points": [7, 20]})
    for split in ("train", "test"):
        start = zero[f"{split}_loss"].isel(step=0, drop=True)
        np.testing.assert_allclose(ds[f"{split}_solution_error"], np.sqrt(ds[f"{split}_loss"] / start), rtol=1e-5)
        np.testing.assert_allclose(zero[f"{split}_solution_error"].isel(step=0), 1, rtol=1e-6)


def test_a_classification_is_a_user_error():
    config = grok_jax.default_config("modular_arithmetic", "mlp", "gd")
    config.training.probes = ("solution_error",)
    with pytest.raises(UserError, match="probe 'solution_error' needs a regression; task 'modular_arithmetic' has"):
        grok_jax.sweep(config, progress=False)
