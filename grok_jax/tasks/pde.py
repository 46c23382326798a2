"""Differential equations with known solutions, for networks that learn from the equation (physics-informed)."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Key

from grok_jax.errors import require
from grok_jax.fields import static, traced
from grok_jax.tasks.drawing import Scalar, own_split, uniform_rows
from grok_jax.tasks.examples import Data, Examples, Rows
from grok_jax.tasks.task import Task

Points = Float[Array, "rows coordinates"]
Network = Callable[[Points], Float[Array, "rows outputs"]]
Residual = tuple[Float[Array, " rows"], Float[Array, "rows outputs"]]
MARGIN = 1e-6  # share of the box at each side that has no inside points, so that rounding puts none on a side
NODES = 200  # of the quadrature for Burgers' equation
LEAST_VISCOSITY = 1e-3  # below it, the quadrature has too few nodes


class Equation(NamedTuple):
    """One differential equation, its box, and a solution.

    Attributes:
      low, high: ends of the box along each coordinate.
      sides: (coordinate, its value) of each side with a boundary or initial condition; boundary row i lies on side
        i modulo their number, so a side that is named twice gets twice the rows.
      fields: fields of the task that the equation has.
      solution: task, points -> u.
      residual: task, network, points -> what is 0 where the network satisfies the equation, and the outputs.
    """

    low: tuple[float, ...]
    high: tuple[float, ...]
    sides: tuple[tuple[int, float], ...]
    fields: tuple[str, ...]
    solution: Callable[[Any, Points], Float[Array, " rows"]]
    residual: Callable[[Any, Network, Points], Residual]


class Derivatives(NamedTuple):
    """Outputs of a network, and derivatives of the first output by coordinate."""

    outputs: Float[Array, "rows outputs"]
    first: dict[int, Float[Array, " rows"]]
    second: dict[int, Float[Array, " rows"]]


def derivatives(network: Network, points: Points, first: tuple[int, ...], second: tuple[int, ...]) -> Derivatives:
    """The outputs of a network, first derivatives along some coordinates, and second ones along some of these.

    Forward mode over forward mode, linearized once per order. Outputs and first derivatives are then shared by all that
    needs them, and a training step by the residual of the heat equation costs about 5 steps by the outputs.

    Args:
      network: points -> outputs; computes each row from this row alone.
      points: where to differentiate.
      first: coordinates to differentiate along.
      second: those of them to differentiate along twice.
    """
    along = {axis: jnp.zeros_like(points).at[:, axis].set(1) for axis in first}

    def slopes(at: Points) -> tuple[Float[Array, "rows outputs"], dict[int, Float[Array, " rows"]]]:
        value, change = jax.linearize(network, at)
        return value, {axis: change(along[axis])[:, 0] for axis in first}

    (value, slope), change = jax.linearize(slopes, points)
    return Derivatives(value, slope, {axis: change(along[axis])[1][axis] for axis in second})


def burgers_solution(x: Float[Array, " rows"], t: Float[Array, " rows"], viscosity: Scalar) -> Float[Array, " rows"]:
    """The solution of Burgers' equation that starts as -sin(πx), after Cole and Hopf.

    u_t + u u_x = ν u_xx:  u(x, t) = -∫ sin(πy) w(y) dy / ∫ w(y) dy,
    w(y) = exp(-(x - y)²/4νt - cos(πy)/2πν)

    With y = x - √(4νt) z, both integrals are computed by Gauss-Hermite quadrature. The largest exponent is subtracted
    before the exponential, as cos(πy)/2πν is large. The weight w peaks at |z| <= 1/√(4ν), which the nodes have to
    reach: a viscosity of LEAST_VISCOSITY or above.

    Args:
      x: positions, from -1 to 1.
      t: times, from 0 to 1.
      viscosity: ν.

    Returns:
      u, which is 0 at x = -1 and 1.

    Reference: Basdevant et al. (1986), Spectral and finite difference solutions of the Burgers equation.
    """
    z, weights = np.polynomial.hermite.hermgauss(NODES)
    nodes, logs = (jnp.asarray(each, x.dtype)[None] for each in (z, np.log(weights)))
    y = x[:, None] - jnp.sqrt(4 * viscosity * t)[:, None] * nodes
    exponents = logs - jnp.cos(jnp.pi * y) / (2 * jnp.pi * viscosity)
    return -jnp.sum(jax.nn.softmax(exponents, axis=1) * jnp.sin(jnp.pi * y), axis=1)


def _sine(task: Any, points: Points) -> Float[Array, " rows"]:
    return jnp.prod(jnp.sin(jnp.pi * task.frequency * points), axis=1)


def _poisson(task: Any, network: Network, points: Points) -> Residual:
    """Δu - Δ(product of sines), where the second term is the source."""
    axes = tuple(range(points.shape[1]))
    u = derivatives(network, points, axes, axes)
    source = len(axes) * (jnp.pi * task.frequency) ** 2 * _sine(task, points)
    return sum(u.second.values(), start=source), u.outputs


def _heat_solution(task: Any, points: Points) -> Float[Array, " rows"]:
    rate = task.diffusivity * (jnp.pi * task.frequency) ** 2
    return jnp.exp(-rate * points[:, 1]) * _sine(task, points[:, :1])


def _heat(task: Any, network: Network, points: Points) -> Residual:
    u = derivatives(network, points, (0, 1), (0,))
    return u.first[1] - task.diffusivity * u.second[0], u.outputs


def _burgers_solution(task: Any, points: Points) -> Float[Array, " rows"]:
    return burgers_solution(points[:, 0], points[:, 1], task.viscosity)


def _burgers(task: Any, network: Network, points: Points) -> Residual:
    u = derivatives(network, points, (0, 1), (0,))
    return u.first[1] + u.outputs[:, 0] * u.first[0] - task.viscosity * u.second[0], u.outputs


ENDS = ((0, -1.0), (0, 1.0))  # in space
START = (1, 0.0)  # in time
IN_TIME: dict[str, Any] = {"low": (-1.0, 0.0), "high": (1.0, 1.0), "sides": (START, ENDS[0], START, ENDS[1])}
EQUATIONS = {
    "poisson_1d": Equation((-1.0,), (1.0,), ENDS, ("frequency",), _sine, _poisson),
    "poisson_2d": Equation((-1.0, -1.0), (1.0, 1.0), (*ENDS, (1, -1.0), (1, 1.0)), ("frequency",), _sine, _poisson),
    "heat": Equation(**IN_TIME, fields=("frequency", "diffusivity"), solution=_heat_solution, residual=_heat),
    "burgers": Equation(**IN_TIME, fields=("viscosity",), solution=_burgers_solution, residual=_burgers),
}


class Pinn(Task):
    """A differential equation: inputs are points of a box, targets the solution there.

    poisson_1d:  u_xx = -(πk)² sin(πkx), with u = sin(πkx)
    poisson_2d:  u_xx + u_yy = -2 (πk)² u, the right side given, with u = sin(πkx) sin(πky)
    heat:        u_t = κ u_xx, with u = exp(-κ(πk)² t) sin(πkx)
    burgers:     u_t + u u_x = ν u_xx, with u = -sin(πx) at t = 0 and u = 0 at x = -1 and 1

    Space is [-1, 1], time [0, 1]. Training rows are boundary_points random points on the sides where a condition is
    given (at t = 0 and at both ends of space) and then `points` random points inside. Test rows are other points
    inside. With training.loss="residual" the network learns from the equation and the conditions, and the solution
    only serves accuracies and probes such as "solution_error". With "mse" it is plain regression on the solution.

    Reference: Raissi, Perdikaris, Karniadakis (2019), Physics-informed neural networks.
    """

    called = "pinn"

    equation: Any = static("heat", "the differential equation", one_of=tuple(EQUATIONS))
    boundary_points: Any = static(40, "training rows on the boundary and, at t = 0, on the initial line", at_least=1)
    test_size: Any = static(1000, "test rows, all inside", at_least=1)
    points: Any = traced(100, "training rows inside", at_least=1)
    frequency: Any = traced(1.0, "k, the number of waves across space (not of burgers)", above=0)
    diffusivity: Any = traced(0.1, "κ of heat", above=0)
    viscosity: Any = traced(0.01 / np.pi, "ν of burgers", at_least=LEAST_VISCOSITY)

    def check(self) -> None:
        """Raises UserError if a side has no point, or if a field is set that the equation does not have."""
        own, sides = EQUATIONS[self.equation], len(EQUATIONS[self.equation].sides)
        require(
            self.boundary_points >= sides,
            f"task.boundary_points is {self.boundary_points}; task.equation={self.equation!r} needs {sides} or more, "
            "so that each side has one",
        )
        declared = self.fields()
        for name in ("frequency", "diffusivity", "viscosity"):
            value = getattr(self, name)
            require(
                name in own.fields or value == declared[name].default,
                f"task.{name} is {value}; task.equation={self.equation!r} has no {name}, only {', '.join(own.fields)}",
            )

    def rows(self) -> Rows:
        """Boundary points and points inside to train on; test_size points inside to test on."""
        return Rows(self.boundary_points + self.points, self.test_size)

    def output_size(self) -> int:
        """One output, u."""
        return 1

    def draw(self, key: Key[Array, ""], pool: Examples | None, capacity: Rows) -> Data:
        """Random points; those on the boundary come first, and boundary, inside and test have separate keys."""
        del pool  # Every run draws its own.
        boundary, inside, test = (jax.random.fold_in(key, i) for i in range(3))
        train = jnp.concatenate([self._boundary(boundary), self._inside(inside, capacity.train - self.boundary_points)])
        pairs = zip((train, self._inside(test, capacity.test)), self.rows(), strict=True)
        return Data(*(own_split(Examples(at, self.solve(at)[:, None]), size) for at, size in pairs))

    def solve(self, points: Points) -> Float[Array, " rows"]:
        """The solution u at some points."""
        return EQUATIONS[self.equation].solution(self, points)

    @property
    def equation_order(self) -> int:
        """All four equations are of second order."""
        return 2

    def residual(self, network: Network, inputs: Points) -> Residual:
        """What is 0 where the network satisfies the equation, and the outputs."""
        return EQUATIONS[self.equation].residual(self, network, inputs)

    def on_boundary(self, inputs: Points) -> Bool[Array, " rows"]:
        """Whether a point lies exactly on a side with a condition."""
        return jnp.any(jnp.stack([inputs[:, axis] == at for axis, at in EQUATIONS[self.equation].sides]), axis=0)

    def boundary_share(self) -> Scalar:
        """The share of the training rows on the boundary."""
        return self.boundary_points / (self.boundary_points + self.points)

    def _inside(self, key: Key[Array, ""], rows: int) -> Points:
        own = EQUATIONS[self.equation]
        low, high = jnp.array(own.low), jnp.array(own.high)
        return low[None] + (high - low)[None] * (MARGIN + (1 - 2 * MARGIN) * uniform_rows(key, rows, len(own.low)))

    def _boundary(self, key: Key[Array, ""]) -> Points:
        sides, rows = EQUATIONS[self.equation].sides, jnp.arange(self.boundary_points)
        axes, values = (jnp.array(each)[rows % len(sides)] for each in zip(*sides, strict=True))
        return self._inside(key, self.boundary_points).at[rows, axes].set(values)
