import numpy as np
import xarray as xr

from experiments.omnigrok.fig5abc_qm9_landscape import CLAIMS, plot
from grok_jax.analysis.claims import judge

ALPHA, SIZE = "model.init_scale", "task.size"
SCALES = 10.0 ** np.linspace(-1, 1, 11).round(1)
SIZES = (100, 500, 3000)


def results(*, mismatch=lambda n, scale: 1 + 2e3 / n * np.maximum(scale - 1, 0), sizes=SIZES, seeds=3):
    """Train loss: a "U" over α; test loss: a multiple of it."""
    train = np.array([10.0 ** (3 * np.log10(SCALES) ** 2) for _ in sizes])
    test = train * np.array([mismatch(n, SCALES) for n in sizes])

    def curve(end):
        return np.stack([np.full_like(end, 1e3), 1.01 * end, end], -1)[:, :, None].repeat(seeds, 2)

    dims = (SIZE, ALPHA, "seed", "step")
    variables = {"train_loss": curve(train), "test_loss": curve(test), "tangential_gradient": curve(train)}
    coords = {SIZE: list(sizes), ALPHA: SCALES, "seed": range(seeds), "step": [0, 1800, 2000]}
    return xr.Dataset({name: (dims, values) for name, values in variables.items()}, coords)


def papers(n, scale):
    return np.where(n < 3000, 1 + 2e3 / n * np.maximum(scale - 1, 0), 1.2)


def judged(ds):
    return [v["verdict"] for v in judge(CLAIMS, ds)]


def test_the_papers_landscape_passes_both_claims():
    assert judged(results(mismatch=papers)) == ["holds"] * 2


def test_claim_1_fails_where_the_losses_are_alike_above_the_standard_scale():
    verdict = judge(CLAIMS, results(mismatch=lambda n, scale: np.where(scale < 1.1, 5.0, 1.1)))[0]
    assert verdict["verdict"] == "does not hold"
    assert verdict["measured"]["largest up to α = 1"] == 5


def test_claim_2_fails_where_many_molecules_leave_a_mismatch():
    assert judged(results())[1] == "does not hold"


def test_claim_2_fails_where_the_test_loss_is_the_smaller_one():
    assert judged(results(mismatch=lambda n, scale: np.full_like(scale, 0.3)))[1] == "does not hold"


def test_claim_2_fails_where_a_scale_has_diverged():
    ds = results(mismatch=papers)
    assert judged(ds.where(ds[ALPHA] < 9))[1] == "does not hold"


def test_each_claim_is_open_without_its_number_of_molecules():
    assert judged(results(mismatch=papers, sizes=(500, 3000))) == ["not measured", "holds"]
    assert judged(results(mismatch=papers, sizes=(100, 500))) == ["holds", "not measured"]


def test_scales_up_to_the_standard_one_or_two_seeds_give_no_verdict():
    assert judged(results(mismatch=papers).isel({ALPHA: slice(0, 6)})) == ["not measured"] * 2
    assert judged(results(mismatch=papers, seeds=2)) == ["not measured"] * 2


def test_the_figure_has_maps_and_slices_of_both_losses(tmp_path):
    figure = plot(results(mismatch=papers))
    titles = [ax.get_title() for ax in figure.axes]
    assert {"reduced train loss", "reduced test loss", "N = 100", "N = 3,000"} <= set(titles)
    assert "reduced loss [bohr⁶]" in [ax.get_ylabel() for ax in figure.axes]
    figure.savefig(tmp_path / "figure.png")
