import json

import numpy as np
import pytest
import xarray as xr

from experiments.omnigrok.fig8_mnist_representation import CLAIMS, plot
from grok_jax.analysis.claims import judge

MESSINESS, INIT_SCALE = "task.messiness", "model.init_scale"
M, W = np.linspace(0, 1, 5), np.array([0.5, 1, 2, 4, 7, 10])
STEPS = np.array([0, 500, 900, 1000])
DIGITS = 60_000


def falling(m, w):
    """A loss that small weights cannot lower, whatever the representation."""
    return 1e-3 + 0.09 * np.exp(-2 * (w - 0.5)) + 0 * m


def results(train=falling, test=falling, *, digits=DIGITS, seeds=3):
    """Reduced losses that are functions of m and w, reached from .1 within the training."""
    m, w = np.meshgrid(M, W, indexing="ij")
    dims = (MESSINESS, INIT_SCALE, "seed", "step")
    seeded = np.linspace(1, 1.02, seeds)[:, None]
    left = np.array([1.0, 0.1, 0.01, 0.0])

    def curve(function):
        final = function(m, w)[..., None, None]
        return final * seeded + (0.1 - final) * left

    gradient = np.broadcast_to(np.array([1.0, np.nan, np.nan, 1e-3]), (M.size, W.size, seeds, STEPS.size))
    ds = xr.Dataset(
        {"train_loss": (dims, curve(train)), "test_loss": (dims, curve(test)), "tangential_gradient": (dims, gradient)},
        {MESSINESS: M, INIT_SCALE: W, "seed": range(seeds), "step": STEPS},
    )
    ds.attrs["config"] = json.dumps({"task": {"train_size": digits}})
    return ds


def judged(*args, **settings):
    return [verdict["verdict"] for verdict in judge(CLAIMS, results(*args, **settings))]


def u_shaped(m, w):
    """A test loss that rises again for large weights."""
    return falling(m, w) + 0.08 * (w / 10) ** 2


def messy(m, w):
    """A loss that only a tidy representation makes small."""
    return 1e-3 + 0.09 * np.exp(-2 * (w - 0.5) * (1 - 0.98 * m))


def test_like_losses_that_do_not_depend_on_messiness_pass_every_claim():
    verdicts = judge(CLAIMS, results())
    assert [verdict["verdict"] for verdict in verdicts] == ["holds"] * 3
    assert verdicts[0]["measured"]["median test/train loss"] == pytest.approx(1)


def test_claim_1_fails_where_the_test_loss_rises_for_large_weights():
    assert judged(test=u_shaped)[0] == "does not hold"


def test_claim_2_fails_where_either_loss_depends_on_messiness():
    assert judged(test=messy)[1] == "does not hold"
    assert judged(train=messy)[1] == "does not hold"


def slightly_messy(m, w):
    """A loss that a tidier representation lowers a little."""
    return falling(m, w) + 1e-3 * m


def test_claim_3_fails_where_the_test_loss_waits_for_the_representation():
    assert judged(train=slightly_messy, test=lambda m, w: 1e-3 + 0.09 * m + 0 * w)[2] == "does not hold"


def test_claim_3_is_open_where_no_loss_falls():
    assert judged(train=lambda m, w: 0.05 + 0 * m * w)[2] == "not measured"


def test_what_fails_with_fewer_digits_says_how_many():
    verdicts = judge(CLAIMS, results(test=u_shaped, digits=4000))
    assert verdicts[0]["verdict"] == "does not hold"
    assert "4,000 of the paper's 60,000 digits" in verdicts[0]["note"]


def test_what_holds_with_fewer_digits_holds():
    assert judged(digits=4000) == ["holds"] * 3


def test_the_largest_ratio_of_both_losses_is_reported():
    measured = judge(CLAIMS, results(test=lambda m, w: falling(m, w) * (1 + (m == 1) * (w == 1))))[0]["measured"]
    assert measured["largest ratio of both"] == pytest.approx(2)


def test_weights_of_zero_are_part_of_the_plane():
    zero = results().isel({INIT_SCALE: [0]}).assign_coords({INIT_SCALE: [0.0]})
    for name in ("train_loss", "test_loss"):
        zero[name][:] = 0.1
    plane = xr.concat([zero, results()], INIT_SCALE)
    assert [verdict["verdict"] for verdict in judge(CLAIMS, plane)] == ["holds"] * 3


def test_the_path_needs_its_start():
    assert judge(CLAIMS, results().sel({INIT_SCALE: W[2:]}))[2]["verdict"] == "not measured"


def test_one_messiness_is_not_a_landscape():
    verdicts = judge(CLAIMS, results().isel({MESSINESS: [0]}))
    assert [verdict["verdict"] for verdict in verdicts] == ["not measured"] * 3


def test_claims_take_three_seeds():
    assert judged(seeds=2) == ["not measured"] * 3


def test_the_figure_draws_the_path_over_both_landscapes(tmp_path):
    figure = plot(results())
    for ax in figure.axes[:2]:
        assert {"A", "C"} <= {text.get_text() for text in ax.texts}
    figure.savefig(tmp_path / "figure.png")


def test_the_figure_draws_one_run_without_axes(tmp_path):
    plot(results().isel({MESSINESS: 0, INIT_SCALE: 0, "seed": 0})).savefig(tmp_path / "figure.png")
