"""The LSTM against PyTorch's, its pads, and what it must start as."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import grok_jax
from grok_jax.errors import UserError
from grok_jax.models import init_params, outputs
from grok_jax.models.lstm import LSTM, UNROLLED, recur_in_loop
from grok_jax.models.model import model

P, PAD = 7, 8
PAIRS = jnp.array([(a, b, P) for a in range(P) for b in range(P)], jnp.int32)  # 49 rows, more than the 9 tokens
FEW = PAIRS[::24]  # 3 rows, 9 entries: no more than tokens
LONG = jax.random.randint(jax.random.key(5), (4, UNROLLED + 4), 0, P)  # loops; by token but not at its first position
ONE = PAIRS[:, :1]
INPUTS = pytest.mark.parametrize("inputs", [PAIRS, FEW, LONG, ONE], ids=["by token", "by row", "long", "one position"])
SMALL = {"vocabulary": P + 2, "outputs": 5, "width": 6, "embedding_width": 4}
MODULE = LSTM(**SMALL)


@pytest.fixture(scope="module")
def params():
    return jax.jit(lambda key: init_params(MODULE, key, PAIRS))(jax.random.key(0))


def outputs_of(module, params, inputs, dropout_key=None):
    return jax.jit(lambda w: outputs(module, w, inputs, dropout_key=dropout_key))(params)


def in_pytorch(params):
    """PyTorch's modules with our weights, their parameters in our order, and their function of tokens."""
    torch = pytest.importorskip("torch", reason="parity with PyTorch needs torch")
    tensors = jax.tree.map(lambda leaf: torch.tensor(np.array(leaf).T), params)  # PyTorch's weights are transposed
    embedding = torch.nn.Embedding.from_pretrained(tensors["token_embedding"]["embedding"].T, freeze=False)
    features, width = SMALL["embedding_width"], SMALL["width"]
    lstm = torch.nn.LSTM(features, width, num_layers=2, batch_first=True, dtype=embedding.weight.dtype)
    readout = torch.nn.Linear(width, SMALL["outputs"], dtype=embedding.weight.dtype)
    names = {"kernel": "weight_ih", "recurrent_kernel": "weight_hh", "bias": "bias_ih", "recurrent_bias": "bias_hh"}
    with torch.no_grad():
        readout.weight.copy_(tensors["readout"]["kernel"])
        readout.bias.copy_(tensors["readout"]["bias"])
        for layer in range(2):
            for ours, theirs in names.items():
                getattr(lstm, f"{theirs}_l{layer}").copy_(tensors[f"layer_{layer}"][ours])
    network = torch.nn.ModuleList([embedding, lstm, readout])
    return network, lambda tokens: readout(lstm(embedding(torch.tensor(np.array(tokens)).long()))[0][:, -1])


@INPUTS
def test_outputs_are_those_of_pytorch(inputs, params):
    theirs = in_pytorch(params)[1](inputs).detach().numpy()
    np.testing.assert_allclose(outputs_of(MODULE, params, inputs), theirs, rtol=1e-4, atol=1e-6)


def test_the_gradient_by_token_is_that_by_row(params):
    gradient = jax.jit(jax.grad(lambda w, inputs: jnp.sum(jnp.sin(MODULE.apply({"params": w}, inputs)))))
    parts = [gradient(params, PAIRS[start : start + 3]) for start in range(0, 48, 3)]
    by_row = jax.tree.map(lambda *leaves: sum(np.asarray(leaf) for leaf in leaves), *parts)
    by_token = gradient(params, PAIRS[:48])
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5), by_token, by_row)


