"""The table of evidence: what is gathered, and that the one in docs is whole and true to its numbers."""

import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from ml_collections import ConfigDict

from experiments import evidence_entries, evidence_table
from experiments.catalogue import all_figures, figure_id
from experiments.figures import figure_of
from experiments.settings import EARLIER, chosen_fields, nearest_preset, other_fields, preset_config, setting_of
from grok_jax import UserError, results
from grok_jax.analysis.claims import FAILS, MIXED
from grok_jax.training.naming import metrics_of

DOCS = Path(__file__).parents[2] / "docs"
FIGURE = "lazy_to_rich/fig4_loss_decomposition"


def kept(config):
    """The config as config.json has it."""
    return json.loads(json.dumps(config.to_dict()))


def verdict(found="holds", **choices):
    fields = {"id": "paper/fig1/1", "claim": "x | y < 1", "paper": "", "own": False, "note": "", "finding": ""}
    return {**fields, "measured": {"t": 1234.5, "seeds": "3 of 3 (0.53 to 1.00)"}, "verdict": found, **choices}


def entry(figure=FIGURE, preset="quick", claims=(), checks=()):
    fields = {"figure": figure, "preset": preset, "claims": list(claims), "checks": list(checks), "remark": "so"}
    made = {"device": "1 x cpu", "date": "2026-01-02", "revision": "0123456789"}
    return {**fields, **made, "config": chosen_fields(kept(preset_config(figure, preset)))}


def number(found="agrees", **choices):
    fields = {"check": "peak", "theirs": 2.0, "ours": 3.0, "low": 1.0, "high": "never", "note": ""}
    return {**fields, "verdict": found, **choices}


def page_of(*entries):
    return evidence_table.page({f"{e['figure']} {e['preset']}": e for e in entries}, all_figures())


def test_a_row_has_verdict_share_numbers_preset_device_and_date():
    page = page_of(entry(claims=[verdict()]))
    (row,) = [line for line in page.splitlines() if line.startswith(f"| [fig1/1](../configs/{FIGURE}.py) |")]
    for shown in ("holds", "3 of 3 (0.53 to 1.00)", "t 1,234", "quick, CPU, 2026-01-02, 0123456", r"x \| y &lt; 1"):
        assert shown in row


def test_a_revision_with_changes_that_were_not_committed_has_a_plus():
    assert ", 0123456+ |" in page_of({**entry(claims=[verdict()]), "revision": "0123456789+"})


def test_a_finding_stands_with_its_claim():
    page = page_of(entry(claims=[verdict(FAILS, finding="because")]))
    assert "**Finding**: because" in page
    assert "**does not hold**" in page


def test_claims_are_counted_for_each_preset_and_our_own_apart():
    page = page_of(entry(claims=[verdict(), verdict(own=True)]), entry(preset="paper", claims=[verdict(FAILS)]))
    assert "| quick | 1 | 1 hold, 0 mixed, 0 do not hold, 0 not measured; our own: 1 hold" in page
    assert "| paper | 1 | 0 hold, 0 mixed, 1 do not hold, 0 not measured |" in page


def test_numbers_of_the_authors_stand_beside_ours_and_those_not_compared_are_named():
    page = page_of(entry(checks=[number(), number("not compared", ours=None, note="the runs end at step 7")]))
    assert "| fig4 quick | peak | 2 | 3 (1 to never) | 1.5 | agrees |" in page
    assert "Not compared: 1 of fig4 quick (the runs end at step 7)." in page


def test_a_remark_stands_below_numbers_that_differ():
    assert "Where fig4 quick differs: so" in page_of(entry(checks=[number("differs")]))
    assert "Where fig4 quick" not in page_of(entry(checks=[number()]))


def test_a_picture_of_curves_is_shown_where_there_is_one():
    compared, other = entry(checks=[number()]), entry(preset="paper", checks=[number()])
    entries = {"quick": compared, "paper": other}
    name = evidence_table.curves_picture(compared)
    page = evidence_table.page(entries, all_figures(), {name})
    assert re.findall(r"!\[the authors' numbers over our curves of ([^]]*)\]\(([^)]*)\)", page) == [
        ("fig4 quick", name)
    ]
    assert "over our curves of" not in page_of(*entries.values())


def test_figures_without_results_are_named():
    missing = page_of(entry()).partition("## Not measured yet")[2]
    assert "lazy_to_rich/fig5" in missing
    assert "lazy_to_rich/fig4," not in missing


