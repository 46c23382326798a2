"""Which figures a reproduction makes, and the page it leaves."""

import pytest

from experiments.catalogue import all_figures, chosen_figures
from experiments.report import write_page
from grok_jax import UserError

AVAILABLE = ["lazy/fig10_init", "lazy/fig1_polynomial", "omni/fig2a_landscape", "omni/fig2b_training"]


@pytest.mark.parametrize(
    ("only", "chosen"),
    [
        ([], AVAILABLE),
        (["lazy"], AVAILABLE[:2]),
        (["lazy/fig1"], AVAILABLE[1:2]),
        (["omni/fig2"], AVAILABLE[2:]),
        (["omni/fig2b_training", "lazy/fig10"], [AVAILABLE[0], AVAILABLE[3]]),
    ],
)
def test_a_word_means_the_figure_of_that_id_or_else_all_that_begin_so(only, chosen):
    assert chosen_figures(only, AVAILABLE) == chosen


def test_a_word_that_names_no_figure_lists_those_there_are():
    with pytest.raises(UserError, match=r"lazy/fig7 matches no figure; available: lazy/fig10_init"):
        chosen_figures(["lazy/fig7"], AVAILABLE)


def test_the_figures_of_the_demo_are_there():
    demo = ["omnigrok/fig2b", "omnigrok/fig3d", "lazy_to_rich/fig8"]
    assert len(chosen_figures(demo, all_figures())) == 3


def test_the_page_shows_each_picture_with_its_verdicts_and_escapes_text(tmp_path):
    verdict = {
        "id": "a",
        "claim": "x < y",
        "paper": "",
        "own": False,
        "measured": {"t": float("inf")},
        "verdict": "holds",
        "note": "",
    }
    verdict["finding"] = "by chance"
    page = write_page(tmp_path, "quick", {"omni/fig2b": [verdict]}).read_text("utf-8")
    assert "checks.png" not in page
    for text in (
        "Finding: by chance",
        'src="omni/fig2b/figure.png"',
        "x &lt; y",
        "t never",
        "1 hold, 0 mixed, 0 do not hold",
    ):
        assert text in page


def test_the_page_shows_the_numbers_of_the_authors_where_there_are_any(tmp_path):
    (tmp_path / "omni" / "fig2b").mkdir(parents=True)
    (tmp_path / "omni" / "fig2b" / "checks.png").touch()
    assert 'src="omni/fig2b/checks.png"' in write_page(tmp_path, "quick", {"omni/fig2b": []}).read_text("utf-8")


@pytest.mark.parametrize("only", [["", ""], ["omnigrok", ""]])
def test_an_empty_word_is_refused(only):
    with pytest.raises(UserError, match="has an empty entry"):
        chosen_figures(only, AVAILABLE)
