import json

import numpy as np
import pytest
import xarray as xr

from experiments.lazy_to_rich.eq19_alignment import CLAIMS, EPSILON, plot
from grok_jax.analysis.claims import judge

EPSILONS = np.array([0.02, 0.1, 0.25, 0.5, 1.0, 2.0])
STEPS = np.array([0, 10, 100, 1000])


def results(off=0.0, start=lambda epsilon: epsilon**2, growth=lambda step: 1 + step / 100, floor=0.1, seeds=3):
    """An alignment that begins as a function of ε, grows in training, and has a floor over finitely many rows."""
    grown = np.array([growth(step) for step in STEPS])[None, None, :]
    formula = np.array([float(start(e)) for e in EPSILONS])[:, None, None] * grown * np.ones((1, seeds, 1))
    misalignment = np.array([1.0, 0.9, 0.5, 0.01]) * np.ones(formula.shape)
    values = {
        "population_alignment": formula,
        "pair_alignment": formula * (1 + off),
        "kernel_alignment": formula + floor,
        "misalignment_error": misalignment,
    }
    coords = {EPSILON: EPSILONS, "seed": range(seeds), "step": STEPS}
    ds = xr.Dataset({name: ((EPSILON, "seed", "step"), value) for name, value in values.items()}, coords)
    return ds.assign_attrs(config=json.dumps({"task": {"features": 20}}))


def judged(ds):
    return [v["verdict"] for v in judge(CLAIMS, ds)]


def test_the_papers_equation_passes_every_claim():
    assert judged(results()) == ["holds"] * 4


@pytest.mark.parametrize("off", [0.2, -0.2])
def test_claim_1_fails_where_the_alignment_is_another(off):
    assert judged(results(off=off)) == ["does not hold", "holds", "holds", "holds"]


def test_claim_1_asks_nothing_of_a_small_epsilon():
    ds = results()
    wrong = ds["pair_alignment"].where(ds[EPSILON] > 0.3, -1.0)
    assert judged(ds.assign(pair_alignment=wrong))[0] == "holds"


def test_claim_2_fails_where_alignment_falls_with_epsilon():
    assert judged(results(start=lambda e: 1 / e))[1] == "does not hold"


def test_claim_3_fails_where_alignment_falls_with_the_misalignment():
    assert judged(results(growth=lambda step: 1 / (1 + step)))[2] == "does not hold"


def test_claim_3_fails_where_one_epsilon_shows_no_such_trend():
    ds = results()
    still = ds["kernel_alignment"].where(ds[EPSILON] < 1.5, 1.0)
    assert judged(ds.assign(kernel_alignment=still))[2] == "does not hold"


def test_claim_4_fails_where_the_rows_add_little():
    assert judged(results(floor=1e-6))[3] == "does not hold"


def test_records_without_the_kernel_are_left_out():
    ds = results()
    between = ds.reindex(step=[0, 5, 10, 100, 500, 1000])
    assert judged(between) == judged(ds)


def test_two_seeds_give_no_verdict():
    assert judged(results(seeds=2)) == ["not measured"] * 4


def test_an_epsilon_alone_gives_no_verdict():
    assert judged(results().isel({EPSILON: [3]})) == ["not measured"] * 4


def test_two_records_give_no_verdict_on_training():
    assert judged(results().isel(step=[0, 3]))[2] == "not measured"


def test_the_figure_has_the_formula_of_infinite_width(tmp_path):
    figure = plot(results())
    start, formula, training = figure.axes
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["(a)", "(b)", "(c)"]
    wide = start.lines[-1]
    assert wide.get_label() == "formula, N → ∞"
    at_one = np.interp(1.0, wide.get_xdata(), wide.get_ydata())
    assert at_one == pytest.approx(28 / 1200 / np.sqrt(1 / 20 + 66 / 8000), rel=0.02)
    assert len(formula.lines) == EPSILONS.size + 1
    assert len(training.lines) == EPSILONS.size * 3
    figure.savefig(tmp_path / "figure.png")
