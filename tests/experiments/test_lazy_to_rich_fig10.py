import numpy as np
import pytest
import xarray as xr

from configs.lazy_to_rich.fig10_toward_solution import POINTS, SHARES
from experiments.lazy_to_rich.fig10_toward_solution import CLAIMS, added, interpolated, plot
from grok_jax.analysis.claims import judge

AXIS = "model.init_scale,model.solution_share"
STEPS = [0, 1, 10, 100]
FALLING = dict(zip(SHARES, (1.5, 1.2, 0.9, 0.6, 0.3, 0.1), strict=True))
RISING = dict(zip(SHARES, (0.02, 0.03, 0.04, 0.06, 0.08, 0.1), strict=True))


def results(peaks=FALLING, alignments=RISING, other=FALLING, seeds=5):
    """A test loss that starts at 1, peaks at step 10 and falls; for each start, added or interpolated."""
    peak = np.array([(peaks if scale == 1 else other)[share] for scale, share in POINTS])
    loss = peak[:, None] * np.array([0.5, 0.8, 1.0, 0.1])
    alignment = np.tile([[alignments[share]] for _, share in POINTS], (1, 4))
    curves = {"test_loss": loss, "train_loss": loss / (1 + np.array(STEPS)), "kernel_alignment": alignment}
    dims = (AXIS, "seed", "step")
    scales, shares = zip(*POINTS, strict=True)
    return xr.Dataset(
        {name: (dims, np.tile(values[:, None], (1, seeds, 1))) for name, values in curves.items()},
        {
            "model.init_scale": (AXIS, list(scales)),
            "model.solution_share": (AXIS, list(shares)),
            AXIS: range(len(POINTS)),
            "seed": range(seeds),
            "step": STEPS,
        },
    )


def judged(*args, **settings):
    return [v["verdict"] for v in judge(CLAIMS, results(*args, **settings))]


def test_the_papers_figure_passes_every_claim():
    assert judged() == ["holds"] * 2


@pytest.mark.parametrize("select", [added, interpolated])
def test_the_runs_of_either_start_lie_along_the_share(select):
    runs = select(results())
    assert runs["model.solution_share"].values.tolist() == list(SHARES)
    assert runs.test_loss.dims == ("model.solution_share", "seed", "step")


def test_claim_1_fails_where_the_peak_rises_in_one_step():
    assert judged(other=FALLING | {0.95: 0.31})[0] == "does not hold"


def test_claim_1_is_about_interpolating_and_counts_adding_beside_it():
    (first, _) = judge(CLAIMS, results(peaks=FALLING | {0.95: 2.0}))
    assert first["verdict"] == "holds"
    assert first["measured"]["added instead"] == "0 of 5"


def test_claim_1_leaves_out_the_share_that_the_paper_leaves_out_and_says_what_it_would_change():
    (first, _) = judge(CLAIMS, results(other=FALLING | {0.05: 2.1}))
    assert first["verdict"] == "holds"
    assert first["measured"]["with c = 0.05"] == "0 of 5"


def test_claim_2_fails_where_the_alignment_does_not_rise():
    assert judged(alignments=dict.fromkeys(SHARES, 0.02))[1] == "does not hold"


def test_the_claims_take_three_shares():
    ds = results().isel({AXIS: [0, 10]})
    assert [v["verdict"] for v in judge(CLAIMS, ds)] == ["not measured"] * 2


def test_the_claims_take_an_axis_of_shares():
    ds = added(results()).isel({"model.solution_share": 0})
    assert [v["verdict"] for v in judge(CLAIMS, ds)] == ["not measured"] * 2


def test_a_grid_over_the_share_alone_is_drawn():
    assert len(plot(added(results())).axes) == 3


def test_two_seeds_give_no_verdict():
    assert judged(seeds=2) == ["not measured"] * 2


def test_the_figure_shows_both_starts_and_what_they_change(tmp_path):
    figure = plot(results())
    assert [ax.get_ylabel() for ax in figure.axes[2:]] == ["peak of the test loss", "kernel alignment at the start"]
    figure.savefig(tmp_path / "figure.png")
