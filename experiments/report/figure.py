"""The section of one figure in the report, as HTML: pictures, curves, claims, settings, the command."""

import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

from ml_collections import ConfigDict

from experiments.catalogue import figure_id, lead_of, run_name, title_of
from experiments.checks import AGREES, DIFFERS, NOT_COMPARED, SPREAD, WIDENING
from experiments.evidence_table import short_revision
from experiments.figures import figure_of
from experiments.report.papers import AT_OTHER_SETTINGS, WHERE_OTHERS
from experiments.report.pieces import CHECKS, PICTURES
from experiments.report.verdicts import Entry, presets_of, seeds_of, shown
from experiments.settings import setting_of
from grok_jax.analysis.claims import show_value

PRESETS = {"smoke": "smoke", "quick": "quick", "medium": "medium", "paper": "paper scale"}  # their names on the page
ABOUT_CHECKS = (
    "The authors' numbers come from one run of their code, or were read off a picture of it. A number agrees if it "
    f"lies within the range of our seeds, widened by a factor of {WIDENING:g} at both ends."
)
MOST_NUMBERS = 4  # numbers of a claim that are shown at once; the others unfold


class Pictures(NamedTuple):
    """What was kept of the runs, and where the page finds it."""

    pieces: Mapping[str, Mapping[str, Any]]  # name of a piece -> what pieces.read returns for it
    address: Callable[[str, str], str]  # pieces.PICTURES or .CHECKS, name of a piece -> the address of its picture


def anchor(figure: str) -> str:
    """Returns the id of a figure's section, such as "omnigrok-fig3d"."""
    return figure_id(figure).replace("/", "-")


def short_title(figure: str) -> tuple[str, str]:
    """Splits the first line of a config: "Omnigrok fig. 3d: grokking on MNIST" -> ("Omnigrok fig. 3d", ...)."""
    title = title_of(figure)
    # Up to a colon outside of parentheses, or else up to the first number.
    found = re.fullmatch(r"([^:(]+(?:\([^)]*\)[^:(]*)?): (.*)", title) or re.fullmatch(r"(.*?\. \S+) (.*)", title)
    return (found[1], found[2]) if found else (figure_id(figure), title)


def section(figure: str, entries: Sequence[Entry], pictures: Pictures) -> str:
    """Returns the section of a figure.

    Args:
      figure: its name, such as "omnigrok/fig3d_mnist_grokking".
      entries: what it measured, one entry for each preset; may be empty.
      pictures: the kept pictures and curves.
    """
    number, title = short_title(figure)
    by_preset = {preset: entry for preset in presets_of(entries) for entry in entries if entry["preset"] == preset}
    if by_preset:
        body = "".join(
            [
                f'<p class="caption">{escape(lead_of(figure))} <b>Shown:</b> {escape(_what_is_shown(figure))}</p>',
                f'<div class="runs">{"".join(_run(entry, pictures) for entry in by_preset.values())}</div>',
                _claims(by_preset),
                _at_other_settings(figure, by_preset),
                "".join(_checks(entry, pictures) for entry in by_preset.values()),
                _settings(by_preset),
            ]
        )
    else:
        body = '<p class="missing">This figure has not been measured yet.</p>'
    return (
        f'<section class="figure" id="{anchor(figure)}"><h3>{escape(number)}: {escape(title)}</h3>{body}'
        f"<p>Run it:</p><pre><code>{escape(_command(figure, list(by_preset) or ['quick']))}</code></pre></section>"
    )


def _command(figure: str, presets: Sequence[str]) -> str:
    short = figure_id(figure)
    return "\n".join(
        f"python -m experiments.reproduce --preset={preset} --only={short} --out=results/{run_name(figure, preset)}"
        for preset in presets
    )


def _what_is_shown(figure: str) -> str:
    """The first line of the docstring of the figure's plot."""
    words = (figure_of(ConfigDict({"figure": figure})).plot.__doc__ or "").strip().partition("\n")[0]
    return re.sub(r"^(Plots|Draws) ", "", words)


