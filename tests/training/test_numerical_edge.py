"""Losses at the numerical edge: StableMax, a naive cross-entropy, and the dtype that they are computed in."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import grok_jax as gj
from grok_jax.training import losses
from grok_jax.training.blocks import _jaxprs
from grok_jax.training.losses import DTYPES, cross_entropy, naive_cross_entropy, row_losses, stablemax
from grok_jax.training.program import _options
from grok_jax.training.run import Form

EDGES = ("naive_cross_entropy", "stablemax")
LABELS = jnp.array([0, 1, 2, 3, 0, 4])
# Among them the points where the pieces of s(z) meet (0), and where the other piece has a pole (1).
LOGITS = jnp.array(np.random.default_rng(0).normal(size=(6, 5)) * 3, jnp.float32).at[:2, :2].set(jnp.array([0.0, 1.0]))


def of_pytorch(loss, dtype):
    """Losses and their gradients by the float32 logits, from the formulas that the authors' code evaluates."""
    torch = pytest.importorskip("torch")
    leaf = torch.tensor(np.array(LOGITS), requires_grad=True)
    z, rows, labels = leaf.to(getattr(torch, dtype)), torch.arange(6), torch.tensor(np.array(LABELS))
    if loss == "stablemax":
        size = torch.where(z < 0, 1 / (1 - z + 1e-30), z + 1)
        log_probabilities = torch.log(size / size.sum(1, keepdim=True))
    else:
        log_probabilities = torch.log_softmax(z, 1)
    found = -log_probabilities[rows, labels]
    found.sum().backward()
    return found.detach().float().numpy(), leaf.grad.numpy()


def gradients(loss, logits, labels, **fields):
    return jax.grad(lambda z: jnp.sum(row_losses(z, labels, loss, **fields)))(logits)


