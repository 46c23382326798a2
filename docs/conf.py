"""How Sphinx builds this site: `make docs`."""

import inspect
import os
import re
import shutil
import sys
from pathlib import Path

from docutils import nodes

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
os.environ["PYTHONPATH"] = str(HERE.parent)  # of the kernels that execute notebooks: this code, and no other
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import generate  # noqa: E402

from grok_jax.description import describe  # noqa: E402
from grok_jax.parts import Part  # noqa: E402

project = "grok_jax"
author = "the grok_jax authors"
copyright = "2026, the grok_jax authors"
version = release = re.search(r'version="([^"]+)"', (HERE.parent / "setup.py").read_text("utf-8"))[1]

extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode", "myst_nb", "sphinx_copybutton"]
source_suffix = {".md": "myst-nb"}
exclude_patterns = ["report"]  # a page of its own, which goes beside the site as it is
smartquotes = False  # the two hyphens of --config are not a dash
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
napoleon_attr_annotations = False
napoleon_custom_sections = [("Fields", "params_style")]

PROSE = (
    (re.compile(r"(?<!`)`([^`\n]+)`(?!`)"), r"``\1``"),  # code
    (re.compile(r"(?<![\\`])([*|])(?![^`\n]*``)"), r"\\\1"),  # |w| and *grid are meant as they are
    (re.compile(r"(?<=\w)_(?=\W|$)(?![^`\n]*``)"), r"\\_"),  # and so is test_
)


def fields_as_signature(app, what, name, obj, options, signature, returns) -> tuple[str, None] | None:
    """The fields of a part as its signature; Sphinx itself sees the (*args, **fields) that they come through."""
    del app, name, options, signature, returns
    if what != "class" or not (isinstance(obj, type) and issubclass(obj, Part)):
        return None
    fields = [field.replace(annotation=field.empty) for field in inspect.signature(obj).parameters.values()]
    return str(inspect.Signature(fields)), None


def plain_prose(app, what, name, obj, options, lines) -> None:
    """Docstrings are plain text: keeps reStructuredText from reading markup into them, and adds a part's fields."""
    del app, name, options
    if what == "class" and isinstance(obj, type) and issubclass(obj, Part):
        said = {line.strip().partition(":")[0] for line in lines}
        fields = [f"  {row['field']}: {row['meaning']}" for row in describe(obj) if row["field"] not in said]
        lines += ["", "Fields:", *fields, ""] if fields else []
    for i, line in enumerate(lines):
        for pattern, text in PROSE:
            line = pattern.sub(text, line)
        lines[i] = line


def skip_counted_fields(app, what, name, obj, skip, options) -> bool | None:
    """Leaves out what Python writes of the fields of a NamedTuple: "Alias for field number 0"."""
    del app, what, name, skip, options
    return True if str(getattr(obj, "__doc__", "")).startswith("Alias for field number") else None


def dashes(app, doctree) -> None:
    """Sphinx writes " -- " between a parameter and its meaning, for the smart quotes that are off."""
    del app
    for text in list(doctree.findall(nodes.Text)):
        if text.startswith((" -- ", "-- ")) and not isinstance(text.parent, nodes.literal | nodes.literal_block):
            text.parent.replace(text, nodes.Text(text.replace("-- ", "– ", 1)))


def copy_report(app, error) -> None:
    """Puts the report, if it is there, beside the site."""
    if error is None and (HERE / "report" / "index.html").exists():
        shutil.copytree(HERE / "report", Path(app.outdir) / "report", dirs_exist_ok=True)


def inside_the_site(app, docname, source) -> None:
    """Links to files of the repository become links to the pages that show them."""
    del app, docname
    for pattern, page in generate.LINKS:
        source[0] = re.sub(pattern, page, source[0])


def setup(app) -> None:
    """Writes the generated pages, and mends what Sphinx would misread."""
    generate.write(HERE / "generated")
    app.connect("autodoc-process-docstring", plain_prose, priority=100)
    app.connect("autodoc-process-signature", fields_as_signature)
    app.connect("autodoc-skip-member", skip_counted_fields)
    app.connect("source-read", inside_the_site)
    app.connect("doctree-read", dashes)
    app.connect("build-finished", copy_report)
