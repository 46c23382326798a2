import json

import numpy as np
import pytest
import xarray as xr

from configs.questions.fig5_small_norm import ARM_AXIS, TASK_FIELDS, arms_axis, get_config
from experiments.questions.fig5_small_norm import CLAIMS, at_best, is_free, is_small, plot, runs_on
from grok_jax.analysis.claims import judge
from grok_jax.training.grid import parse_grid

RATES = (1e-3, 3e-3)
TASK_AXIS = ",".join(TASK_FIELDS)
NAMES, LAST = ("mnist", "imdb"), (1000, 300)
HOLDS, FAILS, OPEN = "holds", "does not hold", "not measured"
ARMS = next(iter(arms_axis((0.0, 0.1)).values()))
NORM = {norm: (norm, True, 0.0) for norm in (0.3, 0.5, 0.7, 1.0)}
FREE, DECAYED, SMALL_START = (1.0, False, 0.0), (1.0, False, 0.1), (0.5, False, 0.0)
# Last accuracies at which every claim holds, at the better rate.
ENDS = {
    NORM[0.3]: 0.70,
    NORM[0.5]: 0.93,
    NORM[0.7]: 0.92,
    NORM[1.0]: 0.90,
    FREE: 0.90,
    DECAYED: 0.91,
    SMALL_START: 0.91,
}
SOON, SLOW = 0.05, 0.2  # share of the steps at which a run is at its last accuracy


def results(changes=None, *, seeds=3, slow=(), rates=RATES, tasks=NAMES, arms=ARMS):
    """Test accuracy rises in a straight line from .1, soon at a constant norm and slowly if free; 3e-3 ends .005 lower.

    Args:
      changes: {arm, or (arm, rate), or (arm, rate, seed): last accuracy}, on both tasks.
      slow: arms that rise as slowly as free ones do.
    """
    changes = changes or {}
    steps = np.unique([0, *np.linspace(0, LAST[0], 201), *np.linspace(0, LAST[1], 201)])
    values = np.full((len(tasks), len(arms), len(rates), seeds, steps.size), np.nan)
    for i, last in enumerate(LAST[: len(tasks)]):
        for j, arm in enumerate(arms):
            full = last * (SLOW if arm in slow or not arm[1] else SOON)
            for k, rate in enumerate(rates):
                for seed in range(seeds):
                    end = ENDS[arm] - 0.005 * (rate == RATES[1])
                    for key in (arm, (arm, rate), (arm, rate, seed)):
                        end = changes.get(key, end)
                    rise = 0.1 + (end - 0.1) * np.minimum(steps / full, 1)
                    values[i, j, k, seed] = np.where(steps <= last, rise, np.nan)
    scales, kept, decays = zip(*arms, strict=True)
    return xr.Dataset(
        {"test_accuracy": ((TASK_AXIS, ARM_AXIS, "optimizer.learning_rate", "seed", "step"), values)},
        {
            "task.name": (TASK_AXIS, list(tasks)),
            "model.init_scale": (ARM_AXIS, list(scales)),
            "optimizer.constant_norm": (ARM_AXIS, list(kept)),
            "optimizer.weight_decay": (ARM_AXIS, list(decays)),
            "optimizer.learning_rate": list(rates),
            "seed": range(seeds),
            "step": steps,
        },
        {"config": json.dumps({})},
    )


def verdicts(ds):
    return {int(each["id"].rpartition("/")[2]): each["verdict"] for each in judge(CLAIMS, ds)}


def judged(changes=None, **given):
    """The verdicts of claims 1 to 6; claims 7 to 12 must be the same, as both tasks have the same accuracies."""
    found = verdicts(results(changes, **given))
    assert [found[number] for number in range(1, 7)] == [found[number] for number in range(7, 13)]
    return {number: found[number] for number in range(1, 7)}


def failing(changes=None, **given):
    return [number for number, verdict in judged(changes, **given).items() if verdict == FAILS]


def test_a_small_norm_that_ends_higher_and_rises_sooner_passes_every_claim():
    assert judged() == dict.fromkeys(range(1, 7), HOLDS)


def test_small_norms_that_end_lower_fail_every_claim():
    low = {NORM[norm]: 0.8 for norm in (0.3, 0.5, 0.7)}
    assert failing(low) == [1, 2, 3, 4, 5, 6]


def test_a_small_norm_that_ends_as_high_is_no_worse_and_no_better():
    assert failing({NORM[0.5]: 0.91, NORM[0.7]: 0.91}, slow=[NORM[0.5], NORM[0.7]]) == [2, 4, 5, 6]


@pytest.mark.parametrize(("behind", "fails"), [(0.004, False), (0.006, True)])
def test_half_a_point_below_the_best_free_run_is_no_worse(behind, fails):
    assert (1 in failing({NORM[0.5]: 0.91 - behind, NORM[0.7]: 0.5})) == fails


@pytest.mark.parametrize(("ahead", "fails"), [(0.009, True), (0.011, False)])
def test_a_point_above_the_best_free_run_is_better(ahead, fails):
    assert (2 in failing({NORM[0.5]: 0.91 + ahead, NORM[0.7]: 0.5})) == fails


