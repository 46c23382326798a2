import numpy as np
import xarray as xr

from experiments.lazy_to_rich.fig19_data_and_difficulty import CLAIMS, plot
from grok_jax.analysis.claims import judge

AXIS = "task.train_size,task.test_size"
SIZES = (50, 100, 200)
# j -> final test loss over its start, for each size
PAPER = {1: (0.1, 0.01, 0.001), 70: (3.0, 0.2, 0.01), 100: (5.0, 2.0, 0.1)}


def results(ends=PAPER, seeds=3):
    """Test losses that go from 2 to twice the given ends linearly, training losses to 0."""
    steps = np.arange(0, 1001, 10)
    share = steps / steps[-1]
    test = 2 * (1 + (np.array(list(ends.values()))[..., None] - 1) * share)
    test = np.tile(test[:, :, None], (1, 1, seeds, 1))
    dims = ("task.order", AXIS, "seed", "step")
    coords = {"task.order": list(ends), AXIS: range(3), "task.train_size": (AXIS, list(SIZES)), "step": steps}
    train = np.broadcast_to(1 - share, test.shape)
    return xr.Dataset({"train_loss": (dims, train), "test_loss": (dims, test)}, coords)


def verdicts(*args, **settings):
    return [claim["verdict"] for claim in judge(CLAIMS, results(*args, **settings))]


def test_the_papers_figure_passes_both_claims():
    claims = judge(CLAIMS, results())
    assert [claim["verdict"] for claim in claims] == ["holds"] * 2
    assert [claims[1]["measured"][f"P for j = {j}"] for j in PAPER] == [50, 100, 200]


def test_the_order_of_the_sizes_in_the_grid_does_not_matter():
    ds = results().isel({AXIS: [2, 0, 1]})
    assert [claim["verdict"] for claim in judge(CLAIMS, ds)] == ["holds"] * 2


def test_claim_1_fails_where_the_hardest_is_not_learned_from_the_most_data():
    assert verdicts(PAPER | {100: (5.0, 2.0, 0.8)})[0] == "does not hold"


def test_claim_1_does_not_ask_for_a_loss_that_falls_from_each_number_of_rows_to_the_next():
    claim = judge(CLAIMS, results(PAPER | {100: (1.0, 5.0, 0.1)}))[0]
    assert claim["verdict"] == "holds"
    assert claim["measured"]["rank correlation of P and their final test loss, weakest"] == -0.5


def test_claim_1_is_open_where_nothing_fails_with_the_fewest_data():
    assert verdicts({1: (0.3, 0.2, 0.1), 2: (0.3, 0.2, 0.1), 3: (0.3, 0.2, 0.1)})[0] == "not measured"


def test_claim_2_fails_where_harder_labels_take_less():
    assert verdicts({1: (5.0, 2.0, 0.1), 70: (3.0, 0.2, 0.1), 100: (0.1, 0.1, 0.1)})[1] == "does not hold"


def test_claim_2_fails_where_all_take_the_same():
    assert verdicts({1: (2.0, 0.2, 0.1), 70: (2.0, 0.2, 0.1), 100: (2.0, 0.2, 0.1)})[1] == "does not hold"


def test_claim_2_counts_never_as_the_most_data():
    assert verdicts(PAPER | {100: (5.0, 2.0, 0.8)})[1] == "holds"


def test_two_sizes_are_too_few():
    ds = results().isel({AXIS: [0, 1]})
    assert [claim["verdict"] for claim in judge(CLAIMS, ds)] == ["not measured"] * 2


def test_two_seeds_give_no_verdict():
    assert verdicts(seeds=2) == ["not measured"] * 2


def test_the_figure_has_a_panel_for_each_order_and_size(tmp_path):
    figure = plot(results())
    assert len(figure.axes) == 9
    assert [ax.get_title() for ax in figure.axes[:3]] == ["P = 50", "P = 100", "P = 200"]
    assert [ax.get_ylabel().split("\n")[0] for ax in figure.axes[::3]] == ["j = 1", "j = 70", "j = 100"]
    figure.savefig(tmp_path / "figure.png")
