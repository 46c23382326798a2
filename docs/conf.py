"""How Sphinx builds this site: `make docs`."""

import os
import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
os.environ["PYTHONPATH"] = str(HERE.parent)  # of the kernels that execute notebooks: this code, and no other
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import generate  # noqa: E402

project = "grok_jax"
author = "the grok_jax authors"
copyright = "2026, the grok_jax authors"
version = release = re.search(r'version="([^"]+)"', (HERE.parent / "setup.py").read_text("utf-8"))[1]

extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode", "myst_nb", "sphinx_copybutton"]
source_suffix = {".md": "myst-nb"}
exclude_patterns = []
html_theme = "furo"
html_title = "grok_jax"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_sphinx = False

# Every notebook is executed in every build, so that no page shows what the code no longer does.
nb_execution_mode = "force"
nb_execution_show_tb = True  # and a warning, which `make docs` takes for an error
nb_execution_timeout = 120
nb_execution_in_temp = True
nb_merge_streams = True
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # docstrings say it in words; shapes of jaxtyping fill a line each
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True

PROSE = (
    (re.compile(r"(?<!`)`([^`\n]+)`(?!`)"), r"``\1``"),  # code
    (re.compile(r"(?<![\\`])([*|])(?![^`\n]*``)"), r"\\\1"),  # |w| and *grid are meant as they are
    (re.compile(r"(?<=\w)_(?=\W|$)(?![^`\n]*``)"), r"\\_"),  # and so is test_
)


def plain_prose(app, what, name, obj, options, lines) -> None:
    """Docstrings are plain text: keeps reStructuredText from reading markup into them."""
    del app, what, name, obj, options
    for i, line in enumerate(lines):
        for pattern, text in PROSE:
            line = pattern.sub(text, line)
        lines[i] = line


def skip_counted_fields(app, what, name, obj, skip, options) -> bool | None:
    """Leaves out what Python writes of the fields of a NamedTuple: "Alias for field number 0"."""
    del app, what, name, skip, options
    return True if str(getattr(obj, "__doc__", "")).startswith("Alias for field number") else None


def inside_the_site(app, docname, source) -> None:
    """Links to files of the repository become links to the pages that show them."""
    del app, docname
    for pattern, page in generate.LINKS:
        source[0] = re.sub(pattern, page, source[0])


def setup(app) -> None:
    """Writes the generated pages, and mends what Sphinx would misread."""
    generate.write(HERE / "generated")
    app.connect("autodoc-process-docstring", plain_prose, priority=100)
    app.connect("autodoc-skip-member", skip_counted_fields)
    app.connect("source-read", inside_the_site)
