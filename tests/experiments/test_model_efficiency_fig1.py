import numpy as np
import pytest
import xarray as xr

from experiments.model_efficiency.fig1_three_architectures import CLAIMS, plot
from grok_jax.analysis.claims import judge

AXIS = "model.name,model.width"
NAMES = ["transformer", "lstm", "token_mlp"]
STEPS = np.array([0, 10, 30, 100, 300, 1000])
PLATEAU = np.array([0.0, 0.5, 0.55, 0.6, 0.7, 1.0])  # from step 10, where all three are fitted, up to 3 times that
LATE = np.array([0.0, 0.05, 0.05, 0.05, 0.5, 1.0])
NEVER = np.array([0.0, 0.05, 0.05, 0.05, 0.05, 0.05])
AT_ONCE = np.array([0.0, 1.0, 1.0, 1.0, 1.0, 1.0])


def results(transformer=PLATEAU, lstm=LATE, mlp=LATE, *, train=AT_ONCE, networks=3, seeds=3):
    test = np.stack([transformer, lstm, mlp])[:networks, None].repeat(seeds, 1)
    dims = (AXIS, "seed", "step")
    data = {"test_accuracy": (dims, test), "train_accuracy": (dims, np.broadcast_to(train, test.shape))}
    coords = {"model.name": (AXIS, NAMES[:networks]), "seed": range(seeds), "step": STEPS}
    return xr.Dataset(data, coords, {"config": '{"task": {"train_fraction": 0.5}}'})


def judged(*curves, **settings):
    return [v["verdict"] for v in judge(CLAIMS, results(*curves, **settings))]


def test_the_papers_curves_pass():
    assert judged() == ["holds"] * 3


@pytest.mark.parametrize("short", [{"mlp": 0.98 * LATE}, {"train": 0.99 * AT_ONCE}])
def test_claim_1_fails_where_one_network_falls_short_on_either_split(short):
    assert judged(**short)[0] == "does not hold"


def test_claim_1_is_open_in_two_seeds_and_holds_in_three():
    assert (judged(seeds=2)[0], judged(seeds=3)[0]) == ("not measured", "holds")


@pytest.mark.parametrize("name", ["lstm", "mlp"])
@pytest.mark.parametrize("curve", [AT_ONCE, np.array([0.0, 0.2, 0.2, 0.2, 0.5, 1.0])])
def test_claim_2_fails_where_one_of_the_two_knows_test_pairs_as_it_fits(name, curve):
    assert judged(**{name: curve})[1] == "does not hold"


def test_claim_2_is_open_where_one_never_generalizes_or_never_fits():
    assert judged(lstm=NEVER)[1] == "not measured"
    assert judged(train=0.9 * AT_ONCE)[1] == "not measured"


@pytest.mark.parametrize("curve", [LATE, AT_ONCE, np.array([0.0, 0.3, 0.8, 0.85, 0.9, 1.0])])
def test_claim_3_fails_without_a_plateau_in_the_middle(curve):
    assert judged(curve)[2] == "does not hold"


def test_claim_3_is_open_where_the_plateau_is_not_left_and_where_nothing_is_fitted():
    assert judged(np.minimum(PLATEAU, 0.6))[2] == "not measured"
    assert judged(train=0.9 * AT_ONCE)[2] == "not measured"


@pytest.mark.parametrize("few", [{"seeds": 2}, {"networks": 2}])
def test_two_seeds_or_two_networks_give_no_verdict(few):
    assert judged(**few) == ["not measured"] * 3


@pytest.mark.parametrize("changes", [{}, {"lstm": NEVER}, {"seeds": 1}])
def test_the_figure_has_a_panel_for_each_network(changes, tmp_path):
    figure = plot(results(**changes))
    assert [ax.get_title() for ax in figure.axes] == ["transformer", "LSTM", "MLP"]
    figure.savefig(tmp_path / "figure.png")
