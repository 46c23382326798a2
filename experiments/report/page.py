"""The whole report as HTML: counts, filters, the figures of each paper, a glossary.

index.html    the page, with its pictures and curves in files beside it
report.html   the same page in one file, to send
table.csv     the claims as a table
"""

import base64
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from experiments.catalogue import paper_of, run_name
from experiments.evidence_table import KINDS
from experiments.report import pieces
from experiments.report.figure import PRESETS, Pictures, anchor, section, short_title
from experiments.report.papers import GLOSSARY, PAPERS
from experiments.report.verdicts import Entry, counts, presets_of, table, verdict_of
from grok_jax import results
from grok_jax.analysis.claims import MINIMUM_SEEDS, MIXED, NOT_MEASURED, VERDICTS

HERE = Path(__file__).parent
HEADS = {"holds": "hold", "mixed": "mixed", "does not hold": "do not hold", "not measured": "not measured"}
TITLE = "What papers on grokking claim, and what we measured"
INTRO = """
<p>Some networks fit their training data early and generalize much later. This is called <i>grokking</i>. The papers
below say when it happens and why. For each of their figures, this page shows what the paper claims, what we measured
with grok_jax, and whether the claim holds.</p>"""
READING = f"""
<h2>How to read this page</h2>
<p>We turned what the papers say into claims that numbers can decide. Where a paper names no number, such as how much
later is "later", the limit is ours; we chose it before the runs, unless the config of the figure says otherwise. Each
claim is judged in runs of one or two sizes: <b>quick</b> runs take minutes on two processor cores and are often smaller
than the paper's; runs at <b>paper scale</b> have the paper's own setting, as far as it is known. A claim that fails in
quick runs may hold at paper scale.</p>
<p>Most claims are judged seed by seed. A claim <b>holds</b> if at least 4 in 5 of the seeds that can decide it show it,
<b>does not hold</b> if fewer than half do, and is <b>mixed</b> in between. It is <b>not measured</b> if fewer than
{MINIMUM_SEEDS} seeds can decide it, for example because the runs were too short. "3 of 3 seeds (53% to 100%)" means
that all three seeds show it, and that with many more seeds the share would lie between 53% and 100% (90% interval).
All other numbers are medians over seeds. Times are in training steps.</p>
<p>Words and symbols are in the <a href="#glossary">glossary</a>. Note that α means something else in each paper. The
command below a figure runs it again, in a clone of grok_jax where <code>make demo</code> has installed what it needs
and <code>source .venv/bin/activate</code> has been run.</p>
<p>Where a claim does not hold or is mixed, the column "why" says why, as far as we know. It begins with the kind of
reason:</p>"""


def write(out: Path, entries: Sequence[Entry], figures: Sequence[str]) -> Path:
    """Writes index.html, report.html and table.csv from the pieces in a folder.

    Args:
      out: the folder, with the pieces that were kept.
      entries: what was measured, one entry for each figure and preset.
      figures: the figures of the page, in its order; those without an entry are marked as not measured.

    Returns:
      The path of index.html.

    Raises:
      UserError: a piece is damaged, or the folder is not writable.
    """
    kept = pieces.read(out)
    beside = Pictures(kept, lambda part, name: f"{part}/{name}.webp")
    inside = Pictures(kept, lambda part, name: _as_data(out / part / f"{name}.webp"))
    names = [run_name(entry["figure"], entry["preset"]) for entry in entries if entry["figure"] in figures]
    names = [name for name in names if name in kept]
    scripts = [f'<script src="{pieces.CURVES}/{name}.js"></script>' for name in names]
    whole = [f"<script>{_in_script(out / pieces.CURVES / f'{name}.js')}</script>" for name in names]
    out.mkdir(parents=True, exist_ok=True)
    for file, pictures, curves in (("index.html", beside, scripts), ("report.html", inside, whole)):
        text = _page(entries, figures, pictures, "\n".join(curves))
        results.write_whole(out / file, lambda partial, text=text: partial.write_text(text, "utf-8"))
    results.write_table(out, table([entry for entry in entries if entry["figure"] in figures]))
    return out / "index.html"


def _as_data(picture: Path) -> str:
    return f"data:image/webp;base64,{base64.b64encode(picture.read_bytes()).decode()}"


def _in_script(file: Path) -> str:
    """The text of a script; "</" in one of its strings would end the script's element."""
    return file.read_text("utf-8").replace("</", "<\\/")


