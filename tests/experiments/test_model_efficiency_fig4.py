import numpy as np
import pytest
import xarray as xr

from experiments.model_efficiency.fig4_data_efficiency import CLAIMS, arms, control_of, plot, table
from grok_jax.analysis.claims import judge

FRACTIONS = np.array([0.2, 0.4, 0.6, 0.8, 0.9])
AXIS = "training.batch_size,optimizer.learning_rate"
PLAIN = "learning rate 0.001"
# In the order of the paper's panels: the fraction at which each passes 90%.
NEEDS = {
    "full batch": 0.75,
    "batch 32": 0.65,
    "full batch, update noise": 0.6,
    "dropout 0.1": 0.55,
    "decay to zero": 0.3,
    "decay to init": 0.45,
    "learning rate 0.0001": 0.88,
    PLAIN: 0.7,
    "weight noise": 0.5,
}
FIELDS = {
    "training.batch_size": [100_000, 32, 100_000, 128, 128, 128, 128, 128, 128],
    "optimizer.learning_rate": [1e-3] * 6 + [1e-4] + [1e-3] * 2,
    "optimizer.weight_decay": [0.0] * 4 + [0.1] * 2 + [0.0] * 3,
    "optimizer.decay_to": ["zero"] * 5 + ["initial"] + ["zero"] * 3,
    "optimizer.update_noise": [0.0] * 2 + [1.0] + [0.0] * 6,
    "model.dropout": [0.0] * 3 + [0.1] + [0.0] * 5,
    "optimizer.weight_noise": [0.0] * 8 + [0.01],
}


def results(seeds=3, changes=()):
    needs = {**NEEDS, **dict(changes)}
    accuracy = np.clip(0.9 + (FRACTIONS - np.array(list(needs.values()))[:, None]), 0, 1)
    curves = np.broadcast_to(accuracy[:, :, None, None], (9, FRACTIONS.size, seeds, 2))
    return xr.Dataset(
        {"test_accuracy": ((AXIS, "task.train_fraction", "seed", "step"), curves)},
        {
            **{name: (AXIS, values) for name, values in FIELDS.items()},
            "task.train_fraction": FRACTIONS,
            "seed": range(seeds),
            "step": [0, 100],
        },
    )


def judged(changes=(), seeds=3):
    return [verdict["verdict"] for verdict in judge(CLAIMS, results(seeds, changes))]


def test_each_setting_has_its_name():
    assert list(arms(results())) == list(NEEDS)


def test_a_control_differs_in_one_field_and_has_the_same_batch_except_the_small_one():
    found = arms(results())
    controls = {name: control_of(name, found) for name in found}
    assert controls == {name: "full batch" if "full batch" in name else PLAIN for name in found}
    for name, control in controls.items():
        differs = sum(found[name][field].item() != found[control][field].item() for field in FIELDS)
        assert differs == (name != control) + (name == "decay to init")  # decay, and what it goes to


def test_the_order_of_the_paper_passes_every_claim():
    assert judged() == ["holds"] * 3


@pytest.mark.parametrize("needed", [0.69, 0.75, 2.0], ids=["by less than the margin", "more", "more than there is"])
def test_a_setting_that_needs_no_less_than_its_control_fails_its_claim(needed):
    assert judged({"decay to zero": needed}) == ["does not hold", "does not hold", "holds"]
    assert judged({"decay to init": needed}) == ["holds", "does not hold", "holds"]
    assert judged({"weight noise": needed}) == ["holds", "holds", "does not hold"]


def test_claim_2_fails_where_decay_to_the_initial_weights_needs_less_than_decay_to_zero():
    assert judged({"decay to init": 0.29}) == ["holds", "does not hold", "holds"]


def test_update_noise_is_held_against_the_full_batch():
    assert judged({"full batch, update noise": 0.72})[2] == "holds"
    assert judged({"full batch, update noise": 0.76})[2] == "does not hold"


def test_no_verdict_where_neither_a_setting_nor_its_control_reaches_90_percent():
    assert judged(dict.fromkeys(NEEDS, 2.0)) == ["not measured"] * 3
    assert judged({PLAIN: 2.0, "decay to zero": 2.0})[0] == "not measured"
    assert judged({PLAIN: 2.0, "decay to zero": 0.89})[0] == "not measured"  # by less than the margin before the last


def test_no_verdict_where_both_reach_90_percent_at_every_fraction():
    assert judged(dict.fromkeys(NEEDS, 0.1)) == ["not measured"] * 3


def test_a_control_that_never_gets_there_needs_more():
    assert judged({PLAIN: 2.0}) == ["holds"] * 3


def test_other_grids_and_two_seeds_give_no_verdict():
    assert judged(seeds=2) == ["not measured"] * 3
    other = results().isel({AXIS: 0}, drop=True)
    assert [verdict["verdict"] for verdict in judge(CLAIMS, other)] == ["not measured"] * 3


def test_the_picture_has_a_panel_and_the_table_a_row_for_each_setting():
    assert len(plot(results()).axes) == 9
    rows = table(results())
    assert [row["setting"] for row in rows] == list(NEEDS)
    np.testing.assert_allclose([row["fraction for 0.9"] for row in rows][4], 0.3)
