import json
from types import MappingProxyType

import jax
import pytest

from benchmarks import graph_network as graphs
from benchmarks import grids, machine, peers, suite
from benchmarks import lstm as recurrent
from benchmarks import reviews as films
from benchmarks import token_mlp as tokens
from benchmarks import transformer as nanda
from benchmarks.kernels import Taken
from benchmarks.timing import Ratio, Trainer, Turn, contestant, ratio, take_turns
from grok_jax.training.devices import run_mesh
from grok_jax.training.plan import plan_grid
from grok_jax.training.program import load_pool, stages_of

# All run-steps do nothing: range(steps) returns at once.
NO_RUN = (Trainer, range, 2)


def test_a_contestant_counts_the_runs_of_all_its_processes():
    with contestant(*NO_RUN, processes=2) as idle:
        assert idle.runs == 4


def test_every_side_gets_as_many_turns_as_there_are_rounds():
    with contestant(*NO_RUN) as one, contestant(*NO_RUN) as other:
        turns = take_turns({"one": one, "other": other}, rounds=3, seconds=0.0)
    assert [len(turns["one"]), len(turns["other"])] == [3, 3]
    assert all(turn.rate > 0 and turn.peak_bytes > 0 for side in turns.values() for turn in side)


def test_a_process_that_dies_is_an_error_instead_of_an_endless_wait():
    with pytest.raises(EOFError), contestant(int, "no number", processes=2):
        pass


def test_the_ratio_pairs_turns_of_the_same_round():
    fast, slow = ([Turn(rate, 0) for rate in rates] for rates in ((4.0, 40.0, 6.0), (2.0, 10.0, 1.0)))
    assert ratio(fast, slow) == Ratio(median=4.0, low=2.0, high=6.0)


@pytest.mark.slow
def test_our_side_of_the_speed_benchmark_runs_without_pytorch(monkeypatch):
    monkeypatch.setattr(machine, "has_torch", lambda: False)
    (row,) = suite.teacher_student(suite.SMOKE)
    assert row.rate > 0
    assert row.compile_seconds > 0
    assert "torch is not installed" in suite.table([row])
    json.dumps(row._asdict())


@pytest.mark.slow
def test_measuring_is_a_share_of_the_time_of_a_whole_figure(monkeypatch):
    monkeypatch.setattr(suite, "RECORDED", (suite.TEACHER_STUDENT,))
    (row,) = suite.records(suite.SMOKE)
    assert 0 < row.measuring_share < 1


@pytest.mark.parametrize(
    ("make", "module"),
    [
        (peers.teacher_student, suite.TEACHER_STUDENT),
        (peers.mnist, suite.MNIST),
        (peers.landscape, suite.LANDSCAPE),
        (recurrent.lstm, suite.LSTM),
        (films.reviews, suite.REVIEWS),
        (tokens.token_mlp, suite.TOKEN_MLP),
    ],
)
def test_the_pytorch_loop_steps_through_a_network_of_the_size_of_ours(make, module, monkeypatch):
    torch = pytest.importorskip("torch")
    made = []

    class Counted(torch.optim.AdamW):
        def __init__(self, parameters, **options):
            super().__init__(parameters, **options)
            made.append(self)

    monkeypatch.setattr(torch.optim, "AdamW", Counted)
    data = ()
    if make in (peers.mnist, peers.landscape):
        data = suite._first_digits(1000)
    elif make is films.reviews:
        data = films.first_reviews()
    make(torch.get_num_threads(), {}, *data).advance(6)

    parameters = made[0].param_groups[0]["params"]
    assert {int(made[0].state[parameter]["step"]) for parameter in parameters} == {6}
    assert sum(parameter.numel() for parameter in parameters) == our_parameters(module)


@pytest.mark.parametrize("make", [graphs.plain, graphs.geometric])
def test_both_pytorch_graph_networks_step_through_as_many_weights_as_ours(make, monkeypatch):
    torch = pytest.importorskip("torch")
    if make is graphs.geometric:
        pytest.importorskip("torch_geometric")
    made = []

    class Counted(torch.optim.Adam):
        def __init__(self, parameters, **options):
            super().__init__(parameters, **options)
            made.append(self)

    monkeypatch.setattr(torch.optim, "Adam", Counted)
    make(torch.get_num_threads(), {}, graphs.first_molecules()).advance(6)
    parameters = made[0].param_groups[0]["params"]
    assert {int(made[0].state[parameter]["step"]) for parameter in parameters} == {6}
    assert sum(parameter.numel() for parameter in parameters) == our_parameters(suite.GRAPH_NETWORK)


def test_both_pytorch_graph_networks_are_one_function(monkeypatch):
    torch = pytest.importorskip("torch")
    pytest.importorskip("torch_geometric")
    made = []
    monkeypatch.setattr(graphs, "trainer", lambda network, _, batches: made.append((network, *next(batches))))
    monkeypatch.setattr(graphs, "BATCH", graphs.SIZE)
    for make in (graphs.plain, graphs.geometric):
        make(torch.get_num_threads(), {}, graphs.first_molecules())
    (plain, *_), (geometric, *_) = made
    geometric.readout.load_state_dict(plain.readout.state_dict())
    with torch.no_grad():
        for ours, theirs in zip(plain.convolutions, geometric.convolutions, strict=True):
            theirs.nn.load_state_dict(ours.edges.state_dict())
            theirs.lin.weight.copy_(ours.root.weight)
            theirs.bias.copy_(ours.root.bias)
        # Each has its own order of the molecules.
        losses = [torch.mean((network(batch) - targets) ** 2) for network, batch, targets in made]
    torch.testing.assert_close(*losses)