def _page(entries: Sequence[Entry], figures: Sequence[str], pictures: Pictures, curves: str) -> str:
    entries = [entry for entry in entries if entry["figure"] in figures]
    of_paper = {paper: [name for name in figures if paper_of(name) == paper] for paper in PAPERS}
    of_paper = {paper: names for paper, names in of_paper.items() if names}
    body = "\n".join(
        [
            f"<header><h1>{TITLE}</h1>{INTRO}{_in_short(entries)}{READING}{_reasons(entries)}</header>",
            _counts(entries, list(of_paper)),
            _contents(entries, of_paper),
            _filters(entries, list(of_paper)),
            *(_paper(paper, names, entries, pictures) for paper, names in of_paper.items()),
            _glossary(),
        ]
    )
    style = (HERE / "uplot" / "uPlot.min.css").read_text("utf-8") + (HERE / "report.css").read_text("utf-8")
    script = _in_script(HERE / "uplot" / "uPlot.iife.min.js") + _in_script(HERE / "report.js")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{TITLE}</title>\n<style>\n{style}</style></head>\n<body>\n<main>\n{body}\n</main>\n"
        f'<dialog id="large"><img alt=""></dialog>\n<script>\n{script}</script>\n{curves}\n</body></html>\n'
    )


def _of_papers(entries: Sequence[Entry]) -> list[Entry]:
    """Those of the papers' figures, without our own studies."""
    return [entry for entry in entries if not PAPERS[paper_of(entry["figure"])].is_study]


def _in_short(entries: Sequence[Entry]) -> str:
    """One sentence for each preset; on a page of our own studies alone, none."""
    sentences = []
    for preset in presets_of(_of_papers(entries)):
        found = counts([entry for entry in _of_papers(entries) if entry["preset"] == preset], own=False)
        words = [_count_in_words(found[verdict], verdict) for verdict in VERDICTS]
        runs = {
            "smoke": "In smoke runs",
            "quick": "In quick runs",
            "medium": "In medium runs",
            "paper": "At paper scale",
        }[preset]
        sentences.append(
            f"{runs}, of {sum(found.values())} claims of the papers {', '.join(words[:-1])}, and {words[-1]}."
        )
    return f"<p><b>{' '.join(sentences)}</b></p>" if sentences else ""


def _count_in_words(count: int, verdict: str) -> str:
    """E.g. "1 holds", "2 hold", "1 is mixed"."""
    if verdict in (MIXED, NOT_MEASURED):
        return f"{count} {'is' if count == 1 else 'are'} {verdict}"
    return f"{count} {verdict if count == 1 else HEADS[verdict]}"


def _reasons(entries: Sequence[Entry]) -> str:
    """The kinds of reasons, and how many claims have each at some size."""
    claims = [claim for entry in entries for claim in entry["claims"]]
    lines = []
    for kind, words in KINDS.items():
        count = len({claim["id"] for claim in claims if claim["finding"].startswith(f"{kind}:")})
        shown = _chosen(f"{count} {'claim' if count == 1 else 'claims'}", reason=kind) if count else "no claim"
        lines.append(f"<li><b>{kind}</b> ({shown}): {words}</li>")
    return f"<ul>{''.join(lines)}</ul>"


def _chosen(words: str, **choices: str) -> str:
    """A link that leaves only some claims on the page: those that these choices of the filters name."""
    chosen = "".join(f' data-{name}="{escape(choice)}"' for name, choice in choices.items())
    return f'<a class="chosen" href="#filters"{chosen}>{words}</a>'


def _counts(entries: Sequence[Entry], papers: Sequence[str]) -> str:
    """The table of how many claims hold, by paper and preset; first the papers', then those of our own studies."""
    reproduced = [paper for paper in papers if not PAPERS[paper].is_study]
    every = " ".join(reproduced)
    rows = [row for paper in reproduced for row in _rows_of(_short(paper), {"paper": paper}, entries, own=False)]
    rows += _rows_of("all papers", {"paper": every}, entries, own=False, kind="total")
    for paper in papers:
        if PAPERS[paper].is_study:
            rows += _rows_of(f"{_short(paper)}: claims of papers", {"paper": paper}, entries, own=False)
            rows += _rows_of(f"{_short(paper)}: our own claims", {"paper": paper}, entries, own=True)
    rows += _rows_of("claims of our own", {}, entries, own=True, kind="apart")
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("claims of", "size", "figures", *HEADS.values()))
    return (
        f'<h2>How many claims hold</h2><table class="counts"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table><p>Click a number to see only these claims. The papers' claims and our "
        "own are counted apart.</p>"
    )


def _short(paper: str) -> str:
    return f'<a href="#{paper}">{escape(PAPERS[paper].short)}</a>'


def _rows_of(
    words: str, chosen: Mapping[str, str], entries: Sequence[Entry], *, own: bool, kind: str = ""
) -> list[str]:
    """A row for each preset that has such claims; the papers' rows count figures without a claim, too.

    Args:
      words: the head of the row.
      chosen: {"paper": names, with spaces between}, or {} for all papers and studies.
      entries: all of the page.
      own: whether to count our own claims, in place of the papers'.
      kind: the class of the row.
    """
    papers = chosen.get("paper", "").split()
    among = [entry for entry in entries if not chosen or paper_of(entry["figure"]) in papers]
    of_papers = [] if own else _of_papers(among)
    having = [entry for entry in among if entry in of_papers or any(claim["own"] == own for claim in entry["claims"])]
    rows = []
    for preset in presets_of(having):
        of_preset = [entry for entry in having if entry["preset"] == preset]
        choices = {**chosen, "size": preset, "whose": "own" if own else "paper"}
        rows.append(_count_row(words, len(of_preset), counts(of_preset, own=own), choices, kind))
    return rows


