"""The transformer against PyTorch's functions at every position, and what its first state must be."""

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import grok_jax
from grok_jax.errors import UserError
from grok_jax.models import init_params, weight_norm
from grok_jax.models.embedding import sinusoids
from grok_jax.models.model import model
from grok_jax.models.transformer import Attention, Block, Stream, Transformer

P = 7
PAIRS = jnp.array([(a, b, P) for a in range(P) for b in range(P)], jnp.int32)  # 49 rows, more than the 8 tokens
FEW = PAIRS[::9]  # fewer rows than tokens
SMALL = {"vocabulary": P + 1, "outputs": P + 1, "width": 12, "heads": 3, "mlp_width": 20}
NANDA = Transformer(vocabulary=114, outputs=114)
BLOCK = {"norm": "none", "causal": True, "dropout_after": "both", "attention_bias": False, "mlp_bias": True}


@functools.cache
def init(module):
    return jax.jit(lambda key: init_params(module, key, PAIRS))(jax.random.key(0))


def logits_of(module, params, inputs=PAIRS):
    return jax.jit(module.apply)({"params": params}, inputs)


def in_pytorch(module, params, tokens):
    """The logits with every layer at every position, as PyTorch's functions give them; norms as they were made."""
    torch = pytest.importorskip("torch", reason="parity with PyTorch needs torch")
    functional = torch.nn.functional
    weights = jax.tree.map(lambda leaf: torch.tensor(np.array(leaf)), params)
    tokens = torch.tensor(np.array(tokens)).long()

    def norm(x, at, place):
        return functional.layer_norm(x, x.shape[-1:]) if module.norm == place and at in weights_of_block else x

    def affine(x, layer):
        return x @ layer["kernel"] + layer.get("bias", 0)

    x = weights["token_embedding"]["embedding"][tokens] + weights["position_embedding"]["embedding"]
    for i in range(module.layers):
        weights_of_block = weights[f"block_{i}"]
        attention, mlp = weights_of_block["attention"], weights_of_block["mlp"]
        x = norm(x, "attention_norm", "stream")
        read = norm(x, "attention_norm", "before")
        heads = [
            affine(read, attention[name]).reshape(*x.shape[:2], module.heads, -1).transpose(1, 2)
            for name in ("query", "key", "value")
        ]
        mixed = functional.scaled_dot_product_attention(*heads, is_causal=module.causal)
        mixed = mixed.transpose(1, 2).reshape(x.shape)
        mixed = affine(mixed, attention["output"])
        x = norm(x + mixed, "attention_norm", "after")
        read = norm(norm(x, "mlp_norm", "before"), "mlp_norm", "stream")
        act = {"relu": functional.relu, "gelu": functional.gelu}[module.activation]
        x = norm(x + affine(act(affine(read, mlp["inward"])), mlp["outward"]), "mlp_norm", "after")
    last = functional.layer_norm(x, x.shape[-1:])[:, -1] if module.norm in ("before", "stream") else x[:, -1]
    return (last @ weights["unembedding"]["kernel"]).numpy()


