import matplotlib
from matplotlib.figure import Figure

from grok_jax.plotting.style import OKABE_ITO, RC, colors, panel_label, panel_labels, short_log_axes, style


def test_the_style_ends_with_its_context():
    before = dict(matplotlib.rcParams)
    with style():
        assert matplotlib.rcParams["savefig.dpi"] == RC["savefig.dpi"]
    assert dict(matplotlib.rcParams) == before


def test_few_curves_take_okabe_and_itos_colors_and_many_are_all_different():
    assert tuple(colors(3)) == OKABE_ITO[:3]
    assert len(set(colors(21))) == 21


def test_a_panel_letter_stands_at_the_left():
    ax = Figure().subplots()
    panel_label(ax, "b")
    assert ax.get_title(loc="left") == "(b)"


def test_panels_that_share_a_letter_are_numbered():
    panels = Figure().subplots(1, 3)
    panel_labels(panels, "d")
    assert [ax.get_title(loc="left") for ax in panels] == ["(d1)", "(d2)", "(d3)"]


def written_at(axis):
    axis.figure.draw_without_rendering()
    return [tick.get_text() for tick in axis.get_ticklabels()]


def test_a_logarithmic_axis_of_a_decade_has_more_than_one_number():
    ax = Figure().subplots()
    ax.plot([12, 60], [0.3, 0.8])
    short_log_axes(ax)
    assert {"20", "50"} <= set(written_at(ax.xaxis))
    assert "0.5" in written_at(ax.yaxis)


def test_axes_without_a_point_that_can_be_drawn_stay_as_they_are():
    ax = Figure().subplots()
    ax.plot([1, 2], [float("nan"), 0])
    ax.axhline(0.05)
    short_log_axes(ax)
    assert (ax.get_xscale(), ax.get_yscale()) == ("linear", "linear")
    ax.figure.draw_without_rendering()


def test_logarithmic_axes_have_numbers_over_many_decades_too():
    ax = Figure().subplots()
    ax.plot([1, 1e3, 1e5], [1e-13, 1e-4, 1])
    short_log_axes(ax)
    low, high = ax.get_ylim()
    assert sum(low <= tick <= high for tick in ax.get_yticks()) >= 3