def test_fewer_seeds_and_another_precision_are_the_presets_setting_and_are_told():
    config = preset_config(FIGURE, "paper")
    config.grid, config.training.matmul_precision = "seed=range(3)", "default"
    words, others = setting_of(kept(config), FIGURE, "paper")
    assert (words, others) == ("3 of 100 seeds, training.matmul_precision=default", [])


@pytest.mark.parametrize("preset", ["quick", "paper"])
def test_where_presets_differ_in_their_seeds_alone_the_seeds_decide(preset):
    assert nearest_preset(kept(preset_config(FIGURE, preset)), FIGURE) == (preset, [])


def test_any_other_field_is_another_setting():
    config = preset_config(FIGURE, "paper")
    config.training.steps = 7
    assert setting_of(kept(config), FIGURE, "paper")[1] == ["training.steps"]


def test_results_of_a_setting_that_was_changed_since_are_told_apart():
    old = entry(claims=[verdict()])
    old["config"]["training.steps"] = 7
    assert "quick (training.steps changed since), CPU" in page_of(old)


def test_an_earlier_word_of_a_metric_is_the_same_setting():
    config = preset_config("lazy_to_rich/eq19_alignment", "quick")
    there = kept(config)
    there["training"]["probes"] = ["kernel", "decomposition", "population_alignment"]
    assert other_fields(there, config) == []


@pytest.mark.parametrize("word", EARLIER)
def test_every_earlier_word_of_a_metric_is_one_today(word):
    assert list(metrics_of((EARLIER[word],))) == [word]


def test_a_field_that_came_later_counts_as_its_default():
    config = preset_config(FIGURE, "quick")
    there = kept(config)
    del there["optimizer"]["learning_rate"]
    assert other_fields(there, config) == ["optimizer.learning_rate"]
    there = kept(config)
    del there["training"]["matmul_precision"]
    assert other_fields(there, config) == []


def test_the_day_of_results_that_do_not_say_it_is_their_files(tmp_path):
    (tmp_path / "file").touch()
    os.utime(tmp_path / "file", (86_400, 86_400))
    assert evidence_entries._day_of(tmp_path / "file") == "1970-01-02"


def test_results_say_their_day():
    assert len(results.environment()["date"]) == len("2026-01-02T03:04:05+00:00")


def test_another_preset_and_no_figure_are_passed_over(tmp_path):
    config = preset_config(FIGURE, "smoke")
    results.begin(tmp_path, config.to_dict())
    assert evidence_entries.gather(tmp_path)[1].startswith("skipped: ")
    config.figure = ""
    results.begin(tmp_path, config.to_dict(), overwrite=True)
    assert evidence_entries.gather(tmp_path) == ({}, "skipped: a custom grid, not a figure")
    config.figure = "lazy_baseline"
    results.begin(tmp_path, config.to_dict(), overwrite=True)
    assert evidence_entries.gather(tmp_path)[1] == "skipped: figure 'lazy_baseline' is not in the catalogue"


def finish(folder, preset):
    """Makes the folder of a finished figure whose seeds all fit, and generalize late."""
    config = preset_config("omnigrok/fig3d_mnist_grokking", preset)
    results.begin(folder, config.to_dict())
    curves = {"train_accuracy": [0.1, 1, 1], "test_accuracy": [0.1, 0.2, 0.9], "weight_norm": [94, 90, 40]}
    dims, coords = ("seed", "step"), {"seed": range(4), "step": [0, 1000, 20_000]}
    attrs = {"config": json.dumps(kept(config)), "wall_seconds": 60.0, "compile_seconds": 2.0}
    attrs |= {"programs": 1, "devices": "1 x cpu", "chunk_runs": [4]}
    data = {name: (dims, np.float32([curve] * 4)) for name, curve in curves.items()}
    results.write_dataset(folder, xr.Dataset(data, coords, attrs))
    return folder


@pytest.fixture
def finished(tmp_path):
    return finish(tmp_path, "quick")


def test_a_finished_figure_is_judged_anew_and_told_with_where_and_when_it_was_made(finished):
    entry, reason = evidence_entries.gather(finished)
    assert (reason, entry["preset"], entry["figure"]) == ("", "quick", "omnigrok/fig3d_mnist_grokking")
    assert (entry["date"], entry["seconds"]) == (results.environment()["date"][:10], 60)
    assert {v["verdict"] for v in entry["claims"]} == {"holds"}
    assert "task.source" in entry["checks"][0]["note"]  # the authors' digits are others


def test_the_curves_of_the_authors_setting_are_drawn_with_their_numbers(tmp_path):
    folder = finish(tmp_path / "run", "paper")
    entry, _ = evidence_entries.gather(folder)
    evidence_entries.write_curves(tmp_path, folder, entry)
    assert (tmp_path / "evidence" / "omnigrok_fig3d_paper.png").stat().st_size < 40_000


