import numpy as np
import xarray as xr

from experiments.omnigrok.fig4d_imdb_grokking import CLAIMS, plot
from grok_jax.analysis.claims import judge

AXIS = "model.init_scale,optimizer.weight_decay"


def rising(steps, at, level, top):
    """An accuracy from .5, linear in the step, that is at a level at a step, and no higher than its top."""
    return np.minimum(0.5 + (level - 0.5) * steps / at, top)


def results(*, large=(150, 1_000), standard=(400, 200), tops=(0.7, 0.7), leave=100, last=10_000, seeds=3):
    """Runs that fit (95% train) and leave chance (60% test) at the given steps; `leave`: 60% train, α = 1."""
    steps = np.r_[0, np.unique(np.geomspace(1, last, 120).round()).astype(int)]
    trains = [
        rising(steps, large[0], 0.95, 1.0),
        np.interp(steps, [0, leave, standard[0], 1e9], [0.5, 0.6, 0.95, 1.0]),
    ]
    tests = [rising(steps, late, 0.6, top) for (_, late), top in zip((large, standard), tops, strict=True)]
    variables = {"train_accuracy": trains, "test_accuracy": tests}
    variables |= {"train_loss": 1.1 - np.array(trains), "test_loss": 1.1 - np.array(tests)}
    variables["weight_norm"] = [1500 * np.exp(-3e-4 * steps), 250 + 0 * steps]
    coordinates = {
        "model.init_scale": (AXIS, [6.0, 1.0]),
        "optimizer.weight_decay": (AXIS, [1.0, 0.0]),
        "seed": range(seeds),
        "step": steps,
    }
    tiled = {name: np.repeat(np.array(x)[:, None], seeds, axis=1) for name, x in variables.items()}
    return xr.Dataset({name: ((AXIS, "seed", "step"), x) for name, x in tiled.items()}, coordinates)


def judged(**settings):
    return [verdict["verdict"] for verdict in judge(CLAIMS, results(**settings))]


def test_late_generalization_at_the_large_scale_alone_passes_every_claim():
    assert judged() == ["holds"] * 2


def test_claim_1_fails_where_fitting_takes_longer():
    assert judged(large=(400, 1_000))[0] == "does not hold"


def test_claim_1_fails_where_test_accuracy_rises_at_once():
    assert judged(large=(150, 200))[0] == "does not hold"


def test_claim_1_fails_where_test_accuracy_stays_at_chance():
    assert judged(tops=(0.59, 0.7))[0] == "does not hold"


def test_claim_1_is_open_where_a_short_run_stays_at_chance():
    assert judged(tops=(0.59, 0.7), last=2_000)[0] == "not measured"


def test_claim_1_fails_where_a_short_run_fits_too_late():
    assert judged(large=(400, 1_000), tops=(0.59, 0.7), last=2_000)[0] == "does not hold"


def test_claim_1_fails_where_a_short_run_never_fits():
    assert judged(large=(1e5, 1e5), last=2_000)[0] == "does not hold"


def test_claim_2_fails_where_test_accuracy_rises_after_fitting():
    assert judged(standard=(150, 200))[1] == "does not hold"


def test_claim_2_fails_where_test_accuracy_lags_behind_train_accuracy():
    assert judged(standard=(2_000, 400))[1] == "does not hold"


def test_claim_2_fails_where_test_accuracy_stays_at_chance():
    assert judged(tops=(0.7, 0.59))[1] == "does not hold"


def test_claim_2_fails_where_test_accuracy_goes_on_rising_after_the_fit():
    assert judged(tops=(0.7, 0.95))[1] == "does not hold"


def test_claim_2_is_open_where_the_run_never_fits():
    assert judged(standard=(1e6, 200))[1] == "not measured"


def test_claim_2_is_open_where_a_run_is_too_short():
    assert judged(leave=100, last=80)[1] == "not measured"


def test_a_setting_is_judged_up_to_the_last_step_that_it_trained_for():
    ds = results()
    ended = ds.where((ds["step"] <= 1_000) | (ds["model.init_scale"] == 6))
    assert [verdict["verdict"] for verdict in judge(CLAIMS, ended)] == ["holds"] * 2
    chance = results(tops=(0.7, 0.59))
    ended = chance.where((ds["step"] <= 1_000) | (ds["model.init_scale"] == 6))
    assert judge(CLAIMS, ended)[1]["verdict"] == "does not hold"


def test_two_seeds_give_no_verdict():
    assert judged(seeds=2) == ["not measured"] * 2


def test_results_without_one_of_the_settings_say_which():
    verdicts = judge(CLAIMS, results().isel({AXIS: [0]}))
    assert verdicts[0]["verdict"] == "holds"
    assert "model.init_scale = 1" in verdicts[1]["note"]


def test_the_figure_names_scale_and_weight_decay(tmp_path):
    figure = plot(results())
    names = [text.get_text() for text in figure.axes[2].get_legend().get_texts()]
    assert names == ["α = 6, γ = 1", "α = 1, γ = 0"]
    figure.savefig(tmp_path / "figure.png")
