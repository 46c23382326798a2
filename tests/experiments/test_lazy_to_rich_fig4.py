import json

import numpy as np
import pytest
import xarray as xr

from experiments.lazy_to_rich import fig4_loss_decomposition, fig11_trained_readouts
from experiments.lazy_to_rich.decomposition import PARTS
from grok_jax.analysis.claims import judge

FIGURES = {"fig4": fig4_loss_decomposition, "fig11": fig11_trained_readouts}


def results(seeds=5, peak=0.5, t_align=2_000, end=0.0, scatter=0.0):
    """What the paper describes: linear power rises to a peak near step 30, the misalignment error falls at t_align."""
    steps = np.unique(np.geomspace(1, 50_000, 80).round()).astype(int)
    steps = np.concatenate([[0], steps])
    parts = {
        "variance_error": 0.05 / (1 + steps / 100),
        "misalignment_error": end + (0.4 - end) / (1 + (steps / t_align) ** 2),
        "linear_power": (0.05 + peak * np.exp(-(np.log10((steps + 1e-9) / 30) ** 2))) * (steps < 20_000),
    }
    curves = parts | {"train_loss": 1 / (1 + steps / 20), "decomposed_loss": sum(parts.values())}
    curves["test_loss"] = curves["decomposed_loss"] * (1 + scatter)
    variables = {name: (("seed", "step"), np.tile(values, (seeds, 1))) for name, values in curves.items()}
    config = json.dumps({"task": {"test_size": 1000}})
    return xr.Dataset(variables, {"seed": range(seeds), "step": steps}, {"config": config})


def judged(**settings):
    return [v["verdict"] for v in judge(fig4_loss_decomposition.CLAIMS, results(**settings))]


def test_the_papers_figure_passes_every_claim():
    assert judged() == ["holds"] * 3


def test_claim_1_fails_where_the_parts_do_not_add_up():
    assert judged(scatter=0.8)[0] == "does not hold"


def test_claim_2_fails_where_linear_power_does_not_rise():
    assert judged(peak=0.0)[1] == "does not hold"


def test_claim_3_fails_where_the_weights_align_at_once():
    assert judged(t_align=20)[2] == "does not hold"


@pytest.mark.parametrize("settings", [{"end": 1.0}, {"t_align": 80_000}], ids=["something else", "later"])
def test_claims_2_and_3_are_open_where_the_weights_align_to_nothing_in_time(settings):
    assert judged(**settings)[1:] == ["not measured"] * 2


def test_two_seeds_give_no_verdict():
    assert judged(seeds=2) == ["not measured"] * 3


def test_the_figure_of_trained_readouts_makes_the_same_claims_under_its_own_ids():
    ours, theirs = fig11_trained_readouts.CLAIMS, fig4_loss_decomposition.CLAIMS
    assert [claim.id for claim in ours] == [f"lazy_to_rich/fig11/{i}" for i in (1, 2, 3)]
    assert [claim[1:] for claim in ours] == [claim[1:] for claim in theirs]


@pytest.mark.parametrize("name", FIGURES)
def test_the_figure_shows_the_losses_and_the_parts(name, tmp_path):
    figure = FIGURES[name].plot(results())
    labels = [text.get_text() for text in figure.axes[1].get_legend().get_texts()]
    assert len(labels) == 1 + len(PARTS)
    figure.savefig(tmp_path / "figure.png")
