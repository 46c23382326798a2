"""Questions fig. 4: do over-parametrized networks have more suitable minima per unit volume?

A reader of Omnigrok asks this. Here descent runs on spheres of constant weight norm, from many initial directions, for
networks from about as many weights as training targets (or fewer) to many more. All lengths are angles in radians,
that is, distances over the norm. So networks of every width and norm can be compared.

"Per unit volume" can mean four things. Each panel, and each claim about a task, takes one:

| panel, claim | volume | what is in it |
|---|---|---|
| a | solid angle of initial directions, as initialization draws them | share that ends at a generalizing minimum |
| b | ln(weight norm) | range in which the median direction ends at a generalizing minimum |
| c | around one minimum on its sphere | angle in random directions at which the loss doubles; curvature |
| d | to be searched from a start | angle from the start to the minimum that the descent reaches |

| setting | value | source |
|---|---|---|
| teacher and student | 5-w-w-5 tanh, 100 points, squared error; teacher 5-100-100-5 | Omnigrok, Sec. 3, w = 100 |
| MNIST | 784-w-w-10 ReLU, 200 digits, squared error | Omnigrok, Sec. 4, w = 200 |
| modular addition | one-hot, w units z² without biases, cross-entropy | arena fig. 4; not in quick |
| initial direction | PyTorch's initialization; so layers have their usual shares of the norm | ours |
| data sets | one for each seed, and the same initial directions for all | ours |
| norm | of the initialization times α; α = 1, and 4 for addition, in panels a, c and d | ours |
| descent | Adam on the part of the gradient along the sphere, full batch, no decay, norm kept | ours |
| learning rate | the first step turns the weights by .02 radian; halved after each quarter | ours, after a look |
| steps | 1,500 in quick | ours, after a look |
| curvature | of the loss on the sphere, in loss per radian² | ours |
| highest, lowest | Lanczos, 20 iterations with full reorthogonalization | ours |
| mean | Hutchinson's trace over the dimension, 8 random directions: the curvature per parameter | ours |
| doubling angle | median of these 8 directions: the loss is twice the loss, plus 1% of that of zero outputs | ours |

Why Adam sees only the part along the sphere: otherwise it rests away from the minimum where the loss has a slope across
the sphere (notes of Omnigrok fig. 2a). Why equal angles: at one learning rate, a wider network would turn faster.

Why 1% is added: the loss of a network that fits is near 0, and would double at once. The angle would then tell how long
the descent ran. So at a loss of 0 it is the angle at which 1% is lost. Networks that do not fit are left out of
claim c, since twice a large loss is far.

A run generalizes if its test error is at most:

| task | level | why |
|---|---|---|
| teacher and student | .02 of the targets' variance | a linear fit of the same points leaves .03 to .06 (10 seeds) |
| MNIST | .25 | 200 digits: a linear fit has .35 to .39, the nearest digit .20 to .25 (5 seeds) |
| modular addition | .05 | as in the arena |

These errors need no network. From Omnigrok's figures we knew that wide networks stay below the levels near α = 1: .004
of the mean square at w = 100 (fig. 2a), .18 at w = 200 (fig. 3a-c). A run fits if its training error is at most .01.

"After a look" means after runs of one seed, 100, which no preset has. On teacher and student (w = 16 and 256, α = .1 to
10) and MNIST (w = 16) only training loss and gradient were read. They led to the steps and to halving the rate: w = 16
still learns after 1,000 steps (train error .013; .005 after 2,000). On addition (w = 128, p = 23, 70% of the pairs) the
test error was read too, since most norms do not generalize there: .92, .57, .21, .02 and .94 at α = 1, 2, 3, 4 and 6.

Limits, before the runs. A seed is a data set; numbers are those of 10 directions in panels a, c and d, and of 3 in b:

| claim | it holds in a data set if | opposite | it decides if |
|---|---|---|---|
| a share | rises by .2 from end to end, and falls by .1 at most from one width to the next | falls | not all 0 or 1 |
| b zone | rank correlation with width at least .8, and 1.5 times from end to end | -.8 | a zone, within the norms |
| c angle | 1.5 times from the narrowest network that fits to the widest | 1 / 1.5 | two widths fit |
| d angle | rank correlation at most -.8, and a factor of 1.5 from end to end | .8 | no run diverged |

The claims are numbered through: 1 to 4 are a to d for teacher and student, 5 to 8 for MNIST, 9 to 12 for addition.

A count of powers of w speaks against claim c. If random directions change each unit's input by a share of itself that
depends on the angle alone, the doubling angle does not depend on w.

| claim | measured (quick, 3 data sets, medians) | verdict |
|---|---|---|
| 1 share | 0, .1, 1, 1 at widths 4, 16, 64, 256 | holds, 3 of 3 |
| 2 zone | 0, 0, .81, 1.33 in ln(norm) | holds, 3 of 3 |
| 3 doubling angle | .054 at 16, .045 at 256; highest curvature times 55, mean times .84 | does not hold, 0 of 3 |
| 4 angle | .81, .52, .24, .08 | holds, 3 of 3 |
| 5 MNIST: share | 0, 1, 1 at widths 4, 16, 64 | holds, 3 of 3 |
| 6 MNIST: zone | 0, .42, 1.78 | holds, 3 of 3 |
| 7 MNIST: doubling angle | .40 at 16, .17 at 64; highest curvature times 5.0, mean times .59 | does not hold, 0 of 3 |
| 8 MNIST: angle | 1.02, 1.18, .88 at widths 4, 16, 64 | does not hold, 0 of 3 |
| 9 addition: share | not in quick | not measured |
| 10 addition: zone | not in quick | not measured |
| 11 addition: doubling angle | not in quick | not measured |
| 12 addition: angle | not in quick | not measured |

Not claimed, but seen: with half of the data the shares are 0, 0, .2, .3 (teacher and student) and 0, 0, 0 (MNIST).

| preset | runs | on 2 cores |
|---|---|---|
| smoke | 3 networks, 20 steps, 1 data set | half a minute |
| quick | 7 networks, 3 data sets, 10 directions (3 at other norms), 1.2e6 run-steps | 12 minutes of one core (706 s) |
| medium | 20 networks, 5 data sets, 10 directions, 3.1e7 run-steps | 2 hours (estimated) |
| paper | 27 networks up to w = 1024, 10 data sets, 20 directions, 1.2e9 run-steps | for a GPU |

What these numbers do not say:

- Initial directions follow PyTorch's initialization. They are not uniform on the sphere.
- A run ends after its steps. Where a network has about as many weights as targets, it still learns then.
- Panel c looks at random directions, of which most change little in a wide network. The highest curvature is that of
  the worst direction.
- A ReLU network has no curvature at its kinks, and what it gains there is not in the Hessian.
- On MNIST w = 16 fits by its accuracy, but its loss is .0094. So it may rise by .010, and w = 64 only by .001. Claim 7
  compares these. At an equal rise, the mean curvatures (.100 and .059) give w = 64 an angle 1.3 times as large. This is
  below the limit, too.
- On teacher and student the mean curvatures give w = 256 an angle 1.09 times that of w = 16 at an equal rise. So the
  count of powers above seems right: around a minimum, width changes little in random directions.
- Lanczos finds the lowest curvature from above. Its medians over data sets are positive in quick,
  which does not prove a minimum.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from ml_collections import ConfigDict

from configs.presets import Grid, apply_preset
from grok_jax import default_config
from grok_jax.training.grid import significant

STEP_ANGLE = 0.02  # of the first step along the sphere, in radians
REFERENCE = {
    "teacher_student": 1.0,
    "mnist": 1.0,
    "modular_arithmetic": 4.0,
}  # norm of most runs, over the standard one
FIELDS = {  # of a point, with their defaults
    "task.name": "teacher_student",
    "task.train_size": None,
    "task.p": None,
    "task.train_fraction": None,
    "task.encoding": None,
    "training.loss": "mse",
    "model.widths": (),
    "model.activation": "tanh",
    "model.use_bias": True,
    "model.init_scale": 1.0,
    "optimizer.learning_rate": 0.0,
    "model.seed": None,
}


class Network(NamedTuple):
    """The network of a task, but for its width."""

    inputs: int
    outputs: int
    layers: int  # hidden ones, all of one width
    activation: str
    use_bias: bool

    def shapes(self, width: int) -> list[tuple[int, int]]:
        """Returns (fan_in, fan_out) of each layer."""
        return list(pairwise((self.inputs, *[width] * self.layers, self.outputs)))

    def weights(self, width: int) -> int:
        """Returns the number of weights and biases."""
        return sum((fan_in + self.use_bias) * fan_out for fan_in, fan_out in self.shapes(width))

    def norm(self, width: int) -> float:
        """Returns the norm of PyTorch's initialization: the root of its mean square, with 1 / (3 fan_in) a weight."""
        return sum((fan_in + self.use_bias) * fan_out / (3 * fan_in) for fan_in, fan_out in self.shapes(width)) ** 0.5