def test_an_earlier_picture_of_curves_that_are_no_longer_compared_is_deleted(finished):
    entry, _ = evidence_entries.gather(finished)
    path = finished / evidence_table.curves_picture(entry)
    path.parent.mkdir()
    path.write_bytes(b"earlier")
    evidence_entries.write_curves(finished, finished, entry)
    assert not path.exists()


def test_a_damaged_folder_is_refused(finished):
    (finished / "results.nc").write_bytes((finished / "results.nc").read_bytes()[:-9])
    with pytest.raises(UserError, match=r"results\.nc is damaged"):
        evidence_entries.gather(finished)
    (finished / "config.json").write_text('{"config": {"figure": ""', "utf-8")
    with pytest.raises(UserError, match=r"config\.json is missing or damaged"):
        evidence_entries.gather(finished)


@pytest.mark.parametrize("text", ['{"a": {', "[]", '{"a": {"figure": "omnigrok/fig2a"}}'])
def test_a_table_that_is_damaged_is_refused_in_one_line(tmp_path, text):
    (tmp_path / "evidence.json").write_text(text, "utf-8")
    with pytest.raises(
        UserError, match=r"^reading .*evidence\.json, which must be unchanged since this command wrote it, fails"
    ):
        evidence_entries.read(tmp_path / "evidence.json")


def test_results_made_before_they_said_their_day_have_the_one_given(finished):
    record = json.loads((finished / "config.json").read_text("utf-8"))
    del record["date"]
    (finished / "config.json").write_text(json.dumps(record), "utf-8")
    assert evidence_entries.gather(finished, "2026-01-02")[0]["date"] == "2026-01-02"


def test_results_with_an_earlier_name_of_a_field_have_the_setting_that_they_had():
    figure = "model_efficiency/fig1_three_architectures"
    there = kept(preset_config(figure, "quick"))
    there["model"]["init"] = there["model"].pop("initializer")
    there["grid"] = there["grid"].replace("model.initializer", "model.init")
    assert setting_of(there, figure, "quick") == ("", [])


def test_writing_leaves_the_table_and_its_pictures(tmp_path):
    second = entry("omnigrok/fig10b_mnist_time_vs_decay")
    evidence_entries.write(tmp_path, {"b": entry(claims=[verdict()], checks=[number()]), "a": second})
    assert list(evidence_entries.read(tmp_path / "evidence.json")) == ["a", "b"]
    assert (tmp_path / "evidence" / "lazy_to_rich.png").exists()
    assert not (tmp_path / "evidence" / "omnigrok.png").exists()


@pytest.fixture(scope="module")
def docs():
    return evidence_entries.read(DOCS / "evidence.json")


def test_the_page_in_docs_is_what_its_numbers_give(docs):
    assert (DOCS / "evidence.md").read_text("utf-8") == evidence_entries.page(docs, DOCS), (
        "run experiments.evidence --out=docs"
    )


def test_every_figure_has_a_row_in_docs_or_is_named_as_not_measured():
    page = (DOCS / "evidence.md").read_text("utf-8")
    measured, _, missing = page.partition("## Not measured yet")
    for figure in all_figures():
        paper, number = figure_id(figure).split("/")
        table = measured.partition(f"## {paper}\n")[2].partition("\n## ")[0]
        assert f"| [{number}/1](" in table or f"{paper}/{number}" in missing, figure


def test_every_claim_in_docs_that_does_not_hold_or_is_mixed_has_a_finding(docs):
    failing = [v for e in docs.values() for v in e["claims"] if v["verdict"] in (FAILS, MIXED)]
    assert failing
    assert [v["id"] for v in failing if not v["finding"]] == []


def test_claims_and_findings_in_docs_are_those_of_the_code_for_their_verdicts(docs):
    for measured in docs.values():
        coded = figure_of(ConfigDict({"figure": measured["figure"]})).claims
        assert [v["id"] for v in measured["claims"]] == [claim.id for claim in coded]
        for v, claim in zip(measured["claims"], coded, strict=True):
            finding = claim.finding if v["verdict"] in (FAILS, MIXED) else ""
            assert (v["claim"], v["paper"], v["finding"]) == (claim.text, claim.paper, finding), v["id"]


def test_the_pictures_in_docs_are_there_and_small():
    shown = re.findall(r"!\[[^]]*\]\(([^)]*)\)", (DOCS / "evidence.md").read_text("utf-8"))
    assert all((DOCS / name).exists() for name in shown)
    assert sum(file.stat().st_size for file in (DOCS / "evidence").glob("*.png")) < 2e6
