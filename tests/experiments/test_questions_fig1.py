import numpy as np
import pytest
import xarray as xr

from configs.questions.fig1_image_field import AMOUNT, DATA, LARGE, LEVEL, STANDARD, get_config
from configs.questions.fig1_image_field import DECAY as EXPECTED
from experiments.questions.coordinates import CENTERED, DECAY, NORM_FROM, OUTPUT, SCALE
from experiments.questions.fig1_image_field import CLAIMS, IMAGE, NETWORKS, plot, table
from experiments.questions.occurrence import BY_ITSELF, DOES_NOT, INDUCED
from grok_jax.analysis.claims import judge
from grok_jax.training.grid import parse_grid

FIT, STEPS = 100.0, np.arange(0, 2401, 10)
POINTS = parse_grid(get_config("quick").grid)[0]
TRAIN = {0.5: 4.0, 1.0: 0.1, 2.0: 0.01, 4.0: 0.001}  # at constant norm, in levels
TEST = {0.5: 4.0, 1.0: 0.5, 2.0: 1.0, 4.0: 3.0}


def falling(time, last):
    """A loss, in levels, that falls from 10 to the level at a time and then to its last value."""
    if np.isinf(time):
        return np.full(STEPS.size, max(last, 3.0))
    return np.interp(STEPS, [0, time, time + 1], [10, 1, min(last, 0.9)])


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
    fit=FIT,
    networks=tuple(NETWORKS),
    seeds=3,
):
    """The runs of quick: delays are powers of decay, data and output scale for some networks; others have none."""
    curves = {"train_loss": [], "test_loss": [], "kernel_alignment": [], "kernel_distance": []}
    fields = [dict(zip(POINTS.fields, values, strict=True)) for values in POINTS.values]
    for point in fields:
        name, moved = point["model.name"], 0.3
        end = (0.01, 0.5)
        if point[CENTERED]:
            late = 2 * (point[OUTPUT] / 0.25) ** output_power
            moved = 0.3 * point[OUTPUT] ** moved_power
        elif point[SCALE] < LARGE:
            late = standard
        elif point[DECAY] == 0:
            late = undecayed
        else:
            late = induced * (point[DECAY] / EXPECTED[name]) ** decay_power * (point[DATA] / AMOUNT) ** data_power
        if point[NORM_FROM] == 0:
            late, end = 1.5, (train[point[SCALE]], test[point[SCALE]])
            curves["train_loss"].append(np.full(STEPS.size, end[0]))
            curves["test_loss"].append(np.full(STEPS.size, end[1]))
        else:
            late = late if name in networks else 1.2
            curves["train_loss"].append(falling(fit, end[0]))
            curves["test_loss"].append(falling(fit * late, end[1]))
        curves["kernel_alignment"].append(np.linspace(0.3, 0.5, STEPS.size))
        curves["kernel_distance"].append(np.linspace(0, moved, STEPS.size))
    axis = {name: (POINTS.name, np.array([point[name] for point in fields], object)) for name in POINTS.fields}
    numbers = {name: (dims, values.astype(float)) for name, (dims, values) in axis.items() if _is_number(name, values)}
    values = {
        name: ((POINTS.name, "step"), np.array(rows) * (LEVEL["digit"] if "loss" in name else 1))
        for name, rows in curves.items()
    }
    ds = xr.Dataset(values, {**axis, **numbers, "step": STEPS}).expand_dims(seed=range(seeds))
    return ds.assign_coords({IMAGE: "digit"})


def _is_number(name, values):
    return name not in ("model.name", CENTERED) and all(value is not None for value in values)


def verdicts(**settings):
    return [claim["verdict"] for claim in judge(CLAIMS, results(**settings))]


def test_late_generalization_induced_by_large_weights_passes_every_claim():
    assert verdicts() == ["holds"] * 14


def test_the_table_says_that_grokking_can_be_induced():
    rows = table(results())
    assert [(row["network"], row["grokking"]) for row in rows] == [(words, INDUCED) for words in NETWORKS.values()]
    assert {row["large with decay: seeds that grok"] for row in rows} == {3}


def test_standard_weights_that_grok_fail_the_first_claims_and_give_the_opposite_answer():
    assert verdicts(standard=5.0)[:3] == ["does not hold"] * 3
    assert {row["grokking"] for row in table(results(standard=5.0))} == {BY_ITSELF}


def test_large_weights_that_generalize_with_the_fit_fail_the_next_claims_and_give_the_opposite_answer():
    assert verdicts(induced=2.0)[3:6] == ["does not hold"] * 3
    assert {row["grokking"] for row in table(results(induced=2.0))} == {DOES_NOT}


def test_large_weights_that_generalize_without_decay_fail_claims_7_to_9():
    assert verdicts(undecayed=8.0)[6:9] == ["does not hold"] * 3


