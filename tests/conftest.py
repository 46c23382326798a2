"""What every test runs under: 4 CPU devices, no rank promotion, no reused key; beside slow ones checked annotations."""

import os
import time
from pathlib import Path

# Environment variables, because the processes that tests start inherit them.
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ["MPLBACKEND"] = "Agg"
# Tests keep compiled programs from one day to the next, and never among those of the user.
os.environ.setdefault("XDG_CACHE_HOME", str(Path(__file__).parents[1] / ".pytest_cache" / "home"))

import jax
import jaxtyping
import pytest

jax.config.update("jax_num_cpu_devices", 4)
jax.config.update("jax_numpy_rank_promotion", "raise")
jax.config.update("jax_debug_key_reuse", True)

# Half of the compiler's time goes to kernels that tests of a few steps do not need to be fast. XLA ends the process at
# a flag that it does not know, as the second of these from JAX 0.11 on.
COMPILES_QUICKLY = "--xla_cpu_parallel_codegen_split_count=1"
if jax.__version_info__ < (0, 11):
    COMPILES_QUICKLY += " --xla_cpu_use_fusion_emitters=false"


def pytest_configure(config: pytest.Config) -> None:
    """The tests of every day compile quickly and take annotations on trust; where slow tests run as well, neither."""
    if config.option.markexpr == "not slow":
        os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {COMPILES_QUICKLY}".strip()
    else:
        jaxtyping.install_import_hook("grok_jax", "beartype.beartype")

    from grok_jax.compilation_cache import keep_compiled_programs

    keep_compiled_programs()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of the cases of a test that is marked sampled, all but the first are slow."""
    seen = set()
    for item in items:
        name = item.nodeid.partition("[")[0]
        if item.get_closest_marker("sampled") and name in seen:
            item.add_marker(pytest.mark.slow)
        seen.add(name)


LATE = "begins after TESTS_END"  # why a test is left out


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Most of the time goes to the compiler, for a few steps of each program; what is marked slow is optimized.

    A test that would begin after TESTS_END, in seconds since 1970, is skipped, as time may be short.
    """
    if time.time() > float(os.environ.get("TESTS_END", "inf")):
        pytest.skip(LATE)
    marked = item.get_closest_marker("slow") or item.get_closest_marker("optimized")
    jax.config.update("jax_disable_most_optimizations", marked is None)


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of real data, from GROK_JAX_DATA; skips the test where the variable is not set."""
    folder = os.environ.get("GROK_JAX_DATA")
    if not folder:
        pytest.skip("needs real data: GROK_JAX_DATA is not set")
    return Path(folder).resolve()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says how many tests were left out for lack of time."""
    skipped = terminalreporter.stats.get("skipped", [])
    late = sum(LATE in str(report.longrepr) for report in skipped)
    if late:
        terminalreporter.write_line(f"{late} tests were left out, as they would have begun after TESTS_END")
