import json

import numpy as np
import pytest
import xarray as xr

from experiments.model_efficiency.fig6_efficiency import CLAIMS, plot
from grok_jax.analysis.claims import judge

FRACTIONS = np.array([0.2, 0.4, 0.6, 0.7, 0.8])
MEMORIZING, GENERALIZING = 40 * FRACTIONS**0.3, 30 + 0 * FRACTIONS


def results(*, memorizing=MEMORIZING, generalizing=GENERALIZING, fractions=FRACTIONS, seeds=3):
    """Norms at a logit of 20 at the last two records; of true labels those from .6 on generalize."""
    norm = np.stack([generalizing, memorizing])[..., None] * np.array([0.3, 1.1, 1.0])
    test = np.where((fractions > 0.5)[:, None] * [False, True, True], 1.0, 0.05)
    test = np.stack([test, np.full_like(test, 0.05)])
    variables = {
        "weight_norm": norm,
        "correct_logit": np.broadcast_to([0.0, 19.0, 20.0], norm.shape),
        "train_accuracy": np.broadcast_to([0.0, 1.0, 1.0], norm.shape),
        "test_accuracy": test,
    }
    dims = ("task.label_noise", "task.train_fraction", "seed", "step")
    coords = {dims[0]: [0.0, 1.0], dims[1]: fractions, "seed": range(seeds), "step": [0, 500, 1000]}
    data = {name: (dims, values[:, :, None].repeat(seeds, 2)) for name, values in variables.items()}
    return xr.Dataset(data, coords, {"config": json.dumps({"task": {"p": 23}})})


def judged(**settings):
    return [v["verdict"] for v in judge(CLAIMS, results(**settings))]


def test_the_papers_efficiencies_pass():
    verdicts = judge(CLAIMS, results())
    assert [v["verdict"] for v in verdicts] == ["holds"] * 3
    assert 0.2 < verdicts[2]["measured"]["critical fraction"] < 0.8


def test_claim_1_fails_where_memorizing_more_costs_no_more():
    assert judged(memorizing=MEMORIZING[::-1])[0] == "does not hold"


def test_claim_2_fails_where_the_norm_of_c_gen_grows_too():
    assert judged(generalizing=30 * FRACTIONS**0.1)[1] == "does not hold"


def test_claim_2_is_open_with_two_fractions_that_generalize():
    few = FRACTIONS[:4]
    assert judged(fractions=few, memorizing=MEMORIZING[:4], generalizing=GENERALIZING[:4])[1] == "not measured"


def test_claim_3_fails_where_c_mem_stays_cheaper():
    assert judged(generalizing=GENERALIZING * 2)[2] == "does not hold"


def test_claim_3_is_open_where_c_mem_is_never_cheaper():
    assert judged(generalizing=GENERALIZING / 2)[2] == "not measured"


def test_two_seeds_or_two_fractions_give_no_verdict():
    assert judged(seeds=2) == ["not measured"] * 3
    two = slice(None, 2)
    assert (
        judged(fractions=FRACTIONS[two], memorizing=MEMORIZING[two], generalizing=GENERALIZING[two])
        == ["not measured"] * 3
    )


@pytest.mark.parametrize("changes", [{}, {"generalizing": GENERALIZING * 2}, {"seeds": 1}])
def test_the_figure_can_be_drawn(changes, tmp_path):
    figure = plot(results(**changes))
    assert len(figure.axes) == 3
    figure.savefig(tmp_path / "figure.png")
