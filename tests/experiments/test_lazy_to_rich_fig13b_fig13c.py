import numpy as np
import pytest
import xarray as xr

from experiments.lazy_to_rich import fig13b_adamw_student_teacher as student
from experiments.lazy_to_rich import fig13c_adamw_transformer as transformer
from grok_jax.analysis.claims import judge
from grok_jax.analysis.lazy import LINEARIZED

STEPS = np.array([0, 1, 5, 10, 20, 50, 100, 200, 500, 1000])
# The student's test loss falls at once, in two parts; the transformer's rises first.
STUDENT = np.array([1.0, 0.9, 0.8, 0.7, 0.6, 0.4, 0.2, 0.05, 0.01, 0.01])
ITS_TWIN = np.array([1.0, 0.9, 0.8, 0.7, 0.6, 0.4, 0.3, 0.3, 0.3, 0.3])
TRAIN = np.array([3.4, 3.2, 2.5, 1.5, 0.5, 0.1, 0.01, 0.01, 0.01, 0.01])
TEST = np.array([3.4, 3.5, 4.0, 4.5, 6.0, 8.0, 9.0, 8.0, 2.0, 0.1])
TWIN = np.array([3.4, 3.5, 4.0, 4.5, 8.0, 12.0, 14.0, 14.0, 14.0, 14.0])


def results(network, twin, train, seeds=3):
    both = {
        "test_loss": (network, twin),
        "train_loss": (train, train),
        "train_accuracy": (1 - train / 4, 1 - train / 4),
        "test_accuracy": (0.1 * np.exp(-network), 0.1 * np.exp(-twin)),
        "weight_norm": (30 + STEPS / 1e3, 30 + STEPS / 1e4),
    }
    dims = (LINEARIZED, "seed", "step")
    values = {name: (dims, np.tile(np.stack(pair)[:, None], (1, seeds, 1))) for name, pair in both.items()}
    return xr.Dataset(values, {LINEARIZED: [False, True], "seed": range(seeds), "step": STEPS})


def of_student(network=STUDENT, twin=ITS_TWIN, **settings):
    return judge(student.CLAIMS, results(network, twin, network, **settings))


def of_transformer(network=TEST, twin=TWIN, train=TRAIN, **settings):
    return judge(transformer.CLAIMS, results(network, twin, train, **settings))


def verdicts(judged):
    return [claim["verdict"] for claim in judged]


def test_the_papers_student_passes_every_claim():
    judged = of_student()
    assert verdicts(judged) == ["holds"] * 3
    assert judged[0]["measured"]["test loss halves at"] == pytest.approx(35)
    assert judged[0]["measured"]["network and twin part at"] > 50
    assert judged[2]["measured"]["train loss down by 10% at"] == pytest.approx(1)
    assert judged[2]["measured"]["train loss / its start when they part"] < 0.4


def test_13b_1_fails_where_they_part_early_but_before_the_test_loss_halves():
    twin = np.where(STEPS < 20, STUDENT, 0.75)
    assert verdicts(of_student(twin=twin)) == ["does not hold", "holds", "holds"]


def test_13b_3_fails_where_they_part_before_the_training_loss_has_lost_a_tenth():
    assert verdicts(of_student(twin=np.where(STEPS > 0, 0.7, STUDENT)))[2] == "does not hold"


def test_13b_2_fails_where_the_twin_ends_as_low():
    assert verdicts(of_student(twin=STUDENT))[1] == "does not hold"


def test_13b_1_and_3_are_open_where_the_loss_does_not_fall():
    assert verdicts(of_student(network=np.ones(STEPS.size)))[::2] == ["not measured"] * 2


def test_13b_2_is_open_where_runs_diverge():
    assert verdicts(of_student(network=np.full(STEPS.size, np.nan)))[1] == "not measured"


def test_the_papers_transformer_passes_every_claim():
    judged = of_transformer()
    assert verdicts(judged) == ["holds"] * 3
    assert judged[2]["measured"]["share of these steps"] < 0.05


def test_13c_1_fails_where_they_part_at_once():
    assert verdicts(of_transformer(twin=np.where(STEPS > 0, 2 * TWIN, TWIN)))[0] == "does not hold"


def test_13c_2_fails_where_the_twin_falls_as_well():
    assert verdicts(of_transformer(twin=TEST))[1] == "does not hold"


def test_13c_3_fails_where_they_part_late():
    assert verdicts(of_transformer(twin=np.where(STEPS <= 50, TEST, 14.0))) == ["holds", "holds", "does not hold"]


def test_13c_is_open_where_the_test_loss_does_not_fall():
    assert verdicts(of_transformer(network=np.maximum.accumulate(TEST)))[1:] == ["not measured"] * 2


def test_two_seeds_give_no_verdict():
    assert verdicts(of_student(seeds=2)) == ["not measured"] * 3
    assert verdicts(of_transformer(seeds=2)) == ["not measured"] * 3


@pytest.mark.parametrize(
    ("plot", "runs", "letter"),
    [
        (student.plot, results(STUDENT, ITS_TWIN, STUDENT), "b"),
        (transformer.plot, results(TEST, TWIN, TRAIN), "c"),
    ],
    ids=["13b", "13c"],
)
def test_the_figure_marks_where_they_part_and_where_the_loss_falls(plot, runs, letter, tmp_path):
    figure = plot(runs)
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert labels[:3] == ["linearized", "network", "test losses 10% apart"]
    assert [ax.get_title(loc="left") for ax in figure.axes] == [f"({letter}{i})" for i in (1, 2, 3)]
    figure.savefig(tmp_path / "figure.png")
