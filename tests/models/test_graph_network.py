"""The graph network against loops over edges and against PyTorch Geometric, its padding, and what it starts as."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from scipy.stats import ks_2samp

from grok_jax.errors import UserError
from grok_jax.models import init_params, outputs
from grok_jax.models.graph_network import GraphNetwork, Graphs, carry_by_copies, carry_by_products
from grok_jax.models.model import model

FEATURES, KINDS = 5, 3
MODULE = GraphNetwork(
    2, widths=(7, 4), edge_width=6, readout_width=3, vocabulary=KINDS
)  # sums before and after a product
CASES = pytest.mark.parametrize("widths", [(7, 4), (3, 6)], ids=str)


def make_graphs(*, rows=6, nodes=6, edges=14, seed=0):
    """Random trees with one further bond each, between nodes of any distance; the first graph is a single node."""
    rng = np.random.default_rng(seed)
    graphs = Graphs(
        nodes=np.zeros((rows, nodes, FEATURES), np.float32),
        senders=np.zeros((rows, edges), np.int32),
        receivers=np.zeros((rows, edges), np.int32),
        kinds=np.full((rows, edges), -1, np.int32),
        sizes=np.append(1, rng.integers(2, 7, rows - 1)).astype(np.int32),
    )
    for row, size in enumerate(graphs.sizes):
        graphs.nodes[row, :size] = rng.normal(size=(size, FEATURES))
        bonds = [(v, rng.integers(v)) for v in range(1, size)]
        bonds += [(size - 1, 0)] if size > 2 else []
        for number, (u, v) in enumerate(bonds):
            both = slice(2 * number, 2 * number + 2)
            graphs.senders[row, both], graphs.receivers[row, both] = (u, v), (v, u)
            graphs.kinds[row, both] = rng.integers(KINDS)
    return jax.tree.map(jnp.asarray, graphs)


GRAPHS = make_graphs()


@pytest.fixture(scope="module")
def params():
    return moved_params(MODULE)


def moved_params(module):
    """Initial parameters with biases that are not 0."""
    params = jax.jit(lambda key: init_params(module, key, GRAPHS))(jax.random.key(0))
    return jax.tree.map(lambda w: w + 0.1 * jnp.cos(jnp.arange(w.size)).reshape(w.shape).astype(w.dtype), params)


def outputs_of(module, params, graphs):
    return jax.jit(lambda w: outputs(module, w, graphs))(params)


def gradient_of(module, params, graphs):
    return jax.jit(jax.grad(lambda w: jnp.sum(jnp.sin(outputs(module, w, graphs)))))(params)


def in_float64(tree):
    return jax.tree.map(lambda a: jnp.asarray(a, jnp.float64) if jnp.issubdtype(a.dtype, jnp.floating) else a, tree)


def affine(layer, x):
    return x @ layer["kernel"] + layer["bias"]


def by_loops(params, graphs, convolutions):
    """The network as it is written down, graph by graph and edge by edge."""
    answers = []
    for nodes, senders, receivers, kinds, size in zip(*graphs, strict=True):
        x = nodes[:size]
        for i in range(convolutions):
            layer = params[f"convolution_{i}"]
            new = x @ layer["root"]["kernel"] + layer["bias"]
            for u, v, kind in zip(senders, receivers, kinds, strict=True):
                if kind >= 0:
                    hidden = np.maximum(affine(layer["edge_layer_0"], np.eye(KINDS)[kind]), 0)
                    new[v] += x[u] @ affine(layer["edge_layer_1"], hidden).reshape(x.shape[1], -1)
            x = np.maximum(new, 0)
        hidden = np.maximum(affine(params["readout_layer_0"], x.sum(0)), 0)
        answers.append(affine(params["readout_layer_1"], hidden))
    return np.stack(answers)


@pytest.mark.sampled
@CASES
def test_outputs_are_those_of_loops_over_nodes_and_edges(widths):
    module = MODULE.clone(widths=widths)
    params = moved_params(module)
    with jax.enable_x64(True):
        params, graphs = in_float64((params, GRAPHS))
        ours = np.asarray(outputs_of(module, params, graphs))
    theirs = by_loops(*jax.tree.map(np.asarray, (params, graphs)), len(widths))
    assert ours.dtype == np.float64
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)


def in_pytorch(module, graphs):
    """PyTorch Geometric's modules, their parameters in our order and by our names, and their function of graphs."""
    torch = pytest.importorskip("torch", reason="parity with PyTorch Geometric needs torch")
    geometric = pytest.importorskip("torch_geometric.nn", reason="parity needs torch_geometric")
    data = pytest.importorskip("torch_geometric.data")
    nn = torch.nn
    theirs, features = {}, FEATURES
    for i, width in enumerate(module.widths):
        edges = nn.Sequential(nn.Linear(KINDS, module.edge_width), nn.ReLU())
        edges.append(nn.Linear(module.edge_width, features * width))
        theirs[f"convolution_{i}"] = geometric.NNConv(features, width, edges)
        features = width
    theirs["readout_layer_0"] = nn.Linear(features, module.readout_width)
    theirs["readout_layer_1"] = nn.Linear(module.readout_width, module.outputs)

    def of_linear(linear):
        return {"kernel": linear.weight, "bias": linear.bias}

    named = {name: of_linear(layer) for name, layer in theirs.items() if name.startswith("readout")}
    for name, layer in theirs.items():
        if name.startswith("convolution"):
            of_edges = {"edge_layer_0": of_linear(layer.nn[0]), "edge_layer_1": of_linear(layer.nn[2])}
            named[name] = {**of_edges, "root": {"kernel": layer.lin.weight}, "bias": layer.bias}

    def as_data(nodes, senders, receivers, kinds, size):
        nodes, bond = torch.tensor(nodes[:size]), kinds >= 0
        ends = torch.tensor(np.stack([senders[bond], receivers[bond]])).long()
        return data.Data(x=nodes, edge_index=ends, edge_attr=torch.eye(KINDS, dtype=nodes.dtype)[kinds[bond]])

    arrays = jax.tree.map(np.array, graphs)
    batch = data.Batch.from_data_list([as_data(*graph) for graph in zip(*arrays, strict=True)])

    def call():
        x = batch.x
        for name in named:
            if name.startswith("convolution"):
                x = theirs[name](x, batch.edge_index, batch.edge_attr).relu()
        pooled = geometric.global_add_pool(x, batch.batch)
        return theirs["readout_layer_1"](theirs["readout_layer_0"](pooled).relu())

    return nn.ModuleDict(theirs), named, call