@pytest.mark.parametrize("loss", EDGES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_loss_and_its_gradient_equal_pytorchs(loss, dtype):
    expected, gradient = of_pytorch(loss, dtype)
    np.testing.assert_allclose(row_losses(LOGITS, LABELS, loss, dtype=dtype), expected, rtol=1e-5, atol=1e-6)
    # PyTorch's own derivative of s at z = 1 is infinite in float32: there its formula divides by 1e-30.
    known = np.isfinite(gradient)
    assert known.all() or (loss, dtype) == ("stablemax", "float32")
    found = gradients(loss, LOGITS, LABELS, dtype=dtype)
    np.testing.assert_allclose(np.asarray(found)[known], gradient[known], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_a_naive_loss_of_few_bits_equals_pytorchs_to_a_rounding(dtype):
    expected, _ = of_pytorch("naive_cross_entropy", dtype)
    within = 4 * float(jnp.finfo(dtype).eps)
    found = jax.jit(lambda z: naive_cross_entropy(z, LABELS, dtype))(LOGITS)
    np.testing.assert_allclose(found, expected, rtol=within, atol=within)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_naive_gradient_by_the_label_is_0_once_the_others_are_lost_beside_1(dtype):
    # Two classes whose probability p of the other is a quarter of the last place of 1, and four times it.
    lost, seen = (jnp.array([[-np.log(share * float(jnp.finfo(dtype).eps)), 0.0]], jnp.float32) for share in (0.25, 4))
    label = jnp.array([0])
    assert naive_cross_entropy(lost, label, dtype).item() == 0
    assert gradients("naive_cross_entropy", lost, label, dtype=dtype)[0, 0] == 0
    assert gradients("naive_cross_entropy", seen, label, dtype=dtype)[0, 0] < 0


def test_the_gradient_that_float32_loses_is_there_in_float64_and_in_the_exact_loss():
    logits, label = jnp.array([[20.0, 0.0, 0.0]]), jnp.array([0])
    p = np.exp(-20.0) / (1 + 2 * np.exp(-20.0))
    lost = gradients("naive_cross_entropy", logits, label)
    assert lost[0, 0] == 0
    np.testing.assert_allclose(lost[0, 1:], p, rtol=1e-5)  # those of the other logits remain
    for found in (
        gradients("naive_cross_entropy", logits, label, dtype="float64"),
        jax.grad(lambda z: cross_entropy(z, label).sum())(logits),
    ):
        np.testing.assert_allclose(found, [[-2 * p, p, p]], rtol=1e-5)


def test_stablemax_in_float32_keeps_a_loss_that_float64_needs_in_the_authors_form():
    logits, label = jnp.array([[3e4, -3e4, -3e4]]), jnp.array([0])
    expected = 2 / (1 + 3e4) ** 2
    assert expected < 1e-8
    for dtype in ("float32", "float64"):
        np.testing.assert_allclose(stablemax(logits, label, dtype), expected, rtol=1e-5)


@pytest.mark.parametrize("labels_logit", [-300.0, 300.0, 2e4])
def test_stablemax_in_float16_has_the_gradients_of_float64_at_large_logits(labels_logit):
    logits, label = jnp.array([[labels_logit, 0.0, 300.0]]), jnp.array([0])
    few, many = (gradients("stablemax", logits, label, dtype=dtype) for dtype in ("float16", "float64"))
    np.testing.assert_allclose(few, many, rtol=0.02, atol=float(jnp.finfo("float16").smallest_subnormal))


@pytest.mark.parametrize("loss", EDGES)
def test_one_output_is_the_logit_of_class_1(loss):
    z, labels = jnp.array([[-3.0], [0.5]]), jnp.array([1, 0])
    both = jnp.concatenate([jnp.zeros_like(z), z], axis=1)
    assert (row_losses(z, labels, loss) == row_losses(both, labels, loss)).all()


def small_run(**fields):
    task = gj.default_config("modular_arithmetic", "mlp", "gd", "naive_cross_entropy")
    task.task.p, task.model.widths, task.training.steps, task.training.records = 5, (4,), 2, 2
    run = gj.from_config(task)
    for name, value in fields.items():
        run = run.at(name, value)
    return run


def exponentials(jaxpr):
    """The dtypes of all exponentials in a traced function."""
    found = set()
    for equation in jaxpr.eqns:
        inner = [own for value in equation.params.values() for own in _jaxprs(value)]
        found |= set().union(*map(exponentials, inner))
        found |= {str(out.aval.dtype) for out in equation.outvars} if equation.primitive.name == "exp" else set()
    return found


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_dtype_reaches_the_loss_of_a_step_and_nothing_else_changes_its_own(dtype):
    def start_step_and_measure(run):
        moving, fixed = run.init(run.load())
        later = run.advance(moving, fixed, run.load(), 0, 1)
        return moving, fixed, later, run.measure(later, fixed, run.load(), 1)

    # No activation is an exponential, so the loss alone has any.
    run = small_run(**{"loss.dtype": dtype})
    traced, shapes = jax.make_jaxpr(lambda: start_step_and_measure(run), return_shape=True)()
    assert exponentials(traced.jaxpr) == {dtype}
    assert shapes == jax.eval_shape(lambda: start_step_and_measure(small_run()))


@pytest.mark.slow
def test_a_grid_over_dtypes_is_one_sweep_of_runs_with_the_same_start():
    grid = {"loss.dtype": ["float16", "float64"], "seed": range(2)}
    runs, kept = gj.sweep(small_run(), grid, progress=False, keep_params=[0, 2])
    few, many = (runs.sel({"loss.dtype": dtype}) for dtype in grid["loss.dtype"])
    for name in ("weight_norm", "test_accuracy"):
        assert (few[name].isel(step=0) == many[name].isel(step=0)).all()
    assert (few.train_loss != many.train_loss).all()
    assert {array.dtype for array in runs.data_vars.values() if "step" in array.dims} == {np.dtype("float32")}
    assert {leaf.dtype for group in kept.groups for leaf in jax.tree.leaves(group.params)} == {np.dtype("float32")}


def test_a_compiler_may_not_skip_the_roundings_of_a_loss_of_few_bits():
    options = {dtype: _options(Form(small_run(**{"loss.dtype": dtype}))) for dtype in DTYPES}
    forbidden = {"xla_allow_excess_precision": False}
    assert options == {"float16": forbidden, "bfloat16": forbidden, "float32": {}, "float64": {}}


def test_float64_on_a_device_without_it_is_refused_in_one_line(monkeypatch):
    monkeypatch.setattr(losses.jax, "default_backend", lambda: "tpu")
    words = "loss.dtype is 'float64', which tpu devices do not have; it must be one of float16, bfloat16, float32"
    with pytest.raises(gj.UserError) as raised:
        naive_cross_entropy(LOGITS, LABELS, "float64")
    assert str(raised.value) == words


def test_a_dtype_that_does_not_exist_is_refused_in_one_line():
    words = r"^loss\.dtype is 'float8'; it must be one of float16, bfloat16, float32, float64$"
    with pytest.raises(gj.UserError, match=words):
        gj.loss("stablemax", dtype="float8")


def test_a_loss_without_fields_takes_none():
    with pytest.raises(gj.UserError, match=r"^loss 'cross_entropy' has no field 'dtype'; it has none$"):
        gj.loss("cross_entropy", dtype="float64")


def test_a_config_holds_the_fields_of_a_loss():
    run = small_run(**{"loss.dtype": "bfloat16"})
    config = gj.to_config(run)
    assert config.loss.to_dict() == {"dtype": "bfloat16"}
    assert Form(gj.from_config(config)) == Form(run)


def test_a_config_with_a_field_that_its_loss_has_not_is_refused():
    with pytest.raises(gj.UserError, match=r"^loss has no field dtype; it has none$"):
        gj.from_config({"training": {"loss": "mse"}, "loss": {"dtype": "float64"}})


def test_an_axis_over_a_field_that_its_loss_has_not_is_refused():
    with pytest.raises(gj.UserError, match=r"^grid axis 'loss\.dtype' is not a field; loss has none$"):
        gj.check(small_run(**{"training.loss": "mse"}), {"loss.dtype": ["float16"]})


@pytest.mark.slow
def test_one_axis_sets_the_loss_and_the_field_that_only_some_have():
    run = small_run(**{"training.steps": 0})
    axis = {"training.loss,loss.dtype": [("cross_entropy", None), ("naive_cross_entropy", "float16")]}
    runs = gj.sweep(run, axis, progress=False)
    alone = gj.sweep(run, {"loss.dtype": ["float16"]}, progress=False)
    assert runs.train_loss[1].values == alone.train_loss[0].values != runs.train_loss[0].values


def test_another_loss_keeps_the_dtype_that_was_chosen():
    run = small_run(**{"loss.dtype": "float64", "training.loss": "stablemax"})
    assert (run.loss.name, run.loss.dtype) == ("stablemax", "float64")
