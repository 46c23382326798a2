"""Omnigrok fig. 1b: the LU mechanism, which the paper sketches, measured.

Paper, Fig. 1 and Sec. 2: over the weight norm the reduced train loss is an "L", the reduced test loss a "U" around the
Goldilocks zone. A run with large weights quickly falls to train loss 0. Then weight decay alone moves it slowly down to
the zone; without decay it stays. A run with small weights generalizes immediately. The paper's sketch has no task; ours
is the one of its Sec. 3: the landscape of fig. 2a (sphere-bound Adam 3e-4, 1e4 steps) with two more scales near the
upper edge of the zone, and runs of fig. 2b (AdamW 3e-4, 1e5 steps) from α = 2 with decay 0, .03, 1, and 100, and from α
= .5 with .03. Panel (a) of the paper, a map of weight space, is a drawing of two of 11,205 dimensions and has no
counterpart.

Ours, fixed before the first run of this figure (claims 4 and 5: before their first run), with the results of figures 2a
and 2c known (in 2c the norm at t95(test) is 1.3 times the standard). The Goldilocks zone is where the solutions of the
landscape generalize: their test accuracy is at least 95%, the level at which a run has generalized. Its edges are
interpolated in log α. A run generalizes on entering the zone if its norm is then within .1 decade of the upper edge.
Times count as "together" if they differ at most twofold, as in Lazy to rich fig. 6. "L" and "U" are judged as in fig.
2a.

Measured (quick, medians of 3 seeds), norms as w/w₀: (1) holds in 3 of 3: the train loss falls from .016 at .1 to 6e-7
at .63 and stays below 2e-6; the test loss is smallest, 4.3e-5, at .63 = w_c/w₀, 310 times higher at .1, 1.7e5 times at
10. The zone is .45 to 1.27. (2) holds in 3 of 3: from 2 the run with decay .03 fits at step 600 at 1.98 and generalizes
at step 4.8e4 at 1.30, .007 decade above the edge (+.026, -.016, +.007 in the seeds). While it slides its test loss
follows the "U". With decay 1 it generalizes at 1.22 and step 1640; without decay it stays at 1.98 with a test accuracy
of .14 to .21. (3) holds in 3 of 3: from .5 the run is right at the paper's θ = .01 on training rows at 12, 26, 17 and
on test rows at 13, 25, 16 steps, a delay of 1.11, .98, .94. At the code's .001 it is 1.35, 2.45, 2.27 (567 to 983
steps). The scale .5 is inside the zone in two seeds (lower edge .45) and just below it in one (.56), so no slide is
needed. At t95(train) the test loss is 1.0 to 1.7 times the train loss and falls with it; the delay is the time of its
last factor of 1.3 to 2.2. (4) holds in 3 of 3: t95(test) is .86, 1.09, .96 of ln(w₀/w_c)/(ηγ) at decay .03, 1.05, 1.42,
1.11 at 1, with w_c = 1.27. (5) holds in 3 of 3: with decay 100 the norm ends at .025, .070, .024 and neither accuracy
exceeds .05.

Cost on 2 cores: smoke 15 s; quick about 75 s (39 runs of 1e4 steps and 15 of 6e4; the paper's 1e5 add only the slide
within the zone); paper (5 seeds, 1e5 steps) about 3 minutes.
"""

from ml_collections import ConfigDict

from configs.omnigrok import fig2b_teacher_student
from configs.omnigrok.fig2a_teacher_student_landscape import STEPS as MINIMIZING_STEPS
from configs.omnigrok.fig2b_teacher_student import LARGE, SMALL, STEPS, STRONG, WEAK
from configs.presets import Grid, apply_preset

AXIS = "optimizer.constant_norm, optimizer.weight_decay, model.init_scale, training.steps"
SCALES = tuple(sorted(round(10**exponent, 6) for exponent in (*(-1 + 0.2 * i for i in range(11)), 0.1, 0.3)))
TOO_LARGE = 100.0  # weight decay: the weights lose 3% a step
RUNS = ((0.0, LARGE), (WEAK, LARGE), (STRONG, LARGE), (TOO_LARGE, LARGE), (WEAK, SMALL))  # weight decay, initial scale


def grid(scales: tuple[float, ...], minimizing: int, training: int, seeds: int) -> Grid:
    """Returns the grid of runs on spheres of these scales and of free runs, with their steps, and seeds."""
    spheres = ((True, 0.0, scale, minimizing) for scale in scales)
    free = ((False, decay, scale, training) for decay, scale in RUNS)
    return {AXIS: [*spheres, *free], "seed": range(seeds)}


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick or paper."""
    config = fig2b_teacher_student.get_config("paper")
    config.figure = "omnigrok/fig1b_lu_mechanism"
    presets = {
        "smoke": {
            "training.records": 8,
            "grid": grid((0.1, 1.0, 10.0), 40, 60, 1),
        },
        "quick": {"training.records": 120, "grid": grid(SCALES, MINIMIZING_STEPS, 60_000, 3)},
        "paper": {"grid": grid(SCALES, MINIMIZING_STEPS, STEPS, 5)},
    }
    return apply_preset(config, preset, presets)