def _run(entry: Entry, pictures: Pictures) -> str:
    """The picture of a run, where it was made, and a place for its curves."""
    name = run_name(entry["figure"], entry["preset"])
    piece = pictures.pieces.get(name)
    kind = "run" if piece else "run bare"
    head = f'<div class="{kind}" data-preset="{entry["preset"]}"><h4>{PRESETS[entry["preset"]]}</h4>'
    if piece is None:
        missing = '<p class="missing">The picture of this run was not kept; its numbers are below.</p>'
        return f"{head}{missing}{_made(entry)}</div>"
    width, height = piece["size"]
    image = (
        f'<img src="{pictures.address(PICTURES, name)}" width="{width}" height="{height}" '
        f'alt="{escape(short_title(entry["figure"])[0])}, {PRESETS[entry["preset"]]}">'
    )
    run, other = piece["run"], ""
    if (run["date"], run["revision"]) != (entry["date"], entry["revision"]):
        other = (
            f'<p class="made">The picture and the curves are of another run: {_place(run)}. '
            "The claims are of the run above.</p>"
        )
    words = _what_is_shown(entry["figure"])
    first = "loss" if "loss" in words and "accurac" not in words else "accuracy"  # what the picture shows
    curves = f'<div class="curves" data-name="{name}" data-first="{first}"></div>' if piece["curves"] else ""
    return f'{head}<figure><button class="enlarge">{image}</button></figure>{_made(entry)}{other}{curves}</div>'


def _made(entry: Entry) -> str:
    seeds = seeds_of(entry)
    words = ""
    if entry["preset"] != "smoke":
        same, others = setting_of(entry["config"], entry["figure"], entry["preset"])
        words = f"; {', '.join(others[:3])} changed since" if others else f"; {same}" if same else ""
    return f'<p class="made">{seeds} {"seed" if seeds == 1 else "seeds"}, {_place(entry)}{escape(words)}</p>'


def _place(run: Mapping[str, Any]) -> str:
    device = re.sub(r"^1 x ", "", run["device"]).replace("cpu", "CPU")
    words = [device, run["date"], f"revision {short_revision(run['revision'])}", _duration(run["seconds"])]
    return escape(", ".join(words))


def _duration(seconds: float) -> str:
    # A no-break space keeps the number with its unit.
    return f"{seconds:.0f}\u00a0s" if seconds < 120 else f"{seconds / 60:.0f}\u00a0min"


