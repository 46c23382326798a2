"""Differential equations and their solutions."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grok_jax.errors import UserError
from grok_jax.models import MODELS
from grok_jax.tasks import Pinn, Rows
from grok_jax.tasks.pde import EQUATIONS, LEAST_VISCOSITY, burgers_solution

CASES = [
    *[("poisson_1d", {"frequency": k}) for k in (1.0, 3.0)],
    ("poisson_2d", {"frequency": 2.0}),
    ("heat", {"frequency": 2.0, "diffusivity": 0.05}),
    *[("burgers", {"viscosity": viscosity}) for viscosity in (LEAST_VISCOSITY, 0.01 / np.pi, 0.1)],
]


@pytest.fixture
def exact():
    """Computes in float64."""
    with jax.enable_x64(True):
        yield


def inside(equation, rows=60):
    """Random points inside the box of an equation."""
    own = EQUATIONS[equation]
    return jnp.asarray(np.random.default_rng(0).uniform(own.low, own.high, (rows, len(own.low))))


def by_hessian(task, u, points):
    """The residual as the docstring has the equation, from each row's own gradient and Hessian; u is of one row."""
    value, slope, curve = (jax.vmap(f)(points) for f in (u, jax.grad(u), jax.hessian(u)))
    if task.equation == "heat":
        return slope[:, 1] - task.diffusivity * curve[:, 0, 0]
    if task.equation == "burgers":
        return slope[:, 1] + value * slope[:, 0] - task.viscosity * curve[:, 0, 0]
    source = jnp.prod(jnp.sin(jnp.pi * task.frequency * points), axis=1) * (jnp.pi * task.frequency) ** 2
    return jnp.trace(curve, axis1=1, axis2=2) + points.shape[1] * source


@pytest.mark.usefixtures("exact")
@pytest.mark.parametrize(("equation", "fields"), CASES)
def test_the_solution_satisfies_its_equation(equation, fields):
    task, points = Pinn(equation=equation, **fields), inside(equation)
    left = by_hessian(task, lambda point: task.solve(point[None])[0], points)
    terms = jax.vmap(jax.hessian(lambda point: task.solve(point[None])[0]))(points)
    assert float(jnp.max(jnp.abs(left))) < 1e-9 * max(1, float(jnp.max(jnp.abs(terms))))


@pytest.mark.usefixtures("exact")
@pytest.mark.parametrize("equation", EQUATIONS)
def test_the_residual_of_a_network_is_that_of_its_hessian_row_by_row(equation):
    task, points = Pinn(equation=equation), inside(equation, 7)
    module = MODELS["mlp"](widths=(5, 4), outputs=1, activation="tanh")
    weights = module.init(jax.random.key(0), points)
    found, outputs = task.residual(lambda x: module.apply(weights, x), points)
    rows = by_hessian(task, lambda point: module.apply(weights, point[None])[0, 0], points)
    np.testing.assert_allclose(found, rows, rtol=1e-10)
    np.testing.assert_allclose(outputs, module.apply(weights, points), rtol=1e-12)


@pytest.mark.usefixtures("exact")
@pytest.mark.parametrize("equation", ["poisson_1d", "poisson_2d", "heat", "burgers"])
def test_the_solution_is_0_at_the_ends_of_space_at_whole_frequencies(equation):
    points = inside(equation)
    for end in (-1.0, 1.0):
        np.testing.assert_allclose(Pinn(equation=equation).solve(points.at[:, 0].set(end)), 0, atol=1e-12)


@pytest.mark.usefixtures("exact")
@pytest.mark.parametrize(("equation", "sign"), [("heat", 1), ("burgers", -1)])
def test_the_solution_starts_as_a_sine(equation, sign):
    points = inside(equation).at[:, 1].set(0.0)
    expected = sign * np.sin(np.pi * points[:, 0])
    np.testing.assert_allclose(Pinn(equation=equation).solve(points), expected, atol=1e-12)


