"""What docs/reproducibility.md calls bit-identical, and what only agrees."""

import re
from pathlib import Path

import pytest
import xarray as xr

from grok_jax import sweep

ROOT = Path(__file__).parents[2]


def run(config, seeds):
    return sweep(config, {"seed": seeds}, progress=False).drop_attrs()


def test_every_test_that_the_page_names_exists():
    page = (ROOT / "docs" / "reproducibility.md").read_text("utf-8")
    named = set(re.findall(r"`(test_\w+)`", page))
    source = "".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    assert len(named) > 10
    assert named <= set(re.findall(r"def (test_\w+)\(", source))


@pytest.mark.slow
def test_a_run_alone_is_bitwise_the_run_in_a_grid_of_the_same_capacity(small_config):
    config = small_config(**{"execution.mapping": "map"})
    xr.testing.assert_identical(run(config, [2]), run(config, [0, 1, 2, 3]).sel(seed=[2]))
