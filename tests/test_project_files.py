"""What services read of this repository: workflows, issue forms, the citation, the version."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))


def parsed(path):
    import yaml  # comes with ml_collections

    return yaml.safe_load((ROOT / path).read_text("utf-8"))


def version():
    return re.search(r'version="([^"]+)"', (ROOT / "setup.py").read_text("utf-8"))[1]


def commands(job):
    return "\n".join(step.get("run", "") for step in job["steps"])


def test_the_workflow_tests_every_python_with_and_without_torch():
    matrix = parsed(".github/workflows/ci.yml")["jobs"]["test"]["strategy"]["matrix"]
    assert matrix == {"python": ["3.11", "3.12", "3.13"], "extras": ["test", "test,torch"]}


def test_the_workflow_asks_make_for_targets_that_exist():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    asked = re.findall(
        r"\bmake ([a-z-]+)", "\n".join(map(commands, parsed(".github/workflows/ci.yml")["jobs"].values()))
    )
    assert {"lint", "test", "test-all", "docs"} <= set(asked) <= targets


def test_every_job_of_the_workflow_ends_at_some_time():
    assert all("timeout-minutes" in job for job in parsed(".github/workflows/ci.yml")["jobs"].values())


def test_the_citation_has_what_its_format_requires():
    citation = parsed("CITATION.cff")
    assert {"cff-version", "message", "title", "authors", "version", "license"} <= set(citation)
    for reference in citation["references"]:
        assert {"type", "title", "authors"} <= set(reference)


def test_the_version_and_its_date_are_the_same_everywhere():
    citation = parsed("CITATION.cff")
    assert citation["version"] == version()
    assert f"\n## {version()} - {citation['date-released']}\n" in (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert f"version = {{{version()}}}\n" in (ROOT / "docs" / "citing.md").read_text("utf-8")


def test_every_release_has_its_date():
    releases = re.findall(r"^## (\d.*)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert len(releases) > 1
    assert all(re.fullmatch(r"\d+\.\d+\.\d+ - \d{4}-\d{2}-\d{2}", release) for release in releases)


def test_pre_commit_runs_the_ruff_of_the_constraints():
    (repository,) = (each for each in parsed(".pre-commit-config.yaml")["repos"] if "ruff" in each["repo"])
    pinned = re.search(r"^ruff==(.*)$", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE)[1]
    assert repository["rev"] == f"v{pinned}"


def test_pre_commit_checks_types_as_make_lint_does():
    hooks = [hook for each in parsed(".pre-commit-config.yaml")["repos"] for hook in each["hooks"]]
    (checker,) = (hook["entry"] for hook in hooks if hook["id"] == "mypy")
    recipe = re.search(r"^lint:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)[1]
    assert checker in recipe.replace("$(VENV)", ".venv").split()


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_an_issue_form_asks_for_config_json(path):
    form = parsed(path)
    if path.stem == "config":
        assert form == {"blank_issues_enabled": True}
        return
    assert {"name", "description", "body"} <= set(form)
    assert "config.json" in path.read_text("utf-8")


def test_the_library_says_that_it_is_typed():
    assert (ROOT / "grok_jax" / "py.typed").exists()
    assert "py.typed" in (ROOT / "setup.py").read_text("utf-8")
