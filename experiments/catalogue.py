"""Which figures there are, and which of them a word names."""

import re
from pathlib import Path

import configs
from grok_jax.errors import require


def all_figures() -> list[str]:
    """Every figure, equation and section that there is a config for, as <paper>/<file>."""
    root = Path(configs.__file__).parent
    entries = [path for path in root.glob("*/*.py") if re.match(r"(fig|eq|sec)\d", path.stem)]
    return sorted(f"{path.parent.name}/{path.stem}" for path in entries)


def chosen_figures(only: list[str], available: list[str]) -> list[str]:
    """The figures that any of the words names: exactly (a paper, or <paper>/<figure id>), else as a beginning.

    Raises:
      UserError: a word that names none.
    """
    chosen = set()
    require(all(only), f"--only={','.join(only)} has an empty word; there are {', '.join(available)}")
    for word in only:
        exact = [name for name in available if word in (name, paper_of(name), figure_id(name))]
        found = exact or [name for name in available if name.startswith(word)]
        require(bool(found), f"--only={word} names no figure; there are {', '.join(available)}")
        chosen |= set(found)
    return [name for name in available if not only or name in chosen]


def paper_of(name: str) -> str:
    """<paper> of <paper>/<figure id>_<words>."""
    return name.split("/")[0]


def figure_id(name: str) -> str:
    """<paper>/<figure id> of <paper>/<figure id>_<words>."""
    paper, file = name.split("/")
    return f"{paper}/{file.split('_')[0]}"