TINY = {"p": 5, "train_fraction": 0.5, "width": 8, "mlp_width": 12}


@pytest.mark.parametrize("last_only", [False, True])
def test_the_pytorch_transformer_has_as_many_weights_as_ours(last_only, monkeypatch):
    torch = pytest.importorskip("torch")
    made = []

    class Counted(torch.optim.AdamW):
        def __init__(self, parameters, **options):
            super().__init__(parameters, **options)
            made.append(self)

    monkeypatch.setattr(torch.optim, "AdamW", Counted)
    nanda.transformer(torch.get_num_threads(), {}, **TINY, last_only=last_only).advance(2)
    parameters = made[0].param_groups[0]["params"]
    assert {int(made[0].state[parameter]["step"]) for parameter in parameters} == {2}
    assert sum(parameter.numel() for parameter in parameters) == our_parameters(
        suite.TRANSFORMER, nanda.changes(TINY, 1)
    )


def test_both_pytorch_transformers_are_one_network(monkeypatch):
    torch = pytest.importorskip("torch")
    ended = []
    for last_only in (False, True):
        torch.manual_seed(0)
        monkeypatch.setattr(nanda, "trainer", lambda network, *args, **options: ended.append((network, *args)))
        nanda.transformer(torch.get_num_threads(), {}, **TINY, last_only=last_only)
    logits = [network(next(batches)[0]) for network, _, batches in ended]
    torch.testing.assert_close(*logits)


def our_parameters(module: str, changes: dict = MappingProxyType({})) -> int:
    (group,) = plan_grid(grids.load_config(module, "quick", changes), {}).groups
    init = stages_of(group.form, group.capacity).init
    moving, _ = jax.eval_shape(init, group.form.shapes(), load_pool(group.form, run_mesh()))
    return sum(leaf.size for leaf in jax.tree.leaves(moving.params))


def test_the_table_is_aligned():
    rows = [suite.Row("a", 1.0, "2 (b)", Ratio(1.0, 0.5, 2.0)), suite.Row("longer", peak_bytes=2**30)]
    lines = suite.table(rows).splitlines()
    assert lines[2].index("1") == lines[0].index("ours")
    assert lines[3].index("1.00") == lines[0].index("peak GiB")


def test_the_pytorch_committee_takes_a_plain_step_through_all_its_weights(monkeypatch):
    torch = pytest.importorskip("torch")
    stepped = []

    class Counted(torch.optim.SGD):
        def step(self):
            stepped.append([tuple(parameter.shape) for parameter in self.param_groups[0]["params"]])
            return super().step()

    monkeypatch.setattr(torch.optim, "SGD", Counted)
    peers.committee(torch.get_num_threads(), {}, *suite.SMALL.values()).advance(3)
    assert stepped == [[(suite.SMALL["model.width"], suite.SMALL["task.features"])]] * 3


@pytest.mark.slow
def test_the_kernel_benchmark_without_pytorch_has_both_of_our_ways(monkeypatch):
    monkeypatch.setattr(machine, "has_torch", lambda: False)
    rows = list(suite.kernel(suite.SMOKE))
    assert [row.benchmark.endswith("by Jacobians") for row in rows] == [False, True]
    assert all(row.seconds > 0 and row.peak_bytes > 0 and row.peer == machine.NO_PEER for row in rows)


@pytest.mark.slow
def test_the_benchmark_of_the_full_kernel_has_time_and_memory():
    (row,) = suite.full_kernel(suite.SMOKE)
    assert row.benchmark == "NTK of 8 digits x 10 outputs, MNIST MLP"
    assert row.seconds > 0
    assert row.peak_bytes > 0


@pytest.mark.slow
def test_the_benchmark_of_a_baselines_kernel_has_both_methods_on_the_same_digits():
    rows = list(suite.baseline_kernel(suite.SMOKE))
    name = "NTK of 2 digits x 10 outputs, MNIST MLP"
    assert {row.benchmark for row in rows} == {name, f"{name}, by neural-tangents"}
    assert all(row.seconds > 0 and row.peak_bytes > 0 for row in rows)


def test_a_kernel_beside_pytorch_says_how_many_times_as_fast_it_is():
    ours, theirs = ([Taken(seconds, 0.0, 2**30) for seconds in side] for side in ((1.0, 2.0), (3.0, 4.0)))
    row = suite._against_kernel(suite.Row("kernel", seconds=1.5), ours, "rows at once", theirs)
    assert row.ratio == Ratio(median=2.5, low=2.0, high=3.0)
    assert row.peer == "3.5 s, 1.00 GiB (rows at once)"
    assert "1.50 s" in suite.table([row])