def test_each_of_the_first_nine_claims_is_about_one_network():
    assert verdicts(standard=5.0, undecayed=8.0, networks=("siren",))[:9] == [
        *("holds", "holds", "does not hold"),
        *("does not hold", "does not hold", "holds"),
        *("does not hold", "does not hold", "does not hold"),
    ]


@pytest.mark.parametrize(
    ("number", "settings"),
    [
        (10, {"decay_power": -0.1}),
        (11, {"data_power": -0.1}),
        (12, {"train": {**TRAIN, 4.0: 2.0}}),
        (12, {"train": {**TRAIN, 0.5: 0.5}}),
        (12, {"test": {**TEST, 4.0: 0.6}}),
        (12, {"test": {**TEST, 0.5: 0.6}}),
        (13, {"output_power": 0.05}),
        (14, {"moved_power": 0.1}),
    ],
)
def test_a_statement_about_most_networks_fails_where_it_is_false(number, settings):
    assert verdicts(**settings)[number - 1] == "does not hold"


def test_two_of_the_three_networks_are_enough_and_one_is_not():
    assert verdicts(networks=("mlp", "siren"))[9:11] == ["holds"] * 2
    assert verdicts(networks=("mlp",))[9:11] == ["does not hold"] * 2


def test_runs_that_do_not_fit_decide_nothing_about_the_delay():
    found = verdicts(fit=np.inf)
    assert found[:11] == ["not measured"] * 11
    assert found[12] == "not measured"


def test_a_landscape_on_which_nothing_fits_decides_nothing():
    assert verdicts(train=dict.fromkeys(TRAIN, 2.0))[11] == "not measured"


def test_a_kernel_that_was_not_recorded_decides_nothing():
    ds = results().drop_vars(["kernel_alignment", "kernel_distance"])
    assert judge(CLAIMS, ds)[13]["verdict"] == "not measured"


def test_a_run_that_never_generalizes_counts_only_if_its_last_step_is_late_enough():
    # With the weakest decay no run generalizes. With the strongest it takes 240 to 410 steps of 2,400, or over 1,880.
    assert verdicts(induced=1e3, decay_power=-5.0)[9] == "holds"
    assert verdicts(induced=1e3, decay_power=-3.3)[9] == "not measured"


@pytest.mark.parametrize(("late", "verdict"), [(1.5, "does not hold"), (8.0, "not measured")])
def test_a_delay_that_grows_from_one_without_end_counts_only_if_that_one_is_long_enough(late, verdict):
    # At the smallest output scale runs fit at step 2,000 of 2,400 and never generalize: a delay of 1.2 or more.
    ds = results(output_power=np.log(late / 2) / np.log(64))
    others = ~ds[CENTERED].astype(bool) | (ds[OUTPUT] != 0.25)
    for name, curve in (("train_loss", (2000, 0.01)), ("test_loss", (np.inf, 0.5))):
        ds[name] = ds[name].where(others, LEVEL["digit"] * xr.DataArray(falling(*curve), dims="step"))
    assert judge(CLAIMS, ds)[12]["verdict"] == verdict


def test_claims_take_three_seeds():
    assert set(verdicts(seeds=2)) == {"not measured"}


def images(second, **settings):
    """A digit as claimed, and a photograph with other numbers."""
    photograph = results(**settings)
    losses = {name: photograph[name] / LEVEL["digit"] * LEVEL["china"] for name in ("train_loss", "test_loss")}
    return xr.concat(
        [results().drop_vars(IMAGE), photograph.assign(losses).drop_vars(IMAGE)], IMAGE, coords="minimal"
    ).assign_coords({IMAGE: ["digit", second]})


def test_with_two_images_a_claim_must_hold_on_both_and_each_has_its_level():
    assert [claim["verdict"] for claim in judge(CLAIMS, images("china"))] == ["holds"] * 14
    found = judge(CLAIMS, images("china", standard=5.0))[0]
    assert found["verdict"] == "does not hold"
    assert found["measured"]["delay (digit)"] == pytest.approx(1.5)
    assert found["measured"]["delay (china)"] == pytest.approx(5.0)


def test_the_figure_has_a_column_for_each_network(tmp_path):
    figure = plot(results(standard=1.2))
    titled = [ax.get_title() for ax in figure.axes]
    assert [title for title in titled if "digit" in title] == [f"{words}, a digit" for words in NETWORKS.values()]
    figure.savefig(tmp_path / "figure.png")


def test_standard_is_a_scale_of_the_grid_and_the_expected_decays_are_between_others():
    places = [POINTS.fields.index(field) for field in ("model.name", SCALE, DECAY)]
    runs = {tuple(values[i] for i in places) for values in POINTS.values}
    for name, decay in EXPECTED.items():
        decays = sorted({each[2] for each in runs if each[0] == name})
        assert {(name, STANDARD, 0.0), (name, LARGE, 0.0), (name, LARGE, decay)} <= runs
        assert decays[0] < decay < decays[-1]
