"""What the pages of docs/settings say of a figure's setting is what its paper preset has.

A section that begins with "Config: `name`." is a figure's. A link in the words above a section's first table, to
another heading of the page, takes that section's rows; the section's own rows win. A row's first cell is a field,
several fields that change together, or either of them at some points of such an axis: "`training.steps` where
`optimizer.name=adam`", and more conditions after "and". The third cell is then its value, the different values of its
axis, or their count and ends: "`28 values, 10 to 60000`". Numbers with a point are compared in four digits. Rows whose
first cell has no code are not compared.
"""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from ml_collections import ConfigDict

from experiments.catalogue import all_figures
from experiments.settings import chosen_fields, preset_config
from grok_jax import results
from grok_jax.errors import UserError
from grok_jax.training.grid import parse_grid, significant
from grok_jax.values import plain

ROOT = Path(__file__).parents[2]
COLUMNS = ["field", "authors", "ours", "why"]
NAMED = re.compile(r"`([^`=]+)`((?: (?:where|and) `[^`=]+=[^`]+`)*)")
COUNTED = re.compile(r"(\d+) values, (.+) to (.+)")


class Row(NamedTuple):
    fields: tuple[str, ...]  # on one axis if there are several
    where: tuple[tuple[str, Any], ...]  # fields on the same axis, and their values
    ours: str


def slug(title: str) -> str:
    """The anchor of a heading."""
    return re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-")


def sections(page: Path) -> dict[str, str]:
    """Anchor -> the text under a heading."""
    _, *parts = re.split(r"^#{2,3} (.+)$", page.read_text("utf-8"), flags=re.MULTILINE)
    return {slug(title): text for title, text in zip(parts[::2], parts[1::2], strict=True)}


def cells(line: str) -> list[str]:
    return [cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def own_rows(text: str) -> Iterator[Row]:
    """The compared rows of a section's tables."""
    for table in re.findall(r"(?:^\|.*\n?)+", text, re.MULTILINE):
        header, _, *lines = map(cells, table.splitlines())
        for line in lines if header == COLUMNS else []:
            assert len(line) == len(COLUMNS), line
            field, _, ours, _ = line
            if "`" in field:
                named, code = NAMED.fullmatch(field), re.fullmatch(r"`([^`]+)`", ours)
                assert named, f"{field} cannot be read"
                assert code, f"{ours} is not one piece of code"
                where = tuple((name, normal(literal(v))) for name, v in re.findall(r"`([^`=]+)=([^`]+)`", named[2]))
                yield Row(tuple(part.strip() for part in named[1].split(",")), where, code[1])


def rows(page: dict[str, str], anchor: str) -> list[Row]:
    """The compared rows of a section and of those it links to; its own win."""
    text, found = page[anchor], {}
    for other in re.findall(r"\]\(#([^)]+)\)", re.split(r"^\|", text, maxsplit=1, flags=re.MULTILINE)[0]):
        found |= {row[:2]: row for row in rows(page, other)}
    mine = list(own_rows(text))
    said = {field for row in mine for field in row.fields}
    return [row for row in found.values() if not said.intersection(row.fields)] + mine


def literal(text: str) -> Any:
    """The value of a literal; a word without quotes is a string."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def normal(value: Any) -> Any:
    """A value in a form in which 1 equals 1.0, but not True; of other numbers with a point, four digits count."""
    if isinstance(value, bool):
        return repr(value)
    if isinstance(value, float):
        return significant(value, 4)
    return tuple(map(normal, value)) if isinstance(value, list | tuple) else value


def actual(config: ConfigDict, row: Row) -> tuple[list[Any], bool]:
    """The distinct values of a row's field in a config, one tuple for each if they are several; whether on an axis."""
    axes = [axis for axis in parse_grid(config.grid) if set(row.fields) <= set(axis.fields)]
    if not axes:
        assert (len(row.fields), row.where) == (1, ()), f"no axis has {row}"
        return [normal(results.flat(config.to_dict())[row.fields[0]])], False
    points = [dict(zip(axes[0].fields, map(normal, values), strict=True)) for values in axes[0].values]
    chosen = [point for point in points if all(point[name] == value for name, value in row.where)]
    values = [tuple(point[field] for field in row.fields) for point in chosen]
    return list(dict.fromkeys(value[0] if len(row.fields) == 1 else value for value in values)), True


def said(row: Row) -> list[Any]:
    """The values that a row gives for an axis."""
    try:
        values = parse_grid(f"{','.join(row.fields)}={row.ours}")[0].values
    except UserError:  # words without quotes
        values = [(literal(word),) for word in row.ours.split(", ")]
    return [normal(value[0] if len(row.fields) == 1 else value) for value in values]


def difference(config: ConfigDict, row: Row) -> str:
    """What a config has in place of what a row says; "" if it has that."""
    found, on_axis = actual(config, row)
    counted = COUNTED.fullmatch(row.ours)
    if counted:
        values = found if on_axis else found[0]
        count, *ends = map(literal, counted.groups())
        agree = [len(values), values[0], values[-1]] == [count, *map(normal, ends)]
    else:
        agree = found == (said(row) if on_axis else [normal(literal(row.ours))])
    return "" if agree else f"{', '.join(row.fields)}: the page has {row.ours}, the preset {found}"


def must_be_named(config: ConfigDict) -> set[str]:
    """The parts of a config, the fields it sets away from their defaults, and those of its grid."""
    chosen = chosen_fields(json.loads(json.dumps(plain(config.to_dict()))))
    on_axes = {field for axis in parse_grid(config.grid) for field in axis.fields}
    return {*chosen, *on_axes, "task.name", "model.name", "optimizer.name"} - {"figure", "grid"}


PAGES = {page.stem: sections(page) for page in sorted((ROOT / "docs" / "settings").glob("*.md"))}
FIGURES = {
    f"{paper}/{named[1]}": (paper, anchor)
    for paper, page in PAGES.items()
    for anchor, text in page.items()
    if (named := re.match(r"\s*Config: `(\w+)`", text))
}
EACH = pytest.mark.parametrize("figure", FIGURES)


@EACH
def test_the_page_of_settings_gives_each_value_of_the_paper_preset(figure):
    config, (paper, anchor) = preset_config(figure, "paper"), FIGURES[figure]
    wrong = [difference(config, row) for row in rows(PAGES[paper], anchor)]
    assert [line for line in wrong if line] == []


@EACH
def test_the_page_of_settings_has_a_row_for_each_field_that_the_paper_preset_sets(figure):
    config, (paper, anchor) = preset_config(figure, "paper"), FIGURES[figure]
    named = {field for row in rows(PAGES[paper], anchor) for field in row.fields}
    assert sorted(must_be_named(config) - named) == []


@pytest.mark.parametrize("paper", PAGES)
def test_the_page_of_settings_has_a_section_for_each_figure(paper):
    there = [figure for figure in all_figures() if figure.startswith(f"{paper}/")]
    assert sorted(there) == sorted(figure for figure, (of, _) in FIGURES.items() if of == paper)
