"""Writes a page about several figures: each plot with the paper's claims and what was measured."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from grok_jax import results
from grok_jax.analysis.claims import count_verdicts, show_value

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; max-width: 70em; margin: 2em auto; padding: 0 1em; color: #222 }
img { max-width: 100%; border: 1px solid #ddd }
table { border-collapse: collapse; margin: 1em 0 2em }
th, td { border-bottom: 1px solid #ddd; padding: .4em .8em .4em 0; text-align: left; vertical-align: top }
.holds { color: #00664b } .mixed { color: #8a6500; font-weight: bold }
.does-not-hold { color: #a63c00; font-weight: bold } .not-measured { color: #666 }
small { color: #555 }
"""


def write_page(out: Path, preset: str, figures: Mapping[str, Sequence[Mapping[str, Any]]]) -> Path:
    """Writes index.html about the figures in `out`.

    Args:
      out: the folder with <name>/figure.png for each figure and, optionally, <name>/checks.png.
      preset: the preset that was run.
      figures: figure name -> verdicts on its claims.

    Returns:
      The path of the page.
    """
    every = [verdict for verdicts in figures.values() for verdict in verdicts]
    checked = {name for name in figures if (out / name / "checks.png").exists()}
    body = "".join(_section(name, verdicts, name in checked) for name, verdicts in figures.items())
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>grok_jax: figures and claims</title>'
        f"<style>{STYLE}</style><h1>Figures and claims</h1>"
        f"<p>Preset <b>{escape(preset)}</b>. Claims: {count_verdicts(every)}.</p>{body}</html>\n"
    )
    path = out / "index.html"
    results.write_whole(path, lambda partial: partial.write_text(page, "utf-8"))
    return path


def _section(name: str, verdicts: Sequence[Mapping[str, Any]], checked: bool) -> str:
    rows = "".join(_row(verdict) for verdict in verdicts)
    return (
        f'<h2 id="{escape(name)}">{escape(name)}</h2>{_picture(name, "figure")}'
        f"<table><tr><th>verdict<th>claim<th>paper<th>measured</tr>{rows}</table>"
        + ("<p>Numbers from the authors' own run, on our curves:</p>" + _picture(name, "checks") if checked else "")
    )


def _picture(name: str, picture: str) -> str:
    path = f"{escape(name)}/{picture}.png"
    return f'<a href="{path}"><img src="{path}" alt="{picture} {escape(name)}"></a>'


def _row(verdict: Mapping[str, Any]) -> str:
    kind = verdict["verdict"].replace(" ", "-")
    note = f"<br><small>{escape(verdict['note'])}</small>" if verdict["note"] else ""
    if verdict.get("finding"):  # older claims.json files lack this key
        note += f"<br><small>Finding: {escape(verdict['finding'])}</small>"
    whose = "<i>a claim of our own</i>: " if verdict["own"] else ""
    cells = (whose + escape(verdict["claim"]) + note, escape(verdict["paper"]), escape(show_value(verdict["measured"])))
    return f'<tr><td class="{kind}">{escape(verdict["verdict"])}' + "".join(f"<td>{cell}" for cell in cells) + "</tr>"
