import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from experiments.lazy_to_rich.decomposition import LINES, decomposed_run, loss_parts


def results(ends=(0.001, 2.0, 2.0), steps=(0, 1, 10, 100)):
    curves = np.linspace(1, ends, len(steps)).T
    names = ("train_loss", "decomposed_loss", *LINES)
    coords = {"seed": range(len(ends)), "step": list(steps)}
    return xr.Dataset(dict.fromkeys(names, (("seed", "step"), curves)), coords)


@pytest.fixture
def ax():
    return Figure().subplots()


def test_the_test_loss_lies_beside_its_three_parts(ax):
    loss_parts(ax, results())
    assert [line.get_label() for line in ax.lines] == [name for name, _, _ in LINES.values()]
    assert ax.get_yscale() == "log"


def test_the_figure_says_how_many_runs_generalize_and_shows_one_that_does():
    left, right = decomposed_run(results()).axes
    assert left.get_title() == "1 of 3 seeds generalize (faint: all of them)"
    assert right.get_title() == "one that generalizes"
    assert right.lines[0].get_ydata()[-1] == pytest.approx(0.001)


def test_the_figure_says_where_no_run_generalizes():
    assert decomposed_run(results((2.0, 1.0, 3.0))).axes[1].get_title() == "one that does not generalize"


def test_the_figure_of_one_run_without_an_axis_of_seeds_is_drawn(tmp_path):
    figure = decomposed_run(results().isel(seed=0, drop=True))
    assert figure.axes[0].get_title().startswith("1 of 1 seeds")
    figure.savefig(tmp_path / "figure.png")
