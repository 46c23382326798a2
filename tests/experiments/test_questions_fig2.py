import numpy as np
import pytest
import xarray as xr

from configs.questions.fig2_radiance_field import AMOUNT, DATA, LARGE, LEVEL, get_config
from configs.questions.fig2_radiance_field import DECAY as EXPECTED
from experiments.questions.coordinates import CENTERED, DECAY, NORM_FROM, OUTPUT, SCALE
from experiments.questions.fig2_radiance_field import CLAIMS, plot, table
from experiments.questions.occurrence import BY_ITSELF, DOES_NOT, INDUCED, OPEN
from grok_jax.analysis.claims import judge
from grok_jax.training.grid import parse_grid

FIT, STEPS = 100.0, np.arange(0, 4001, 20)
POINTS = parse_grid(get_config("quick").grid)[0]
TRAIN = {0.5: 4.0, 1.0: 0.1, 2.0: 0.01, 8.0: 0.001}  # at constant norm, in levels
TEST = {0.5: 4.0, 1.0: 0.5, 2.0: 1.0, 8.0: 3.0}


def falling(time):
    return np.interp(STEPS, [0, time, time + 1], [10, 1, 0.5]) if np.isfinite(time) else np.full(STEPS.size, 3.0)


def results(
    standard=1.5,
    induced=6.0,
    undecayed=np.inf,
    decay_power=-1.0,
    data_power=-1.0,
    output_power=0.5,
    moved_power=-0.5,
    train=TRAIN,
    test=TEST,
    seeds=3,
):
    """The runs of quick: all fit at step 100, and their delays are powers of decay, data and output scale."""
    curves = {"train_loss": [], "test_loss": [], "kernel_alignment": [], "kernel_distance": []}
    fields = [dict(zip(POINTS.fields, values, strict=True)) for values in POINTS.values]
    for point in fields:
        scale, decay, moved = point[SCALE], point[DECAY], 0.3
        if point[CENTERED]:
            late = 2 * (point[OUTPUT] / 0.25) ** output_power
            moved = 0.3 * point[OUTPUT] ** moved_power
        elif scale < LARGE or decay == 0:
            late = standard if scale < LARGE else undecayed
        else:
            late = induced * (decay / EXPECTED) ** decay_power * (point[DATA] / AMOUNT) ** data_power
        losses = falling(FIT), falling(FIT * late)
        if point[NORM_FROM] == 0:
            losses = np.full(STEPS.size, train[scale]), np.full(STEPS.size, test[scale])
        for name, loss in zip(("train_loss", "test_loss"), losses, strict=True):
            curves[name].append(LEVEL * loss)
        curves["kernel_alignment"].append(np.linspace(0.3, 0.5, STEPS.size))
        curves["kernel_distance"].append(np.linspace(0, moved, STEPS.size))
    axis = {name: (POINTS.name, np.array([point[name] for point in fields])) for name in POINTS.fields}
    values = {name: ((POINTS.name, "step"), np.array(rows)) for name, rows in curves.items()}
    return xr.Dataset(values, {**axis, "step": STEPS}).expand_dims(seed=range(seeds))


def verdicts(**settings):
    return [claim["verdict"] for claim in judge(CLAIMS, results(**settings))]


def test_late_generalization_induced_by_large_weights_passes_every_claim():
    assert verdicts() == ["holds"] * 8


@pytest.mark.parametrize(
    ("number", "settings"),
    [
        (1, {"standard": 5.0}),
        (2, {"induced": 2.0}),
        (3, {"undecayed": 8.0}),
        (4, {"decay_power": -0.1}),
        (5, {"data_power": -0.1}),
        (6, {"train": {**TRAIN, 8.0: 2.0}}),
        (6, {"test": {**TEST, 8.0: 0.6}}),
        (7, {"output_power": 0.05}),
        (8, {"moved_power": 0.1}),
    ],
)
def test_a_claim_fails_where_it_is_false_and_the_others_do_not(number, settings):
    found = verdicts(**settings)
    assert found[number - 1] == "does not hold"
    assert found.count("holds") == 7


@pytest.mark.parametrize(
    ("number", "settings"),
    [
        (1, {"standard": np.inf}),
        (2, {"induced": np.inf}),
        (4, {"induced": np.inf}),
        (5, {"induced": np.inf}),
        (6, {"train": dict.fromkeys(TRAIN, 2.0)}),
    ],
)
def test_a_claim_is_open_where_nothing_generalizes_or_fits(number, settings):
    assert verdicts(**settings)[number - 1] == "not measured"


def test_claims_take_three_seeds():
    assert set(verdicts(seeds=2)) == {"not measured"}


@pytest.mark.parametrize(
    ("settings", "words"),
    [({}, INDUCED), ({"standard": 5.0}, BY_ITSELF), ({"induced": 2.0}, DOES_NOT), ({"induced": np.inf}, OPEN)],
)
def test_the_table_has_the_answer(settings, words):
    (row,) = table(results(**settings))
    assert row["grokking"] == words


def test_the_numbers_behind_a_verdict_are_in_levels_and_steps():
    measured = judge(CLAIMS, results())[1]["measured"]
    assert measured["delay"] == pytest.approx(6.0)
    assert measured["steps to generalize"] == pytest.approx(6 * FIT)
    assert measured["lowest test loss / level"] == pytest.approx(0.5)


def test_the_figure_shows_delays_and_the_level(tmp_path):
    figure = plot(results())
    labels = [ax.get_ylabel() for ax in figure.axes if ax.get_ylabel()]
    assert labels.count("t(test) / t(train)") == 3  # two panels and a color bar
    figure.savefig(tmp_path / "figure.png")
