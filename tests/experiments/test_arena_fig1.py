import json

import numpy as np
import pytest
import xarray as xr

from configs.arena.fig1_grokfast import AXIS, settings
from experiments.arena.fig1_grokfast import (
    CLAIMS,
    EMA,
    FASTER,
    MA,
    is_sooner,
    plot,
    share_of_filter,
    table,
    words,
)
from experiments.arena.fig1_grokfast import settings as settings_of
from grok_jax.analysis.claims import judge

POINTS = settings(1e-3)[AXIS]
BUDGET = 100_000
NEVER = np.inf
ADAM = ("adam", "nothing", 1e-3)
TRIPLE = ("adam", "nothing", 3e-3)
AVERAGE = ("adam", "grokfast_ma", 1e-3)
EXPONENTIAL = ("adam", "grokfast_ema", 1e-3)
ADAMW = ("adamw", "nothing", 1e-3, 1.0)
# Steps to generalize, as published where they are: every claim holds.
TIMES = {
    **{(*ADAM, decay): time for decay, time in ((0.0, 39_890), (0.005, 20_000), (0.01, 15_000))},
    **{(*TRIPLE, decay): 10_000 for decay in (0.0, 0.005, 0.01)},
    **{(*AVERAGE, decay): 790 for decay in (0.0, 0.005, 0.01)},
    **{(*EXPONENTIAL, decay): 910 for decay in (0.0, 0.005, 0.01)},
    ADAMW: 5_000,
}
HOLDS, FAILS, OPEN = "holds", "does not hold", "not measured"


def results(changes=(), *, p=97, seeds=3, budget=BUDGET):
    """Every setting fits at step 100 and generalizes at its time, or never."""
    times = np.array([{**TIMES, **dict(changes)}[point] for point in POINTS])
    known = times[np.isfinite(times) & (times <= budget)]
    steps = np.unique([0, 99, 100, *(known - 1), *known, budget]).astype(int)
    test = np.where(steps >= times[:, None], 1.0, 0.1)
    curves = {"test_accuracy": test, "train_accuracy": np.where(steps >= 100, 1.0, 0.1) + 0 * test}
    values = zip(AXIS.split(","), zip(*POINTS, strict=True), strict=True)
    ds = xr.Dataset(
        {name: ((AXIS, "seed", "step"), np.repeat(curve[:, None], seeds, axis=1)) for name, curve in curves.items()},
        {**{name: (AXIS, list(own)) for name, own in values}, "seed": range(seeds), "step": steps},
    )
    ds.attrs["config"] = json.dumps({"task": {"p": p}, "model": {"width": 128}})
    return ds


def judged(changes=(), claims=CLAIMS, **given):
    return {int(v["id"].rpartition("/")[2]): v["verdict"] for v in judge(claims, results(changes, **given))}


def verdict(claim, changes=(), **given):
    return judged(changes, [CLAIMS[claim - 1]], **given)[claim]


def test_the_published_steps_and_slow_controls_pass_every_claim():
    assert judged() == dict.fromkeys(range(1, 17), HOLDS)


@pytest.mark.parametrize(
    ("claim", "changes"),
    [
        (1, {(*ADAM, 0.0): 15_000}),
        (1, {(*ADAM, 0.0): NEVER}),
        (2, {(*AVERAGE, 0.01): 1_600}),
        (3, {(*EXPONENTIAL, 0.005): 1_900}),
        (4, {(*AVERAGE, 0.01): 1_700}),
        (5, {(*EXPONENTIAL, 0.005): 1_900}),
        (6, {(*ADAM, 0.01): 30_000}),
        (7, {(*AVERAGE, 0.0): 30_000}),
        (8, {(*EXPONENTIAL, 0.0): NEVER}),
        (9, {(*ADAM, 0.01): 1_000}),
        (10, {(*ADAM, 0.005): 1_000}),
        (11, {(*TRIPLE, 0.01): 1_000}),
        (12, {(*TRIPLE, 0.005): 1_000}),
        (13, {ADAMW: 1_000}),
        (14, {ADAMW: 1_000}),
        (15, {(*ADAM, 0.01): 2_000}),
        (16, {(*ADAM, 0.005): 2_000}),
    ],
)
def test_a_claim_fails_where_its_setting_is_too_slow_or_its_control_too_fast(claim, changes):
    assert verdict(claim, changes) == FAILS


