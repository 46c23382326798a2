import json

import numpy as np
import pytest
import xarray as xr

from experiments.omnigrok.fig2c_time_vs_decay import CLAIMS, plot
from grok_jax.analysis.claims import judge

WEIGHT_DECAY = "optimizer.weight_decay"
DECAYS = np.geomspace(0.03, 1, 6)
STEPS = np.unique(np.geomspace(1, 100_000, 400).round()).astype(int)


def results(late=250 / DECAYS, fit=100.0, norm=10.0, seeds=3, code=None):
    """Errors of 95% of the rows that fall as a power of the steps, to .01 at the given times.

    `code`: when those of the test rows are down to .001, ten times the steps if None. The accuracies, whose threshold
    is .001, reach .95 there. The weight norm is `norm` from step 10 on.
    """
    code = 10 * late if code is None else code
    late, fit, norm, code = (np.broadcast_to(x, 6) for x in (late, fit, norm, code))

    def over_seeds(curves):
        return (WEIGHT_DECAY, "seed", "step"), np.repeat(np.array(curves)[:, None], seeds, 1)

    def rise(times):
        return over_seeds([np.full(STEPS.size, 0.3) if np.isinf(t) else np.minimum(0.95 * STEPS / t, 1) for t in times])

    def fall(times, later):
        return over_seeds(
            [
                np.full(STEPS.size, 0.3) if np.isinf(t) else 0.01 * (t / STEPS) ** (1 / np.log10(last / t))
                for t, last in zip(times, later, strict=True)
            ]
        )

    norms = np.where(STEPS < 10, 17.0, norm[:, None])
    variables = {
        "train_accuracy": rise(10 * fit),
        "test_accuracy": rise(code),
        "train_row_error": fall(fit, 10 * fit),
        "test_row_error": fall(late, code),
        "weight_norm": ((WEIGHT_DECAY, "seed", "step"), np.repeat(norms[:, None], seeds, 1)),
    }
    coords = {WEIGHT_DECAY: DECAYS, "seed": range(seeds), "step": STEPS}
    return xr.Dataset(variables, coords, {"config": json.dumps({"training": {"accuracy_threshold": 1e-3}})})


def verdict(number, **settings):
    return judge(CLAIMS, results(**settings))[number - 1]["verdict"]


def test_the_papers_figure_passes_every_claim():
    verdicts = judge(CLAIMS, results())
    assert [v["verdict"] for v in verdicts] == ["holds"] * 3
    assert verdicts[0]["measured"]["slope of a seed"] == pytest.approx(-1, abs=0.01)
    assert verdicts[1]["measured"]["of all seeds together"] == pytest.approx(0, abs=0.01)


def test_the_papers_threshold_decides_and_the_slope_at_that_of_the_code_stands_beside():
    first = judge(CLAIMS, results(code=2500 / DECAYS**0.5))[0]
    assert first["verdict"] == "holds"
    assert first["measured"]["slope at θ = 0.001"] == pytest.approx(-0.5, abs=0.01)


def test_results_without_errors_of_rows_name_the_probe_and_are_drawn_at_the_threshold_of_the_code():
    ds = results().drop_vars(["train_row_error", "test_row_error"])
    found = judge(CLAIMS, ds)
    assert {v["verdict"] for v in found} == {"not measured"}
    assert all("training.probes=('row_errors',)" in v["note"] for v in found)
    assert "t ∝ $γ^{-1.00}$" in plot(ds).axes[0].get_legend_handles_labels()[1]


def test_claim_1_fails_at_another_slope():
    assert verdict(1, late=250 / DECAYS**0.8) == "does not hold"
    assert verdict(1, late=250 / DECAYS**0.9) == "holds"


def test_claim_2_fails_where_decay_changes_the_time_to_fit():
    assert verdict(2, fit=100 / DECAYS**0.2) == "does not hold"


def test_claim_3_fails_where_the_norm_changes_by_more_than_a_fifth():
    assert verdict(3, norm=np.linspace(10, 13, 6)) == "does not hold"
    assert verdict(3, norm=np.linspace(10, 11.5, 6)) == "holds"


def test_a_decay_that_never_generalizes_leaves_slope_and_norm_open():
    late = np.where(DECAYS < 0.05, np.inf, 250 / DECAYS)
    assert [verdict(number, late=late) for number in (1, 2, 3)] == ["not measured", "holds", "not measured"]


def test_few_decays_or_two_seeds_give_no_verdict():
    assert [v["verdict"] for v in judge(CLAIMS, results().isel({WEIGHT_DECAY: slice(0, 3)}))] == ["not measured"] * 3
    assert [v["verdict"] for v in judge(CLAIMS, results(seeds=2))] == ["not measured"] * 3


@pytest.mark.parametrize("late", [250 / DECAYS, np.inf])
def test_the_figure_has_times_and_norms_over_decay(tmp_path, late):
    figure = plot(results(late=late))
    left, right = figure.axes
    assert (left.get_xscale(), left.get_yscale()) == ("log", "log")
    assert ("t ∝ $γ^{-1.00}$" in left.get_legend_handles_labels()[1]) == np.isfinite(late).all()
    assert right.get_ylabel() == "weight norm"
    figure.savefig(tmp_path / "figure.png")
