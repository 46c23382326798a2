"""What marks a trajectory on the plane of weight norm and messiness."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from experiments.omnigrok.reduced_flow import Path, Points, losses_along, mark_times, name_points, slow_times

TIME = np.array([0.0, 1.0, 10.0, 100.0])
DECAYS = np.array([1e-3, 1e-2])


@pytest.fixture
def ax():
    return Figure().subplots()


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_points_of_one_record_share_a_label_and_absent_ones_have_none(ax):
    name_points(ax, TIME, TIME, Points(0, 2, 2, None, 3))
    assert texts(ax) == ["A", "BC", "E"]


def test_times_are_marked_where_the_path_is_then_and_only_within_it(ax):
    mark_times(ax, TIME, 2 * TIME, TIME, np.array([5.5, 10.0, 1e3]), color="k", filled=True, named=True)
    assert [line.get_xdata()[0] for line in ax.lines] == [11.0, 20.0]
    assert texts(ax)[-1] == "$10^{1}$"


def test_losses_along_a_path_leave_out_time_zero(ax):
    losses_along(ax, Path(TIME, TIME, TIME, TIME + 1, TIME + 2), Points(0, None, None, None, None))
    assert [line.get_xdata().tolist() for line in ax.lines[:2]] == [[1.0, 10.0, 100.0]] * 2


def test_a_start_without_a_slow_part_is_named_in_words(ax):
    slow_times(ax, DECAYS, {"far": np.full(2, np.nan), "near": np.zeros(2), "third": np.array([5.0, 2.0])})
    assert texts(ax) == ["far: never fits, no B\nnear: E is C, no slow part"]
    assert ax.lines[2].get_ydata().tolist() == [5.0, 2.0]
