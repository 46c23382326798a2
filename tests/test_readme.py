"""The README says what is true."""

import re
import shlex
from pathlib import Path

import pytest
from absl import flags
from ml_collections import config_flags

import grok_jax
from experiments import command, lazy_baseline
from experiments.catalogue import all_figures, chosen_figures

README = (Path(__file__).parent.parent / "README.md").read_text("utf-8")
SHELL = "\n".join(re.findall(r"```bash\n(.*?)```", README, re.DOTALL)).replace("\\\n", " ")
COMMANDS = [
    shlex.split(line, comments=True)[2:] for line in SHELL.splitlines() if line.startswith(".venv/bin/python -m")
]


def test_the_readme_fits_a_screen():
    assert len(README.splitlines()) <= 75
    assert max(map(len, README.splitlines())) <= 120


def test_the_readmes_own_grid_runs():
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert "20_000" in code
    names = {}
    exec(code.replace("20_000", "3"), names)
    assert dict(names["runs"].sizes) == {"model.init_scale": 2, "optimizer.weight_decay": 2, "seed": 3, "step": 4}


def test_every_path_that_the_readme_names_exists():
    paths = [
        *re.findall(r"\]\(([\w/.]+)\)", README),
        *re.findall(r"--config=([\w/.]+)", README),
    ]
    assert len(paths) >= 3
    for path in paths:
        assert (Path(__file__).parent.parent / path).exists(), path


def test_the_readme_counts_the_figures():
    (count,) = re.findall(r"(\d+) figures so far", README)
    assert int(count) == len(list((Path(__file__).parent.parent / "configs").glob("*/fig*.py")))


@pytest.mark.slow
@pytest.mark.parametrize("line", [line for line in COMMANDS if line[0] != "experiments.reproduce"], ids=" ".join)
def test_every_command_of_the_readme_can_train(line, monkeypatch):
    module, *arguments = line
    arguments = ["command", *(argument for argument in arguments if not argument.startswith("--out="))]
    monkeypatch.setattr("sys.argv", arguments)
    values = flags.FlagValues()
    config_flags.DEFINE_config_file("config", flag_values=values, sys_argv=arguments)
    values["config"].parser = command._ConfigFile()
    values(arguments)
    twin = module == "experiments.kernel_vs_network"
    grok_jax.check(lazy_baseline.beside_twin(values.config) if twin else values.config)


def test_the_readmes_figures_exist():
    lines = [line for line in COMMANDS if line[0] == "experiments.reproduce"]
    only = [argument.partition("=")[2].split(",") for line in lines for argument in line if "--only" in argument]
    assert [chosen_figures(words, all_figures()) for words in only] == [["omnigrok/fig2b_teacher_student"]]


def test_every_target_of_make_that_the_readme_names_exists():
    makefile = (Path(__file__).parent.parent / "Makefile").read_text("utf-8")
    named = set(re.findall(r"\bmake ([a-z-]+)", README))
    assert {"demo", "test", "test-all", "lint", "bench"} <= named
    assert named <= set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
