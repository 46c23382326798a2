"""JAX as its variables set it up."""

import subprocess
import sys

import jax
import pytest

from grok_jax import UserError, check, observe, sweep

# JAX refuses another number of devices once it has started them.
DESCRIBE_ALL = """
import jax
from grok_jax import default_config
from grok_jax.training.naming import REGISTRIES

for section in ("task", "model", "optimizer"):
    for name in REGISTRIES[section]:
        default_config(**{section: name})
jax.config.update("jax_num_cpu_devices", 3)
print(jax.device_count())
"""


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


def test_describing_a_run_starts_no_devices():
    environment = {"JAX_PLATFORMS": "cpu", "PYTHONPATH": ":".join(sys.path)}
    ended = subprocess.run([sys.executable, "-c", DESCRIBE_ALL], env=environment, capture_output=True, text=True)
    assert ended.stdout == "3\n", ended.stderr
