"""Norms and logits, drawn."""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from experiments.model_efficiency.critical_size import TRAIN_FRACTION
from experiments.model_efficiency.efficiency import norms_along, ways

COORDS = {TRAIN_FRACTION: [0.2, 0.4], "seed": range(3), "step": [0, 1, 2]}


def results():
    curves = (tuple(COORDS), np.arange(18.0).reshape(2, 3, 3))
    return xr.Dataset({"weight_norm": curves, "correct_logit": curves}, COORDS)


def test_every_run_has_a_way_and_its_end_and_every_amount_of_data_one_name():
    ax, ds = Figure().subplots(), results()
    ways(ax, ds, ds["weight_norm"] >= 0)
    assert len(ax.lines) == 2 * 6 + 1
    assert ax.get_legend_handles_labels()[1] == ["0.2", "0.4"]


def test_records_that_are_not_shown_are_not_drawn():
    ax, ds = Figure().subplots(), results()
    ways(ax, ds, ds["weight_norm"] >= 8)
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), [8.0])


def test_the_line_of_norms_goes_through_the_means_of_the_seeds_there_are():
    ax = Figure().subplots()
    norm = xr.DataArray([[1.0, 3.0], [5.0, np.nan]], {TRAIN_FRACTION: [0.2, 0.4]}, dims=(TRAIN_FRACTION, "seed"))
    norms_along(ax, norm, color="k", label="a")
    np.testing.assert_array_equal(ax.lines[-1].get_ydata(), [2.0, 5.0])


def test_norms_of_nothing_draw_nothing():
    ax = Figure().subplots()
    norms_along(ax, xr.DataArray([np.nan], {TRAIN_FRACTION: [0.2]}, dims=TRAIN_FRACTION), color="k", label="a")
    assert not ax.lines