def test_outputs_and_twenty_steps_of_adam_in_float64_are_those_of_pytorch_geometric(params):
    torch = pytest.importorskip("torch", reason="parity with PyTorch Geometric needs torch")
    targets = np.random.default_rng(1).normal(size=(len(GRAPHS.sizes), 2))
    with jax.enable_x64(True):
        start, graphs = in_float64((params, GRAPHS))
        tx = optax.adam(1e-2)

        def step(carry, _):
            w, state = carry
            gradient = jax.grad(lambda w: jnp.mean((outputs(MODULE, w, graphs) - targets) ** 2))(w)
            updates, state = tx.update(gradient, state)
            return (optax.apply_updates(w, updates), state), None

        trained = jax.jit(lambda w: jax.lax.scan(step, (w, tx.init(w)), length=20)[0][0])(start)
        before, after = (np.asarray(outputs_of(MODULE, w, graphs)) for w in (start, trained))
        network, named, call = in_pytorch(MODULE, graphs)
        network.double()
        with torch.no_grad():
            jax.tree.map(lambda ours, theirs: theirs.copy_(torch.tensor(np.array(ours).T)), start, named)
    np.testing.assert_allclose(before, call().detach().numpy(), rtol=1e-12, atol=1e-12)
    adam = torch.optim.Adam(network.parameters(), 1e-2)
    for _ in range(20):
        adam.zero_grad()
        torch.nn.functional.mse_loss(call(), torch.tensor(targets)).backward()
        adam.step()
    assert np.linalg.norm(after - before) > 0.1 * np.linalg.norm(before)
    np.testing.assert_allclose(after, call().detach().numpy(), rtol=1e-7, atol=1e-7)


def test_every_parameter_starts_from_the_distribution_of_pytorch_geometrics():
    torch = pytest.importorskip("torch", reason="parity with PyTorch Geometric needs torch")
    torch.manual_seed(0)
    draw = jax.jit(lambda keys: jax.vmap(lambda key: init_params(MODULE, key, GRAPHS))(keys))
    ours = draw(jax.random.split(jax.random.key(3), 40))
    drawn = [in_pytorch(MODULE, GRAPHS)[1] for _ in range(40)]
    theirs = jax.tree.map(lambda *leaves: np.stack([leaf.detach().numpy().T for leaf in leaves]), *drawn)

    def compare(ours, theirs):
        assert ours.shape == theirs.shape
        assert ks_2samp(np.ravel(ours), np.ravel(theirs)).pvalue > 1e-3

    jax.tree.map(compare, ours, theirs)


@pytest.mark.slow
def test_more_padding_changes_neither_outputs_nor_gradients(params):
    padded = make_graphs(nodes=9, edges=23)
    np.testing.assert_allclose(outputs_of(MODULE, params, padded), outputs_of(MODULE, params, GRAPHS), rtol=1e-5)
    more, less = (gradient_of(MODULE, params, graphs) for graphs in (padded, GRAPHS))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5), more, less)