def _claims(by_preset: Mapping[str, Entry]) -> str:
    """The table of claims: one row for each claim, one cell of results for each preset."""
    ids = dict.fromkeys(claim["id"] for entry in by_preset.values() for claim in entry["claims"])
    found = {preset: {claim["id"]: claim for claim in entry["claims"]} for preset, entry in by_preset.items()}
    heads = [f'<th scope="col" data-preset="{preset}">measured, {PRESETS[preset]}</th>' for preset in by_preset]
    explained = any(shown(claim, seeds_of(entry)).why for entry in by_preset.values() for claim in entry["claims"])
    heads += ['<th scope="col">why</th>'] if explained else []
    rows = [_row({preset: claims.get(key) for preset, claims in found.items()}, by_preset, explained) for key in ids]
    return (
        '<table class="claims"><thead><tr><th scope="col">claim</th><th scope="col">what the paper says</th>'
        f"{''.join(heads)}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _row(of_preset: Mapping[str, Mapping[str, Any] | None], by_preset: Mapping[str, Entry], explained: bool) -> str:
    outcomes = {p: shown(claim, seeds_of(by_preset[p])) for p, claim in of_preset.items() if claim}
    claim = next(claim for claim in of_preset.values() if claim)
    number = claim["id"].rpartition("/")[2]
    own = ' <span class="own">our own claim</span>' if claim["own"] else ""
    cells, why = [], {}
    for preset in of_preset:
        if preset not in outcomes:
            cells.append(f'<td data-preset="{preset}" data-head="measured, {PRESETS[preset]}">not run</td>')
            continue
        outcome = outcomes[preset]
        kind = outcome.verdict.replace(" ", "-")
        cells.append(
            f'<td data-preset="{preset}" data-head="measured, {PRESETS[preset]}">'
            f'<span class="verdict {kind}">{outcome.verdict}</span> '
            f'<span class="seeds">{escape(outcome.seeds)}</span>{_numbers(outcome.numbers)}</td>'
        )
        for words in outcome.why:
            why.setdefault(words, []).append(preset)
    shared = [
        f'<p data-presets="{" ".join(presets)}">{_for(presets, outcomes)}{_linked(words, claim["id"])}</p>'
        for words, presets in why.items()
    ]
    verdicts = " ".join(f"{preset}:{outcome.verdict.replace(' ', '-')}" for preset, outcome in outcomes.items())
    reasons = {claim["finding"].partition(":")[0] for claim in of_preset.values() if claim and claim["finding"]}
    mark = f' data-reasons="{escape(" ".join(sorted(reasons)))}"' + (" data-own" if claim["own"] else "")
    return (
        f'<tr data-verdicts="{verdicts}"{mark} id="{escape(claim["id"].replace("/", "-"))}">'
        f'<td data-head="claim">{escape(number)}. {escape(claim["claim"])}{own}</td>'
        f'<td data-head="what the paper says">{escape(claim["paper"])}</td>{"".join(cells)}'
        + (f'<td data-head="why">{"".join(shared)}</td>' if explained else "")
        + "</tr>"
    )


def _at_other_settings(figure: str, by_preset: Mapping[str, Entry]) -> str:
    """What a run at the paper's size gave whose settings are not those of today's presets."""
    words = AT_OTHER_SETTINGS.get(figure_id(figure), "")
    if not words or "paper" in by_preset:
        return ""
    return f'<p data-preset="paper">A run at the paper\'s size in other settings ({WHERE_OTHERS}): {escape(words)}</p>'


def _linked(words: str, claim: str) -> str:
    """Some words as HTML; other claims of the same paper that they name, such as fig9/2, become links."""
    paper = claim.partition("/")[0]
    return re.sub(r"\b((?:fig|eq|sec)\d\w*)/(\d+)", rf'<a href="#{paper}-\1-\2">\g<0></a>', escape(words))


def _for(presets: Sequence[str], all_presets: Mapping[str, Any]) -> str:
    return "" if len(presets) == len(all_presets) else f"<b>{PRESETS[presets[0]]}:</b> "


def _numbers(numbers: Sequence[tuple[str, str]]) -> str:
    lines = [f"<li>{escape(name)} <b>{escape(value)}</b></li>" for name, value in numbers]
    first, rest = "".join(lines[:MOST_NUMBERS]), "".join(lines[MOST_NUMBERS:])
    more = f"<details><summary>{len(lines) - MOST_NUMBERS} more</summary><ul>{rest}</ul></details>" if rest else ""
    return (f"<ul>{first}</ul>" if first else "") + more


def _checks(entry: Entry, pictures: Pictures) -> str:
    """Numbers of the authors' own run beside ours."""
    rows = [row for row in entry["checks"] if row["verdict"] != NOT_COMPARED]
    if not rows:
        return ""
    found = {kind: sum(row["verdict"] == kind for row in rows) for kind in (AGREES, SPREAD, DIFFERS)}
    words = (
        f"The authors' own run beside ours, {PRESETS[entry['preset']]}: {found[AGREES]} of {len(rows)} numbers agree, "
        f"{found[DIFFERS]} differ"
    )
    words += f", for {found[SPREAD]} our seeds spread too far to tell" if found[SPREAD] else ""
    lines = [
        f"<tr><td>{escape(row['check'])}</td><td>{show_value(row['theirs'])}</td><td>{show_value(row['ours'])} "
        f"({show_value(row['low'])} to {show_value(row['high'])})</td><td>{row['verdict']}</td></tr>"
        for row in rows
    ]
    remark = f"<p>{escape(entry['remark'])}</p>" if found[DIFFERS] and entry["remark"] else ""
    return (
        f'<details data-preset="{entry["preset"]}"><summary>{words}</summary><p>{ABOUT_CHECKS}</p>{remark}'
        f"{_drawn_checks(entry, pictures)}"
        '<table class="checks"><thead><tr><th>number</th><th>the authors\'</th><th>ours (range of the seeds)</th>'
        f"<th>verdict</th></tr></thead><tbody>{''.join(lines)}</tbody></table></details>"
    )


def _drawn_checks(entry: Entry, pictures: Pictures) -> str:
    """The picture of a run's curves with the authors' numbers on them."""
    name = run_name(entry["figure"], entry["preset"])
    size = pictures.pieces.get(name, {}).get("checks")
    if not size:
        return ""
    words = "The authors' numbers (markers) over our curves; the bars are where they would agree"
    image = f'<img src="{pictures.address(CHECKS, name)}" width="{size[0]}" height="{size[1]}" alt="{words}">'
    return (
        f'<figure class="drawn" style="max-width: {size[0]}px"><button class="enlarge">{image}</button>'
        f"<figcaption>{words}.</figcaption></figure>"
    )


def _settings(by_preset: Mapping[str, Entry]) -> str:
    """Every field that is not its default, for each preset."""
    fields = dict.fromkeys(name for entry in by_preset.values() for name in entry["config"] if name != "figure")
    heads = "".join(f"<th>{PRESETS[preset]}</th>" for preset in by_preset)
    rows = [
        f"<tr><td><code>{escape(name)}</code></td>"
        + "".join(f"<td><code>{escape(_setting(entry['config'], name))}</code></td>" for entry in by_preset.values())
        + "</tr>"
        for name in fields
    ]
    file = f"configs/{next(iter(by_preset.values()))['figure']}.py"
    return (
        f"<details><summary>Settings</summary><p>Fields that are not at their defaults. <code>{file}</code> has where "
        f"each number comes from.</p><table><thead><tr><th>field</th>{heads}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></details>"
    )


def _setting(config: Mapping[str, Any], name: str) -> str:
    value = config.get(name, "default")
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
