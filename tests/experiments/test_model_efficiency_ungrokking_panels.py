"""Runs continued on few data, drawn."""

import json

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from experiments.model_efficiency.ungrokking import SHRINK_TO, continued_runs, ungrokking_figure


def results():
    dims = ("optimizer.weight_decay", SHRINK_TO, "seed", "step")
    curves = np.ones((2, 2, 3, 4))
    coords = {dims[0]: [0.5, 1.0], SHRINK_TO: [0.125, 0.75], "seed": range(3), "step": [0, 10, 20, 30]}
    config = {"task": {"train_fraction": 0.8}, "training": {"shrink_step": 10}}
    names = ("train_accuracy", "test_accuracy", "weight_norm")
    return xr.Dataset(dict.fromkeys(names, (dims, curves)), coords, {"config": json.dumps(config)})


def test_shares_are_named_by_what_they_keep_of_all_pairs_on_a_linear_axis():
    ax = Figure().subplots()
    continued_runs(ax, results().isel({"optimizer.weight_decay": 0}))
    labels = ax.get_legend_handles_labels()[1]
    assert labels[:2] == ["10% of all pairs kept", "60% of all pairs kept"]
    assert "data cut at step 10" in labels
    assert ax.get_xscale() == "linear"


def test_a_panel_for_each_point_has_its_title():
    figure = ungrokking_figure(results(), "optimizer.weight_decay", ["one", "two"])
    assert [ax.get_title() for ax in figure.axes] == ["one", "two"]
