"""The Fourier probes of modular addition, and the norms of a transformer's modules."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import grok_jax
from grok_jax.errors import UserError
from grok_jax.models import Transformer, init_params, weight_norm
from grok_jax.probes.modular import (
    embedding_power,
    fourier_basis,
    gini,
    measure_modules,
    number_embedding,
    progress,
)
from grok_jax.tasks import Examples, ModularArithmetic
from grok_jax.training import Probed, sweep
from grok_jax.training.losses import as_loss, row_losses

P, KEYS = 23, (1, 3, 4, 7, 9)


@pytest.mark.parametrize("p", [2, 12, 13])
def test_the_basis_is_orthonormal(p):
    np.testing.assert_allclose(fourier_basis(p) @ fourier_basis(p).T, np.eye(p), atol=1e-12)


@pytest.mark.parametrize(("p", "last"), [(12, [-1, 1]), (13, None)])
def test_the_rows_of_the_basis_are_waves_in_order(p, last):
    n, basis = np.arange(p), fourier_basis(p)
    np.testing.assert_allclose(basis[4], np.sqrt(2 / p) * np.sin(2 * np.pi * 2 * n / p), atol=1e-12)
    expected = np.sqrt(2 / p) * np.sin(2 * np.pi * 6 * n / p) if last is None else (-1.0) ** n / np.sqrt(p)
    np.testing.assert_allclose(basis[-1], expected, atol=1e-12)


@pytest.mark.parametrize("p", [12, 13])
def test_the_power_of_a_planted_embedding_is_at_its_frequencies(p):
    n = np.arange(p)
    phases = 2 * np.pi * n / p
    waves = [3 * np.cos(2 * phases + 0.4), 4 * np.sin(5 * phases), np.full(p, 7.0)]
    power = embedding_power(jnp.asarray(np.stack(waves, axis=1), jnp.float32))
    np.testing.assert_allclose(power, np.array([0, 9, 0, 0, 16, 0]) / 25, atol=1e-6)


@pytest.mark.parametrize(
    ("sizes", "expected"), [([0, 0, 5, 0, 0], 0.8), ([2, 2, 2, 2], 0), ([1, 3], 0.25), ([4, 1, 2], 2 / 7)]
)
def test_gini_is_half_the_mean_difference_over_the_mean(sizes, expected):
    np.testing.assert_allclose(gini(jnp.array(sizes, jnp.float32)), expected, atol=1e-6)


def planted(angle, *, operation="add", constant=0.0, outputs=P):
    """A run whose logits are 2 Σ_k cos(w_k angle(a, b, c)), of which every third pair trains."""
    task = ModularArithmetic(p=P, operation=operation, encoding="tokens")
    waves = 2 * np.pi * np.array(KEYS) / P

    def network(params, inputs):
        a, b = inputs[:, :1], inputs[:, 1:2]
        c = jnp.arange(outputs)[None, :]
        angles = angle(a, b, c)
        return params * sum(jnp.cos(w * angles) for w in waves) + constant * (c == 2)

    rows = task.present(task.load())
    train = Examples(rows.inputs[::3], jnp.asarray(rows.targets[::3]))
    params, count = jnp.float32(2), len(train.targets)
    logits = network(params, train.inputs)
    fields = dict.fromkeys(Probed._fields)
    fields |= {"network": network, "params": params, "train": train, "train_outputs": logits, "task": task}
    fields["train_weights"] = jnp.full(count, 1 / count)
    fields["model"], fields["loss"] = SimpleNamespace(centered=False), as_loss("cross_entropy")
    losses = row_losses(network(params, rows.inputs), jnp.asarray(rows.targets), "cross_entropy")
    return Probed(**fields), losses.mean(), fields["train_weights"] @ row_losses(logits, train.targets, "cross_entropy")


def adds(a, b, c):
    return a + b - c


def subtracts(a, b, c):
    return a - b - c


@pytest.mark.sampled
@pytest.mark.parametrize(("operation", "angle"), [("add", adds), ("subtract", subtracts)])
def test_a_network_of_key_frequencies_alone_keeps_its_loss_when_restricted_to_them(operation, angle):
    probed, loss, _ = planted(angle, operation=operation)
    assert loss < 1
    np.testing.assert_allclose(progress(probed).restricted_loss, loss, rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(("operation", "angle"), [("add", adds), ("subtract", subtracts)])
def test_a_network_of_key_frequencies_alone_knows_nothing_without_them(operation, angle):
    probed, _, _ = planted(angle, operation=operation)
    np.testing.assert_allclose(progress(probed).excluded_loss, np.log(P), rtol=1e-5)


def test_waves_of_the_wrong_combination_count_as_none():
    probed, _, train_loss = planted(subtracts)
    found = progress(probed)
    np.testing.assert_allclose(found.restricted_loss, np.log(P), rtol=1e-5)
    np.testing.assert_allclose(found.excluded_loss, train_loss, rtol=1e-5)


def test_the_constant_stays_in_both():
    probed, loss, _ = planted(adds, constant=3.0)
    found = progress(probed)
    np.testing.assert_allclose(found.restricted_loss, loss, rtol=1e-5)
    of_constant = np.log(P - 1 + np.e**3) - 3 * np.mean(probed.train.targets == 2)
    np.testing.assert_allclose(found.excluded_loss, of_constant, rtol=1e-5)


def test_the_power_of_the_logits_is_at_the_planted_frequencies():
    power = progress(planted(adds)[0]).power
    expected = np.zeros(P // 2)
    expected[np.array(KEYS) - 1] = 0.2
    np.testing.assert_allclose(power, expected, atol=1e-6)


def test_a_centered_predictor_is_measured_as_the_loss_sees_it():
    probed, loss, _ = planted(adds)
    centered = probed._replace(
        params=jnp.float32(1.5), initial_params=jnp.float32(-0.5), model=SimpleNamespace(centered=True)
    )
    np.testing.assert_allclose(progress(centered).restricted_loss, loss, rtol=1e-5)


def test_a_transformers_number_embedding_leaves_the_equals_sign_out():
    table = jnp.arange(24.0).reshape(12, 2)
    task, model = ModularArithmetic(p=11), SimpleNamespace(name="transformer")
    found = number_embedding({"token_embedding": {"embedding": table}}, task, model)
    np.testing.assert_array_equal(found, table[:11])


def test_the_norms_of_a_transformers_modules_make_up_its_weight_norm():
    module = Transformer(14, 14, layers=2, heads=2, width=8, mlp_width=8, norm="before")
    shapes = jax.eval_shape(lambda: init_params(module, jax.random.key(0), jnp.zeros((1, 3), int)))
    draw = np.random.default_rng(0).normal
    params = jax.tree.map(lambda leaf: jnp.asarray(draw(size=leaf.shape), jnp.float32), shapes)
    norms = measure_modules(Probed(**{**dict.fromkeys(Probed._fields), "params": params}))
    assert set(norms) == {"embedding_norm", "attention_norm", "mlp_norm", "unembedding_norm"}
    np.testing.assert_allclose(sum(norm**2 for norm in norms.values()) ** 0.5, weight_norm(params), rtol=1e-5)
    parts = [params[f"block_{i}"][name] for i in (0, 1) for name in ("mlp", "mlp_norm")]
    np.testing.assert_allclose(norms["mlp_norm"], weight_norm(parts), rtol=1e-5)


@pytest.fixture(scope="module")
def one_hot():
    config = grok_jax.default_config(task="modular_arithmetic", model="mlp", optimizer="adamw")
    config.task.p, config.model.widths = 12, (6,)
    return config


@pytest.fixture(scope="module")
def measured(one_hot):
    config = one_hot.copy_and_resolve_references()
    config.training.update({"loss": "cross_entropy", "steps": 1, "records": 2, "probes": ("fourier",)})
    return sweep(config, {"seed": [0, 1]}, progress=False)


def test_key_frequencies_are_five_in_order(measured):
    keys = np.stack([measured[f"key_frequency_{i}"] for i in range(1, 6)])
    assert (np.diff(keys, axis=0) > 0).all()
    assert (keys >= 1).all()
    assert (keys <= 6).all()


def test_restricted_and_excluded_losses_of_a_fresh_network_are_near_those_of_guessing(measured):
    for name in ("restricted_loss", "excluded_loss"):
        np.testing.assert_allclose(measured[name], np.log(12), rtol=0.1)


def test_a_one_hot_mlps_spectrum_is_that_of_its_first_layer(one_hot):
    def weights(probed):
        return probed.params["layer_0"]["kernel"]

    ((_, kernel),) = grok_jax.observe(weights, one_hot, {}, step=1)
    spectrum = grok_jax.embedding_spectrum(one_hot, {"seed": [0]}, step=1)
    beside = np.concatenate([kernel[:12], kernel[12:]], axis=1)
    transform = abs(np.fft.rfft(beside, axis=0)[1:]) ** 2 @ np.ones(12)
    transform[-1] /= 2  # the wave (-1)^n has twice the norm
    np.testing.assert_allclose(spectrum.embedding_power[0], transform / transform.sum(), rtol=1e-4)
    assert spectrum.frequency.values.tolist() == [1, 2, 3, 4, 5, 6]
    np.testing.assert_allclose(spectrum.logit_power.sum(), 1, rtol=1e-5)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"task": {"name": "teacher_student"}}, "probe 'fourier' needs task.name='modular_arithmetic'"),
        ({"task": {"operation": "multiply"}}, "with task.operation add or subtract$"),
        ({"task": {"p": 9}}, "task.p is 9; probe 'fourier' looks for 5 frequencies and needs 10 or more"),
        ({"model": {"linearized": True}}, "needs model.name transformer or mlp with model.linearized=False"),
        ({"training": {"probes": ("modules",)}}, "probe 'modules' needs model.name='transformer'; it is 'mlp'"),
    ],
)
def test_runs_without_such_measures_are_refused_in_one_line(changes, words):
    config = {"task": {"name": "modular_arithmetic"}, "model": {"name": "mlp"}, "training": {"probes": ("fourier",)}}
    config = {section: {**fields, **changes.get(section, {})} for section, fields in config.items()}
    with pytest.raises(UserError, match=words):
        grok_jax.check(config, {})


def test_a_spectrum_is_refused_before_anything_trains():
    config = {"task": {"name": "modular_arithmetic", "operation": "multiply"}}
    with pytest.raises(UserError, match=r"^probe 'fourier' needs .* with task\.operation add or subtract$"):
        grok_jax.embedding_spectrum(config, {}, step=10**9)