def test_what_stands_in_padding_does_not_matter(params):
    filled = GRAPHS._replace(
        nodes=jnp.where(GRAPHS.nodes == 0, 9.0, GRAPHS.nodes),
        senders=jnp.where(GRAPHS.kinds < 0, 1, GRAPHS.senders),
        receivers=jnp.where(GRAPHS.kinds < 0, 1, GRAPHS.receivers),
    )
    np.testing.assert_array_equal(outputs_of(MODULE, params, filled), outputs_of(MODULE, params, GRAPHS))


def test_the_order_of_nodes_and_of_edges_changes_nothing(params):
    nodes, edges = np.random.default_rng(2).permutation(6), np.random.default_rng(3).permutation(14)
    full = jax.tree.map(lambda a: a[GRAPHS.sizes == 6], GRAPHS)
    assert len(full.sizes)
    rank = jnp.argsort(nodes)
    other = Graphs(
        full.nodes[:, nodes],
        rank[full.senders][:, edges],
        rank[full.receivers][:, edges],
        full.kinds[:, edges],
        full.sizes,
    )
    np.testing.assert_allclose(outputs_of(MODULE, params, other), outputs_of(MODULE, params, full), rtol=1e-5)


def test_an_edge_counts_in_its_direction_alone(params):
    one_way = GRAPHS._replace(kinds=GRAPHS.kinds.at[:, 1::2].set(-1))
    theirs = by_loops(*jax.tree.map(np.asarray, (params, one_way)), 2)
    np.testing.assert_allclose(outputs_of(MODULE, params, one_way), theirs, rtol=1e-4, atol=1e-6)


def test_sums_by_products_are_those_by_copies_with_their_gradients():
    rng = np.random.default_rng(4)
    values = jnp.asarray(rng.normal(size=(3, 5, 2)))
    sources, targets = jnp.asarray(rng.integers(0, 5, (3, 20))), jnp.asarray(rng.integers(0, 5, (3, 20)))

    def answers(form):
        return jax.jit(jax.value_and_grad(lambda v: jnp.sum(jnp.sin(form(v, sources, targets, 4)))))(values)

    for copied, multiplied in zip(answers(carry_by_copies), answers(carry_by_products), strict=True):
        np.testing.assert_allclose(copied, multiplied, rtol=1e-5, atol=1e-6)


def test_runs_that_train_together_are_those_alone(params):
    runs = jax.tree.map(lambda w: jnp.stack([w, 0.5 * w]), params)
    batches = jax.tree.map(lambda a: jnp.stack([a[:3], a[3:]]), GRAPHS)
    together = jax.jit(jax.vmap(lambda w, graphs: MODULE.apply({"params": w}, graphs)))(runs, batches)
    for run in range(2):
        w, graphs = jax.tree.map(lambda a, run=run: a[run], (runs, batches))
        np.testing.assert_allclose(together[run], outputs_of(MODULE, w, graphs), rtol=1e-5)


def test_the_linearized_twin_is_the_network_to_first_order(params):
    step = jax.tree.map(lambda leaf: 1e-3 * jnp.cos(jnp.arange(leaf.size)).reshape(leaf.shape), params)
    moved = jax.tree.map(jnp.add, params, step)
    start, network = (outputs_of(MODULE, w, GRAPHS) for w in (params, moved))
    twin = jax.jit(lambda w: outputs(MODULE, w, GRAPHS, around=params))(moved)
    assert np.abs(network - start).max() > 30 * np.abs(twin - network).max()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"widths": ()}, r"model\.widths is \(\); it must be a tuple of whole numbers above 0, such as \(32, 16\)"),
        ({"widths": (32, 0)}, r"model\.widths is \(32, 0\)"),
        ({"edge_width": 0}, "model.edge_width is 0; it must be above 0"),
        ({"readout_width": -1}, "model.readout_width is -1"),
    ],
)
def test_an_impossible_network_is_one_line_that_names_the_field(changes, message):
    with pytest.raises(UserError, match=message) as error:
        model("graph_network", **changes)
    assert "\n" not in str(error.value)


def test_config_fields_reach_the_network():
    changes = {"widths": [8, 5], "edge_width": 3, "readout_width": 6}
    assert model("graph_network", **changes).build(3, 2) == GraphNetwork(3, 2, (8, 5), 3, 6)


def test_the_default_network_has_the_sizes_of_omnigroks():
    graphs = GRAPHS._replace(nodes=jnp.zeros((6, 6, 11)))
    network = model("graph_network").build(1, 4)
    params = jax.eval_shape(lambda key: init_params(network, key, graphs), jax.random.key(0))
    convolutions = [5 * 32 + 33 * 11 * 32 + 12 * 32, 5 * 32 + 33 * 32 * 16 + 33 * 16]
    readout = 17 * 32 + 33
    assert sum(leaf.size for leaf in jax.tree.leaves(params)) == sum(convolutions) + readout