def test_gains_of_just_a_limit_count_in_the_bits_of_results():
    # In float32, .92 - .91 is below .01, .905 - .91 is below -.005, and .91 - .905 is above .005.
    def claims(last, standard=0.90):
        ds = results({NORM[0.5]: last, NORM[0.7]: 0.5, NORM[1.0]: standard}).astype("float32")
        return [claim["verdict"] for claim in judge(CLAIMS, ds)]

    assert claims(0.92)[1] == HOLDS
    assert claims(0.905)[0] == HOLDS
    assert claims(0.91, standard=0.905)[2] == FAILS


def test_claim_3_fails_where_the_norm_of_standard_weights_does_as_well():
    assert failing({NORM[1.0]: 0.93}) == [3]


def test_claim_4_fails_where_the_small_norm_takes_as_many_steps():
    assert failing(slow=list(NORM.values())) == [4]


def test_claim_4_fails_where_the_small_norm_never_gets_there():
    assert 4 in failing({NORM[norm]: 0.8 for norm in (0.3, 0.5, 0.7)})


def test_claim_5_fails_where_the_gain_is_at_one_rate_only():
    assert failing({(NORM[norm], 3e-3): 0.8 for norm in (0.3, 0.5, 0.7)}) == [5]


def test_claim_6_fails_where_the_start_from_small_weights_does_it():
    assert failing({SMALL_START: 0.93}) == [6]


@pytest.mark.parametrize("arm", [FREE, DECAYED])
def test_the_best_decay_stands_for_free_training(arm):
    assert 2 in failing({arm: 0.929})


def test_a_setting_is_chosen_by_the_other_seeds():
    lucky = {(NORM[0.7], 1e-3, 0): 0.99}  # the highest of all, in seed 0 alone
    runs = runs_on(results(lucky), "mnist")
    best = at_best(runs, is_small(runs))
    assert best["scale"].values.tolist()[0] == 0.5
    assert best["last"].values.tolist()[0] == pytest.approx(0.93)


def test_each_arm_is_chosen_at_its_own_best_rate():
    runs = runs_on(results({(DECAYED, 3e-3): 0.925}), "imdb")
    best = at_best(runs, is_free(runs))
    assert set(best["rate"].values) == {3e-3}
    assert set(best["decay"].values) == {0.1}


def test_a_run_that_diverges_ends_at_zero():
    ds = results()
    ds["test_accuracy"] = ds["test_accuracy"].where(~ds["optimizer.constant_norm"] | (ds["step"] < 20))
    assert runs_on(ds, "mnist")["last"].sel(arm=0).max() == 0
    assert set(verdicts(ds).values()) == {FAILS}


def test_nothing_is_decided_where_free_training_has_not_learned():
    low = dict.fromkeys((FREE, DECAYED), 0.5)
    assert set(judged(low).values()) == {OPEN}


def test_accuracies_that_count_as_learned_differ_between_the_tasks():
    found = verdicts(results({FREE: 0.7, DECAYED: 0.7}))
    assert {found[number] for number in range(1, 7)} == {OPEN}
    assert {found[number] for number in range(7, 13)} == {HOLDS}


def test_a_task_that_was_not_run_is_open():
    found = verdicts(results(tasks=NAMES[:1]))
    assert {found[number] for number in range(1, 7)} == {HOLDS}
    assert {found[number] for number in range(7, 13)} == {OPEN}


def test_an_arm_that_was_not_run_leaves_its_claim_open():
    found = judged(arms=[arm for arm in ARMS if arm != SMALL_START])
    assert found == {**dict.fromkeys(range(1, 6), HOLDS), 6: OPEN}


def test_claims_take_three_seeds():
    assert set(judged(seeds=2).values()) == {OPEN}


def test_claims_are_open_without_the_axes_of_tasks_and_arms():
    alone = results().isel({TASK_AXIS: 0, ARM_AXIS: 0}, drop=True)
    assert set(verdicts(alone).values()) == {OPEN}


def test_the_figure_has_an_accuracy_for_each_arm_and_rate(tmp_path):
    figure = plot(results(seeds=3))
    heights = [line.get_ydata() for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert len(heights) == len(ARMS) * len(RATES)
    assert {round(float(y), 3) for ys in heights for y in ys} >= {0.93, 0.925, 0.7}
    figure.savefig(tmp_path / "figure.png")


def points(preset):
    return {
        axis.name: [dict(zip(axis.fields, v, strict=True)) for v in axis.values]
        for axis in parse_grid(get_config(preset).grid)
    }


@pytest.mark.parametrize("preset", ["quick", "medium", "paper"])
def test_each_constant_norm_starts_at_its_scale_without_decay_and_only_it_is_kept(preset):
    arms = points(preset)[ARM_AXIS]
    held = [arm for arm in arms if arm["optimizer.constant_norm"]]
    assert [arm["model.init_scale"] for arm in held] == [0.3, 0.5, 0.7, 1.0]
    assert {arm["optimizer.weight_decay"] for arm in held} == {0.0}


def test_the_paper_preset_has_the_settings_of_omnigrok_on_the_full_tasks():
    digits, reviews = points("paper")[TASK_AXIS]
    assert (digits["task.train_size"], digits["model.widths"], digits["training.loss"]) == (60_000, (200, 200), "mse")
    assert (reviews["task.size"], reviews["task.length"], reviews["model.width"]) == (25_000, 500, 128)
    assert (reviews["optimizer.clip_norm"], digits["optimizer.clip_norm"]) == (5.0, None)
