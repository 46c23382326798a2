import numpy as np
import pytest
import xarray as xr

from experiments.lazy_to_rich.eq9_distance_and_difficulty import CLAIMS, ORDER, OUTPUT_SCALE, plot
from grok_jax.analysis.claims import judge

ORDERS = np.array([1, 40, 80, 150])
SCALES = np.array([0.1, 1.0])


def results(off=0.0, share=1.0, moved=lambda order: order, fitted=0.0, seeds=3):
    """Difficulties that grow with j, and lazy solutions that are reached to a part of their length."""
    shape = (ORDERS.size, SCALES.size, seeds, 2)
    ones = np.ones(shape)
    start_only = np.array([1.0, np.nan])
    ends = np.array([0.0, 1.0])
    difficulty = ones * ORDERS[:, None, None, None] / SCALES[:, None, None] ** 2 * start_only
    part = np.sqrt(np.array([share, 1.0 + off]))[:, None, None] * ends * ones
    kernel = np.array([float(moved(j)) for j in ORDERS])[:, None, None, None] * ends * ones
    values = {
        "kernel_difficulty": difficulty,
        "lazy_progress": part,
        "tangent_distance": 0 * ones,
        "normal_distance": 0 * ones,
        "kernel_distance": kernel,
        "train_loss": np.array([1.0, fitted]) * ones,
    }
    dims = (ORDER, OUTPUT_SCALE, "seed", "step")
    coords = {ORDER: ORDERS, OUTPUT_SCALE: SCALES, "seed": range(seeds), "step": [0, 1000]}
    return xr.Dataset({name: (dims, value) for name, value in values.items()}, coords)


def judged(ds):
    return [v["verdict"] for v in judge(CLAIMS, ds)]


def test_the_papers_equation_passes_every_claim():
    assert judged(results()) == ["holds"] * 3


@pytest.mark.parametrize("off", [0.2, -0.2])
def test_claim_1_fails_where_the_distance_is_another(off):
    assert judged(results(off=off))[0] == "does not hold"


def test_claim_2_fails_where_harder_labels_travel_no_farther():
    ds = results()
    shrinking = ds["lazy_progress"] / ds[ORDER]
    assert judged(ds.assign(lazy_progress=shrinking))[1] == "does not hold"


def test_claim_3_fails_where_the_kernel_moves_less_for_harder_labels():
    assert judged(results(moved=lambda order: 1 / order))[2] == "does not hold"


def test_runs_that_do_not_fit_and_two_seeds_give_no_verdict():
    assert judged(results(fitted=0.5)) == ["not measured"] * 3
    assert judged(results(seeds=2)) == ["not measured"] * 3


def test_two_orders_give_no_verdict():
    assert judged(results().isel({ORDER: [0, 1]})) == ["not measured"] * 3


def test_the_figure_has_a_point_for_each_run(tmp_path):
    figure = plot(results())
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["(a)", "(b)"]
    assert len(figure.axes[0].lines[0].get_xdata()) == ORDERS.size * 3
    figure.savefig(tmp_path / "figure.png")