class Sizes(NamedTuple):
    """How much of one task a preset runs."""

    task: str
    widths: Sequence[int]
    amounts: Sequence[float]  # training rows, or for modular addition shares of the pairs; the first is the largest
    scales: Sequence[float]  # weight norms over that of REFERENCE
    p: int = 0  # modulus of modular addition

    def network(self) -> Network:
        """Returns the network of the task."""
        if self.task == "modular_arithmetic":
            return Network(2 * self.p, self.p, 1, "quadratic", False)
        return Network(784, 10, 2, "relu", True) if self.task == "mnist" else Network(5, 5, 2, "tanh", True)

    def fields(self, amount: float) -> dict[str, Any]:
        """Returns the fields of the task, and what goes with it."""
        net = self.network()
        shape = {"task.name": self.task, "model.activation": net.activation, "model.use_bias": net.use_bias}
        if self.task != "modular_arithmetic":
            return {**shape, "task.train_size": amount}
        data = {"task.p": self.p, "task.train_fraction": amount, "task.encoding": "one_hot"}
        return {**shape, **data, "training.loss": "cross_entropy"}


def settings(tasks: Sequence[Sizes], directions: int, fewer: int | None = None) -> Grid:
    """Returns the axes over tasks, widths, amounts of data and norms, and over initial directions.

    Args:
      tasks: the tasks and their sizes. Only the first amount of data has all norms; others have that of REFERENCE.
      directions: initial directions at the norm of REFERENCE.
      fewer: initial directions at any other norm, which are then a field of the same axis; None: as many.
    """
    points: list[dict[str, Any]] = []
    for sizes in tasks:
        net, reference = sizes.network(), REFERENCE[sizes.task]
        for width in sizes.widths:
            rate = STEP_ANGLE * net.norm(width) / net.weights(width) ** 0.5
            norms = [(sizes.amounts[0], scale) for scale in sizes.scales]
            for amount, scale in norms + [(amount, 1.0) for amount in sizes.amounts[1:]]:
                point = {
                    **sizes.fields(amount),
                    "model.widths": (width,) * net.layers,
                    "model.init_scale": significant(reference * scale, 3),
                    "optimizer.learning_rate": significant(reference * scale * rate, 3),
                }
                seeds = [None] if fewer is None else range(directions if scale == 1 else fewer)
                points += [{**point, "model.seed": seed} for seed in seeds]
    # A field that no task needs is left out.
    used = [name for name, default in FIELDS.items() if any(point.get(name, default) != default for point in points)]
    axis = {",".join(used): [tuple(point.get(name, FIELDS[name]) for name in used) for point in points]}
    return axis if fewer is not None else {**axis, "model.seed": range(directions)}


