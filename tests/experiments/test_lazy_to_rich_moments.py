"""The parts of the polynomial task's test loss against averages over inputs, exact and drawn."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from experiments.lazy_to_rich.moments import decompose_loss
from grok_jax import UserError, from_config, sweep, to_config
from grok_jax.models.committee import Committee, summary_statistics
from grok_jax.tasks import SingleIndex

FEATURES, SCALE, EPSILON = 3, 1.5, 0.4
DECOMPOSITION = ("experiments.lazy_to_rich.moments:decomposition",)
UNCENTERED = ("experiments.lazy_to_rich.moments:uncentered_decomposition",)


def exact_loss(directions, network):
    """The squared error averaged over x ~ N(0, I/D) by quadrature, exact for polynomials up to degree 7."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(4)
    points = jnp.asarray(list(itertools.product(nodes, repeat=FEATURES))) / FEATURES**0.5
    products = np.prod(list(itertools.product(weights / weights.sum(), repeat=FEATURES)), axis=1)
    targets = SingleIndex().target_values(points, directions)
    return products @ np.asarray((targets - network(points)) ** 2)[:, 0]


def weights_of(module, seed):
    return module.init(jax.random.key(seed), jnp.zeros((1, FEATURES)))["params"]


@pytest.mark.parametrize("train_readout", [False, True])
@pytest.mark.parametrize("directions", [1, 2])
def test_the_parts_add_up_to_the_loss_averaged_over_all_inputs(train_readout, directions):
    module = Committee(5, EPSILON, train_readout=train_readout)
    params, betas = weights_of(module, 0), jax.random.normal(jax.random.key(1), (directions, FEATURES))
    parts = decompose_loss(*summary_statistics(params), betas, SCALE, EPSILON)
    expected = exact_loss(betas, lambda x: SCALE * module.apply({"params": params}, x))
    assert float(sum(parts)) == pytest.approx(float(expected), rel=1e-4)


def test_the_parts_of_a_centred_predictor_are_those_of_moments_from_the_start():
    module = Committee(5, EPSILON)
    now, start = (weights_of(module, seed) for seed in (0, 1))
    moments = (a - b for a, b in zip(summary_statistics(now), summary_statistics(start), strict=True))
    betas = jax.random.normal(jax.random.key(2), (1, FEATURES))
    expected = exact_loss(
        betas, lambda x: SCALE * (module.apply({"params": now}, x) - module.apply({"params": start}, x))
    )
    assert float(sum(decompose_loss(*moments, betas, SCALE, EPSILON))) == pytest.approx(float(expected), rel=1e-4)


def test_each_part_vanishes_where_its_own_error_does():
    betas, width = jnp.array([[1.0, 0.0, 2.0]]), 2
    solved = betas.T @ betas / (SCALE * EPSILON)
    right = decompose_loss(jnp.zeros(3), solved, betas, SCALE, EPSILON)
    np.testing.assert_allclose(right, [0, 0, 0], atol=1e-6)
    same_trace = jnp.eye(3) * jnp.trace(solved) / 3
    turned = decompose_loss(jnp.zeros(3), same_trace, betas, SCALE, EPSILON)
    assert float(turned.variance_error) == pytest.approx(0, abs=1e-6)
    assert float(turned.misalignment_error) > 0.1
    linear = decompose_loss(jnp.ones(3) / width, solved, betas, SCALE, EPSILON)
    assert float(linear.linear_power) == pytest.approx(SCALE**2 * 0.75 / 3)


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("train_readout", "directions", "centered", "target_scale"),
    [(False, 1, False, 1.0), (True, 2, False, 1.0), (False, 2, True, 1.5)],
)
def test_the_recorded_parts_add_up_to_the_recorded_test_loss(train_readout, directions, centered, target_scale):
    config = {
        "task": {
            "name": "single_index",
            "features": 6,
            "train_size": 20,
            "test_size": 20_000,
            "directions": directions,
            "target_scale": target_scale,
        },
        "model": {"name": "committee", "width": 4, "output_scale": SCALE, "centered": centered},
        "optimizer": {"name": "gd", "learning_rate": 1.0},
        "training": {"steps": 60, "records": 3, "probes": DECOMPOSITION},
    }
    config["model"]["train_readout"] = train_readout
    ds = sweep(config, {"seed": range(2)}, progress=False)
    # A mean over 20,000 draws of a fourth-order polynomial is off by 2 to 3 percent.
    np.testing.assert_allclose(ds.decomposed_loss, ds.test_loss, rtol=0.1)
    assert not np.isclose(ds.test_loss[:, -1], ds.test_loss[:, 0], rtol=0.1).all()
    np.testing.assert_allclose(
        ds.variance_error + ds.misalignment_error + ds.linear_power, ds.decomposed_loss, rtol=1e-5
    )


def recorded_parts(probes, *, centered):
    config = {
        "task": {"name": "single_index", "features": 6, "train_size": 20, "test_size": 20},
        "model": {"name": "committee", "width": 4, "centered": centered},
        "optimizer": {"name": "gd", "learning_rate": 1.0},
        "training": {"steps": 10, "records": 3, "probes": probes},
    }
    return sweep(config, {"seed": range(2)}, progress=False)


def test_the_uncentered_parts_of_a_centered_run_are_those_of_the_network_itself():
    both = [recorded_parts(probes, centered=True) for probes in (DECOMPOSITION, UNCENTERED)]
    assert [float(abs(ds.linear_power.isel(step=0)).max()) > 0.01 for ds in both] == [False, True]
    np.testing.assert_array_equal(both[0].test_loss, both[1].test_loss)


def test_without_centering_the_uncentered_parts_are_the_parts():
    both = [recorded_parts(probes, centered=False) for probes in (DECOMPOSITION, UNCENTERED)]
    np.testing.assert_array_equal(both[0].decomposed_loss, both[1].decomposed_loss)


@pytest.mark.parametrize(
    ("task", "model", "words"),
    [
        (
            {"name": "teacher_student"},
            {"name": "mlp"},
            r"needs task\.name='single_index' with task\.target='quadratic'$",
        ),
        ({"name": "single_index", "target": "hermite"}, {"name": "committee"}, r"needs task\.name='single_index'"),
        ({"name": "single_index"}, {"name": "mlp"}, r"needs model\.name='committee' with hermite_degree=None"),
        ({"name": "single_index"}, {"name": "committee", "hermite_degree": 3}, "hermite_degree=None"),
        ({"name": "single_index"}, {"name": "committee", "linearized": True}, "linearized=False"),
    ],
)
def test_a_loss_that_depends_on_more_than_two_moments_is_refused_in_one_line(task, model, words):
    with pytest.raises(UserError, match=f"^probe 'decomposition' .*{words}"):
        sweep(
            {"task": task, "model": model, "training": {"probes": DECOMPOSITION}},
            {},
            progress=False,
        )


def test_a_config_of_the_run_names_the_metric_by_its_module():
    config = {"task": {"name": "single_index"}, "model": {"name": "committee"}, "training": {"probes": DECOMPOSITION}}
    assert to_config(from_config(config)).training.probes == DECOMPOSITION
