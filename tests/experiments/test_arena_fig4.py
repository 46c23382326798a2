import numpy as np
import pytest
import xarray as xr

from configs.arena.fig4_delay_law import AXIS, get_config
from experiments.arena.fig4_delay_law import CLAIMS, NORM_FROM, OUTPUT, SCALE, plot
from grok_jax.analysis.claims import judge
from grok_jax.training.grid import parse_grid

FIT, LAST = 100, 1500
POINTS = parse_grid(get_config("quick").grid)[0]


def constant_norm_delay(scale, logits, norm_power, logit_power):
    return 4 * (scale / 2) ** norm_power * (logits / 64.4) ** logit_power


def results(
    *,
    norm_power=0.0,
    logit_power=1.0,
    mse_norm_power=1.0,
    mse_logit_power=0.0,
    on=600.0,
    kept=700.0,
    dropped=np.inf,
    at_fork=0.2,
    seeds=3,
    longest=np.inf,
):
    """The runs of quick: delays are powers of the norm and of the initial logits, forks generalize at given steps."""
    steps = np.arange(0, LAST + 1, 10)
    fields = [dict(zip(POINTS.fields, values, strict=True)) for values in POINTS.values]
    forks = iter((on, kept, dropped))
    curves = {name: [] for name in ("train_accuracy", "test_accuracy", "weight_norm", "logit_scale")}
    for point in fields:
        scale, logits = point[SCALE], point[SCALE] ** 3 * point[OUTPUT]
        powers = (mse_norm_power, mse_logit_power) if point["training.loss"] == "mse" else (norm_power, logit_power)
        if point[NORM_FROM]:
            time, start = next(forks), at_fork
        else:
            late = constant_norm_delay(scale, logits, *powers)
            time, start = FIT * (late if late <= longest else np.inf), 0.1
        rising = np.interp(steps, [0, FIT, time, time + 1], [0, start, 0.95, 1]) if np.isfinite(time) else 0 * steps
        curves["train_accuracy"].append(np.minimum(0.95 * steps / FIT, 1))
        curves["test_accuracy"].append(rising if np.isfinite(time) else np.full(steps.size, start))
        curves["weight_norm"].append(np.full(steps.size, 7.0 * scale))
        curves["logit_scale"].append(np.full(steps.size, logits / 20))
    axis = {name: (AXIS, np.array([point[name] for point in fields])) for name in POINTS.fields}
    values = {name: ((AXIS, "step"), np.array(curve, float)) for name, curve in curves.items()}
    return xr.Dataset(values, {**axis, "step": steps}).expand_dims(seed=range(seeds))


def judged(number, **settings):
    return judge(CLAIMS, results(**settings))[number - 1]


def test_delays_that_follow_the_logits_alone_and_forks_as_stated_pass_every_claim():
    assert [claim["verdict"] for claim in judge(CLAIMS, results())] == ["holds"] * 6


def test_delays_that_follow_the_norm_alone_fail_the_claims_about_cross_entropy():
    verdicts = [claim["verdict"] for claim in judge(CLAIMS, results(norm_power=2.0, logit_power=0.0))]
    assert verdicts[:3] == ["does not hold"] * 3


def test_norm_and_logits_are_not_correlated_over_the_grid():
    measured = judged(1)["measured"]
    assert measured["R² of the logit scale"] == pytest.approx(1, abs=1e-3)
    assert measured["of the norm"] == pytest.approx(0, abs=1e-3)


def test_claim_2_fails_where_norm_and_logits_count_alike():
    assert judged(2, norm_power=3.0, logit_power=1.0)["verdict"] == "does not hold"


def test_the_share_that_matched_logits_recover_is_that_of_their_power():
    # The norm changes the delay by 1.5^(.6 + 3 · .8) at one temperature, and by 1.5^.6 with matched logits.
    assert judged(3, norm_power=0.6, logit_power=0.8)["measured"]["share of the delay gone"] == pytest.approx(
        0.8, abs=1e-3
    )
    assert judged(3, norm_power=0.9, logit_power=0.7)["verdict"] == "does not hold"


def test_claim_3_is_open_where_the_norm_brings_no_delay():
    assert judged(3, logit_power=0.1)["verdict"] == "not measured"


def test_claim_4_fails_where_squared_error_follows_the_logits():
    assert judged(4, mse_norm_power=0.0, mse_logit_power=1.0)["verdict"] == "does not hold"


@pytest.mark.parametrize("number", [1, 2])
def test_a_fit_needs_six_settings_that_generalize(number):
    assert judged(number, longest=8)["verdict"] == "holds"
    assert judged(number, longest=4.1)["verdict"] == "not measured"


def test_claim_4_needs_six_settings_that_generalize():
    assert judged(4, longest=4.1)["verdict"] == "not measured"


def test_claim_5_fails_where_the_norm_kept_is_too_large():
    assert judged(5, kept=np.inf)["verdict"] == "does not hold"


def test_claim_6_fails_where_decay_was_not_needed():
    assert judged(6, dropped=900.0)["verdict"] == "does not hold"


@pytest.mark.parametrize("number", [5, 6])
def test_forks_decide_nothing_unless_they_part_in_between(number):
    assert judged(number, at_fork=0.6)["verdict"] == "not measured"
    assert judged(number, on=np.inf)["verdict"] == "not measured"


def test_claims_take_three_seeds():
    assert {claim["verdict"] for claim in judge(CLAIMS, results(seeds=2))} == {"not measured"}


def test_the_figure_shows_runs_that_do_not_generalize_at_their_least_delay(tmp_path):
    figure = plot(results(longest=0))
    heights = {y for marks in figure.axes[2].collections for _, y in np.ma.filled(marks.get_offsets(), np.nan)}
    assert {height for height in heights if np.isfinite(height)} == {LAST / FIT}
    figure.savefig(tmp_path / "figure.png")
