"""The README says what is true."""

import re
from pathlib import Path

import grok_jax

README = (Path(__file__).parent.parent / "README.md").read_text("utf-8")


def test_the_readmes_own_grid_runs():
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert "20_000" in code
    names = {}
    exec(code.replace("20_000", "3"), names)
    assert isinstance(names["config"], type(grok_jax.default_config()))
    assert dict(names["runs"].sizes) == {"model.init_scale": 2, "optimizer.weight_decay": 2, "seed": 3, "step": 4}


def test_every_path_that_the_readme_names_exists():
    paths = [
        *re.findall(r"\]\(([\w/.]+)\)", README),
        *re.findall(r"--config=([\w/.]+)", README),
        "examples/own_task.py",
    ]
    assert len(paths) >= 3
    for path in paths:
        assert (Path(__file__).parent.parent / path).exists(), path


def test_the_readme_counts_the_figures():
    (count,) = re.findall(r"(\d+) figures so far", README)
    assert int(count) == len(list((Path(__file__).parent.parent / "configs").glob("*/fig*.py")))
