import numpy as np
import pytest
import xarray as xr

from configs.omnigrok.fig5abc_qm9_landscape import SIZES as SIZES_OF_PAPER
from configs.omnigrok.fig5abc_qm9_landscape import steps_of
from experiments.omnigrok.fig5abc_qm9_landscape import CLAIMS, plot
from grok_jax.analysis.claims import judge

INIT_SCALE, SIZE = "model.init_scale", "task.size"
SCALES = 10.0 ** np.linspace(-1, 1, 11).round(1)
SIZES = (100, 500, 3000)


def results(*, mismatch=lambda n, scale: 1 + 2e3 / n * np.maximum(scale - 1, 0), sizes=SIZES, seeds=3):
    """Train loss: a "U" over α; test loss: a multiple of it."""
    train = np.array([10.0 ** (3 * np.log10(SCALES) ** 2) for _ in sizes])
    test = train * np.array([mismatch(n, SCALES) for n in sizes])

    def curve(end):
        return np.stack([np.full_like(end, 1e3), 1.01 * end, end], -1)[:, :, None].repeat(seeds, 2)

    dims = (SIZE, INIT_SCALE, "seed", "step")
    variables = {"train_loss": curve(train), "test_loss": curve(test), "tangential_gradient": curve(train)}
    coords = {SIZE: list(sizes), INIT_SCALE: SCALES, "seed": range(seeds), "step": [0, 1800, 2000]}
    return xr.Dataset({name: (dims, values) for name, values in variables.items()}, coords)


def papers(n, scale):
    return np.where(n < 3000, 1 + 2e3 / n * np.maximum(scale - 1, 0), 1.2)


def judged(ds):
    return [v["verdict"] for v in judge(CLAIMS, ds)]


def test_the_papers_landscape_passes_both_claims():
    assert judged(results(mismatch=papers)) == ["holds"] * 2


def test_claim_1_fails_where_the_losses_mismatch_below_the_standard_scale():
    assert judged(results(mismatch=lambda n, scale: np.where(scale < 0.7, 5.0, 1.1)))[0] == "does not hold"


def test_a_ratio_that_is_the_same_at_every_scale_is_overfitting_and_no_mismatch():
    verdicts = judge(CLAIMS, results(mismatch=lambda n, scale: np.full_like(scale, 50.0)))
    assert [verdict["verdict"] for verdict in verdicts] == ["does not hold", "holds"]
    assert verdicts[0]["measured"]["test / train loss, smallest over α"] == pytest.approx(50)


def test_claim_2_fails_where_many_molecules_leave_a_mismatch():
    assert judged(results())[1] == "does not hold"


def test_claim_2_fails_where_the_losses_are_alike_but_not_u_shaped():
    ds = results(mismatch=papers)
    assert judged(ds.map(lambda x: x.clip(max=2 * x.min())))[1] == "does not hold"


def test_claim_2_fails_where_a_scale_has_diverged():
    ds = results(mismatch=papers)
    assert judged(ds.where(ds[INIT_SCALE] < 9))[1] == "does not hold"


def test_the_steps_of_each_size_are_those_of_the_public_code():
    steps = steps_of(SIZES_OF_PAPER, 32)
    assert list(steps.values())[:5] == [10_000, 8333, 5555, 3846, 2777]
    assert [min(list(steps.values())[5:]), max(list(steps.values())[5:])] == [1469, 2856]


def test_sizes_and_steps_on_one_axis_are_judged_alike():
    ds, axis = results(mismatch=papers), f"{SIZE},training.steps"
    joint = ds.rename_dims({SIZE: axis}).reset_index(SIZE).assign_coords({axis: range(len(SIZES))})
    assert judge(CLAIMS, joint) == judge(CLAIMS, ds)


def test_each_claim_is_open_without_its_number_of_molecules():
    assert judged(results(mismatch=papers, sizes=(500, 3000))) == ["not measured", "holds"]
    assert judged(results(mismatch=papers, sizes=(100, 500))) == ["holds", "not measured"]


def test_scales_up_to_the_standard_one_or_two_seeds_give_no_verdict():
    assert judged(results(mismatch=papers).isel({INIT_SCALE: slice(0, 6)})) == ["not measured"] * 2
    assert judged(results(mismatch=papers, seeds=2)) == ["not measured"] * 2


def test_the_figure_has_maps_and_slices_of_both_losses(tmp_path):
    figure = plot(results(mismatch=papers))
    titles = [ax.get_title() for ax in figure.axes]
    assert {"reduced train loss", "reduced test loss", "N = 100", "N = 3,000"} <= set(titles)
    assert "reduced loss [bohr⁶]" in [ax.get_ylabel() for ax in figure.axes]
    figure.savefig(tmp_path / "figure.png")
