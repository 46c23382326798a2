"""Lists the available figures and selects figures by name."""

import ast
import re
from pathlib import Path

import configs
from grok_jax.errors import require


def all_figures() -> list[str]:
    """Returns every figure, equation and section that has a config, as <paper>/<file>."""
    root = Path(configs.__file__).parent
    entries = [path for path in root.glob("*/*.py") if re.match(r"(fig|eq|sec)\d", path.stem)]
    return sorted(f"{path.parent.name}/{path.stem}" for path in entries)


def chosen_figures(only: list[str], available: list[str]) -> list[str]:
    """Returns the figures that match any of the words: a paper, a <paper>/<figure id>, or else a prefix of a name.

    Raises:
      UserError: a word matches no figure.
    """
    chosen = set()
    require(all(only), f"--only={','.join(only)} has an empty entry; available: {', '.join(available)}")
    for word in only:
        exact = [name for name in available if word in (name, paper_of(name), figure_id(name))]
        found = exact or [name for name in available if name.startswith(word)]
        require(bool(found), f"--only={word} matches no figure; available: {', '.join(available)}")
        chosen |= set(found)
    return [name for name in available if not only or name in chosen]


def paper_of(name: str) -> str:
    """Returns the <paper> part of <paper>/<figure id>_<words>."""
    return name.split("/")[0]


def figure_id(name: str) -> str:
    """Returns the <paper>/<figure id> part of <paper>/<figure id>_<words>."""
    paper, file = name.split("/")
    return f"{paper}/{file.split('_')[0]}"


def run_name(name: str, preset: str) -> str:
    """Returns a name for files about a figure at a preset, such as "omnigrok_fig2b_quick"."""
    return f"{figure_id(name).replace('/', '_')}_{preset}"


def title_of(name: str) -> str:
    """Returns the first line of a config's docstring, which says what the figure is, without its full stop."""
    return (_notes_of(name) or name).partition("\n")[0].rstrip(".")


def lead_of(name: str) -> str:
    """Returns the first paragraph of a config's docstring: what is run, and what the paper says. "" if it has none."""
    paragraphs = [" ".join(part.split()) for part in _notes_of(name).split("\n\n")[1:2]]
    return next((text for text in paragraphs if not text.startswith("|")), "")


def _notes_of(name: str) -> str:
    text = (Path(configs.__file__).parent / f"{name}.py").read_text("utf-8")
    return ast.get_docstring(ast.parse(text)) or ""