@pytest.mark.parametrize(
    ("claim", "changes"),
    [
        (4, {(*ADAM, 0.0): NEVER}),
        (5, {(*ADAM, 0.0): NEVER}),
        (6, {(*ADAM, 0.0): NEVER, (*ADAM, 0.01): NEVER}),
        (7, {(*AVERAGE, 0.0): NEVER, (*ADAM, 0.0): NEVER}),
        (8, {(*EXPONENTIAL, 0.0): 1_800, (*ADAM, 0.0): NEVER}),
        (9, {(*AVERAGE, 0.01): NEVER, (*ADAM, 0.01): NEVER}),
        (10, {(*EXPONENTIAL, 0.005): 1_800, (*ADAM, 0.005): NEVER}),
        (11, {(*AVERAGE, 0.01): 1_800, (*TRIPLE, 0.01): NEVER}),
        (12, {(*EXPONENTIAL, 0.005): 1_800, (*TRIPLE, 0.005): NEVER}),
        (13, {(*AVERAGE, 0.01): 1_800, ADAMW: NEVER}),
        (14, {(*EXPONENTIAL, 0.005): 1_800, ADAMW: NEVER}),
        (15, {(*ADAM, 0.0): NEVER, (*ADAM, 0.01): 1_900}),
        (16, {(*ADAM, 0.0): NEVER, (*ADAM, 0.005): 1_900}),
    ],
)
def test_a_claim_is_open_where_the_budget_is_too_short(claim, changes):
    assert verdict(claim, changes, budget=2_000) == OPEN


def test_published_steps_are_compared_only_at_the_papers_size():
    assert [verdict(claim, p=43) for claim in (1, 2, 3, 4)] == [OPEN, OPEN, OPEN, HOLDS]


def test_the_published_steps_of_the_baseline_are_open_where_the_budget_is_too_short():
    assert verdict(1, budget=2_000) == OPEN


def test_claims_take_three_seeds():
    assert set(judged(seeds=2).values()) == {OPEN}


def test_claims_are_open_without_the_axis_of_settings():
    alone = results().isel({AXIS: 0}, drop=True)
    assert {verdict["verdict"] for verdict in judge(CLAIMS, alone)} == {OPEN}


def test_a_claim_is_open_where_its_setting_was_not_trained():
    few = results().isel({AXIS: [0, 2, -1]})
    assert {v["id"] for v in judge(CLAIMS, few) if v["verdict"] == HOLDS} == {"arena/fig1/1", "arena/fig1/6"}


def test_a_control_that_never_generalizes_is_later_where_the_budget_is_long_enough():
    times = xr.DataArray([10.0, 90.0, NEVER], dims="seed")
    compared = is_sooner(times, xr.full_like(times, NEVER), 2.0, 100.0)
    assert compared.holds.values.tolist() == [True, False, False]
    assert compared.known.values.tolist() == [True, False, False]


def test_a_method_that_never_generalizes_is_known_to_be_later_than_one_that_does():
    never, sooner = (xr.DataArray([time], dims="seed") for time in (NEVER, 50.0))
    compared = is_sooner(never, sooner, 2.0, 100.0)
    assert (bool(compared.holds), bool(compared.known)) == (False, True)


def test_a_run_that_diverged_decides_nothing():
    times = xr.DataArray([np.nan, 10.0], dims="seed")
    assert not is_sooner(times, times[::-1], 2.0, 100.0).known.any()


def test_the_share_of_the_filter_is_one_where_the_decay_alone_does_nothing_and_zero_where_it_does_all():
    filtered, slow = (xr.DataArray([time], dims="seed") for time in (100.0, 10_000.0))
    shares = [share_of_filter(filtered, each, slow, 1e5)[0].item() for each in (slow, filtered, 10 * filtered)]
    assert shares == pytest.approx([1, 0, 0.5])


def test_without_a_gain_the_filter_has_no_share():
    slow, fast = (xr.DataArray([time], dims="seed") for time in (1000.0, 100.0))
    share, compared = share_of_filter(slow, slow, fast, 1e5)
    assert np.isnan(share)
    assert not compared.known


def test_every_setting_has_a_row_with_its_gain():
    rows = {row["setting"]: row for row in table(results())}
    assert len(rows) == len(POINTS)
    assert rows[words((MA, 0.01))]["gain"] == pytest.approx(39_890 / 790, rel=0.01)
    assert rows["Adam, no decay"]["gain"] == 1


def test_settings_have_the_names_of_their_methods():
    found = settings_of(results())
    assert list(found)[3:6] == [(FASTER, 0.0), (FASTER, 0.005), (FASTER, 0.01)]
    assert list(found)[-2:] == [(EMA, 0.01), ("AdamW", 1.0)]


def test_the_figure_marks_runs_that_do_not_generalize_at_the_budget(tmp_path):
    figure = plot(results({(*ADAM, 0.0): NEVER}))
    texts = [text.get_text() for text in figure.axes[1].get_legend().get_texts()]
    assert "open: not within 100,000 steps" in texts
    figure.savefig(tmp_path / "figure.png")