def spaced(most: float, count: int) -> list[float]:
    """Returns an odd number of scales of equal ratio from 1 / most to most, with 1 in the middle."""
    half = count // 2
    return [most ** (i / half) for i in range(-half, half + 1)]


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick, medium or paper."""
    config = default_config(task="teacher_student", model="mlp", optimizer="adam")
    config.figure = "questions/fig4_minima"
    config.task.test_size = 1000
    config.optimizer.before = "along_sphere"
    config.optimizer.constant_norm = True
    config.optimizer.drop_factor = 0.5
    config.training.probe_every = 2  # the first and the last of three records
    config.training.probes = ("curvature", "experiments.questions.unexplained:unexplained")
    few = (
        Sizes("teacher_student", (2, 4), (10, 5), spaced(10, 3)),
        Sizes("mnist", (4,), (10, 5), spaced(10, 3)),
    )
    some = (
        Sizes("teacher_student", (4, 16, 64, 256), (100, 50), spaced(10, 7)),
        Sizes("mnist", (4, 16, 64), (200, 100), spaced(10, 7)),
    )
    widths = (4, 8, 16, 32, 64, 128, 256)
    more = (
        Sizes("teacher_student", widths, (100, 50, 25), spaced(10, 11)),
        Sizes("mnist", widths, (200, 100), spaced(10, 11)),
        Sizes("modular_arithmetic", widths[1:], (0.7, 0.5), spaced(4, 11), p=23),
    )
    most = (
        Sizes("teacher_student", (*widths, 512, 1024), (100, 50, 25), spaced(10, 21)),
        Sizes("mnist", (*widths, 512, 1024), (1000, 200, 100), spaced(10, 21)),
        Sizes("modular_arithmetic", (*widths, 512, 1024), (0.7, 0.5), spaced(4, 21), p=53),
    )
    presets = {
        "smoke": {**length(20), "task.test_size": 20, "grid": {**settings(few, 2, 1), "seed": range(1)}},
        "quick": {**length(1500), "grid": {**settings(some, 10, 3), "seed": range(3)}},
        "medium": {**length(2500), "grid": {**settings(more, 10), "seed": range(5)}},
        "paper": {**length(10_000), "grid": {**settings(most, 20), "seed": range(10)}},
    }
    return apply_preset(config, preset, presets)


def length(steps: int) -> dict[str, Any]:
    """Returns the fields of a run's length: three records, and a learning rate that drops after each quarter."""
    return {
        "training.steps": steps,
        "training.record_steps": (0, steps * 9 // 10),
        "optimizer.drop_every": steps // 4,
    }
