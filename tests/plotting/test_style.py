import matplotlib
from matplotlib.figure import Figure

from grok_jax.plotting.style import OKABE_ITO, RC, colours, panel_label, style


def test_the_style_ends_with_its_context():
    before = dict(matplotlib.rcParams)
    with style():
        assert matplotlib.rcParams["savefig.dpi"] == RC["savefig.dpi"]
    assert dict(matplotlib.rcParams) == before


def test_few_curves_take_okabe_and_itos_colours_and_many_are_all_different():
    assert tuple(colours(3)) == OKABE_ITO[:3]
    assert len(set(colours(21))) == 21


def test_a_panel_letter_stands_at_the_left():
    ax = Figure().subplots()
    panel_label(ax, "b")
    assert ax.get_title(loc="left") == "(b)"
