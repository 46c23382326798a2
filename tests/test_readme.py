"""The README says what is true."""

import json
import re
import shlex
from collections import Counter
from pathlib import Path

import pytest
from absl import flags
from ml_collections import config_flags

import grok_jax
from experiments import command, lazy_baseline
from experiments.catalogue import all_figures, chosen_figures, figure_id, paper_of
from grok_jax.analysis.claims import VERDICTS, count_verdicts

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
PAGES = [ROOT / "docs" / "start.md", *ROOT.glob("docs/howto/*.md"), *ROOT.glob("docs/tutorials/*.md")]
BLOCKS = re.findall(r"```bash\n(.*?)```", "\n".join(page.read_text("utf-8") for page in PAGES), re.DOTALL)
COMMANDS = [
    shlex.split(line, comments=True)[2:]
    for line in "\n".join(BLOCKS).replace("\\\n", " ").splitlines()
    if line.startswith("python -m experiments.")
]
OF_PAPERS = ("omnigrok", "lazy_to_rich", "model_efficiency")
OF_CONFIGS = [line for line in COMMANDS if any(word.startswith("--config=") for word in line)]


def test_the_readme_is_short_without_what_is_folded():
    assert len(re.sub(r"<details>.*?</details>", "", README, flags=re.DOTALL).splitlines()) <= 71
    assert all(len(line) <= 120 or line.startswith("| ") for line in README.splitlines())


def test_the_readmes_own_grid_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert "20_000" in code
    assert len(code.split("\n\n")[1].splitlines()) == 1 + 6  # the data, and the six lines of the heading
    assert "in six lines after the first two" in README
    names = {}
    exec(code.replace("20_000", "3"), names)
    assert dict(names["runs"].sizes) == {"model.init_scale": 2, "optimizer.weight_decay": 2, "seed": 3, "step": 4}
    assert Path("mine.png").exists()


def test_the_first_page_of_the_docs_has_the_readmes_own_grid():
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert code in (ROOT / "docs" / "start.md").read_text("utf-8")


def test_the_readme_has_the_bibtex_of_the_three_papers_as_the_page_on_citing_has_it():
    citing = (ROOT / "docs" / "citing.md").read_text("utf-8")
    entries = re.findall(r"^@.*?^}$", README, re.MULTILINE | re.DOTALL)
    assert len(entries) == len(OF_PAPERS)
    assert all(entry in citing for entry in entries)


def test_the_delay_in_the_readmes_caption_and_in_what_the_demo_prints_is_the_recorded_one():
    entries = json.loads((ROOT / "docs" / "evidence.json").read_text("utf-8"))
    (claim,) = [c for c in entries["omnigrok/fig2b_teacher_student quick"]["claims"] if c["id"] == "omnigrok/fig2b/2"]
    delay = claim["measured"]["delay at θ = 0.001"]
    assert f"t95(test) / t95(train), is {delay:.0f}." in README
    assert f"{claim['id']}  {claim['verdict']}  {claim['claim']}  ... delay at θ = 0.001 {delay:.1f}\n" in README


def test_every_path_that_the_readme_names_exists():
    paths = re.findall(r"\]\(([\w/.]+)\)", README)
    assert len(paths) >= 8
    for path in paths:
        assert (ROOT / path).exists(), path


def test_the_readme_counts_the_figures():
    (figures, others) = re.findall(r"(\d+) figures and (\d+) equations and sections", README)[0]
    of_papers = [figure_id(name).split("/")[1] for name in all_figures() if paper_of(name) in OF_PAPERS]
    assert int(figures) == sum(number.startswith("fig") for number in of_papers)
    assert int(figures) + int(others) == len(of_papers)


def test_the_readme_counts_the_claims():
    entries = json.loads((ROOT / "docs" / "evidence.json").read_text("utf-8")).values()
    counts = {}
    for entry in entries:
        if entry["preset"] == "quick":
            verdicts = [claim["verdict"] for claim in entry["claims"] if not claim["own"]]
            counts.setdefault(paper_of(entry["figure"]), Counter()).update(verdicts)
    rows = re.findall(r"\| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", README, re.MULTILINE)
    assert rows == [tuple(str(counts[paper][verdict]) for verdict in VERDICTS) for paper in OF_PAPERS]


def test_the_readme_shows_what_the_demo_prints():
    entries = json.loads((ROOT / "docs" / "evidence.json").read_text("utf-8"))
    (targets,) = re.findall(r"^demo:.*\n.*--only=(\S+)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    claims = [
        claim
        for name in chosen_figures(targets.split(","), all_figures())
        for claim in entries[f"{name} quick"]["claims"]
    ]
    assert count_verdicts(claims) in README


@pytest.mark.slow
@pytest.mark.parametrize("line", OF_CONFIGS, ids=" ".join)
def test_every_config_of_the_docs_can_train(line, monkeypatch):
    module, *arguments = line
    arguments = ["command", *(argument for argument in arguments if argument.startswith("--config"))]
    monkeypatch.setattr("sys.argv", arguments)
    values = flags.FlagValues()
    config_flags.DEFINE_config_file("config", flag_values=values, sys_argv=arguments)
    values["config"].parser = command._ConfigFile()
    values(arguments)
    twin = module == "experiments.kernel_vs_network"
    grok_jax.check(lazy_baseline.beside_twin(values.config) if twin else values.config)


def test_every_figure_that_the_docs_run_exists():
    only = [word.partition("=")[2].split(",") for line in COMMANDS for word in line if word.startswith("--only=")]
    assert ["omnigrok/fig2b"] in only
    for words in only:
        assert chosen_figures(words, all_figures())


def test_every_target_of_make_that_the_readme_names_exists():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    named = set(re.findall(r"\bmake ([a-z-]+)", README))
    assert {"demo", "test", "docs", "help"} <= named
    assert named <= set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