@pytest.mark.usefixtures("exact")
def test_burgers_steepest_slope_is_that_of_the_literature():
    # Basdevant et al. (1986), Table 4: |u_x(0, t)| is largest at πt = 1.6037, and 152.00516.
    slope = jax.grad(lambda x: burgers_solution(x[None], jnp.array([1.6037 / np.pi]), 0.01 / np.pi)[0])(jnp.array(0.0))
    assert float(slope) == pytest.approx(-152.00516, rel=1e-7)


@pytest.mark.parametrize("viscosity", [LEAST_VISCOSITY, 0.01 / np.pi])
def test_burgers_solution_in_float32_is_accurate(viscosity):
    points = inside("burgers", 500)
    single = burgers_solution(points[:, 0], points[:, 1], viscosity)
    with jax.enable_x64(True):
        double = burgers_solution(*jnp.asarray(points, "float64").T, viscosity)
    np.testing.assert_allclose(single, double, atol=2e-4)


@pytest.mark.parametrize("equation", EQUATIONS)
def test_boundary_rows_come_first_and_lie_on_every_side(equation, draw, rows_of):
    task = Pinn(equation=equation, boundary_points=8, points=5, test_size=300)
    train, test = (rows_of(split, task) for split in draw(task))
    assert task.on_boundary(train.inputs).tolist() == [True] * 8 + [False] * 5
    assert not task.on_boundary(test.inputs).any()
    for axis, value in EQUATIONS[equation].sides:
        assert (train.inputs[:8, axis] == value).any()
    assert task.boundary_share() == 8 / 13


@pytest.mark.parametrize("equation", EQUATIONS)
def test_points_fill_the_box(equation, draw, rows_of):
    task, own = Pinn(equation=equation, points=1000), EQUATIONS[equation]
    points = rows_of(draw(task).train, task).inputs[task.boundary_points :]
    span = np.subtract(own.high, own.low)
    np.testing.assert_allclose(points.mean(0), np.add(own.low, own.high) / 2, atol=0.05 * span.max())
    assert (np.ptp(points, axis=0) > 0.98 * span).all()
    assert (points > np.array(own.low)[None]).all()
    assert (points < np.array(own.high)[None]).all()


def test_fewer_points_are_the_first_of_more(draw, rows_of):
    few, many = Pinn(points=10), Pinn(points=30)
    rows = [rows_of(draw(task, capacity=Rows(70, 1000)).train, task) for task in (few, many)]
    np.testing.assert_array_equal(rows[0].inputs, rows[1].inputs[:50])


@pytest.mark.parametrize("equation", EQUATIONS)
def test_targets_are_the_solution(equation, draw, rows_of):
    task = Pinn(equation=equation)
    rows = rows_of(draw(task).test, task)
    assert rows.targets.shape == (1000, task.output_size())
    np.testing.assert_allclose(rows.targets[:, 0], task.solve(rows.inputs), atol=1e-5)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"equation": "wave"}, "task.equation is 'wave'; it must be one of poisson_1d, poisson_2d, heat, burgers"),
        ({"boundary_points": 0}, "task.boundary_points is 0; it must be 1 or above"),
        ({"boundary_points": 3}, "task.boundary_points is 3; task.equation='heat' needs 4 or more, so that each side"),
        ({"points": 0}, "task.points is 0; it must be 1 or above"),
        ({"frequency": 0.0}, "task.frequency is 0.0; it must be above 0"),
        ({"diffusivity": -1.0}, "task.diffusivity is -1.0; it must be above 0"),
        ({"equation": "burgers", "viscosity": 0.0}, "task.viscosity is 0.0; it must be 0.001 or above"),
        (
            {"equation": "burgers", "frequency": 2.0},
            "task.frequency is 2.0; task.equation='burgers' has no frequency, only viscosity",
        ),
    ],
)
def test_impossible_fields_are_user_errors(fields, message):
    with pytest.raises(UserError, match=message.replace("(", r"\(")):
        Pinn(**fields)