@pytest.mark.parametrize("inputs", [PAIRS, pytest.param(LONG, marks=pytest.mark.slow)], ids=["short", "long"])
def test_fifty_steps_of_adam_in_float64_are_those_of_pytorch(inputs, params):
    torch = pytest.importorskip("torch", reason="parity with PyTorch needs torch")
    targets = np.random.default_rng(0).normal(size=(len(inputs), SMALL["outputs"]))
    with jax.enable_x64(True):
        start = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float64), params)
        tx = optax.adam(1e-2)

        def step(carry, _):
            w, state = carry
            gradient = jax.grad(lambda w: jnp.mean((MODULE.apply({"params": w}, inputs) - targets) ** 2))(w)
            updates, state = tx.update(gradient, state)
            return (optax.apply_updates(w, updates), state), None

        trained = jax.jit(lambda w: jax.lax.scan(step, (w, tx.init(w)), length=50)[0][0])(start)
        before, ours = (np.asarray(outputs_of(MODULE, w, inputs)) for w in (start, trained))
    network, call = in_pytorch(start)
    adam = torch.optim.Adam(network.parameters(), 1e-2)
    for _ in range(50):
        adam.zero_grad()
        torch.nn.functional.mse_loss(call(inputs), torch.tensor(targets)).backward()
        adam.step()
    theirs = call(inputs).detach().numpy()
    moved = np.linalg.norm(theirs - before)
    assert ours.dtype == np.float64
    assert moved > 0.1 * np.linalg.norm(before)
    assert np.linalg.norm(ours - theirs) < 1e-6 * moved


@pytest.mark.parametrize("inputs", [PAIRS, LONG], ids=["short", "long"])
def test_masked_pads_on_the_left_change_nothing_however_many(inputs, params):
    module = LSTM(**SMALL, pad_token=PAD)
    plain = outputs_of(MODULE, params, inputs)
    for pads in (1, UNROLLED):
        padded = jnp.pad(inputs, ((0, 0), (pads, 0)), constant_values=PAD)
        np.testing.assert_allclose(outputs_of(module, params, padded), plain, rtol=1e-4, atol=1e-6)


def test_rows_of_one_batch_may_have_different_numbers_of_pads(params):
    module = LSTM(**SMALL, pad_token=PAD)
    padded = PAIRS.at[::2, 0].set(PAD)
    expected = outputs_of(MODULE, params, PAIRS).at[::2].set(outputs_of(MODULE, params, PAIRS[::2, 1:]))
    np.testing.assert_allclose(outputs_of(module, params, padded), expected, rtol=1e-4, atol=1e-6)


def test_the_gradient_with_masked_pads_is_that_without_them(params):
    def gradient(module, tokens):
        return jax.jit(jax.grad(lambda w: jnp.sum(jnp.sin(module.apply({"params": w}, tokens)))))(params)

    padded = jnp.pad(PAIRS, ((0, 0), (2, 0)), constant_values=PAD)
    masked = gradient(LSTM(**SMALL, pad_token=PAD), padded)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5), masked, gradient(MODULE, PAIRS))


def test_the_loops_own_derivatives_are_the_automatic_ones_in_both_directions():
    automatic = recur_in_loop.fun

    def all_of(function, arguments, change, pulled):
        values, pushed = jax.jvp(function, arguments, change)
        return values, pushed, jax.vjp(function, *arguments)[1](pulled)

    with jax.enable_x64(True):
        keys = iter(jax.random.split(jax.random.key(0), 8))

        def numbers(*shape):
            return jax.random.normal(next(keys), shape)

        arguments, change = ((numbers(12, 3, 16), numbers(4, 16), numbers(3, 4)) for _ in range(2))
        arguments = (arguments[0].at[2, 1, :8].set(-jnp.inf), *arguments[1:])  # a pad, masked
        pulled = numbers(12, 3, 4), numbers(3, 4)
        found, expected = (all_of(f, arguments, change, pulled) for f in (recur_in_loop, automatic))
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12), found, expected)


def test_pads_that_are_not_masked_are_tokens_like_others(params):
    padded = jnp.pad(PAIRS, ((0, 0), (2, 0)), constant_values=PAD)
    plain = outputs_of(MODULE, params, padded)
    np.testing.assert_allclose(plain, in_pytorch(params)[1](padded).detach().numpy(), rtol=1e-4, atol=1e-6)
    assert np.abs(plain - outputs_of(MODULE, params, PAIRS)).max() > 1e-3


def test_parameters_start_uniform_within_one_over_the_root_of_the_width():
    module = LSTM(vocabulary=200, outputs=50, layers=1, width=64, embedding_width=100)
    params = jax.jit(lambda key: init_params(module, key, ONE))(jax.random.key(0))
    assert np.std(params.pop("token_embedding")["embedding"]) == pytest.approx(1, rel=0.03)
    for leaf in jax.tree.leaves(params):
        assert np.abs(leaf).max() == pytest.approx(1 / 8, rel=0.1)
        assert np.abs(leaf).max() <= 1 / 8


