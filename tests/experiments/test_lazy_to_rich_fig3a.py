import numpy as np
import xarray as xr

from experiments.lazy_to_rich.fig3a_output_scale import CLAIMS, plot
from grok_jax.analysis.claims import judge

OUTPUT_SCALE = "model.output_scale"
NEVER = np.inf
PAPER = {0.03: (100, 120), 0.5: (200, 900), 1.0: (300, 5_000), 4.0: (400, NEVER)}  # alpha -> steps to .1, train, test


def results(times=PAPER, seeds=3, last=20_000):
    """Losses that fall exponentially from 1 to .1 at the given times, or stay at .5."""
    steps = np.unique(np.geomspace(1, last, 400).round()).astype(int)

    def fall(which):
        curves = [np.full(steps.size, 0.5) if np.isinf(t[which]) else 0.1 ** (steps / t[which]) for t in times.values()]
        return np.tile(np.array(curves)[:, None], (1, seeds, 1))

    way = np.tile(steps / last, (len(times), seeds, 1))
    curves = {"train_loss": fall(0), "test_loss": fall(1), "lazy_progress": way, "normal_distance": way**2}
    coords = {OUTPUT_SCALE: list(times), "seed": range(seeds), "step": steps}
    return xr.Dataset({name: ((OUTPUT_SCALE, "seed", "step"), values) for name, values in curves.items()}, coords)


def judged(*args, **settings):
    return [v["verdict"] for v in judge(CLAIMS, results(*args, **settings))]


def test_a_delay_that_grows_from_nothing_passes_both_claims():
    verdicts = judge(CLAIMS, results())
    assert [v["verdict"] for v in verdicts] == ["holds"] * 2
    assert round(verdicts[0]["measured"]["at 0.5"], -2) == 700
    assert verdicts[0]["measured"]["at 4"] == NEVER
    assert verdicts[1]["measured"]["wait at the smallest α / longest (at most)"] < 0.01


def test_claim_1_fails_where_the_delay_falls_with_the_scale():
    assert judged(dict(zip(PAPER, reversed(PAPER.values()), strict=True)))[0] == "does not hold"


def test_claim_1_is_open_where_fewer_than_three_delays_are_finite():
    assert judged(dict.fromkeys(PAPER, (100, NEVER)))[0] == "not measured"
    assert judged(PAPER | {1.0: (300, NEVER)})[0] == "not measured"


def test_claim_1_fails_where_delays_do_not_follow_the_scale():
    assert judged(PAPER | {0.03: (100, 4_000)})[0] == "does not hold"


def test_claim_1_is_open_where_no_run_fits():
    assert judged(dict.fromkeys(PAPER, (NEVER, NEVER)))[0] == "not measured"


def test_claim_2_fails_where_the_wait_at_the_smallest_scale_can_be_seen_beside_the_longest():
    assert judged({0.03: (100, 600), 0.5: (200, 900), 1.0: (300, 5_000)})[1] == "does not hold"


def test_claim_2_is_open_beside_a_longest_wait_that_was_cut_off():
    assert judged(PAPER | {0.03: (100, 5_000)})[1] == "not measured"


def test_claim_2_is_open_where_the_smallest_scale_has_only_just_fitted():
    assert judged(PAPER | {0.03: (19_500, NEVER)})[1] == "not measured"


def test_claim_2_fails_where_the_smallest_scale_fits_and_never_generalizes():
    assert judged(PAPER | {0.03: (100, NEVER)})[1] == "does not hold"


def test_two_scales_or_two_seeds_give_no_verdict():
    assert [v["verdict"] for v in judge(CLAIMS, results().isel({OUTPUT_SCALE: [0, 3]}))] == ["not measured"] * 2
    assert judged(seeds=2) == ["not measured"] * 2


def test_the_figure_has_losses_above_the_ways_through_weight_space(tmp_path):
    figure = plot(results())
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["(a)", "(c)"]
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert labels == ["α = 0.03", "α = 0.5", "α = 1", "α = 4", "loss 0.1"]
    figure.savefig(tmp_path / "figure.png")
