"""Lazy to rich Sec. 4.1: networks made lazy by output scale, by label scale, and by width.

Paper, Sec. 4.1: "large width, in commonly used parameterization", "scaling y by factor 1/α" and "multiplying the
network output logits by a large scale factor α" all induce lazy training, and are equivalent in inducing grokking. (Its
fig. 7 has the other route, large weights.) Sec. 5.1 says that "increasing label scale" does so, which must mean the
factor 1/α of Sec. 4.1.

| setting | value | source |
|---|---|---|
| D, P, N | 20, 120, 100 | ours |
| ε | .25 | ours |
| predictor | centered | ours |
| learning rate, steps | N/4/α², 1e4 | ours |
| sweep (a) | α = 1/4 to 4 | ours |
| sweep (b) | labels times 1/α, with α = 1 | ours |
| sweep (c) | N = 25 to 1600 with the common 1/√N before the sum over units | ours |
| sweep (d) | the same N with Eq. 3 unchanged and α = 1 | ours |
| lazier | the kernel over test rows ends closer to its start, and the wait is longer | ours |
| wait | from a fifth of the first train loss to a fifth of the first test loss | ours |
| limits of the claims | 1%; rank correlations of .8; 25%; a factor of 1.5 | ours, before any run of (b), (c) and (d) |
| level of the wait, number of steps | a fifth, 1e4 | ours, after a look at (a) |

| claim | measured (quick, 5 seeds, medians) | verdict |
|---|---|---|
| 1 larger α is lazier | kernel .62 of its start's length away, then .032; wait 185, then 4,111 | holds, 5 of 5 |
| 2 smaller labels are lazier | as claim 1 | holds, 5 of 5 |
| 3 wider is lazier, with 1/√N | kernel .30, then .032; wait 347, then 3,407 | holds, 5 of 5 |
| 4 labels act as α does | all digits agree | holds, 5 of 5 |
| 5 (ours) width acts as α does, with 1/√N | largest difference 2.5% | holds, 5 of 5 |
| 6 (ours) width alone, with 1/N, does nothing | .146 at N = 25, .143 at 1600 | holds, 5 of 5 |

| preset | runs | on 2 cores | recorded run |
|---|---|---|---|
| smoke | 9 points, 3 seeds, 50 steps | 10 s | |
| quick | 15 points, 5 seeds, 1e4 steps | 30 s | 255 s, 2 CPU devices |
| paper | 19 points, 10 seeds, 1e5 steps | about 15 minutes (estimated), most of it N = 6400 | |

The two values of claim 1 are at α = 1/4 and 4; the wait is not over in two seeds at α = 4. Those of claim 3 are at N =
25 and 1600. The runs of claims 2 and 4 repeat those of claim 1, because the factors are powers of two.

All four sweeps lie on one axis. In (c), the common 1/√N is α = √N/10 for Eq. 3 with its 1/N, so the learning rate is
the same for every N. With its 1/N, the paper's toy model does not become lazier when it is wider. Its α plays the role
that width has elsewhere.
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
