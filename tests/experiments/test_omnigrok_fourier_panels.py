"""Progress measures and spectra as panels."""

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from experiments.omnigrok.fourier import LOSSES, MODULES, SPARSITY, module_norms, progress_figure, spectrum_bars

STEPS = [0, 1, 10, 100]


@pytest.fixture
def results():
    names = [*LOSSES, *SPARSITY, *MODULES]
    data = {name: (("seed", "step"), np.tile([4.0, 2.0, 0.5, 0.1], (2, 1))) for name in names}
    data |= {f"key_frequency_{i}": (("seed", "step"), np.full((2, 4), float(i))) for i in range(1, 6)}
    return xr.Dataset(data, {"seed": [0, 1], "step": STEPS})


@pytest.fixture
def spectrum():
    power = np.array([0.02, 0.3, 0.02, 0.2, 0.01, 0.2, 0.1, 0.15])
    data = dict.fromkeys(("embedding_power", "logit_power"), ("frequency", power))
    return xr.Dataset(data, {"frequency": range(1, 9)})


def test_the_largest_frequencies_are_named(spectrum):
    ax = Figure().subplots()
    spectrum_bars(ax, spectrum.embedding_power, keys=3)
    assert [text.get_text() for text in ax.texts] == ["2", "4", "6"]


def test_there_is_a_bar_for_each_frequency_of_the_run(spectrum):
    ax = Figure().subplots()
    spectrum_bars(ax, spectrum.reindex(frequency=range(1, 12)).embedding_power)
    assert len(ax.patches) == 8


def test_each_module_has_its_curve(results):
    ax = Figure().subplots()
    module_norms(ax, results)
    assert [line.get_label() for line in ax.lines] == [name for name, _, _ in MODULES.values()]


@pytest.mark.parametrize("panels", [2, 4])
def test_the_figure_has_spectra_where_they_are_given(results, spectrum, panels, tmp_path):
    figure = progress_figure(results, spectrum if panels == 4 else None)
    assert len(figure.axes) == panels
    figure.savefig(tmp_path / "progress.png")
