"""Omnigrok Sec. 2 and 3, remarks on the norm: the landscape under weight decay, and initial weights that are too small.

Two remarks of the paper that have no figure. Sec. 3: "When weight decay γ is present, the training landscape becomes
l(α, γ) = l(α) + γα²C² where C is the average parameter magnitude determined by the standard initialization". Sec. 2, on
"small initializations can always generalize fast", footnote 4 (3 in version 2): "w should not be too small to harm
optimization". Here runs with decay should rest at the minimum of l(α, γ), and runs from tiny weights should fit late.

| setting | value | source |
|---|---|---|
| task, network | those of fig. 2 | fig. 2 |
| l(α) | minimized on spheres by momentum (.99, .3, 2e4 steps) | ours |
| | Adam's landscape is also trained, and its numbers are reported | fig. 2a |
| C² | mean square of the standard weights, so γα²C² is γ/P times the squared norm of P weights | ours |
| free runs | Adam's decay through the gradient, λ = 2γ/P, has this loss | ours |
| γ | .03 (small), .2 and 1 (large, as in fig. 2b) | ours |
| starts | α = .1, below every minimum, and 1, above | ours |
| AdamW | γ = .3 and 1 from α = 1 | authors' code has AdamW; the rest ours |
| small weights | AdamW without decay from α = .5, .1, .01 and .001 | ours |
| at the minimum | the norm ends within .05 decade of it, half a step of the scales | ours, after trials of one seed |
| at rest | the second half of the steps moves the norm by less than that | ours, after trials of one seed |
| too small | 95% of the training rows take three times as long as from .5 (θ = .01) | ours, after trials of one seed |

The trials were of rates and steps, before this grid. The paper has no number for any of these three. Adam settles away
from the minimum of a small sphere (fig. 2a), so momentum takes its place. AdamW's decay is not a term of a loss. Its
runs last 3.6 and 12 times the time in which decay alone shrinks the weights by a factor e. Claim 4 of fig. 2b has α =
.5 at every decay. For global minima, free training and minima on spheres agree exactly. We measure whether training
finds them.

| claim | measured (quick, medians of 3 seeds) | verdict |
|---|---|---|
| 1 decay in the loss: rests at its minimum | .389, .337, .256, at most .020 decade from it | holds, 3 of 3 |
| 2 (ours) AdamW's decay: rests there too | .35 decade or more above the minimum | does not hold, 0 of 3 |
| 3 too small: fits late | 259 steps from α = .001, 17 from .5: 19 times as many | holds, 3 of 3 |

| w/w₀ at γ = | .03 | .2 | .3 | 1 |
|---|---|---|---|---|
| minimum of the loss with decay | .385 | .337 | .315 | .262 |
| claim 1: the norm ends at | .389 | .337 | | .256 |
| claim 2: AdamW ends at | | | .69 | .67 |

| preset | runs | on 2 cores | recorded run |
|---|---|---|---|
| smoke | 18 runs, 1 seed | 15 s | |
| quick | 34 runs, 3 seeds | about 2 minutes (recorded on a busy machine) | 522 s, 2 CPU devices |
| paper | 34 runs, 5 seeds | about 4 minutes | 329 s, 1 CPU device |

Claim 1: the two starts differ by at most .014 decade. The loss with its decay ends at .91 to 1.02 of the minimum. If
Adam minimizes on the spheres, as in the paper, the landscape is too high at small α, and the distance is up to .21
decade.

Claim 2: where AdamW ends, this loss is 4 to 6 times as high as at the minimum. These norms are within the Goldilocks
zone of fig. 1b. AdamW divides the gradient of the loss by its size, but not the decay, so it does not balance where
their sum vanishes. With the other reading of γ, the ½γw² of Sec. 5, it ends even farther away. The minimum is then w =
0 (at γ = .3 the term is .11 at α = .1, while w = 0 costs .017 in all). So the paper's formula describes decay in the
loss, not the decay in its own code.

Claim 3: 95% of the training rows take 56 steps from α = .1 and 165 from .01. Test rows take as long, so it is the fit
that is late. At θ = .001 it is 3.8 times as many. All runs fit in the end.
"""

from ml_collections import ConfigDict

from configs.omnigrok import fig2b_teacher_student
from configs.presets import Grid, apply_preset
from grok_jax import default_config

FIELDS = (
    "optimizer.name",
    "optimizer.learning_rate",
    "optimizer.constant_norm",
    "optimizer.weight_decay",
    "model.init_scale",
    "training.steps",
)
PARAMETERS = 11_205  # number of parameters of 5-100-100-5 with biases
SCALES = tuple(round(10 ** (-1 + 0.1 * i), 6) for i in range(11))
GAMMAS, STARTS = (0.03, 0.2, 1.0), (0.1, 1.0)
DECOUPLED = (0.3, 1.0)
SMALL = (0.5, 0.1, 0.01, 0.001)
MINIMIZING_STEPS = {"momentum": 20_000, "adam": 10_000}  # on spheres
RATE = 3e-4  # learning rate of Adam, as in figure 2


def grid(scales: tuple[float, ...], seeds: int, most: int) -> Grid:
    """Returns the grid: spheres, free runs with a penalty, decoupled decay or small weights; at most `most` steps."""
    runs = [
        *(("momentum", 0.3, True, 0.0, scale, MINIMIZING_STEPS["momentum"]) for scale in scales),
        *(("adam", RATE, True, 0.0, scale, MINIMIZING_STEPS["adam"]) for scale in scales),
        *(("adam", RATE, False, 2 * gamma / PARAMETERS, start, 40_000) for gamma in GAMMAS for start in STARTS),
        *(("adamw", RATE, False, gamma, 1.0, 40_000) for gamma in DECOUPLED),
        *(("adamw", RATE, False, 0.0, scale, 10_000) for scale in SMALL),
    ]
    return {",".join(FIELDS): [(*run[:-1], min(run[-1], most)) for run in runs], "seed": range(seeds)}


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick or paper."""
    config = fig2b_teacher_student.get_config("paper")
    config.figure = "omnigrok/sec3_decay_and_small_norm"
    # If the grid names another optimizer, that optimizer's fields have their defaults, which match figure 2.
    config.optimizer = default_config(task="teacher_student", model="mlp", optimizer="momentum").optimizer
    config.optimizer.momentum = 0.99
    presets = {
        "smoke": {"training.records": 8, "grid": grid((0.1, 0.4, 1.0), 1, 50)},
        "quick": {"training.records": 80, "grid": grid(SCALES, 3, 40_000)},
        "paper": {"grid": grid(SCALES, 5, 40_000)},
    }
    return apply_preset(config, preset, presets)
