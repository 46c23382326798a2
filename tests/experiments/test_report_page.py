"""The report: that its page has every claim, counts them as the evidence does, and says what is missing."""

import csv
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
import xarray as xr

from experiments import evidence_entries
from experiments.catalogue import all_figures, figure_id, lead_of, paper_of
from experiments.evidence_table import KINDS
from experiments.report import page
from experiments.report.figure import anchor, short_title
from experiments.report.papers import AT_OTHER_SETTINGS, PAPERS, WHERE_OTHERS
from experiments.report.verdicts import shown, verdict_of
from experiments.settings import preset_config
from grok_jax.analysis.claims import FAILS, HOLDS, NOT_MEASURED, VERDICTS, over_seeds

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
FIGURE = "omnigrok/fig3d_mnist_grokking"


class Rows(HTMLParser):
    """The rows of the tables of claims: (id, {preset: verdict}) of each, and the cells of the table of counts."""

    def __init__(self, text):
        super().__init__()
        self.claims, self.counts, self.table = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "table":
            self.table = given.get("class", "")
        elif tag == "tr" and "data-verdicts" in given:
            pairs = dict(pair.split(":") for pair in given["data-verdicts"].split())
            self.claims.append((given["id"], {preset: word.replace("-", " ") for preset, word in pairs.items()}))
        elif tag == "tr" and self.table == "counts":
            self.counts.append([])

    def handle_data(self, data):
        if self.table == "counts" and self.counts:
            self.counts[-1].append(data)

    def handle_endtag(self, tag):
        if tag == "table":
            self.table = ""


def claim(verdict=HOLDS, seeds="4 of 4 (0.60 to 1.00)", **choices):
    fields = {"id": "omnigrok/fig3d/1", "claim": "x < y", "paper": "a & b", "own": False, "note": "", "finding": ""}
    return {**fields, "measured": {"t": "never", "seeds": seeds}, "verdict": verdict, **choices}


def entry(*claims, figure=FIGURE, preset="quick"):
    made = {"device": "1 x cpu", "date": "2026-01-02", "revision": "0123456789", "jax": "1", "seconds": 5}
    config = {"figure": figure, "grid": preset_config(figure, preset).grid}
    return {"figure": figure, "preset": preset, "config": config, "claims": claims, "checks": [], "remark": "", **made}


def text_of(folder, *entries, figures=(FIGURE,)):
    return page.write(folder, entries, figures).read_text("utf-8")


@pytest.fixture(scope="module")
def evidence():
    return list(evidence_entries.read(DOCS / "evidence.json").values())


@pytest.fixture(scope="module")
def folder(evidence, tmp_path_factory):
    """The folder of the page of all recorded claims, without pictures."""
    return page.write(tmp_path_factory.mktemp("page"), evidence, all_figures()).parent


@pytest.fixture(scope="module")
def whole(folder):
    return (folder / "index.html").read_text("utf-8")


def test_every_recorded_claim_is_on_the_page_once_for_each_preset(evidence, whole):
    recorded = Counter((c["id"].replace("/", "-"), e["preset"]) for e in evidence for c in e["claims"])
    assert Counter((name, preset) for name, of in Rows(whole).claims for preset in of) == recorded


def test_verdicts_on_the_page_are_those_of_the_evidence(evidence, whole):
    recorded = {(c["id"].replace("/", "-"), e["preset"]): c["verdict"] for e in evidence for c in e["claims"]}
    assert {(name, preset): verdict for name, of in Rows(whole).claims for preset, verdict in of.items()} == recorded


@pytest.mark.parametrize("paper", PAPERS)
def test_the_counts_on_top_are_those_of_the_papers_claims_in_the_evidence(paper, evidence, whole):
    words = {"quick": "quick", "paper": "paper scale"}
    rows = {("".join(row[:-6]), row[-6]): row[-4:] for row in Rows(whole).counts[1:]}
    is_study, short = PAPERS[paper].is_study, PAPERS[paper].short
    for own, head in ((False, f"{short}: claims of papers"), (True, f"{short}: our own claims")):
        for preset, name in words.items():
            chosen = [e for e in evidence if paper_of(e["figure"]) == paper and e["preset"] == preset]
            found = [c["verdict"] for e in chosen for c in e["claims"] if c["own"] == own]
            if found and (is_study or not own):
                numbers = [str(found.count(verdict)) for verdict in VERDICTS]
                assert rows[head if is_study else short, name] == numbers


