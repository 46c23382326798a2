"""The site has every page in its table of contents, and every public name in its reference."""

import importlib.util
import re
from pathlib import Path, PurePosixPath

import pytest

import grok_jax
from experiments.catalogue import all_figures, figure_id
from grok_jax.training.naming import REGISTRIES

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"


def generator():
    """docs/generate.py, which is in no package."""
    spec = importlib.util.spec_from_file_location("generate_docs", DOCS / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def generated():
    return {f"generated/{name}": text for name, text in generator().pages().items()}


@pytest.fixture(scope="module")
def pages(generated):
    """Every page by its path within docs."""
    others = (DOCS / "generated", DOCS / "report")
    written = [path for path in DOCS.rglob("*.md") if not any(map(path.is_relative_to, others))]
    return {path.relative_to(DOCS).as_posix(): path.read_text("utf-8") for path in written} | generated


def entries(name, text):
    """The pages in the toctrees of a page."""
    for body in re.findall(r"```\{toctree\}\n(.*?)```", text, re.DOTALL):
        for line in body.splitlines():
            if line and not line.startswith(":"):
                target = line.rpartition("<")[2].rstrip(">")  # title <page>, or page
                yield f"{PurePosixPath(name).parent / target}.md".removeprefix("./")


def test_every_page_is_reachable_from_the_table_of_contents(pages):
    reached, waiting = {"index.md"}, ["index.md"]
    while waiting:
        name = waiting.pop()
        found = set(entries(name, pages[name])) - reached
        reached |= found
        waiting += found
    assert reached == set(pages)


def test_every_link_between_pages_leads_to_one(pages):
    missing = set()
    for name, text in pages.items():
        for pattern, page in generator().LINKS:
            text = re.sub(pattern, page, text)
        for target in re.findall(r"\]\((?!https?:)([^)#\s]+\.md)", text):
            path = (DOCS / target[1:] if target.startswith("/") else (DOCS / name).parent / target).resolve()
            if path.relative_to(DOCS).as_posix() not in pages:
                missing.add((name, target))
    assert missing == set()


def test_every_public_name_is_in_the_api_reference():
    text = (DOCS / "api.md").read_text("utf-8")
    assert sorted(re.findall(r"^\.\. auto\w+:: grok_jax\.(\w+)$", text, re.MULTILINE)) == sorted(grok_jax.__all__)


def test_every_layer_has_a_page_of_its_api(generated):
    layers = {path.parent.name for path in (ROOT / "grok_jax").glob("*/__init__.py")}
    assert {name for name in generated if name.startswith("generated/api/")} == {
        f"generated/api/{layer}.md" for layer in layers
    }


@pytest.mark.parametrize("kind", ["task", "model", "optimizer"])
def test_the_reference_of_fields_has_every_name_that_configs_take(kind, generated):
    headings = re.findall(r"^## (\w+)$", generated[f"generated/fields/{kind}s.md"], re.MULTILINE)
    assert headings == sorted(REGISTRIES[kind])


def test_the_gallery_and_the_page_of_a_figure_show_the_picture_that_the_report_keeps(generated):
    names = {path.name for path in (DOCS / "report" / "pictures").iterdir()}
    kept = {name: f"{figure_id(name).replace('/', '_')}_quick.webp" for name in all_figures()}
    kept = {name: picture for name, picture in kept.items() if picture in names}
    assert kept
    for name, picture in kept.items():
        for page in ("gallery", f"figures/{name}"):
            assert f"(/report/pictures/{picture})" in generated[f"generated/{page}.md"]


def test_every_figure_has_a_page_in_the_gallery(generated):
    assert all(f"(figures/{name}.md)" in generated["generated/gallery.md"] for name in all_figures())


def test_every_tutorial_is_executed_with_the_site():
    for path in (DOCS / "tutorials").glob("*.md"):
        text = path.read_text("utf-8")
        assert text.startswith("---\nfile_format: mystnb\nkernelspec:\n")
        assert "```{code-cell}" in text, path


def test_pages_that_are_no_longer_generated_are_removed(tmp_path, monkeypatch):
    module = generator()
    monkeypatch.setattr(module, "pages", lambda: {"a.md": "new"})
    (tmp_path / "b.md").write_text("old")
    module.write(tmp_path)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.md": "new"}


def test_text_of_docstrings_is_not_read_as_markup():
    assert generator()._prose("|w|² < *grid\n    kept_as *code*") == "|w|² \\< \\*grid\n    kept_as *code*"
