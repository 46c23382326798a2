"""Lazy to rich Sec. 4.1: networks made lazy by output scale, by label scale, and by width.

Paper, Sec. 4.1: "large width, in commonly used parameterization", "scaling y by factor 1/α" and "multiplying the
network output by α" all induce lazy training, and are equivalent in inducing grokking (its fig. 7 has the other route,
large weights). Sec. 5.1 says that "increasing label scale" does so, which must mean the factor 1/α of Sec. 4.1.

Ours: one task, D = 20, P = 120, ε = .25, the centered predictor, N = 100, learning rate N/4/α², 1e4 steps. Four sweeps
on one axis: (a) α = 1/4 to 4; (b) labels times 1/α, with α = 1; (c) N = 25 to 1600 with the common 1/√N before the sum
over units, which for Eq. 3 with its 1/N is α = √N/10, so the learning rate is the same for every N; (d) the same N with
Eq. 3 unchanged and α = 1. A run is lazier if the kernel over test rows ends closer to its start and the wait is longer:
from a fifth of the first train loss to a fifth of the first test loss. The limits (1%; rank correlations of .8; 25%; a
factor of 1.5) are ours; they were set before the first run of (b), (c) and (d), the level and the number of steps after
a look at (a).

Measured (quick, 5 seeds, medians): all hold, 5 of 5. (1) The kernel ends .62 of its start's length away at α = 1/4 and
.032 at α = 4; the wait is 185 and 4,111 steps there (not over in two seeds at α = 4). (2) and (4) These runs repeat
those of (1): the factors are powers of two, and all digits agree. (3) .30 and 347 steps at N = 25, .032 and 3,407 at
1600. (5), ours: largest difference 2.5%. (6), ours: .146 at N = 25 and .143 at 1600. With its 1/N, the paper's toy
model does not become lazier when it is wider; its α plays the role that width has elsewhere.

Cost on 2 cores: smoke 10 s; quick 30 s; paper about 15 minutes (estimated), most of it N = 6400.
"""

from ml_collections import ConfigDict

from configs.presets import Grid, apply_preset
from grok_jax import default_config

FIELDS = "task.target_scale, model.output_scale, model.width, optimizer.learning_rate"
WIDTH = 100  # width in the sweeps over α and over labels


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick or paper."""
    config = default_config(task="single_index", model="committee", optimizer="gd")
    config.figure = "lazy_to_rich/sec4_lazy_routes"
    config.task.features = 20
    config.task.train_size = 120
    config.task.test_size = 500
    config.model.epsilon = 0.25
    config.model.centered = True
    config.training.steps = 10_000
    config.training.records = 60
    config.training.probes = ("kernel",)
    config.training.probe_every = 1000  # only the first and the last kernel
    config.training.probe_rows = 200
    factors, widths = (0.25, 0.5, 1, 2, 4), (25, 100, 400, 1600)
    presets = {
        "smoke": {"training.steps": 50, "grid": _grid((0.5, 1, 2), (25, 100, 400), seeds=3)},
        "quick": {"grid": _grid(factors, widths, seeds=5)},
        "paper": {"training.steps": 100_000, "grid": _grid((*factors, 8), (*widths, 6400), seeds=10)},
    }
    return apply_preset(config, preset, presets)


def _grid(factors: tuple[float, ...], widths: tuple[int, ...], seeds: int) -> Grid:
    """Returns the points of the four sweeps; (1, 1, WIDTH) belongs to all."""
    points = [(1, factor, WIDTH) for factor in factors]
    points += [(1 / factor, 1, WIDTH) for factor in factors if factor != 1]
    points += [(1, (width / WIDTH) ** 0.5, width) for width in widths if width != WIDTH]
    points += [(1, 1, width) for width in widths if width != WIDTH]
    values = [(float(c), float(a), n, n / 4 / a**2) for c, a, n in points]
    return {FIELDS: values, "seed": range(seeds)}