def test_the_claims_of_all_papers_are_counted_without_our_own_studies(evidence, whole):
    found = [
        c["verdict"]
        for e in evidence
        for c in e["claims"]
        if not c["own"] and e["preset"] == "quick" and not PAPERS[paper_of(e["figure"])].is_study
    ]
    (row,) = [row for row in Rows(whole).counts if row[:2] == ["all papers", "quick"]]
    assert row[3:] == [str(found.count(verdict)) for verdict in VERDICTS]
    assert f"In quick runs, of {len(found)} claims of the papers {found.count(HOLDS)} hold" in whole


@pytest.mark.parametrize(
    ("verdict", "words"), [(HOLDS, "1 holds"), ("mixed", "1 is mixed"), (FAILS, "1 does not hold")]
)
def test_one_claim_is_counted_in_the_singular(verdict, words, tmp_path):
    assert words in text_of(tmp_path, entry(claim(verdict)))


def test_the_table_of_claims_has_a_row_for_each_claim_and_preset(evidence, folder):
    with (folder / "table.csv").open(encoding="utf-8", newline="") as file:
        found = [(row["claim"], row["preset"], row["verdict"]) for row in csv.DictReader(file)]
    assert found == [(c["id"], e["preset"], c["verdict"]) for e in evidence for c in e["claims"]]


def test_claims_of_our_own_are_counted_apart(tmp_path):
    text = text_of(tmp_path, entry(claim(), claim("mixed", own=True)))
    rows = {row[0]: row[3:] for row in Rows(text).counts[1:]}
    assert rows["all papers"] == ["1", "0", "0", "0"]
    assert rows["claims of our own"] == ["0", "1", "0", "0"]


@pytest.mark.parametrize("seeds", ["2 of 2 (0.43 to 1.00)", "0 of 0", ""])
def test_a_claim_that_too_few_seeds_decided_never_counts_as_held(seeds, tmp_path):
    few = claim(HOLDS, seeds)
    assert verdict_of(few) == NOT_MEASURED
    rows = {row[0]: row[3:] for row in Rows(text_of(tmp_path, entry(few))).counts[1:]}
    assert rows["all papers"] == ["0", "0", "0", "1"]


def test_a_measured_value_without_seeds_never_counts_as_held():
    assert verdict_of({**claim(), "measured": 3.0}) == NOT_MEASURED


def test_too_few_seeds_are_told_with_how_many_a_verdict_takes():
    decided = xr.DataArray([True, True, False, False], dims="seed")
    measured = over_seeds(decided, {}, decided)
    outcome = shown(claim(measured.verdict, measured.value["seeds"], note=measured.note), 4)
    assert outcome.seeds == "2 of 4 seeds can tell, 3 needed"
    assert outcome.why == ["2 of 4 seeds undecided within the budget"]


def test_a_claim_shows_its_seeds_interval_numbers_and_its_finding_before_notes():
    outcome = shown(claim("does not hold", "1 of 4 (0.08 to 0.60)", note="few rows", finding="Open: unknown"), 4)
    assert outcome == ("does not hold", "1 of 4 seeds (8% to 60%)", [("t", "never")], ["Open: unknown", "few rows"])


def test_text_is_escaped(tmp_path):
    text = text_of(tmp_path, entry(claim(note="<script>", finding="i < j & k")))
    for words in ("x &lt; y", "a &amp; b", "&lt;script&gt;", "i &lt; j &amp; k"):
        assert words in text


def test_a_figure_without_a_picture_says_so_and_shows_its_claims(tmp_path):
    text = text_of(tmp_path, entry(claim()))
    assert "The picture of this run was not kept" in text
    assert Rows(text).claims == [("omnigrok-fig3d-1", {"quick": HOLDS})]


def test_a_figure_without_an_entry_says_so(tmp_path):
    other = "omnigrok/fig2b_teacher_student"
    text = text_of(tmp_path, entry(claim()), figures=(other, FIGURE))
    assert text.count("This figure has not been measured yet") == 1
    assert f'id="{anchor(other)}"' in text


def test_a_claim_that_one_preset_lacks_stands_there_as_not_run(tmp_path):
    second = claim(id="omnigrok/fig3d/2")
    text = text_of(tmp_path, entry(claim()), entry(claim(), second, preset="paper"))
    assert Rows(text).claims[1] == ("omnigrok-fig3d-2", {"paper": HOLDS})
    assert 'data-head="measured, quick">not run<' in text


def test_a_figure_has_its_command_device_date_revision_and_time(tmp_path):
    text = text_of(tmp_path, entry(claim()))
    out = "results/omnigrok_fig3d_quick"  # of its own: other papers have a fig. 3d too
    assert f"python -m experiments.reproduce --preset=quick --only=omnigrok/fig3d --out={out}" in text
    assert "4 seeds, CPU, 2026-01-02, revision 0123456, 5\u00a0s" in text


