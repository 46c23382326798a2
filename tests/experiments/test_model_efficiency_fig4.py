import numpy as np
import pytest
import xarray as xr

from experiments.model_efficiency.fig4_data_efficiency import CLAIMS, arms, plot, table
from grok_jax.analysis.claims import judge

FRACTIONS = np.array([0.2, 0.4, 0.6, 0.8])
AXIS = "training.batch_size,optimizer.learning_rate"
# In the order of the paper's panels: the fraction at which each passes 90%.
NEEDS = {
    "full batch": 0.75,
    "batch 32": 0.65,
    "full batch, update noise": 0.6,
    "dropout 0.1": 0.55,
    "decay to zero": 0.3,
    "decay to init": 0.45,
    "learning rate 0.0001": 0.9,
    "learning rate 0.001": 0.7,
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


def results(seeds=3, **needs):
    needs = {**NEEDS, **{name.replace("_", " "): value for name, value in needs.items()}}
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


def judged(**needs):
    return [verdict["verdict"] for verdict in judge(CLAIMS, results(**needs))]


def test_each_setting_has_its_name():
    assert list(arms(results())) == list(NEEDS)


def test_the_order_of_the_paper_passes_every_claim():
    assert judged() == ["holds"] * 3


def test_claim_1_fails_where_another_setting_needs_less_than_decay_to_zero():
    assert judged(weight_noise=0.25) == ["does not hold", "holds", "holds"]


@pytest.mark.parametrize("needed", [0.72, 0.29], ids=["more than no decay", "less than decay to zero"])
def test_claim_2_fails_where_decay_to_the_initial_weights_needs(needed):
    assert judged(decay_to_init=needed)[1] == "does not hold"


def test_claim_3_fails_where_one_kind_of_noise_does_not_help():
    assert judged(weight_noise=0.78)[2] == "does not hold"


def test_where_no_fraction_is_enough_the_mean_accuracy_decides():
    assert judged(**{name.replace(" ", "_"): needed + 2 for name, needed in NEEDS.items()})[0] == "does not hold"
    assert judged(**{name.replace(" ", "_"): needed + 0.6 for name, needed in NEEDS.items()}) == ["holds"] * 3


def test_other_grids_and_two_seeds_are_no_verdict():
    assert judged(seeds=2) == ["not measured"] * 3
    other = results().isel({AXIS: 0}, drop=True)
    assert [verdict["verdict"] for verdict in judge(CLAIMS, other)] == ["not measured"] * 3


def test_the_picture_has_a_panel_and_the_table_a_row_for_each_setting():
    assert len(plot(results()).axes) == 9
    rows = table(results())
    assert [row["setting"] for row in rows] == list(NEEDS)
    np.testing.assert_allclose([row["fraction for 0.9"] for row in rows][4], 0.3)
