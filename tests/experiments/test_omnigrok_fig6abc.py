import numpy as np
import pytest
import xarray as xr

from experiments.omnigrok.fig6abc_full_trajectory import CLAIMS, plot, seeds_of
from grok_jax.analysis.claims import judge

AXIS = "model.init_scale,task.messiness,optimizer.constant_norm"
W, M = (1.0, 2.0, 3.0), (0.0, 0.02, 0.4, 1.0)
STEPS = np.array([0, *np.geomspace(1, 50_000, 40).round()])
NORM, SPAN, RATE, DECAY = 10.0, 5.0, 0.1, 1e-4
STARTS = [(m, rate) for m in (0.02, 0.4) for rate in (0.01, 0.1, 1.0)]
TIME = STEPS * RATE / 0.1  # of momentum .9
# On the landscape l = exp(-4 (w - 1)) the reduced path has l(t) = 1 / (1 + .16 t) before the decay is felt.
FITS = 19 / 0.16


def results(*, slower=1.0, residual=0.02, test_loss=lambda m: 0.001 + m, fall=0.1, seeds=3):
    """The landscape, on which m does not move, and full runs that follow Eq. 6 unless told otherwise."""
    rows = [(w, m, True, 0.0, 0.0) for w in W for m in M] + [(1.0, m, False, rate, DECAY) for m, rate in STARTS]
    shape = (len(rows), seeds, len(STEPS))
    names = (
        "train_loss",
        "test_loss",
        "decoder_norm",
        "messiness",
        "representation_span",
        "residual_share",
        "unevenness",
    )
    values = {name: np.full(shape, np.nan) for name in names}
    for i, (w, m, on_sphere, _, _) in enumerate(rows):
        late = np.clip(TIME / FITS - 1, 0, 10) / 10
        run = {
            "train_loss": np.exp(-4 * (w - 1)) if on_sphere else 1 / (1 + 0.16 * TIME / slower),
            "test_loss": 0.001 + m if on_sphere else np.maximum(1 - TIME / FITS, test_loss(m)),
            "decoder_norm": NORM * (w if on_sphere else 1 + 0.8 * np.clip(TIME / FITS, 0, 1) - fall * late),
            "messiness": m,
            "representation_span": SPAN,
            "residual_share": 0.0 if on_sphere else residual * np.clip(TIME / FITS, 0, 1),
            "unevenness": m,
        }
        for name in names:
            values[name][i] = run[name]
    columns = zip(*rows, strict=True)
    fields = (*AXIS.split(","), "optimizer.apart_learning_rate", "optimizer.weight_decay")
    coordinates = {field: (AXIS, np.array(column)) for field, column in zip(fields, columns, strict=True)}
    coordinates["optimizer.learning_rate"] = (AXIS, np.full(len(rows), RATE))
    variables = {name: ((AXIS, "seed", "step"), value) for name, value in values.items()}
    return xr.Dataset(variables, {**coordinates, AXIS: range(len(rows)), "seed": range(seeds), "step": STEPS})


def verdict(number, ds):
    return judge(CLAIMS[number - 1 : number], ds)[0]["verdict"]


@pytest.fixture(scope="module")
def alike():
    return results()


def test_full_runs_that_follow_eq_6_pass_every_claim(alike):
    judged = judge(CLAIMS, alike)
    assert [v["verdict"] for v in judged] == ["holds"] * 4
    assert judged[3]["measured"]["factor"] < 1.5


def test_the_clock_of_eq_6_is_that_of_gradient_flow_in_the_weights(alike):
    path = seeds_of(alike)[0].cases[0].reduced.path
    early = path.time < 5  # the surface between grid points is no exponential farther on
    w = 1 + np.log1p(16 * path.time[early] / NORM**2) / 4
    np.testing.assert_allclose(path.w[early] - 1, w - 1, rtol=0.2, atol=1e-6)


def test_claim_1_fails_where_full_runs_from_messy_starts_generalize():
    assert verdict(1, results(test_loss=lambda m: 0.001)) == "does not hold"


def test_claim_2_fails_where_the_table_leaves_the_plane():
    assert verdict(2, results(residual=0.3)) == "does not hold"


def test_claim_3_fails_where_the_norm_does_not_fall():
    assert verdict(3, results(fall=0.0)) == "does not hold"


def test_claim_4_fails_where_full_runs_fit_ten_times_later():
    assert verdict(4, results(slower=10.0)) == "does not hold"


def test_two_seeds_no_full_run_or_no_landscape_give_no_verdict(alike):
    on_sphere = alike["optimizer.constant_norm"].values
    for ds in (alike.isel(seed=[0, 1]), alike.isel({AXIS: on_sphere}), alike.isel({AXIS: ~on_sphere})):
        assert [v["verdict"] for v in judge(CLAIMS, ds)] == ["not measured"] * 4


def test_a_diverged_seed_does_not_affect_the_others(alike):
    ds = xr.concat([alike, alike.isel(seed=[0]).assign_coords(seed=[3])], "seed")
    ds["train_loss"][{AXIS: -1, "seed": 0, "step": slice(5, None)}] = np.nan
    assert verdict(2, ds) == "holds"


def test_records_of_runs_with_other_steps_are_passed_over(alike):
    sparse = alike.copy(deep=True)
    sparse["train_loss"][{AXIS: slice(0, 5), "step": slice(1, None, 2)}] = np.nan
    assert [v["verdict"] for v in judge(CLAIMS, sparse)] == ["holds"] * 4


def test_the_figure_has_a_row_of_five_panels_for_each_ratio_of_rates(tmp_path, alike):
    figure = plot(alike)
    letters = [ax.get_title(loc="left") for ax in figure.axes if ax.get_title(loc="left")]
    assert letters == [f"({letter})" for letter in "abcdefghijklmno"]
    figure.savefig(tmp_path / "figure.png")
