import numpy as np
import pytest
import xarray as xr

from experiments.omnigrok.fig7_transformer import CLAIMS, plot
from grok_jax.analysis.claims import judge

PROBES = ("restricted_loss", "excluded_loss", "embedding_gini", "embedding_key_power", "logit_key_power")
NORMS = ("embedding_norm", "attention_norm", "mlp_norm", "unembedding_norm")
AXIS = "model.init_scale,optimizer.constant_norm"


def curves(steps, fit, general, norms, budget):
    """Accuracies that cross 95% at the given steps, and a norm by way of a start, a height at `fit` and an end."""
    seen = np.where(steps <= budget, 1.0, np.nan)
    train, test = (np.interp(np.log(steps + 1), np.log([1, time + 1]), [0, 0.95]) for time in (fit, general))
    train, test = (np.where(steps > time, 1.0, x) for x, time in ((train, fit), (test, general)))
    norm = np.interp(steps, [0, fit, min(general, budget), budget], [*norms, norms[-1]])
    made = {"train_accuracy": train, "test_accuracy": test, "train_loss": 1.1 - train, "test_loss": 1.1 - test}
    return {name: x * seen for name, x in {**made, "weight_norm": norm}.items()}


def results(
    *, free=(100, 6000), constant=(200, 300), norms=(30, 36, 20), budgets=(10_000, 2_000), seeds=3, probed=False
):
    steps = np.r_[0, np.unique(np.geomspace(1, max(budgets), 200).round()).astype(int)]
    runs = [
        curves(steps, *free, norms, budgets[0]),
        curves(steps, *constant, (24, 24, 24), budgets[1]),
    ]
    variables = {name: np.stack([np.tile(run[name], (seeds, 1)) for run in runs]) for name in runs[0]}
    if probed:
        variables |= {name: np.full((2, seeds, steps.size), 0.5) for name in (*PROBES, *NORMS)}
        variables |= {f"key_frequency_{i}": np.full((2, seeds, steps.size), float(i)) for i in range(1, 6)}
    coordinates = {
        "model.init_scale": (AXIS, [1.0, 0.8]),
        "optimizer.constant_norm": (AXIS, [False, True]),
        "seed": range(seeds),
        "step": steps,
    }
    return xr.Dataset({name: ((AXIS, "seed", "step"), x) for name, x in variables.items()}, coordinates)


def judged(**settings):
    return [verdict["verdict"] for verdict in judge(CLAIMS, results(**settings))]


def test_a_norm_that_peaks_and_falls_and_a_delay_that_vanishes_pass_every_claim():
    assert judged() == ["holds"] * 2


@pytest.mark.parametrize("norms", [(30, 31, 20), (30, 36, 33)], ids=["no peak", "ends above the start"])
def test_claim_1_fails_where_the_norm(norms):
    assert judged(norms=norms)[0] == "does not hold"


def test_claim_1_fails_where_the_norm_is_largest_after_generalization():
    assert judged(free=(100, 150), norms=(30, 31, 36))[0] == "does not hold"


def test_claim_1_is_open_where_no_run_generalizes():
    assert judged(free=(100, 1e6))[0] == "not measured"


def test_claim_2_fails_where_free_runs_hardly_wait():
    assert judged(free=(100, 1500))[1] == "does not hold"


def test_claim_2_fails_where_runs_of_constant_norm_wait_or_never_generalize():
    assert judged(constant=(200, 500))[1] == "does not hold"
    assert judged(constant=(200, 1e6))[1] == "does not hold"


def test_claim_2_is_open_where_free_runs_never_generalize():
    assert judged(free=(100, 1e6))[1] == "not measured"


def test_two_seeds_give_no_verdict():
    assert judged(seeds=2) == ["not measured"] * 2


@pytest.mark.parametrize(("probed", "panels"), [(False, 3), (True, 6)])
def test_the_picture_has_a_panel_for_each_thing_measured(probed, panels):
    labels = [ax.get_title(loc="left") or ax.get_title() for ax in plot(results(probed=probed)).axes]
    assert sum(bool(label) for label in labels) == panels
