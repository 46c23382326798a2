"""Methods before and in the optimizer, on an axis of a grid."""

import numpy as np
import pytest
import xarray as xr

from grok_jax import UserError, check, sweep
from grok_jax.memory import bytes_of
from grok_jax.training.plan import plan_grid
from grok_jax.training.program import fitted_program

METHODS = [
    ("adamw", "grokfast_ma", 4, 1.0),
    ("momentum", "orthograd", 100, None),
    ("muon", "nothing", 100, None),
]
AXIS = ",".join(f"optimizer.{field}" for field in ("name", "before", "filter_window", "filter_gain"))


@pytest.mark.slow
def test_methods_on_an_axis_beside_rates_and_seeds_are_each_as_alone(small_config):
    ds = sweep(small_config(), {AXIS: METHODS, "optimizer.learning_rate": [0.01, 0.03], "seed": [0, 1]}, progress=False)
    finals = ds.train_loss.isel(step=-1).values
    assert np.isfinite(finals).all()
    assert len(np.unique(finals)) == finals.size
    for place, values in enumerate(METHODS):
        fields = dict(zip(AXIS.split(","), values, strict=True))
        grid = {**{name: [value] for name, value in fields.items() if value is not None}, "seed": [1]}
        alone = sweep(small_config(**{"optimizer.learning_rate": 0.03}), grid, progress=False).train_loss.squeeze()
        np.testing.assert_allclose(ds.train_loss.values[place, 1, 1], alone.values, rtol=1e-5)


@pytest.mark.slow
def test_vmap_gives_what_map_gives_with_a_moving_average_that_wraps(small_config):
    fields = {"optimizer.before": "grokfast_ma", "optimizer.filter_window": 4}
    one, other = (
        sweep(small_config(**fields, **{"execution.mapping": how}), {"seed": range(2)}, progress=False)
        for how in ("map", "vmap")
    )
    xr.testing.assert_allclose(one.drop_attrs(), other.drop_attrs(), rtol=1e-4, atol=1e-6)


def held(config):
    """Bytes that training a config takes, and those of its weights."""
    (group,) = plan_grid(config).groups
    program = fitted_program(group, "map", 1, ("advance", "init"))
    return program.bytes_per_device, bytes_of(program.moving.params)


@pytest.mark.slow
def test_the_prediction_of_memory_counts_each_gradient_of_the_window_once(small_config):
    fields = {"optimizer.before": "grokfast_ma", "training.steps": 200, "model.widths": (100,)}
    (short, weights), (long, _) = (held(small_config(**fields, **{"optimizer.filter_window": w})) for w in (20, 120))
    assert (long - short) / weights == pytest.approx(100, rel=0.05)  # twice that if a step copied the window


@pytest.mark.parametrize("steps", [11, 99])
def test_a_window_longer_than_the_run_is_a_user_error(steps, small_config):
    fields = {"optimizer.before": "grokfast_ma", "training.steps": steps}
    words = f"optimizer.filter_window is 100, and training.steps is {steps}; grokfast_ma does nothing until"
    with pytest.raises(UserError, match=words):
        check(small_config(**fields))
    check(small_config(**fields, **{"optimizer.filter_window": steps}))


def test_fields_of_a_filter_that_is_not_in_use_are_user_errors(small_config):
    for field, value, users in (
        ("filter_decay", 0.9, "grokfast_ema"),
        ("filter_gain", 3.0, "grokfast_ema and grokfast_ma"),
        ("filter_window", 7, "grokfast_ma"),
    ):
        words = f"optimizer.{field} is {value}, but optimizer.before is 'nothing'; the field belongs to {users}$"
        with pytest.raises(UserError, match=words):
            check(small_config(**{f"optimizer.{field}": value}))


def test_muon_on_a_network_without_matrices_is_a_user_error(small_config):
    config = small_config(**{"optimizer.before": "nothing"})
    with pytest.raises(UserError, match="optimizer 'muon' moves hidden matrices, and the model has none"):
        check(config, {"optimizer.name": ["muon"], "optimizer.outer": [("layer_0", "layer_1")]})
