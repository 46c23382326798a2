"""The declared optimizers as a grid uses them: traced, vmapped, checked."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from grok_jax.errors import UserError
from grok_jax.optim import OPTIMIZERS
from grok_jax.optim.optimizer import optimizer

NAMES = sorted(OPTIMIZERS)
everyone = pytest.mark.parametrize("name", NAMES)
PARAMS = {"kernel": jnp.array([[1.0, -2.0], [0.5, 3.0]]), "bias": jnp.array([0.2, -0.1])}
TARGET = {"kernel": jnp.array([[0.0, 1.0], [1.0, 0.5]]), "bias": jnp.array([1.0, 0.3])}
# Every optional part of a chain at once.
FULL = {
    "weight_decay": 0.1,
    "decay_until": 12,
    "constant_norm_from": 5,
    "clip_norm": 2.0,
    "filter_decay": 0.9,
    "filter_gain": 2.0,
    "warmup_steps": 3,
    "drop_every": 8,
    "drop_factor": 0.5,
    "update_noise": 0.01,
    "weight_noise": 0.01,
    "apart_learning_rate": 0.3,
    "apart_weight_decay": 0.5,
}
WHOLE = {"before": "grokfast_ema", "decay_to": "initial", "constant_norm": True, "apart": ("bias",)}


def chain(name, **fields):
    """The optax chain of an optimizer, at output scale 1."""
    return optimizer(name, **fields).build(1.0)


def full(name):
    """A number for each traced field of an optimizer."""
    return {
        field: known.default for field, known in OPTIMIZERS[name]().fields().items() if known.kind == "traced"
    } | FULL


def loss(params):
    return optax.tree.norm(optax.tree.sub(params, TARGET), squared=True)


gradient_of_loss = jax.grad(loss)


def train(tx, steps=20, params=PARAMS, gradient=gradient_of_loss):
    """Weights after some steps."""

    def step(t, carry):
        params, state = carry
        key = jax.random.fold_in(jax.random.key(0), t)
        updates, state = tx.update(gradient(params), state, params, initial_params=PARAMS, key=key)
        return optax.apply_updates(params, updates), state

    return jax.lax.fori_loop(0, steps, step, (params, tx.init(params)))[0]


def assert_trees_close(ours, expected, **tolerances):
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, **tolerances), ours, expected)


def no_gradient(params):
    return jax.tree.map(jnp.zeros_like, params)


@everyone
def test_every_optimizer_minimizes_a_parabola(name):
    assert loss(train(chain(name, learning_rate=0.01), 1000)) < 1e-4 * loss(PARAMS)


@pytest.mark.sampled
@everyone
def test_a_vmapped_chain_of_traced_fields_is_the_chain_of_python_numbers(name):
    def run(fields):
        params = optax.tree.cast(optax.tree.add(PARAMS, TARGET), jnp.float64)
        return train(chain(name, **WHOLE, **fields), params=params)

    with jax.enable_x64(True):
        numbers = full(name)
        grid = {field: jnp.array([0.7 * number, number], jnp.float64) for field, number in numbers.items()}
        together = jax.jit(jax.vmap(run))(grid)
        alone = jax.jit(lambda: run(numbers))()
        assert_trees_close(jax.tree.map(lambda p: p[1], together), alone, rtol=1e-8)


@everyone
def test_second_step_and_other_values_compile_nothing(name):
    @jax.jit
    def step(fields, params, state, key):
        tx = chain(name, **WHOLE, **fields)
        updates, state = tx.update(gradient_of_loss(params), state, params, initial_params=PARAMS, key=key)
        return optax.apply_updates(params, updates), state

    fields = full(name)
    state = chain(name, **WHOLE, **fields).init(PARAMS)
    params, key = PARAMS, jax.random.key(0)
    for t in range(3):
        params, state = step(fields, params, state, jax.random.fold_in(key, t))
        fields = {field: value * 1.5 if isinstance(value, float) else value for field, value in fields.items()}
    assert step._cache_size() == 1


def test_first_step_of_a_warm_up_moves_nothing():
    tx = chain("adamw", weight_decay=0.5, warmup_steps=10)
    assert_trees_close(train(tx, 1), PARAMS, rtol=0)
    assert loss(train(tx, 2)) < loss(PARAMS)


def adam_of_numpy(rate_of_step, steps, b1=0.9, b2=0.99, eps=1e-8):
    """Weights of Adam on the parabola around TARGET, its learning rate a function of the step, 1, 2, ..."""
    weights, targets = (np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(t)]) for t in (PARAMS, TARGET))
    weights, targets = weights.astype(np.float64), targets.astype(np.float64)
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    for t in range(1, steps + 1):
        gradient = 2 * (weights - targets)
        first = b1 * first + (1 - b1) * gradient
        second = b2 * second + (1 - b2) * gradient**2
        step = first / (1 - b1**t) / (np.sqrt(second / (1 - b2**t)) + eps)
        weights = weights - rate_of_step(t) * step
    return weights


def test_drops_are_those_of_adam_in_numpy_and_may_differ_between_the_runs_of_one_program():
    def run(every, factor):
        tx = chain("adam", learning_rate=0.1, b2=0.99, drop_every=every, drop_factor=factor)
        params = optax.tree.cast(PARAMS, jnp.float64)
        return jnp.concatenate([jnp.ravel(leaf) for leaf in jax.tree.leaves(train(tx, 15, params))])

    with jax.enable_x64(True):
        every, factor = np.array([5, 4, 15]), np.array([0.2, 0.5, 0.1])
        ours = jax.jit(jax.vmap(run))(jnp.asarray(every, jnp.int32), jnp.asarray(factor))
    for row, steps, share in zip(ours, every, factor, strict=True):
        # As in the public code: before steps 5, 10 and 15, the last of which is one step at the last rate.
        expected = adam_of_numpy(lambda t, steps=steps, share=share: 0.1 * share ** (t // steps), 15)
        np.testing.assert_allclose(row, expected, rtol=1e-6)


@everyone
def test_a_drop_by_a_factor_of_one_changes_nothing(name):
    fields = {"learning_rate": 0.03, "weight_decay": 0.3}
    assert_trees_close(
        train(chain(name, **fields, drop_every=3, drop_factor=1.0)),
        train(chain(name, **fields)),
        rtol=1e-5,
        atol=1e-6,
    )


@everyone
def test_constant_norm_holds_in_every_chain(name):
    trained = train(chain(name, learning_rate=0.01, constant_norm=True, weight_decay=0.3), 200)
    assert loss(trained) < loss(PARAMS)
    np.testing.assert_allclose(optax.tree.norm(trained), optax.tree.norm(PARAMS), rtol=1e-6)


FREE = {"learning_rate": 0.03, "weight_decay": 0.3}


@everyone
def test_a_norm_kept_from_a_step_on_is_free_before_it_and_then_that_of_this_step(name):
    held = chain(name, **FREE, constant_norm=True, constant_norm_from=7)
    at_seven = train(chain(name, **FREE), 7)
    assert_trees_close(train(held, 7), at_seven, rtol=1e-5, atol=1e-6)
    later = train(held, 20)
    assert optax.tree.norm(optax.tree.sub(later, at_seven)) > 1e-3
    np.testing.assert_allclose(optax.tree.norm(later), optax.tree.norm(at_seven), rtol=1e-5)


@everyone
def test_a_norm_kept_from_step_zero_is_the_initial_one(name):
    kept = {**FREE, "constant_norm": True}
    assert_trees_close(train(chain(name, **kept, constant_norm_from=0)), train(chain(name, **kept)), rtol=1e-6)


@everyone
def test_decay_acts_as_ever_in_its_steps(name):
    first = chain(name, **FREE, decay_until=8)
    assert_trees_close(train(first, 8), train(chain(name, **FREE), 8), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["gd", "adamw", "muon"])
def test_decay_past_the_optimizer_ends_after_its_steps(name):
    first, always = chain(name, **FREE, decay_until=8), chain(name, **FREE)
    assert_trees_close(train(first, 12, gradient=no_gradient), train(always, 8, gradient=no_gradient), rtol=1e-6)


@everyone
def test_decay_for_zero_steps_is_none(name):
    without = chain(name, learning_rate=0.03)
    assert_trees_close(train(chain(name, **FREE, decay_until=0)), train(without), rtol=1e-5, atol=1e-6)


def test_a_step_from_which_to_keep_the_norm_needs_the_norm_to_be_kept():
    with pytest.raises(UserError, match="constant_norm is False; set it to True, or leave"):
        optimizer("adamw", constant_norm_from=5)


def test_decay_to_initial_moves_toward_it_by_rate_times_decay():
    away = jax.tree.map(lambda p: p + 1.0, PARAMS)
    for name in ("gd", "adamw"):
        tx = chain(name, learning_rate=0.01, weight_decay=0.5, decay_to="initial")
        expected = jax.tree.map(lambda p: p + (1 - 0.01 * 0.5) ** 3, PARAMS)
        assert_trees_close(train(tx, 3, away, no_gradient), expected, rtol=1e-6)


@pytest.mark.parametrize("name", ["adam", "adamw"])
def test_decay_to_initial_is_decay_to_zero_shifted(name):
    def shifted(params):
        return gradient_of_loss(optax.tree.add(params, PARAMS))

    fields = {"learning_rate": 0.03, "weight_decay": 0.4}
    to_initial = train(chain(name, decay_to="initial", **fields))
    to_zero = train(chain(name, **fields), params=no_gradient(PARAMS), gradient=shifted)
    assert_trees_close(to_initial, optax.tree.add(to_zero, PARAMS), rtol=1e-4, atol=1e-5)


def test_clipping_bounds_the_gradient_before_weight_decay_joins_it():
    tx = chain("gd", learning_rate=1.0, weight_decay=0.5, clip_norm=0.1)
    gradient = gradient_of_loss(PARAMS)
    clipped = optax.tree.scale(0.1 / optax.tree.norm(gradient), gradient)
    expected = jax.tree.map(lambda p, g: p - g - 0.5 * p, PARAMS, clipped)
    assert_trees_close(train(tx, 1), expected, rtol=1e-6)


def test_clipping_leaves_a_small_gradient_alone():
    fields = {"learning_rate": 0.1}
    assert_trees_close(train(chain("gd", clip_norm=1e3, **fields)), train(chain("gd", **fields)))


@pytest.mark.parametrize("name", ["momentum", "adamw"])
def test_update_noise_is_multiplied_by_the_learning_rate_alone(name):
    moved = []
    for noise in (None, 2.0):
        tx = chain(name, learning_rate=0.1, weight_decay=0.3, update_noise=noise)
        updates, _ = tx.update(
            gradient_of_loss(PARAMS), tx.init(PARAMS), PARAMS, initial_params=PARAMS, key=jax.random.key(7)
        )
        moved.append(updates)
    expected = jax.tree.map(lambda n: -0.1 * 2.0 * n, optax.tree.random_like(jax.random.key(7), PARAMS))
    assert_trees_close(optax.tree.sub(moved[1], moved[0]), expected, rtol=1e-4, atol=1e-6)


@everyone
def test_a_part_at_rate_zero_stays_and_constant_norm_is_that_of_the_others(name):
    fields = {"learning_rate": 0.01, "constant_norm": True, "weight_decay": 0.3}
    trained = train(chain(name, apart=("bias",), apart_learning_rate=0.0, **fields), 100)
    np.testing.assert_array_equal(trained["bias"], PARAMS["bias"])
    np.testing.assert_allclose(optax.tree.norm(trained["kernel"]), optax.tree.norm(PARAMS["kernel"]), rtol=1e-6)
    alone, target = ({"kernel": tree["kernel"]} for tree in (PARAMS, TARGET))
    gradient = jax.grad(lambda params: optax.tree.norm(optax.tree.sub(params, target), squared=True))
    expected = train(chain(name, **fields), 100, alone, gradient)
    np.testing.assert_allclose(trained["kernel"], expected["kernel"], rtol=1e-5)


@pytest.mark.parametrize("decay_to", ["zero", "initial"])
def test_a_part_apart_takes_its_own_step(decay_to):
    away = jax.tree.map(lambda p: p + 1.0, PARAMS)
    factors = {"apart": ("bias",), "apart_learning_rate": 0.5, "apart_weight_decay": 3.0}
    tx = chain("gd", learning_rate=0.1, weight_decay=0.2, decay_to=decay_to, **factors)
    moved, gradient = train(tx, 1, away), gradient_of_loss(away)
    for part, rate, decay in (("kernel", 0.1, 0.2), ("bias", 0.05, 0.6)):
        pulled = away[part] - (PARAMS[part] if decay_to == "initial" else 0)
        np.testing.assert_allclose(moved[part], away[part] - rate * (gradient[part] + decay * pulled), rtol=1e-5)


@everyone
def test_factors_of_one_change_nothing(name):
    fields = {"learning_rate": 0.03, "weight_decay": 0.3}
    factors = {"apart": ("kernel",), "apart_learning_rate": 1.0, "apart_weight_decay": 1.0}
    assert_trees_close(train(chain(name, **fields, **factors)), train(chain(name, **fields)), rtol=1e-5, atol=1e-6)


def test_a_part_that_the_model_lacks_is_answered_with_those_it_has():
    tx = chain("gd", apart=("bias", "table"), apart_learning_rate=0.5)
    with pytest.raises(UserError, match=r"optimizer.apart names \['table'\]; the model's parts are kernel, bias"):
        tx.init(PARAMS)


def test_factors_without_a_part_and_parts_that_are_not_names_are_user_errors():
    for changes, message in (
        ({"apart_learning_rate": 0.5}, "optimizer.apart_learning_rate is 0.5, but optimizer.apart names no parts"),
        ({"apart": (3,)}, r"optimizer.apart is \(3,\); it must be a tuple of names"),
    ):
        with pytest.raises(UserError, match=message):
            optimizer("gd", **changes)


@everyone
def test_parts_left_out_hold_no_state(name):
    leaves = jax.tree.leaves(chain(name).init(PARAMS))
    assert len(leaves) == {"gd": 0, "momentum": 2, "adam": 5, "adamw": 5, "muon": 6}[name]


@everyone
def test_scaling_the_learning_rate_divides_it_by_the_output_scale_squared(name):
    scaled = optimizer(name, learning_rate=0.09, scale_learning_rate=True).build(3.0)
    assert_trees_close(train(scaled), train(chain(name, learning_rate=0.01)), rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("gd", "learning_rate", 0.0),
        ("gd", "learning_rate", float("nan")),
        ("adamw", "weight_decay", -0.1),
        ("adamw", "decay_to", "start"),
        ("gd", "clip_norm", 0.0),
        ("gd", "warmup_steps", -1),
        ("adam", "update_noise", -0.1),
        ("adam", "weight_noise", -0.1),
        ("gd", "apart_learning_rate", -0.1),
        ("gd", "apart_weight_decay", -0.1),
        ("momentum", "momentum", 1.0),
        ("adam", "b1", 1.0),
        ("adamw", "b2", -0.1),
        ("adam", "eps", 0.0),
        ("adamw", "before", "grokfast"),
        ("gd", "filter_decay", -0.1),
        ("gd", "filter_decay", 1.5),
        ("adam", "filter_gain", -1.0),
        ("adamw", "filter_window", 0),
        ("muon", "momentum", 1.0),
        ("muon", "adam_learning_rate", -0.5),
    ],
)
def test_an_impossible_value_is_named_in_one_line(name, field, value):
    with pytest.raises(UserError, match=rf"^optimizer\.{field} is .*{value}.*; it must be [^\n]*$"):
        optimizer(name, **{field: value})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"drop_every": 5}, "optimizer.drop_every is 5 and optimizer.drop_factor is None; give both or neither"),
        ({"drop_factor": 0.2}, "optimizer.drop_every is None and optimizer.drop_factor is 0.2; give both or neither"),
        ({"drop_every": 0, "drop_factor": 0.2}, "optimizer.drop_every is 0; it must be 1 or above"),
        ({"drop_every": 5, "drop_factor": 1.5}, "optimizer.drop_factor is 1.5; it must be above 0 and at most 1"),
    ],
)
def test_impossible_drops_are_user_errors(changes, message):
    with pytest.raises(UserError, match=message):
        optimizer("gd", **changes)


def test_unknown_optimizers_and_fields_are_answered_with_those_there_are():
    with pytest.raises(UserError, match="'sgd' does not exist; there are adam, adamw, gd, momentum, muon"):
        chain("sgd")
    with pytest.raises(UserError, match=r"'gd' has no field 'momentum'; it has decay_to, .*clip_norm"):
        chain("gd", momentum=0.9)
