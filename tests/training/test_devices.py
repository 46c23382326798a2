"""JAX as its variables set it up."""

import jax
import pytest

from grok_jax import UserError, check, observe, sweep


def observed(config):
    next(observe(lambda probed: 0.0, config))


@pytest.mark.parametrize("function", [check, sweep, observed])
def test_jax_that_compiles_nothing_is_refused(function, small_config):
    with jax.disable_jit(), pytest.raises(UserError, match="JAX_DISABLE_JIT") as raised:
        function(small_config())
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("function", [check, sweep, observed])
def test_devices_that_jax_cannot_start_are_refused(function, small_config, monkeypatch):
    def devices():
        raise RuntimeError("Unable to initialize backend 'cuda': no plugin\nand more")

    monkeypatch.setattr(jax, "devices", devices)
    with pytest.raises(UserError, match=r"JAX has no devices .JAX_PLATFORMS=.*: Unable to initialize") as raised:
        function(small_config())
    assert "\n" not in str(raised.value)