def test_a_revision_with_changes_that_were_not_committed_has_a_plus(tmp_path):
    text = text_of(tmp_path, {**entry(claim()), "revision": "0123456789+"})
    assert "revision 0123456+, 5\u00a0s" in text


def test_a_caption_says_what_is_run_and_what_is_shown(tmp_path):
    text = text_of(tmp_path, entry(claim()))
    assert f"{lead_of(FIGURE)} <b>Shown:</b> (a) accuracies" in text
    assert lead_of(FIGURE).startswith("A network trains freely on 1000 digits")


@pytest.mark.parametrize("figure", all_figures())
def test_every_figure_has_a_sentence_or_more_for_its_caption(figure):
    assert re.fullmatch(r"[A-Z][^|]+[.)]", lead_of(figure))


def test_a_run_at_other_settings_is_told_where_there_is_none_at_todays(tmp_path):
    figure = "omnigrok/fig7_transformer"
    told = f"A run at the paper's size in other settings ({WHERE_OTHERS})"
    assert told in text_of(tmp_path, entry(claim(), figure=figure), figures=(figure,))
    both = entry(claim(), figure=figure), entry(claim(), figure=figure, preset="paper")
    assert told not in text_of(tmp_path, *both, figures=(figure,))


def test_the_runs_at_other_settings_are_of_figures_that_exist():
    assert set(AT_OTHER_SETTINGS) <= set(map(figure_id, all_figures()))


def test_every_recorded_claim_that_does_not_hold_says_why_with_a_kind_of_reason(evidence, whole):
    failing = {c["id"].replace("/", "-") for e in evidence for c in e["claims"] if c["verdict"] == FAILS}
    found = re.findall(r'data-reasons="([^"]*)"(?: data-own)? id="([^"]+)"', whole)
    assert failing <= {name for words, name in found if words}
    assert {word for words, _ in found for word in words.split()} <= set(KINDS)


def test_the_number_beside_a_kind_of_reason_is_that_of_the_claims_that_have_it(whole):
    rows = [reasons.split() for reasons in re.findall(r'data-reasons="([^"]*)"', whole)]
    told = dict(re.findall(r"<b>(\w+)</b> \(<a [^>]*>(\d+) claims?</a>\)", whole))
    assert told == {kind: str(sum(kind in reasons for reasons in rows)) for kind in KINDS}


def test_every_link_within_the_page_leads_to_a_place_on_it(whole):
    places = set(re.findall(r' id="([^"]+)"', whole))
    assert set(re.findall(r'href="#([^"]+)"', whole)) <= places


def test_another_claim_that_a_finding_names_is_a_link_to_it(tmp_path):
    text = text_of(tmp_path, entry(claim("mixed", finding="Limit: as in fig2b/4 & others")))
    assert 'Limit: as in <a href="#omnigrok-fig2b-4">fig2b/4</a> &amp; others' in text


def test_a_figure_has_a_column_of_reasons_only_if_a_claim_has_one(tmp_path):
    assert ">why</th>" not in text_of(tmp_path, entry(claim()))
    assert ">why</th>" in text_of(tmp_path, entry(claim(), claim("mixed", finding="Limit: near")))


def test_the_same_input_gives_the_same_bytes(evidence, whole, tmp_path):
    assert text_of(tmp_path, *evidence, figures=all_figures()) == whole


def test_the_page_of_some_figures_has_no_other(evidence, tmp_path):
    text = text_of(tmp_path, *evidence, figures=[FIGURE])
    assert re.findall(r'<section class="figure" id="([^"]+)"', text) == [anchor(FIGURE)]
    assert 'id="lazy_to_rich"' not in text


@pytest.mark.parametrize("figure", all_figures())
def test_the_title_of_every_figure_begins_with_its_number(figure):
    number, title = short_title(figure)
    assert re.search(r"(fig|figs|Sec|Eq)\. \d", number), number
    assert len(title) > 10


def test_every_paper_with_figures_is_told():
    assert set(PAPERS) == {paper_of(figure) for figure in all_figures()}


def test_titles_and_links_of_the_papers_are_those_of_the_citation():
    import yaml  # comes with ml_collections

    references = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))["references"]
    titles = {reference["title"] for reference in references}
    assert {paper.title for paper in PAPERS.values() if not paper.is_study} <= titles
    links = {url for paper in PAPERS.values() for url in paper.links.values()}
    assert links == {reference["url"] for reference in references if "url" in reference}