def test_the_network_has_as_many_parameters_as_that_of_pytorch(params):
    network, _ = in_pytorch(params)
    assert sum(leaf.size for leaf in jax.tree.leaves(params)) == sum(p.numel() for p in network.parameters())


def test_the_linearized_twin_has_the_derivative_of_the_network(params):
    """Forward derivatives through the loop, which a network with a backward pass of its own would not have."""
    step = jax.tree.map(lambda leaf: 1e-3 * jnp.cos(jnp.arange(leaf.size)).reshape(leaf.shape), params)
    moved = jax.tree.map(jnp.add, params, step)
    start, network = (outputs_of(MODULE, w, LONG) for w in (params, moved))
    twin = jax.jit(lambda w: outputs(MODULE, w, LONG, around=params))(moved)
    assert np.abs(network - start).max() > 30 * np.abs(twin - network).max()


def test_dropout_acts_only_where_a_key_is_given(params):
    dropping = LSTM(**SMALL, dropout=0.5)
    plain = outputs_of(MODULE, params, PAIRS)
    np.testing.assert_array_equal(outputs_of(dropping, params, PAIRS), plain)
    dropped = outputs_of(dropping, params, PAIRS, jax.random.key(0))
    assert np.abs(dropped - plain).max() > 0.01


def test_rows_that_begin_with_the_same_token_drop_apart(params):
    same = jnp.tile(PAIRS[:1], (30, 1))
    dropping = LSTM(**SMALL, dropout=0.5)
    dropped = outputs_of(dropping, params, same, jax.random.key(0))
    assert len(np.unique(np.asarray(dropped), axis=0)) > 20


def test_dropout_keeps_the_mean_of_what_the_readout_reads(params):
    dropping = LSTM(**{**SMALL, "layers": 1}, dropout=0.25)
    same = jnp.tile(PAIRS[5:6], (4000, 1))
    dropped = outputs_of(dropping, params, same, jax.random.key(1))
    plain = outputs_of(dropping, params, same)
    np.testing.assert_allclose(dropped.mean(0), plain[0], atol=0.01)


def test_it_trains_on_a_task_of_tokens():
    config = grok_jax.default_config("modular_arithmetic", "lstm", "adam")
    config.task.p, config.task.encoding, config.task.train_fraction = 5, "tokens", 0.8
    config.model.width, config.model.embedding_width, config.model.layers = 16, 8, 1
    config.optimizer.learning_rate = 1e-2
    config.training.loss, config.training.steps, config.training.records = "cross_entropy", 300, 2
    runs = grok_jax.sweep(config, progress=False)
    assert float(runs["train_accuracy"].isel(step=-1).squeeze()) == 1.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layers": 0}, "model.layers is 0; it must be above 0"),
        ({"width": -1}, "model.width is -1"),
        ({"embedding_width": 0}, "model.embedding_width is 0"),
        ({"dropout": 1.0}, "model.dropout is 1.0; it must be at least 0 and below 1"),
    ],
)
def test_an_impossible_network_is_one_line_that_names_the_field(changes, message):
    with pytest.raises(UserError, match=message) as error:
        model("lstm", **changes)
    assert "\n" not in str(error.value)


def test_numbers_as_inputs_and_an_unknown_pad_token_are_refused():
    with pytest.raises(UserError, match="model 'lstm' takes tokens"):
        init_params(model("lstm").build(4, None), jax.random.key(0), PAIRS)
    with pytest.raises(UserError, match=r"model\.pad_token is 5; it must be None or a token of the task, 0 to 4"):
        init_params(model("lstm", pad_token=5).build(4, 5), jax.random.key(0), PAIRS)


def test_config_fields_reach_the_network():
    changes = {"layers": 1, "width": 6, "embedding_width": 5, "dropout": 0.1, "pad_token": 2}
    assert model("lstm", **changes).build(3, 4) == LSTM(4, 3, 1, 6, 5, 0.1, 2)
