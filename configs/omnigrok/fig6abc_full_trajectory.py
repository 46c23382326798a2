"""Omnigrok fig. 6a-c with the full trajectory, which the paper leaves out.

Paper, Sec. 5.1 and App. D (Table 1): in the full trajectory decoder and representation are trained together; "since
full trajectory analysis can be intractable" the paper draws Eq. 6 on the landscape instead, and assumes (1) that the
direction of the weights is much faster than w and m, (2) that the representation stays on the line of Eq. 4. Task and
decoder follow the paper's text (E_random N(0, 1), a line without noise, targets of i + j, ReLU; fig6_toy_addition has
the code's), at 45 pairs. The representation is a table in the model; a landscape point keeps it fixed. Equal rates
(footnote 6: η_R = η_D), and 1/100, which is about fig. 6's 1/25 on the plane's axes.

Ours: full runs follow gradient flow, as Eq. 6 does, and not Adam, whose effective time depends on the gradient's size:
heavy ball, rate .1, momentum .9, so t = steps · η_D / (1 - μ). Eq. 6 runs on the same clock, with |w_0|² and |R_random
- R_linear|² in its rates (see the experiment), not with rates chosen on the axes. Decay 1e-4 on the decoder only: about
1e-2 in units of w_0 (fig. 6 has 1e-3; ten times shorter). Starts: standard initialization, m = .02 and .1, from which
Eq. 6 generalizes, and .4, from which it does not. A rate of 0 is a control that no claim uses. m = a / (a + b) for R =
a R_random + b R_linear + rest, so messiness does not depend on the table's scale, which a decoder can undo. The paper
claims only that w rises and falls; thresholds (5 of 6 runs, a tenth of the square, a factor of 3) were set before this
grid was run, after single-seed trials. quick: width 100, landscape of 4000 steps of 3e-3, 3e4 full steps.

Expected (quick, medians of 3 seeds): claim 1 does not hold: Eq. 6 generalizes from 4 of the 6 starts, the full runs
from none (one in one seed; least test loss .30). Claim 2 does not hold: at η_R = η_D a third of the table's squared
norm leaves the plane, at 1/100 it is .08 and still growing. Claim 3 holds: w rises to 2.2, falls to .8 of that (3.5 in
Eq. 6, where it rests). Claim 4 holds: train loss .05 at t = 1160 and 951, a factor of 1.4.

Why claim 1 fails: the table has 20 numbers and moves wherever that fits the training pairs, so it leaves even a perfect
line. With the table fixed, m = .02 gives a test loss of .04 (seed 0), with 1/100 of the rate .44, with equal rates .82;
from m = 0 (seed 0, 15,000 steps) .004 and .46. Decay does not bring it back: it does not act on the table, whose scale
grows (5 times at equal rates), so w can fall without a line. Part of the distance in w is the landscape's: Adam on
spheres is not at their minimum. With w = 2, m = 0, seed 0 the train loss is .27, .24, .23 after 4000 steps of 3e-4,
1e-3, 3e-3, and .11, .08, .12 with momentum .9 at .03, .1, .3; a fixed table fits (.003) at w = 2.5, where the landscape
has .10.

Cost on 2 cores: smoke seconds; quick 126 s (busy machine; about 90 s alone); paper not run: 3.7e7 steps, about an hour
at 10,000 a second.
"""

from collections.abc import Sequence

from ml_collections import ConfigDict

from configs.presets import Grid, apply_preset
from grok_jax import default_config

# What differs between a point of the landscape (Adam on a sphere, the table still) and a full run.
FIELDS = (
    "model.init_scale",
    "task.messiness",
    "optimizer.name",
    "optimizer.constant_norm",
    "optimizer.learning_rate",
    "optimizer.apart_learning_rate",
    "optimizer.weight_decay",
    "training.steps",
)
RATE, DECAY = 0.1, 1e-4  # for full runs


def grid(
    scales: Sequence[float],
    messiness: Sequence[float],
    starts: Sequence[tuple[float, float]],
    *,
    landscape: tuple[float, int],
    full_steps: int | None,
    seeds: int,
) -> Grid:
    """Returns one axis with the landscape and full runs from the standard initialization, and an axis of seeds.

    Args:
      scales, messiness: the points of the landscape.
      starts: messiness and η_R / η_D of each full run.
      landscape: learning rate and steps of the landscape's runs.
      full_steps: steps of the full runs; None: training.steps sets all steps.
      seeds: number of seeds.
    """
    fields = FIELDS if full_steps else FIELDS[:-1]
    points = [(w, m, "adam", True, landscape[0], 0.0, 0.0, landscape[1]) for w in map(float, scales) for m in messiness]
    points += [(1.0, m, "momentum", False, RATE, rate, DECAY, full_steps) for m, rate in starts]
    return {",".join(fields): [point[: len(fields)] for point in points], "seed": range(seeds)}


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick or paper."""
    config = default_config(task="toy_addition", model="embedded_sum", optimizer="adam")
    config.figure = "omnigrok/fig6abc_full_trajectory"
    config.task.encoding = "tokens"
    config.model.widths = (200, 200)
    config.model.activation = "relu"
    config.optimizer.b2 = 0.99
    config.optimizer.apart = ("representation",)
    config.optimizer.apart_weight_decay = 0.0
    config.training.records = 60
    config.training.probes = ("experiments.omnigrok.representation:representation",)
    starts = [(m, rate) for rate in (0.0, 0.01, 1.0) for m in (0.02, 0.1, 0.4)]
    messiness = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 1.0)
    quick = grid((1, 1.5, 2, 2.5, 3, 4, 5), messiness, starts, landscape=(3e-3, 4000), full_steps=30_000, seeds=3)
    more = [(m, rate) for rate in (0.0, 0.01, 0.1, 1.0) for m in messiness[1:]]
    scales = [0.5 * i for i in range(1, 19)]
    steps = (0.0, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0)
    presets = {
        "smoke": {
            "model.widths": (16, 16),
            "training.steps": 100,
            "training.records": 6,
            "grid": grid((1, 2, 3), (0.0, 0.2, 1.0), [(0.2, 1.0)], landscape=(3e-3, 0), full_steps=None, seeds=1),
        },
        "quick": {"model.widths": (100, 100), "grid": quick},
        "paper": {"grid": grid(scales, steps, more, landscape=(1e-3, 10_000), full_steps=200_000, seeds=5)},
    }
    return apply_preset(config, preset, presets)