@pytest.mark.parametrize("inputs", [PAIRS, FEW], ids=["by token", "by row"])
@pytest.mark.parametrize(("layers", "norm"), [(1, "none"), (2, "none"), (2, "before"), (2, "after")])
def test_logits_are_those_of_every_layer_at_every_position_in_pytorch(inputs, layers, norm):
    module = Transformer(**SMALL, layers=layers, norm=norm, initializer="pytorch")
    params = init(module)
    theirs = in_pytorch(module, params, inputs)
    np.testing.assert_allclose(logits_of(module, params, inputs), theirs, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("inputs", [PAIRS, FEW], ids=["by token", "by row"])
def test_the_logits_of_grokfasts_network_are_those_of_pytorch(inputs):
    changes = {"layers": 2, "activation": "gelu", "norm": "stream", "attention_bias": True}
    module = Transformer(**SMALL, **changes, initializer="pytorch")  # whose biases differ from zero
    params = init(module)
    theirs = in_pytorch(module, params, inputs)
    np.testing.assert_allclose(logits_of(module, params, inputs), theirs, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("inputs", [PAIRS, FEW], ids=["by token", "by row"])
def test_without_biases_in_the_feed_forward_layers_logits_are_those_of_pytorch_without_them(inputs):
    module = Transformer(**SMALL, layers=2, norm="after", mlp_bias=False, initializer="pytorch")
    params = init(module)
    assert all(set(layer) == {"kernel"} for i in (0, 1) for layer in params[f"block_{i}"]["mlp"].values())
    theirs = in_pytorch(module, params, inputs)
    np.testing.assert_allclose(logits_of(module, params, inputs), theirs, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("initializer", ["pytorch", "pytorch_attention"])
def test_attention_with_biases_is_the_multihead_attention_of_pytorch(initializer):
    torch = pytest.importorskip("torch", reason="parity with PyTorch needs torch")
    attention, theirs = Attention(3, True, True, initializer, 1.0), torch.nn.MultiheadAttention(12, 3)
    states = jax.random.normal(jax.random.key(1), (5, 4, 12))
    params = jax.jit(lambda x: attention.init(jax.random.key(0), Stream(x, None), False))(states)["params"]
    inward = [params[name] for name in ("query", "key", "value")]
    given = {
        "in_proj_weight": np.concatenate([layer["kernel"].T for layer in inward]),
        "in_proj_bias": np.concatenate([layer["bias"] for layer in inward]),
        "out_proj.weight": np.array(params["output"]["kernel"].T),
        "out_proj.bias": np.array(params["output"]["bias"]),
    }
    theirs.load_state_dict({name: torch.tensor(value) for name, value in given.items()})
    x = torch.tensor(np.array(states)).transpose(0, 1)
    mask = torch.triu(torch.full((4, 4), -torch.inf), diagonal=1)
    expected = theirs(x, x, x, attn_mask=mask, need_weights=False)[0].transpose(0, 1).detach().numpy()
    ours = jax.jit(lambda w, x: attention.apply({"params": w}, Stream(x, None), False))(params, states)
    np.testing.assert_allclose(ours, expected, rtol=2e-4, atol=2e-5)


def test_attention_starts_as_the_multihead_attention_of_pytorch_does():
    torch = pytest.importorskip("torch", reason="parity with PyTorch needs torch")
    torch.manual_seed(0)
    theirs = torch.nn.MultiheadAttention(128, 4)
    module = Transformer(vocabulary=9, outputs=9, attention_bias=True, initializer="pytorch_attention")
    params = init(module)["block_0"]["attention"]
    inward = np.concatenate([params[name]["kernel"].T for name in ("query", "key", "value")])
    for ours, parameter in ((inward, theirs.in_proj_weight), (params["output"]["kernel"], theirs.out_proj.weight)):
        expected = parameter.detach().numpy()
        assert np.abs(ours).max() == pytest.approx(np.abs(expected).max(), rel=1e-3)
        assert ours.std() == pytest.approx(expected.std(), rel=0.02)
    assert not theirs.in_proj_bias.any()
    assert not theirs.out_proj.bias.any()
    assert not any(layer["bias"].any() for layer in params.values())


def test_without_a_causal_mask_logits_are_those_of_pytorch_without_one():
    module = Transformer(**SMALL, layers=2, causal=False, initializer="pytorch")
    params = init(module)
    theirs = in_pytorch(module, params, PAIRS)
    np.testing.assert_allclose(logits_of(module, params), theirs, rtol=2e-4, atol=2e-5)
    causal = logits_of(Transformer(**SMALL, layers=2, initializer="pytorch"), params)
    assert np.abs(causal - theirs).max() > 0.01


def test_the_gradient_by_token_is_that_by_row():
    module = Transformer(**SMALL, layers=2)
    params = init(module)

    def total(w, inputs):
        return jnp.sum(jnp.sin(module.apply({"params": w}, inputs)))

    gradient = jax.jit(jax.grad(total))
    parts = [gradient(params, PAIRS[start : start + 7]) for start in range(0, len(PAIRS), 7)]
    by_row = jax.tree.map(lambda *leaves: sum(leaves), *parts)
    by_token = gradient(params, PAIRS)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5), by_token, by_row)


@pytest.mark.parametrize("causal", [True, False])
def test_a_position_depends_on_later_ones_only_without_the_causal_mask(causal):
    fields = {**BLOCK, "norm": "before", "causal": causal}
    block = Block(3, 20, "relu", **fields, dropout=None, initializer="normal", init_std=0.3)
    states = jax.random.normal(jax.random.key(1), (1, 3, 12))
    params = jax.jit(lambda x: block.init(jax.random.key(0), Stream(x, None), False))(states)
    by_state = jax.jit(jax.jacobian(lambda x: block.apply(params, Stream(x, None), False).states))(states)
    reach = np.abs(by_state).sum((0, 2, 3, 5))  # from position to position
    later = np.triu(np.ones((3, 3), bool), 1)
    assert (reach[~later] > 0).all()
    assert (reach[later] == 0).all() == causal


def test_the_operands_can_change_places_where_positions_are_not_told():
    module = Transformer(**SMALL, positions="none")
    logits = logits_of(module, init(module)).reshape(P, P, -1)
    np.testing.assert_allclose(logits, logits.swapaxes(0, 1), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("positions", ["learned", "sinusoidal"])
def test_the_operands_cannot_change_places_where_positions_are_told(positions):
    module = Transformer(**SMALL, positions=positions)
    logits = logits_of(module, init(module)).reshape(P, P, -1)
    assert np.abs(logits - logits.swapaxes(0, 1)).max() > 1e-3


def shapes(module):
    return jax.eval_shape(lambda: init_params(module, jax.random.key(0), PAIRS))


def count(params):
    return sum(leaf.size for leaf in jax.tree.leaves(params))


def test_the_network_of_nanda_has_its_number_of_parameters():
    own = {name: count(part) for name, part in shapes(NANDA).items()}
    assert own == {
        "token_embedding": 114 * 128,
        "position_embedding": 3 * 128,
        "block_0": 4 * 128**2 + 2 * 128 * 512 + 512 + 128,
        "unembedding": 128 * 114,
    }


@pytest.mark.parametrize(
    ("norm", "own"), [("none", 0), ("before", 5 * 2 * 12), ("stream", 5 * 2 * 12), ("after", 4 * 2 * 12)]
)
def test_each_layer_norm_adds_a_scale_and_a_shift_of_the_width(norm, own):
    plain, normed = (count(shapes(Transformer(**SMALL, layers=2, norm=kind))) for kind in ("none", norm))
    assert normed - plain == own


def test_the_network_of_nanda_starts_at_weight_norm_42():
    assert float(weight_norm(init(NANDA))) == pytest.approx(42.2, abs=0.3)


@pytest.mark.slow
def test_the_network_of_nanda_starts_near_the_loss_of_a_guess():
    config = grok_jax.default_config(task="modular_arithmetic", model="transformer")
    config.task.encoding, config.task.outputs, config.task.train_fraction = "tokens", 114, 0.05
    config.training.loss, config.training.steps = "cross_entropy", 0
    runs = grok_jax.sweep(config, {"seed": range(2)}, progress=False)
    np.testing.assert_allclose(runs["test_loss"], math.log(114), rtol=0.02)


def test_sine_positions_are_those_of_the_formula():
    angles = np.arange(3)[:, None] / 10_000 ** (2 * np.arange(6) / 12)
    np.testing.assert_allclose(sinusoids(3, 12), np.concatenate([np.sin(angles), np.cos(angles)], axis=1), rtol=1e-6)


def test_dropout_acts_only_where_a_key_is_given():
    module = Transformer(**SMALL)
    params = init(module)
    dropping = Transformer(**SMALL, dropout=0.5)
    np.testing.assert_array_equal(logits_of(dropping, params), logits_of(module, params))
    dropped = jax.jit(dropping.apply)({"params": params}, PAIRS, rngs={"dropout": jax.random.key(0)})
    assert np.abs(dropped - logits_of(module, params)).max() > 0.01


def dropping_block(dropout_after, init_std):
    """A block of one head on states of width 4 with dropout .25, its weights, and the function that drops."""
    fields = {**BLOCK, "dropout_after": dropout_after}
    block = Block(1, 4, "relu", **fields, dropout=0.25, initializer="normal", init_std=init_std)
    states = jax.random.normal(jax.random.key(2), (4000, 1, 4))
    params = jax.jit(lambda x: block.init(jax.random.key(0), Stream(x, None), False))(states)["params"]

    def dropped(params, rngs):
        return jax.jit(lambda w: block.apply({"params": w}, Stream(states, None), False, rngs=rngs).states)(params)

    return states, params, dropped


@pytest.mark.parametrize("dropout_after", ["both", "mlp"])
def test_dropout_keeps_the_mean_of_what_the_feed_forward_layers_add(dropout_after):
    states, params, dropped = dropping_block(dropout_after, 0.0)
    params["mlp"]["outward"]["bias"] = jnp.ones(4)
    added = dropped(params, {"dropout": jax.random.key(1)}) - states
    np.testing.assert_allclose(np.unique(added.round(4)), [0, 1.3333], atol=2e-4)
    assert float(added.mean()) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize(("dropout_after", "share"), [("both", 0.25), ("mlp", 0)])
def test_dropout_after_the_feed_forward_layers_leaves_what_attention_adds(dropout_after, share):
    states, params, dropped = dropping_block(dropout_after, 0.5)
    params["mlp"] = jax.tree.map(jnp.zeros_like, params["mlp"])
    assert np.abs(dropped(params, None) - states).min() > 0
    added = dropped(params, {"dropout": jax.random.key(1)}) - states
    assert float((added == 0).mean()) == pytest.approx(share, abs=0.02 * (share > 0))


@pytest.mark.slow
def test_dropout_changes_training_and_not_what_is_measured_first():
    config = grok_jax.default_config(task="modular_arithmetic", model="transformer")
    config.task.p, config.task.encoding = 5, "tokens"
    config.model.width, config.model.mlp_width = 8, 8
    config.training.steps, config.training.records, config.training.loss = 3, 2, "cross_entropy"
    runs = grok_jax.sweep(config, {"model.dropout": [0.0, 0.5]}, progress=False)
    first, last = (runs["test_loss"].isel(step=i).values for i in (0, -1))
    assert first[0] == first[1]
    assert last[0] != last[1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"heads": 3}, "model.width is 128; it must be a multiple of model.heads, which is 3"),
        ({"layers": 0}, "model.layers is 0"),
        ({"norm": "middle"}, "model.norm"),
        ({"positions": "rotary"}, "model.positions"),
        ({"initializer": "zero"}, "model.initializer"),
        ({"activation": "sine"}, "model.activation"),
        ({"width": 5, "heads": 1, "positions": "sinusoidal"}, "needs an even width"),
        ({"dropout": 1.0}, "model.dropout is 1.0; it must be at least 0 and below 1"),
        ({"dropout_after": "attention"}, "model.dropout_after"),
    ],
)
def test_an_impossible_network_is_one_line_that_names_the_field(changes, message):
    with pytest.raises(UserError, match=message) as error:
        model("transformer", **changes)
    assert "\n" not in str(error.value)


def test_a_task_of_numbers_is_refused():
    config = grok_jax.default_config(task="teacher_student", model="transformer")
    with pytest.raises(UserError, match="model 'transformer' takes tokens"):
        grok_jax.sweep(config, progress=False)


def test_config_fields_reach_the_network():
    changes = {"layers": 2, "heads": 2, "width": 6, "mlp_width": 5, "activation": "gelu", "norm": "after"}
    further = {"positions": "sinusoidal", "causal": False, "dropout": 0.1, "initializer": "pytorch"}
    further |= {"attention_bias": True, "mlp_bias": False, "dropout_after": "mlp"}
    module = model("transformer", **changes, **further).build(3, 4)
    assert module == Transformer(
        4, 3, 2, 2, 6, 5, "gelu", "after", "sinusoidal", False, 0.1, "pytorch", True, False, "mlp"
    )
