"""Which figures a reproduction makes."""

import pytest

from experiments.catalogue import all_figures, chosen_figures
from experiments.settings import measured_presets
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


def test_figures_of_papers_have_the_presets_quick_and_paper():
    assert measured_presets("omnigrok/fig2b_teacher_student") == ["quick", "paper"]


@pytest.mark.parametrize("only", [["", ""], ["omnigrok", ""]])
def test_an_empty_word_is_refused(only):
    with pytest.raises(UserError, match="has an empty entry"):
        chosen_figures(only, AVAILABLE)
