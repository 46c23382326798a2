"""Figures that are mended before they are written."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from grok_jax.plotting.tidy import EMPTY, tidy

ALONG = np.linspace(0, 1, 50)


def figure_of(*, columns=1):
    figure = Figure(figsize=(4 * columns, 3), layout="constrained")
    return figure, *figure.subplots(1, columns, squeeze=False)[0]


def said(ax):
    return [text.get_text() for text in ax.texts]


def test_a_legend_on_data_moves_to_a_free_corner():
    figure, ax = figure_of()
    ax.plot(ALONG, ALONG, label="rising")
    ax.legend(loc="upper right")
    tidy(figure)
    box, middle = ax.get_legend().get_window_extent(), ax.bbox.x0 + ax.bbox.width / 2
    assert box.x1 < middle
    assert figure.get_size_inches().tolist() == [4, 3]


def test_a_legend_beside_data_stays_where_it_is():
    figure, ax = figure_of()
    ax.plot(ALONG, ALONG, label="rising")
    ax.legend(loc="lower right")
    before = figure.draw_without_rendering() or ax.get_legend().get_window_extent().bounds
    tidy(figure)
    assert ax.get_legend().get_window_extent().bounds == before


def test_a_legend_that_would_lie_on_the_curves_of_a_twin_moves():
    figure, ax = figure_of()
    ax.plot(ALONG, 1 - ALONG, label="falling")
    ax.twinx().plot(ALONG, ALONG)
    ax.legend(loc="upper right")
    tidy(figure)
    figure.draw_without_rendering()
    box = ax.get_legend().get_window_extent()
    assert not (box.x1 > ax.bbox.x1 - 20 and box.y1 > ax.bbox.y1 - 20)


@pytest.mark.parametrize("is_of_twin", [False, True])
def test_a_legend_without_a_free_corner_goes_below_its_panel_and_the_figure_grows(is_of_twin):
    figure, ax = figure_of()
    legend_of = ax.twinx() if is_of_twin else ax
    legend_of.plot(ALONG, ALONG, label="flat")
    for height in range(30):
        ax.plot(ALONG, np.full(50, height))
    ax.set_xlabel("step")
    legend_of.legend(loc="center")
    tidy(figure)
    figure.draw_without_rendering()
    assert legend_of.get_legend().get_window_extent().y1 < ax.xaxis.get_tightbbox().y0
    assert figure.get_size_inches()[1] > 3


def test_a_panel_without_data_says_so_in_place_of_its_legend():
    figure, full, empty = figure_of(columns=2)
    full.plot(ALONG, ALONG, label="rising")
    full.legend()
    empty.plot(ALONG, np.full(50, np.nan), label="never")
    empty.axhline(0.5)
    empty.legend()
    tidy(figure)
    assert (said(full), said(empty)) == ([], [EMPTY])
    assert full.get_legend() is not None
    assert empty.get_legend() is None


@pytest.mark.parametrize("draw", ["plot", "scatter", "bar", "fill_between"])
def test_a_panel_with_data_of_any_kind_is_left_alone(draw):
    figure, ax = figure_of()
    getattr(ax, draw)([1, 2], [3, 4])
    tidy(figure)
    assert said(ax) == []


def test_a_panel_with_a_map_and_its_color_bar_are_left_alone():
    figure, ax = figure_of()
    figure.colorbar(ax.pcolormesh(np.eye(3)), ax=ax)
    tidy(figure)
    assert [said(each) for each in figure.axes] == [[], []]


def test_a_panel_with_a_curve_on_its_twin_only_has_data():
    figure, ax = figure_of()
    ax.twinx().plot(ALONG, ALONG)
    tidy(figure)
    assert [said(each) for each in figure.axes] == [[], []]
