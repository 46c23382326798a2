"""The loss of a differential equation."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import grok_jax
from grok_jax import Run, UserError
from grok_jax.models.model import model
from grok_jax.tasks import Data, Examples, Pinn, Rows, Task
from grok_jax.tasks.drawing import own_split, uniform_rows
from grok_jax.tasks.task import fetch_rows
from grok_jax.training.losses import loss, row_losses
from grok_jax.training.run import Training

WEIGHT = 0.3
TANH = {"widths": (6,), "activation": "tanh"}
TASK = {"points": 12, "boundary_points": 4, "test_size": 9}


class Sine(nn.Module):
    """sin(πkx), which solves poisson_1d; its one weight is k."""

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        return jnp.sin(jnp.pi * self.param("k", nn.initializers.ones, ()) * x)


class Decline(Task):
    """u' = -u at random times, without a condition: first order, so a network of straight pieces may learn it."""

    called = "decline"

    def rows(self):
        return Rows(6, 5)

    def output_size(self):
        return 1

    def draw(self, key, pool, capacity):
        times = [uniform_rows(jax.random.fold_in(key, place), rows, 1) for place, rows in enumerate(capacity)]
        return Data(*(own_split(Examples(at, jnp.exp(-at)), len(at)) for at in times))

    @property
    def equation_order(self):
        return 1

    def residual(self, network, inputs):
        outputs, slope = jax.jvp(network, (inputs,), (jnp.ones_like(inputs),))
        return (slope + outputs)[:, 0], outputs


def run_of(equation="heat", net="mlp", task=None, training=None, **fields):
    net = model(net, **({**TANH, **fields} if net == "mlp" else fields))
    task = Pinn(equation=equation, **{**TASK, **(task or {})})
    trained = Training(**(training or {}))
    return Run(task, net, "adamw", loss=loss("residual", boundary_weight=WEIGHT), training=trained)


def measured(run, capacity=None):
    """Losses at step 0."""
    moving, fixed = run.init(None, capacity)
    return {name: float(run.measure(moving, fixed, None, 0)[f"{name}_loss"]) for name in ("train", "test")}


def parts_of_loss(run):
    """Mean squared residual and mean squared boundary error of the training rows, and that residual of test rows."""
    moving, fixed = run.init(None)
    task = run.seeded().task
    module, scale = run.model.build(1, None), run.model.output_scale

    def u(x):
        out = scale * module.apply({"params": moving.params}, x)
        return out - scale * module.apply({"params": fixed.initial_params}, x) if run.model.centered else out

    train, test = (
        fetch_rows(split, None, jnp.arange(rows), task) for split, rows in zip(fixed.data, run.rows(), strict=True)
    )
    border, interior = train.inputs[:4], train.inputs[4:]
    error = jnp.mean((u(border) - train.targets[:4]) ** 2)
    return jnp.mean(task.residual(u, interior)[0] ** 2), error, jnp.mean(task.residual(u, test.inputs)[0] ** 2)


@pytest.mark.parametrize("fields", [{}, {"output_scale": 3.0}, {"centered": True}, {"linearized": True}], ids=str)
@pytest.mark.parametrize("equation", ["poisson_2d", "burgers"])
def test_the_loss_is_the_mean_residual_and_the_weighted_mean_boundary_error(equation, fields):
    run = run_of(equation, **fields)
    residual, boundary, fresh = parts_of_loss(run)
    found = measured(run)
    np.testing.assert_allclose(found["train"], residual + WEIGHT * boundary, rtol=1e-4)
    np.testing.assert_allclose(found["test"], fresh, rtol=1e-4)


def test_rows_to_make_room_for_do_not_count():
    found = [measured(run_of(), capacity) for capacity in (None, Rows(40, 33))]
    assert found[0] == pytest.approx(found[1], rel=1e-4)


def test_a_network_that_is_the_solution_has_no_loss():
    assert measured(run_of("poisson_1d", Sine())) == pytest.approx({"train": 0, "test": 0}, abs=1e-8)


