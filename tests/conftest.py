"""What every test runs under: 4 CPU devices, no rank promotion, no reused key, checked annotations, no optimising."""

import os
from pathlib import Path

# Environment variables, because the processes that tests start inherit them.
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ["MPLBACKEND"] = "Agg"

import jax
import jaxtyping
import pytest

jax.config.update("jax_num_cpu_devices", 4)
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_debug_key_reuse", True)
# Most of the time goes to the compiler, for a few steps of each program; the processes that tests start optimise.
jax.config.update("jax_disable_most_optimizations", True)

jaxtyping.install_import_hook("grok_jax", "beartype.beartype")


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real data, from GROK_JAX_DATA; skips the test where the variable is not set."""
    folder = os.environ.get("GROK_JAX_DATA")
    if not folder:
        pytest.skip("needs real data: GROK_JAX_DATA is not set")
    return Path(folder).resolve()
