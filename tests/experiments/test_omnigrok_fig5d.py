import numpy as np
import xarray as xr

from experiments.omnigrok.fig5d_qm9_grokking import CLAIMS, plot
from grok_jax.analysis.claims import judge

INIT_SCALE = "model.init_scale"


def records(last):
    return np.unique(np.geomspace(1, last, 150).round()).astype(int)


def falling(steps, at, *, plateau=100.0, fall=30.0, width=1.5):
    """A loss that comes down to a plateau at once, and from there by a factor, centered on a step."""
    share = np.clip(np.log(steps / at) / np.log(width) / 2 + 0.5, 0, 1)
    return plateau * (1 + 100 / steps) * fall**-share


def along_steps(values, steps):
    return xr.DataArray(np.atleast_2d(values), {"step": steps}, ("seed", "step"))


def results(*, large=9e3, standard=None, fall=30.0, last=30_000, seeds=3, noise=0.0):
    """Runs of both scales; each drops at its step, or goes on falling slowly where that is None."""
    steps = records(last)
    rng = np.random.default_rng(0)
    tests = [steps**-0.5 if at is None else falling(steps, at, fall=fall) for at in (large, standard)]
    test = np.stack(tests)[:, None] * np.exp(noise * rng.standard_normal((2, seeds, steps.size)))
    train = np.broadcast_to(100 / steps, test.shape)
    dims, norm = (INIT_SCALE, "seed", "step"), np.ones_like(test)
    variables = {"train_loss": train, "test_loss": test, "weight_norm": norm}
    return xr.Dataset(
        {name: (dims, values) for name, values in variables.items()},
        {INIT_SCALE: [3.0, 1.0], "seed": range(seeds), "step": steps},
    )


def judged(**settings):
    return [verdict["verdict"] for verdict in judge(CLAIMS, results(**settings))]


def test_a_late_drop_at_the_large_scale_alone_passes_every_claim():
    assert judged() == ["holds"] * 2


def test_noise_on_the_losses_changes_no_verdict():
    assert judged(noise=0.3) == ["holds"] * 2


def test_claim_1_fails_where_the_drop_is_early():
    assert judged(large=1e3)[0] == "does not hold"


def test_claim_1_fails_where_the_drop_is_late():
    assert judged(large=6e4, last=100_000)[0] == "does not hold"


def test_claim_1_fails_where_the_loss_falls_too_little():
    assert judged(fall=8.0)[0] == "does not hold"


def test_claim_1_fails_where_no_plateau_comes_before():
    ds = results()
    ds["test_loss"] = 1e4 / ds["step"] * xr.ones_like(ds["test_loss"])
    assert [verdict["verdict"] for verdict in judge(CLAIMS, ds)] == ["does not hold", "holds"]


def test_claim_1_is_open_where_a_short_run_has_not_dropped():
    assert judged(large=9e3, last=5_000)[0] == "not measured"


def test_claim_2_fails_where_the_standard_scale_drops_late_as_well():
    assert judged(standard=5e3)[1] == "does not hold"
    assert judged(standard=5e4, last=100_000)[1] == "does not hold"


def test_claim_2_allows_a_drop_before_1000_steps():
    assert judged(standard=300)[1] == "holds"


def test_a_run_that_diverges_counts_against_both_claims():
    ds = results()
    ds["test_loss"] = ds["test_loss"].where(ds["step"] < 20_000)
    assert [verdict["verdict"] for verdict in judge(CLAIMS, ds)] == ["does not hold"] * 2


def test_two_seeds_give_no_verdict():
    assert judged(seeds=2) == ["not measured"] * 2


def test_the_figure_has_losses_of_both_scales_and_marks_the_drop(tmp_path):
    figure = plot(results())
    names = [[text.get_text() for text in ax.get_legend().get_texts()] for ax in figure.axes]
    assert names[0] == ["train loss", "test loss", "late tenfold drop"]
    assert names[1][2] == "late tenfold drop: not reached"
    assert names[2] == ["α = 3", "α = 1"]
    mark = next(line.get_xdata()[0] for line in figure.axes[0].lines if len(line.get_xdata()) == 2)
    assert 9e3 < mark < 12e3
    figure.savefig(tmp_path / "figure.png")