def _count_row(words: str, figures: int, found: Mapping[str, int], choices: Mapping[str, str], kind: str = "") -> str:
    links = {
        verdict: _chosen(str(found[verdict]), verdict=verdict.replace(" ", "-"), **choices) if found[verdict] else "0"
        for verdict in VERDICTS
    }
    cells = "".join(f'<td data-head="{HEADS[verdict]}">{link}</td>' for verdict, link in links.items())
    return (
        f'<tr class="{kind}"><th scope="row">{words}</th><td data-head="size">{PRESETS[choices["size"]]}</td>'
        f'<td data-head="figures">{figures}</td>{cells}</tr>'
    )


def _contents(entries: Sequence[Entry], of_paper: Mapping[str, Sequence[str]]) -> str:
    """A link to every figure, with one mark for each claim of its smallest preset."""
    parts = []
    for paper, names in of_paper.items():
        links = "".join(
            f'<li><a href="#{anchor(name)}" title="{escape(short_title(name)[1])}">{_number(name)}</a>'
            f"{_marks(name, entries)}</li>"
            for name in names
        )
        parts.append(f'<h3>{escape(PAPERS[paper].short)}</h3><ul class="contents">{links}</ul>')
    keys = " ".join(f'<span class="key"><i class="{v.replace(" ", "-")}"></i>{v}</span>' for v in VERDICTS)
    words = f"One mark for each claim, of quick runs where there are any: {keys}"
    return f'<nav id="figures"><h2>Figures</h2><p>{words}</p>{"".join(parts)}</nav>'


def _number(figure: str) -> str:
    """The figure's number alone: the paper is told above."""
    number = short_title(figure)[0]
    return escape(number.removeprefix(PAPERS[paper_of(figure)].short).strip())


def _marks(figure: str, entries: Sequence[Entry]) -> str:
    own = [entry for entry in entries if entry["figure"] == figure]
    if not own:
        return ""
    found = next(entry for preset in presets_of(own)[:1] for entry in own if entry["preset"] == preset)
    verdicts = [verdict_of(claim) for claim in found["claims"]]
    return "".join(f'<i class="{verdict.replace(" ", "-")}" title="{verdict}"></i>' for verdict in verdicts)


def _filters(entries: Sequence[Entry], papers: Sequence[str]) -> str:
    choices = {
        "paper": {"": "papers and studies", **_every_paper(papers), **{paper: PAPERS[paper].short for paper in papers}},
        "verdict": {"": "every verdict", **{verdict.replace(" ", "-"): verdict for verdict in VERDICTS}},
        "size": {"": "every size", **{preset: PRESETS[preset] for preset in presets_of(entries)}},
        "whose": {"": "all claims", "paper": "the papers' claims", "own": "our own claims"},
        "reason": {"": "every reason", **{kind: kind.lower() for kind in KINDS}},
    }
    menus = []
    for name, options in choices.items():
        inner = "".join(f'<option value="{value}">{escape(words)}</option>' for value, words in options.items())
        menus.append(f'<label>{name} <select name="{name}">{inner}</select></label>')
    return (
        f'<form id="filters" role="search" aria-label="Filter the claims">{"".join(menus)}'
        '<label>words <input type="search" name="words" placeholder="such as MNIST"></label>'
        '<button type="reset">show all</button><a href="#figures">figures</a> <a href="#glossary">glossary</a>'
        '<output name="found" aria-live="polite"></output></form>'
    )


def _every_paper(papers: Sequence[str]) -> dict[str, str]:
    """The choice of all papers, without our own studies; its value is their names."""
    reproduced = " ".join(paper for paper in papers if not PAPERS[paper].is_study)
    return {reproduced: "all papers"} if " " in reproduced else {}


def _paper(paper: str, names: Sequence[str], entries: Sequence[Entry], pictures: Pictures) -> str:
    about = PAPERS[paper]
    links = ", ".join(f'<a href="{url}">{escape(words)}</a>' for words, url in about.links.items())
    sections = [section(name, [entry for entry in entries if entry["figure"] == name], pictures) for name in names]
    return (
        f'<section class="paper" id="{paper}"><h2>{escape(about.title)}</h2>'
        f'<p class="authors">{escape(about.authors)}. {links}</p><p>{escape(about.says)}</p>\n'
        + "\n".join(sections)
        + "</section>"
    )


def _glossary() -> str:
    entries = "".join(f"<dt>{escape(word)}</dt><dd>{escape(words)}</dd>" for word, words in GLOSSARY.items())
    return f'<section id="glossary"><h2>Glossary</h2><dl>{entries}</dl></section>'
