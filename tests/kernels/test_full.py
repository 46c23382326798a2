"""The kernel over pairs of outputs against whole Jacobians, and regression with it against the linearized model."""

import jax
import jax.numpy as jnp
import jaxtyping
import numpy as np
import pytest

from grok_jax.errors import UserError
from grok_jax.kernels import (
    DoesNotFit,
    full_kernel_regression,
    full_tangent_kernel,
    gradient_descent,
    kernel_regression,
    room,
    solve_full_kernel,
    tangent_kernel,
)
from grok_jax.models.mlp import MLP


def jacobian(network, params, inputs):
    """Of every output of every row, output after output of each row: (rows x outputs, parameters), in float64."""
    leaves = jax.tree.leaves(jax.jit(jax.jacobian(network))(params, inputs))
    return np.concatenate([np.asarray(x, np.float64).reshape(x.shape[0] * x.shape[1], -1) for x in leaves], axis=1)


@pytest.mark.parametrize("block_rows", [None, 1, 2, 100])
def test_the_full_kernel_is_the_product_of_whole_jacobians(two_outputs, block_rows):
    network, params, inputs, _ = two_outputs
    kernel = jax.jit(lambda w: full_tangent_kernel(network, w, inputs, block_rows=block_rows))(params)
    rows = jacobian(network, params, inputs)
    np.testing.assert_allclose(kernel, rows @ rows.T, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("block_rows", [None, 3])
def test_the_full_kernel_between_two_sets_of_rows_is_rectangular(two_outputs, block_rows):
    network, params, inputs, others = two_outputs
    kernel = full_tangent_kernel(network, params, inputs, others, block_rows=block_rows)
    assert kernel.shape == (10, 8)
    expected = jacobian(network, params, inputs) @ jacobian(network, params, others).T
    np.testing.assert_allclose(kernel, expected, rtol=1e-5, atol=1e-5)


def test_its_mean_over_equal_outputs_is_the_averaged_kernel(two_outputs):
    network, params, inputs, _ = two_outputs
    pairs = full_tangent_kernel(network, params, inputs).reshape(5, 2, 5, 2)
    averaged = jnp.einsum("iojo->ij", pairs) / 2
    np.testing.assert_allclose(averaged, tangent_kernel(network, params, inputs), rtol=1e-5, atol=1e-5)


def test_a_full_kernel_that_does_not_fit_is_refused_in_one_line_before_it_is_made(two_outputs):
    network, params, *_ = two_outputs
    inputs = jax.ShapeDtypeStruct((1_000_000, 3), jnp.float32)  # 16 TB
    with pytest.raises(DoesNotFit, match=r"^the kernel over pairs of outputs of 1,000,000 x 1,000,000 rows and 2") as e:
        jax.eval_shape(lambda x: full_tangent_kernel(network, params, x), inputs)
    assert "29.1 TiB" in str(e.value)
    assert "\n" not in str(e.value)


def test_a_full_kernel_that_just_fits_is_made(two_outputs, monkeypatch):
    network, params, inputs, _ = two_outputs
    needed = room.COPIES * room.full_kernel_bytes(5, 5, 2)
    monkeypatch.setattr(room, "free_memory", lambda: needed)
    assert full_tangent_kernel(network, params, inputs).shape == (10, 10)
    monkeypatch.setattr(room, "free_memory", lambda: needed - 1)
    with pytest.raises(DoesNotFit):
        full_tangent_kernel(network, params, inputs)


def test_the_solution_in_float64_that_does_not_fit_is_refused(monkeypatch):
    monkeypatch.setattr("grok_jax.kernels.full.free_memory", lambda: 8 * 6 * 6 - 1)
    with pytest.raises(DoesNotFit, match=r"needs 288 bytes; 287 bytes are free"):
        solve_full_kernel(np.eye(6), np.ones((3, 2)))


BOTH = (full_tangent_kernel, tangent_kernel)


@pytest.fixture(scope="module", params=[1, 10], ids=["1 output", "10 outputs"])
def lazy(request):
    """A narrow network: kernels of training and test rows, targets, starts, and where its linearization ends."""
    keys = [jax.random.fold_in(jax.random.key(0), i) for i in range(3)]
    module = MLP((12,), request.param, activation="tanh")
    inputs = jax.random.normal(keys[0], (9, 3))
    params = module.init(keys[1], inputs)["params"]
    targets = np.asarray(jax.random.normal(keys[2], (4, request.param)), np.float64)

    def network(w, x):
        return 3 * module.apply({"params": w}, x)

    outputs, train = np.asarray(network(params, inputs), np.float64), 4 * request.param
    starts = outputs[:4], outputs[4:]
    full, averaged = (jax.jit(made, static_argnums=0)(network, params, inputs) for made in BOTH)
    kernels = full[:train, :train], full[train:, :train]
    averaged = averaged[:4, :4], averaged[4:, :4]

    # Accelerated gradient descent on the weights of f_0 + J (w - w_0), step by step in float64.
    rows, others = np.split(jacobian(network, params, inputs), [train])
    values = np.linalg.eigvalsh(rows @ rows.T)
    momentum = (values[-1] ** 0.5 - values[0] ** 0.5) / (values[-1] ** 0.5 + values[0] ** 0.5)
    moved = last = np.zeros(rows.shape[1])
    missing = (targets - starts[0]).ravel()
    for _ in range(3000):
        ahead = moved + momentum * (moved - last)
        last, moved = moved, ahead + rows.T @ (missing - rows @ ahead) / values[-1]
    np.testing.assert_allclose(rows @ moved, missing, atol=1e-7)
    return kernels, averaged, targets, starts, starts[1] + (others @ moved).reshape(5, -1)


def test_regression_with_the_full_kernel_is_where_the_linearized_model_ends(lazy):
    kernels, _, targets, starts, end = lazy
    found = full_kernel_regression(*kernels, targets, train_start=starts[0], test_start=starts[1])
    np.testing.assert_allclose(found.train, targets, atol=1e-4)
    np.testing.assert_allclose(found.test, end, rtol=1e-3, atol=1e-3)


def test_gradient_descent_with_the_full_kernel_in_one_column_is_that_of_the_linearized_model(lazy):
    kernels, _, targets, starts, _ = lazy
    columns = [jnp.asarray(x.reshape(-1, 1), jnp.float32) for x in (targets, *starts)]
    rate = float(0.4 * targets.size / np.linalg.eigvalsh(kernels[0])[-1])
    train, test = gradient_descent(*kernels, *columns, steps=jnp.array([50]), learning_rate=rate)
    kernel, other = (np.asarray(x, np.float64) for x in kernels)
    outputs, others = (x.ravel() for x in starts)
    for _ in range(50):
        descent = 2 * rate / targets.size * (targets.ravel() - outputs)
        outputs, others = outputs + kernel @ descent, others + other @ descent
    np.testing.assert_allclose(train[0, :, 0], outputs, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(test[0, :, 0], others, rtol=1e-3, atol=1e-4)


def test_regression_with_the_averaged_kernel_ends_there_with_one_output_only(lazy):
    _, averaged, targets, starts, end = lazy
    arrays = map(jnp.asarray, (targets, *starts))
    targets, train_start, test_start = (x.astype(jnp.float32) for x in arrays)
    found = kernel_regression(*averaged, targets, train_start=train_start, test_start=test_start)
    off = np.linalg.norm(found.test - end) / np.linalg.norm(end)
    assert off < 1e-3 if targets.shape[1] == 1 else off > 0.1


@pytest.fixture(scope="module")
def regular():
    """A kernel of 3 rows and 2 outputs, one of 4 other rows with them, targets and initial outputs: numpy."""
    numbers = np.random.default_rng(0)
    features = numbers.normal(size=(14, 9))
    kernel = features @ features.T
    return kernel[:6, :6], kernel[6:, :6], numbers.normal(size=(3, 2)), numbers.normal(size=(7, 2))


@pytest.mark.parametrize("ridge", [0.0, 0.1])
def test_regression_is_a_dense_solve_with_its_ridge(regular, ridge):
    kernel, others, targets, start = regular
    found = full_kernel_regression(kernel, others, targets, ridge=ridge, train_start=start[:3], test_start=start[3:])
    weights = np.linalg.solve(kernel + ridge * np.eye(6), (targets - start[:3]).ravel())
    np.testing.assert_allclose(found.train, start[:3] + (kernel @ weights).reshape(3, 2), rtol=1e-9)
    np.testing.assert_allclose(found.test, start[3:] + (others @ weights).reshape(4, 2), rtol=1e-9)
    assert found.condition == pytest.approx(np.linalg.cond(kernel + ridge * np.eye(6)), rel=1e-6)


def test_the_condition_of_a_larger_kernel_is_known_to_a_percent():
    features = np.random.default_rng(0).normal(size=(100, 120))
    kernel = features @ features.T
    assert solve_full_kernel(kernel, np.ones((50, 2))).condition == pytest.approx(np.linalg.cond(kernel), rel=0.02)


@pytest.mark.parametrize("rounding", [0.0, 1e-8], ids=["exactly", "up to rounding"])
def test_a_row_given_twice_warns_and_changes_no_prediction(regular, rounding):
    kernel, others, targets, _ = regular
    rows, places = [0, 0, 1, 2], [0, 1, 0, 1, 2, 3, 4, 5]
    twice = kernel[np.ix_(places, places)].astype(np.float32)
    twice[np.diag_indices(8)] *= 1 + rounding
    with pytest.warns(RuntimeWarning, match=r"^the kernel is singular in float32 \(2 of 8 directions left out\)"):
        found = full_kernel_regression(twice, others[:, places], targets[rows])
    expected = full_kernel_regression(kernel, others, targets)
    np.testing.assert_allclose(found.test, expected.test, rtol=1e-4, atol=1e-4)
    assert found.condition == np.inf


@pytest.mark.parametrize("place", [0, 2], ids=["kernel", "targets"])
def test_numbers_that_are_not_finite_are_refused_in_one_line(regular, place):
    given = [np.array(x) for x in regular[:3]]
    given[place][0, 1] = np.nan
    with pytest.raises(UserError, match=rf"^{('kernel', '', 'targets')[place]} has 1 of \d+ entries that are NaN") as e:
        full_kernel_regression(*given)
    assert "\n" not in str(e.value)


def test_a_kernel_averaged_over_outputs_is_refused_with_the_shape_that_fits(regular, monkeypatch):
    kernel, others, targets, _ = regular
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)  # Its checks, of tests alone, come first.
    with pytest.raises(UserError, match=r"^full kernels of shapes \(3, 3\) and \(8, 6\) do not fit targets of shape"):
        full_kernel_regression(kernel[:3, :3], others, targets)


def test_a_negative_ridge_is_refused(regular):
    with pytest.raises(UserError, match=r"^ridge is -1\.0; it must be 0 or above$"):
        full_kernel_regression(*regular[:3], ridge=-1.0)
