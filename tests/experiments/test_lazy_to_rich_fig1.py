import numpy as np
import xarray as xr

from experiments.lazy_to_rich.fig1_polynomial_regression import CLAIMS, plot
from grok_jax.analysis.claims import judge
from grok_jax.analysis.lazy import LINEARIZED

PEAK_STEP = 300


def results(peak=0.65, end=0.03, twin_follows=True, kernel=0.4, norm=5.0, alignment=0.03, seeds=4, last=100_000):
    """A test loss that goes from .5 over a peak to its end; a twin that stays at the peak."""
    steps = np.unique([0, *np.geomspace(1, last, 60).round()]).astype(int)
    knots, heights = np.log1p([0, PEAK_STEP, 3_000, 20_000]), np.log([0.5, peak, peak, end])
    network = np.exp(np.interp(np.log1p(steps), knots, heights))
    twin = np.where(steps > PEAK_STEP, peak, network) if twin_follows else np.full(steps.size, 0.5)
    rise = np.log1p(steps) / np.log1p(last)
    both = {
        "test_loss": (network, twin),
        "train_loss": (network / 10, twin / 2),
        "weight_norm": (200 * norm**rise, 200 * 1.1**rise),
        "kernel_alignment": (0.02 * (alignment / 0.02) ** rise, 0.02 + 0 * rise),
        "kernel_regression_loss": (np.where(steps == 0, kernel, np.nan),) * 2,
        "lazy_progress": (0.1 * rise, 0.1 * rise),
        "tangent_distance": (0.05 * rise, 0.05 * rise),
        "normal_distance": (0.1 * rise, 0 * rise),
    }
    dims = (LINEARIZED, "seed", "step")
    values = {name: (dims, np.tile(np.stack(pair)[:, None], (1, seeds, 1))) for name, pair in both.items()}
    return xr.Dataset(values, {LINEARIZED: [False, True], "seed": range(seeds), "step": steps})


def judged(**settings):
    return [v["verdict"] for v in judge(CLAIMS, results(**settings))]


def test_the_papers_figure_passes_every_claim():
    verdicts = judge(CLAIMS, results())
    assert [v["verdict"] for v in verdicts] == ["holds"] * 4
    assert verdicts[0]["measured"]["seeds"] == "4 of 4 (0.60 to 1.00)"
    assert verdicts[1]["measured"]["kernel regression / final network"] > 13


def test_claim_1_fails_where_the_test_loss_does_not_rise():
    assert judged(peak=0.5)[0] == "does not hold"


def test_claim_1_fails_where_the_test_loss_falls_less_than_ten_times():
    assert judged(end=0.1)[0] == "does not hold"


def test_claim_1_is_open_where_the_run_is_too_short_to_fall():
    assert judged(last=5_000)[0] == "not measured"


def test_claim_2_fails_where_the_twin_goes_its_own_way_early():
    assert judged(twin_follows=False)[1] == "does not hold"


def test_claim_2_fails_where_kernel_regression_is_nearly_as_good():
    assert judged(kernel=0.1)[1] == "does not hold"


def test_claim_2_is_not_measured_without_kernel_regression_or_twin():
    ds = results()
    assert judge(CLAIMS, ds.drop_vars("kernel_regression_loss"))[1]["verdict"] == "not measured"
    assert judge(CLAIMS, ds.isel({LINEARIZED: [0]}))[1]["verdict"] == "not measured"


def test_claim_3_fails_where_the_norm_shrinks():
    assert judged(norm=0.8)[2] == "does not hold"


def test_claim_3_is_not_shown_by_a_run_that_diverges():
    ds = results()
    assert judge(CLAIMS, ds.where(ds.step < 10_000))[2]["verdict"] == "not measured"


def test_claim_4_fails_where_the_alignment_falls():
    assert judged(alignment=0.01)[3] == "does not hold"


def test_two_seeds_give_no_verdict():
    assert judged(seeds=2) == ["not measured"] * 4


def test_the_figure_has_the_ways_the_losses_and_the_norm(tmp_path):
    figure = plot(results())
    assert [ax.get_title(loc="left") for ax in figure.axes[:3]] == ["(a)", "(b)", "(c)"]
    labels = [text.get_text() for text in figure.axes[1].get_legend().get_texts()]
    assert labels == ["linearized", "network", "kernel regression, K₀ averaged over outputs"]
    figure.savefig(tmp_path / "figure.png")
