"""The kernel's probes through compiled grids: networks beside their linearized twins."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

from grok_jax import UserError, observe, sweep
from grok_jax.kernels import gradient_descent, tangent_kernel
from grok_jax.models import outputs
from grok_jax.models.committee import Committee
from grok_jax.probes.kernel import measure_kernel, measure_subspace
from grok_jax.training import METRICS

SCALE, RATE = 0.5, 60.0
FAMILIES = ("kernel", "kernel_regression", "subspace")


def config_of(**sections):
    """Fewer rows than features, so that gradient descent on the twin ends within the steps."""
    base = {
        "task": {"name": "single_index", "features": 8, "train_size": 4, "test_size": 9},
        "model": {"name": "committee", "width": 24, "epsilon": 0.4, "output_scale": SCALE},
        "optimizer": {"name": "gd", "learning_rate": RATE},
        "training": {"steps": 6000, "records": 5, "probes": FAMILIES},
    }
    return {section: {**fields, **sections.get(section, {})} for section, fields in base.items()}


def run(config, grid):
    return sweep(config, grid, progress=False)


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "centered"])
def trained(request):
    """Networks and their twins, trained until the twins have nothing left to learn."""
    config = config_of(model={"centered": request.param})
    return request.param, run(config, {"model.linearized": [False, True], "seed": range(2)})


@pytest.fixture(scope="module")
def network(trained):
    return trained[1].sel({"model.linearized": False})


@pytest.fixture(scope="module")
def twin(trained):
    return trained[1].sel({"model.linearized": True})


@pytest.mark.slow
def test_the_twin_ends_where_the_kernel_regression_of_the_start_is(network, twin):
    np.testing.assert_allclose(twin.test_loss[:, -1], network.kernel_regression_loss[:, 0], rtol=1e-3)


@pytest.mark.sampled
def test_the_twins_kernel_stays_where_it_is(twin):
    np.testing.assert_array_equal(twin.kernel_distance, 0)


@pytest.mark.sampled
def test_the_networks_kernel_moves(network):
    np.testing.assert_allclose(network.kernel_distance[:, 0], 0, atol=1e-6)
    assert (network.kernel_distance[:, -1] > 0.01).all()


@pytest.mark.sampled
def test_the_twin_stays_in_the_space_of_initial_gradients(twin):
    np.testing.assert_allclose(twin.normal_distance, 0, atol=1e-4)


def test_the_network_leaves_the_space_of_initial_gradients(network):
    assert (network.normal_distance[:, -1] > 2e-3).all()


@pytest.mark.sampled
def test_the_twin_arrives_at_the_lazy_solution(twin):
    np.testing.assert_allclose(twin.lazy_progress[:, 0], 0, atol=1e-6)
    np.testing.assert_allclose(twin.lazy_progress[:, -1], 1, rtol=1e-3)
    np.testing.assert_allclose(twin.tangent_distance[:, -1], 0, atol=3e-3)


def test_difficulty_is_the_squared_distance_that_the_twin_moves(twin):
    moved = twin.relative_distance[:, -1] * twin.weight_norm[:, 0]
    np.testing.assert_allclose(moved**2, twin.kernel_difficulty[:, 0], rtol=2e-3)


def test_a_regular_kernel_has_as_high_a_rank_as_there_are_training_rows(network):
    np.testing.assert_array_equal(network.kernel_rank, 4)


@pytest.fixture(scope="module")
def start(trained):
    """Of the first network: parameters, rows and outputs as the loss sees them, train and test."""
    config = config_of(model={"centered": trained[0]})
    ((_, values),) = observe(lambda run: (run.params, run.train, run.test, run.train_outputs, run.test_outputs), config)
    return jax.tree.map(jnp.asarray, values)


def predict(params, inputs):
    return outputs(Committee(24, 0.4), params, inputs, SCALE)


@pytest.mark.sampled
def test_the_twin_follows_the_closed_form_of_gradient_descent(start, twin):
    params, train, test, *starts = start
    kernel_of = jax.jit(functools.partial(tangent_kernel, predict))
    kernels = (kernel_of(params, rows.inputs, train.inputs) for rows in (train, test))
    curves = gradient_descent(*kernels, train.targets, *starts, steps=jnp.asarray(twin.step.values), learning_rate=RATE)
    for name, curve, rows in zip(("train_loss", "test_loss"), curves, (train, test), strict=True):
        expected = jnp.mean((curve - rows.targets[None]) ** 2, axis=(1, 2))
        np.testing.assert_allclose(twin[name][0], expected, rtol=2e-3, atol=1e-6)


@pytest.mark.sampled
def test_alignment_is_the_papers_formula_over_test_rows(start, network):
    params, _, test, *_ = start
    kernel, y = tangent_kernel(predict, params, test.inputs), test.targets[:, 0]
    expected = y @ kernel @ y / (jnp.linalg.norm(kernel) * y @ y)
    assert float(network.kernel_alignment[0, 0]) == pytest.approx(float(expected), rel=1e-4)


@pytest.mark.slow
def test_the_way_through_weight_space_is_that_of_plain_projections(trained, start):
    config = config_of(model={"centered": trained[0]})
    ((_, (found, end)),) = observe(lambda run: (measure_subspace(run), run.params), config, step=40)
    params, train, _, at_start, _ = start
    gradients = jax.jacobian(predict)(params, train.inputs)["kernel"].reshape(4, -1)
    gradients, missing = (np.asarray(x, np.float64) for x in (gradients, (train.targets - at_start)[:, 0]))
    moved = np.asarray(end["kernel"] - params["kernel"], np.float64).ravel()
    lazy = np.linalg.pinv(gradients) @ missing
    within = np.linalg.pinv(gradients) @ gradients @ moved
    along = within @ lazy / (lazy @ lazy)
    length = np.linalg.norm(lazy)
    expected = {
        "lazy_progress": along,
        "tangent_distance": np.linalg.norm(within - along * lazy) / length,
        "normal_distance": np.linalg.norm(moved - within) / length,
    }
    for name, value in expected.items():
        assert float(found[name]) == pytest.approx(value, rel=2e-3, abs=1e-4), name


@pytest.mark.slow
def test_probes_see_the_same_rows_alone_and_in_a_grid_of_larger_runs():
    fields = {"task": {"name": "kernel_eigenvector", "features": 8, "order": 3}}
    config = {**config_of(training={"steps": 5, "records": 2}), **fields}
    together = run(config, "task.train_size, task.test_size = (3, 5), (4, 9)")
    alone = run(config, "task.train_size, task.test_size = (3, 5),")
    for name in alone:
        np.testing.assert_allclose(together[name][0], alone[name][0], rtol=2e-3, atol=1e-5, err_msg=name)


@pytest.mark.slow
def test_a_diverged_run_has_no_probes_and_hurts_no_neighbor():
    ds = run(config_of(training={"steps": 9, "records": 2}), {"optimizer.learning_rate": [RATE, 1e4, 1e30]})
    variables = [name for family in FAMILIES for name, *_ in METRICS[family].variables]
    finite = xr.concat([np.isfinite(ds[name][:, -1]) for name in variables], "variable")
    assert finite.values.all(axis=0).tolist() == [True, False, False]
    missing = xr.concat([np.isnan(ds[name][1:, -1]) for name in variables], "variable")
    assert missing.all(), {name: ds[name][1:, -1].values for name in variables}


def test_only_the_first_test_rows_are_probed():
    config = config_of(training={"probes": (), "probe_rows": 3})
    ((_, (found, params, test)),) = observe(lambda run: (measure_kernel(run), run.params, run.test), config)
    inputs, y = jnp.asarray(test.inputs[:3]), test.targets[:3, 0]
    kernel = np.asarray(tangent_kernel(predict, jax.tree.map(jnp.asarray, params), inputs))
    expected = y @ kernel @ y / (np.linalg.norm(kernel) * y @ y)
    assert float(found["kernel_alignment"]) == pytest.approx(float(expected), rel=1e-4)


def test_the_spectrum_follows_the_kernel_of_the_first_training_rows():
    config = config_of(training={"probes": ("kernel_spectrum",), "probe_rows": 3, "steps": 40, "records": 2})
    ds = run(config, {"model.linearized": [False, True]})
    for step in ds.step.values:
        ((_, (params, train)),) = observe(lambda run: (run.params, run.train), config, step=int(step))
        params, inputs = jax.tree.map(jnp.asarray, (params, train.inputs[:3]))
        values = np.linalg.eigvalsh(tangent_kernel(predict, params, inputs))[::-1]
        shares = values / values.sum()
        expected = {
            **{f"kernel_eigenvalue_{i + 1}": value for i, value in enumerate([*values, 0, 0])},
            "kernel_leading_share": shares[0],
            "kernel_effective_rank": np.exp(-shares @ np.log(shares)),
        }
        network, twin = (ds.sel({"model.linearized": which, "step": step}) for which in (False, True))
        for name, value in expected.items():
            assert network[name].item() == pytest.approx(float(value), rel=1e-3, abs=1e-6), name
            assert twin[name].item() == pytest.approx(ds[name].isel(step=0)[0].item(), rel=1e-5, abs=1e-6), name
    assert (abs(ds.kernel_eigenvalue_1.diff("step")[0]) > 1e-4).all()


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        (
            {"task": {"name": "modular_arithmetic"}, "training": {"loss": "cross_entropy"}},
            r"^training\.loss is 'cross_entropy'; kernel regression has a closed form only for 'mse'$",
        ),
        (
            {"task": {"name": "teacher_student"}, "training": {"probes": ("subspace",)}},
            r"^probe 'subspace' takes networks with 1 output; task 'teacher_student' has 5$",
        ),
    ],
)
def test_what_has_no_closed_form_is_refused_in_one_line(sections, words):
    config = {"training": {"probes": ("kernel_regression",)}}
    with pytest.raises(UserError, match=words):
        run({**sections, "training": {**config["training"], **sections["training"]}}, {})
