import numpy as np
import pytest
import xarray as xr

from configs.arena.fig2_numerical_edge import AXIS, settings
from experiments.arena.fig2_numerical_edge import CLAIMS, arms, plot, table
from grok_jax.analysis.claims import judge
from grok_jax.training.grid import parse_grid
from grok_jax.training.records import labels

DECAYS = ("decay 2", "decay 4", "decay 6", "decay 8")
NEVER = np.inf
# name -> the step at which half of the rows have a loss of 0, and the one at which test accuracy reaches 95%
TIMES = {
    "softmax, float16": (400, NEVER),
    "softmax, float32": (2_000, NEVER),
    "softmax, float64": (7_000, 8_000),
    "exact, float32": (NEVER, 8_000),
    "no decay": (500, NEVER),
    "StableMax": (NEVER, 5_000),
    "OrthoGrad": (NEVER, 120),
    **dict.fromkeys(DECAYS, (NEVER, 140)),
}
ENDS = (20_000, 80_000, 500)  # of the paper's runs


def results(changes=None, *, ends=ENDS, seeds=3, fit=50):
    """Each setting fits, loses its rows, and learns to generalize at the steps in TIMES, the changes made."""
    (axis,) = parse_grid(settings(*ends))
    columns = zip(axis.fields, zip(*axis.values, strict=True), strict=True)
    times, last = {**TIMES, **(changes or {})}, [row[-1] for row in axis.values]
    step = np.unique([0, *np.geomspace(1, max(last), 400).round(), *last])
    curves = {"zero_losses": [], "test_accuracy": []}
    for (lost, learned), end in zip(times.values(), last, strict=True):
        recorded = np.where(step <= end, 1.0, np.nan)
        curves["zero_losses"].append(recorded * np.clip(step / lost - 0.5, 0, 1))
        curves["test_accuracy"].append(recorded * np.clip(0.95 * step / learned, 0.1, 1))
    curves["train_loss"] = curves["zero_losses"]
    curves["train_accuracy"] = [np.where(np.isnan(x), x, np.clip(step / fit, 0.1, 1)) for x in curves["zero_losses"]]
    return xr.Dataset(
        {name: ((AXIS, "seed", "step"), np.stack([x] * seeds, axis=1)) for name, x in curves.items()},
        {
            **{name: (AXIS, labels(list(column))) for name, column in columns},
            "seed": range(seeds),
            "step": step,
        },
    )


def verdicts(changes=None, **how):
    return {int(claim["id"][-1]): claim["verdict"] for claim in judge(CLAIMS, results(changes, **how))}


def test_each_setting_has_its_name():
    assert list(arms(results())) == list(TIMES)


def test_what_the_papers_say_passes_every_claim():
    assert set(verdicts().values()) == {"holds"}


@pytest.mark.parametrize(
    ("claim", "changes"),
    [
        (1, {"softmax, float32": (NEVER, NEVER)}),  # no collapse
        (1, {"softmax, float32": (2_000, 6_000)}),  # goes on after it
        (1, {"softmax, float32": (2_000, 1_500)}),  # groks before it
        (2, {"softmax, float16": (3_000, NEVER)}),
        (2, {"softmax, float64": (1_500, NEVER)}),
        (2, dict.fromkeys(("softmax, float32", "softmax, float64"), (NEVER, NEVER))),
        (3, {"softmax, float64": (7_000, NEVER)}),
        (4, {"StableMax": (NEVER, NEVER)}),
        (4, {"no decay": (NEVER, 4_000)}),
        (5, {"OrthoGrad": (NEVER, 310)}),
        (6, {"decay 8": (NEVER, 210)}),
        (7, {"decay 8": (NEVER, 155)}),
        (7, {"decay 8": (NEVER, NEVER)}),
        (8, {"exact, float32": (10_000, 8_000)}),
        (8, {"exact, float32": (NEVER, 30_000)}),
    ],
)
def test_a_claim_fails_where_its_words_do_not_fit(claim, changes):
    assert verdicts(changes)[claim] == "does not hold"


def test_runs_that_end_before_float32_collapses_leave_the_claims_about_formats_open():
    found = verdicts(ends=(1_500, 80_000, 500))
    assert [number for number, verdict in found.items() if verdict == "not measured"] == [1, 2, 3, 8]


def test_runs_that_never_fit_cannot_show_that_a_collapse_stops_them():
    assert verdicts(fit=NEVER)[1] == "not measured"


def test_a_stablemax_run_that_ends_early_leaves_its_claim_open():
    assert verdicts(ends=(20_000, 3_000, 500))[4] == "not measured"


def test_short_runs_without_generalization_leave_the_times_open():
    found = verdicts(ends=(20_000, 80_000, 100))
    assert [number for number, verdict in found.items() if verdict == "not measured"] == [5, 6, 7]


def test_a_decay_run_that_is_too_short_for_the_comparison_leaves_it_open():
    slow = {"OrthoGrad": (NEVER, 450), "decay 8": (NEVER, NEVER)}
    assert verdicts(slow)[7] == "not measured"  # 1.25 times 450 is after the last step


def test_an_exact_run_that_diverges_does_not_count_as_going_as_far():
    ds = results()
    exact = list(TIMES).index("exact, float32")
    late = (ds.step > 15_000) & (xr.DataArray(range(11), dims=AXIS) == exact)
    assert judge(CLAIMS, ds.where(~late))[7]["verdict"] == "does not hold"


def test_other_grids_and_two_seeds_give_no_verdict():
    assert set(verdicts(seeds=2).values()) == {"not measured"}
    for other in (results().isel({AXIS: 0}), results().isel({AXIS: slice(3)}), results().drop_vars("zero_losses")):
        assert {claim["verdict"] for claim in judge(CLAIMS, other)} == {"not measured"}


def test_the_times_of_a_setting_follow_from_its_own_steps():
    rows = {row["setting"]: row for row in table(results(ends=(20_000, 80_000, 100)))}
    assert rows["OrthoGrad"]["steps to 95%"] == NEVER
    assert rows["StableMax"]["steps to 95%"] == pytest.approx(5_000, rel=0.01)


def test_the_picture_has_a_row_for_each_method_and_marks_what_was_not_reached():
    times = plot(results()).axes[3]
    assert [label.get_text() for label in times.get_yticklabels()] == ["no decay", "StableMax", "OrthoGrad", *DECAYS]
    open_marks = [line for line in times.lines if line.get_marker() == ">" and len(line.get_xdata())]
    assert {line.get_xdata()[0] for line in open_marks} == {80_000}