def test_a_network_that_is_another_solution_of_the_equation_misses_the_boundary():
    # sin(πx) satisfies u_xx = -π² sin(πx), and so does sin(πx) + 1.
    class Raised(Sine):
        @nn.compact
        def __call__(self, x: jax.Array) -> jax.Array:
            return jnp.sin(jnp.pi * self.param("k", nn.initializers.ones, ()) * x) + 1

    found = measured(run_of("poisson_1d", Raised()))
    assert found == pytest.approx({"train": WEIGHT, "test": 0}, abs=1e-6)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_a_task_of_ones_own_can_have_an_equation_without_a_boundary(activation):
    run = Run(Decline(), model("mlp", widths=(4,), activation=activation), "adamw", loss="residual")
    moving, fixed = run.init(None)
    module, task = run.model.build(1, None), run.seeded().task
    residual, _ = task.residual(lambda x: module.apply({"params": moving.params}, x), fixed.data.train.examples.inputs)
    assert measured(run)["train"] == pytest.approx(float(jnp.mean(residual**2)), rel=1e-5)
    after = run.advance(moving, fixed, None, 0, 3).params
    assert all(bool(jnp.isfinite(leaf).all()) for leaf in jax.tree.leaves(after))


def test_the_minibatches_of_an_epoch_have_the_gradient_of_all_rows():
    # With plain gradient descent at a tiny rate, the steps of an epoch add up to as many full-batch steps.
    def change(batch_size):
        net = model("mlp", **TANH)
        run = Run(
            Pinn(**TASK),
            net,
            grok_jax.optimizer("gd", learning_rate=1e-3),
            loss="residual",
            training=Training(batch_size=batch_size),
        )
        moving, fixed = run.init(None)
        after = run.advance(moving, fixed, None, 0, 4)
        return jax.tree.map(lambda new, old: new - old, after.params, moving.params)

    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=0.05, atol=2e-5), change(4), change(None))


def test_training_falls_toward_the_solution():
    config = grok_jax.default_config("pinn", "mlp", "adamw", loss="residual")
    config.task.equation, config.task.boundary_points, config.task.points = "poisson_1d", 2, 30
    config.model.activation, config.model.widths = "tanh", (20,)
    config.optimizer.learning_rate, config.training.steps = 1e-2, 1500
    config.training.probes = ("solution_error",)
    ds = grok_jax.sweep(config, {"loss.boundary_weight": [10.0, 100.0]}, progress=False)
    assert (ds.test_solution_error.isel(step=-1) < 0.1).all()
    assert (ds.test_loss.isel(step=-1) < 0.01 * ds.test_loss.isel(step=0)).all()


def test_plain_regression_on_the_solution_is_allowed():
    config = grok_jax.default_config("pinn", "mlp", "adamw")
    grok_jax.check(config)


@pytest.mark.parametrize(
    ("names", "fields", "message"),
    [
        (("teacher_student", "mlp"), {}, "task 'teacher_student' has no differential equation; choose task 'pinn', or"),
        (("modular_arithmetic", "mlp"), {}, "task 'modular_arithmetic' has no differential equation; choose task"),
        (("pinn", "mlp"), {}, "model.activation is 'relu', whose second derivative is 0; task 'pinn' has an equation"),
        (("pinn", "fourier_mlp"), {"model.activation": "identity"}, "needs one of tanh, gelu, quadratic"),
        (("pinn", "transformer"), {"model.activation": "gelu"}, "transformer"),
        (
            ("pinn", "siren"),
            {"training.shrink_step": 5, "training.shrink_to": 0.5},
            "training.shrink_step would leave boundary points alone, which training.loss='residual' does not allow",
        ),
        (("pinn", "siren"), {"loss.boundary_weight": -1.0}, "loss.boundary_weight is -1.0; it must be 0 or above"),
        (("pinn", "siren"), {"loss.boundary_weight": None}, "loss.boundary_weight is None; it must be 0 or above"),
        (("pinn", "siren"), {"training.temperature": 2.0}, "training.temperature divides logits, and loss 'residual'"),
        (("pinn", "siren"), {"training.probes": ("gradient",)}, "loss 'residual' takes a LossView; this measurement"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_a_user_error(names, fields, message):
    config = grok_jax.default_config(*names, "adamw", loss="residual")
    config.update_from_flattened_dict(fields)
    with pytest.raises(UserError, match=message.replace("(", r"\(")):
        grok_jax.check(config)


def test_its_rows_do_not_follow_from_outputs_alone():
    with pytest.raises(UserError, match="loss 'residual' takes a LossView; its rows cannot be computed from outputs"):
        row_losses(jnp.ones((2, 1)), jnp.ones((2, 1)), "residual")


def test_a_loss_of_classes_is_a_user_error():
    config = grok_jax.default_config("pinn", "mlp", "adamw", loss="cross_entropy")
    with pytest.raises(UserError, match="task 'pinn' is a regression, which allows 'mse' and 'residual'"):
        grok_jax.check(config)
