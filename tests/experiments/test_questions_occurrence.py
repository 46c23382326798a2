import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from experiments.questions.occurrence import (
    BY_ITSELF,
    DELAYED,
    DOES_NOT,
    INDUCED,
    OPEN,
    answer,
    delay_map,
    judge_delay,
    judge_generalization,
    outcomes,
    share_that_generalizes,
    share_that_groks,
)

LEVEL, FIT, LAST = 0.01, 100.0, 10_000
SCALE, DECAY = "model.init_scale", "optimizer.weight_decay"
LATE, SOON, NEVER, UNFIT = (FIT, 5 * FIT), (FIT, 2 * FIT), (FIT, np.inf), (np.inf, np.inf)


def falling(time):
    """A loss that falls linearly from 1 to the level at a time, and no further; at .5 if it never does."""
    steps = np.arange(0, LAST + 1, 10)
    return np.interp(steps, [0, time], [1, LEVEL]) if np.isfinite(time) else np.full(steps.size, 0.5)


def runs(*times):
    """A run with the times of its fit and its generalization for each seed."""
    losses = {f"{split}_loss": ("seed", "step") for split in ("train", "test")}
    curves = {
        name: (dims, np.stack([falling(time[i]) for time in times])) for i, (name, dims) in enumerate(losses.items())
    }
    return xr.Dataset(curves, {"seed": range(len(times)), "step": np.arange(0, LAST + 1, 10)})


def test_a_run_groks_from_three_times_the_steps_of_its_fit_on():
    found = outcomes(runs((FIT, DELAYED * FIT), (FIT, DELAYED * FIT - 10), (FIT, FIT / 2)), LEVEL)
    assert found.groks.values.tolist() == [True, False, False]
    assert found.with_fit.values.tolist() == [False, True, True]


def test_each_run_has_one_outcome():
    found = outcomes(runs(LATE, SOON, NEVER, UNFIT), LEVEL)
    flags = np.stack([found.groks, found.with_fit, found.never, found.unfit])
    np.testing.assert_array_equal(flags, np.eye(4, dtype=bool))


def test_a_run_that_diverged_before_it_fits_has_no_outcome():
    ds = runs(UNFIT)
    ds = ds.where(ds["step"] < LAST / 2)
    assert not any(bool(flag.any()) for flag in outcomes(ds, LEVEL)[1:])


def test_a_run_that_never_generalizes_does_not_count_for_the_delay_but_for_generalization():
    ds = runs(LATE, SOON, NEVER, UNFIT)
    groks, generalizes = share_that_groks(ds, LEVEL), share_that_generalizes(ds, LEVEL)
    assert (int(groks.holding), int(groks.deciding)) == (1, 2)
    assert (int(generalizes.holding), int(generalizes.deciding)) == (2, 3)


@pytest.mark.parametrize(
    ("standard", "induced", "words"),
    [
        ([LATE] * 3, [SOON] * 3, BY_ITSELF),
        ([SOON] * 3, [LATE] * 3, INDUCED),
        ([NEVER] * 3, [LATE] * 3, INDUCED),
        ([SOON] * 3, [SOON] * 3, DOES_NOT),
        ([SOON, SOON, LATE], [SOON, LATE, LATE], OPEN),
        ([SOON] * 3, [NEVER] * 3, OPEN),
        ([SOON] * 3, [LATE, LATE, NEVER], OPEN),
        ([UNFIT] * 3, [SOON] * 3, OPEN),
    ],
)
def test_the_answer_for_a_kind_of_network(standard, induced, words):
    assert answer(runs(*standard), runs(*induced), LEVEL).words == words


@pytest.mark.parametrize(
    ("times", "verdicts"),
    [
        ([LATE] * 3, ("holds", "does not hold")),
        ([SOON] * 3, ("does not hold", "holds")),
        ([NEVER] * 3, ("not measured", "not measured")),
    ],
)
def test_runs_that_generalize_decide_whether_they_do_so_late(times, verdicts):
    found = tuple(judge_delay(runs(*times), LEVEL, groks=groks).verdict for groks in (True, False))
    assert found == verdicts


@pytest.mark.parametrize(
    ("times", "verdicts"),
    [
        ([LATE, SOON, SOON], ("holds", "does not hold")),
        ([NEVER] * 3, ("does not hold", "holds")),
        ([UNFIT] * 3, ("not measured", "not measured")),
    ],
)
def test_runs_that_fit_decide_whether_they_generalize(times, verdicts):
    found = tuple(judge_generalization(runs(*times), LEVEL, generalizes=does).verdict for does in (True, False))
    assert found == verdicts


def test_the_numbers_of_a_verdict_are_the_times_of_the_runs():
    measured = judge_delay(runs(LATE, LATE, LATE), LEVEL, groks=True).value
    numbers = [measured[name] for name in ("delay", "steps to fit", "steps to generalize", "lowest test loss")]
    assert numbers == pytest.approx([5, FIT, 5 * FIT, LEVEL])


def test_a_map_has_the_number_of_seeds_that_grok_in_each_cell(tmp_path):
    rows = [[runs(LATE, LATE), runs(LATE, SOON)], [runs(NEVER, NEVER), runs(UNFIT, UNFIT)]]
    ds = xr.concat([xr.concat(row, SCALE) for row in rows], DECAY).assign_coords({SCALE: [1.0, 4.0], DECAY: [0.0, 0.1]})
    figure = Figure()
    ax = figure.subplots()
    delay_map(ax, ds, LEVEL, SCALE, DECAY, labels=("initial scale α", "weight decay"))
    cells = {(int(text.get_position()[0]), int(text.get_position()[1])): text.get_text() for text in ax.texts}
    assert cells == {(0, 0): "2/2", (1, 0): "1/2", (0, 1): "0/2", (1, 1): "0/2"}
    assert [label.get_text() for label in ax.get_yticklabels()] == ["0", "0.1"]
    assert ax.get_legend_handles_labels()[1] == ["fits, never generalizes", "does not fit"]
    figure.savefig(tmp_path / "map.png")
