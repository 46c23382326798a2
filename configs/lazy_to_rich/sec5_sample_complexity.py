"""Lazy to rich Sec. 5: how many training rows the initial kernel needs, and how many the network needs.

Paper, Sec. 5: learning a polynomial of degree k with the NTK requires P ~ D^k samples, here "P ~ 1/λ_quadr = D²/(2ε)".
Networks outside the kernel regime "can generalize from far fewer samples"; two-layer networks trained online learn with
P ~ D. The paper has no figure of this.

| setting | value | source |
|---|---|---|
| D | 10, 20, 40; paper preset: up to 80 | ours |
| N, ε | 100, .25 | ours |
| predictor | centered | ours |
| α | 1/16, so the network is rich; among 1/16, 1/4 and 1 it needs the fewest rows | ours, after a look |
| learning rate, steps | N/4/α², 5000 | ours |
| P | a multiple of D | ours |
| kernel | the initial NTK of the same network | ours |
| kernel regression | without ridge, the limit of a completely lazy network | ours |
| its P | the same, and shares of D (D + 3)/2; at D = 20 also with three more ε | ours |
| rows needed | the fewest at which the test loss falls to a tenth of its start | fig. 3e |
| limit of claims 1, 2 and 4 | slopes within .25 of the paper's | ours, before any look at the kernel |
| "far fewer" | half the rows | ours, before any look at the kernel |

| claim | measured (quick, 3 seeds, medians) | verdict |
|---|---|---|
| 1 the kernel's rows go as D² | 55, 201 and 775 rows, slope 1.90 | holds, 3 of 3 |
| 2 the kernel's rows go as 1/ε | 204, 201, 200, 198 rows at ε = .125 to 1, slope -.01 | does not hold, 0 of 3 |
| 3 the network needs far fewer | 137 rows at D = 40, .17 of the kernel's | holds, 3 of 3 |
| 4 (ours) the network's rows go as D | 26, 60, 137 rows (2.6 D to 3.4 D), slopes 1.10, 1.13, 1.32 | mixed, 2 of 3 |

| preset | runs | on 2 cores | recorded run |
|---|---|---|---|
| smoke | D = 4, 6, 8, 3 seeds, 50 steps | 10 s | |
| quick | 3 D, 3 seeds, 5000 steps | about 100 s | 405 s, 2 CPU devices |
| paper | 4 D, 10 seeds, 2e4 steps (up to 3800 rows in 80 dimensions) | needs a GPU | |

There are D (D + 3)/2 linear and quadratic functions of D inputs. Runs with 0 steps serve only the kernel.

Why claim 4 is mixed: the rows needed vary between draws (of ten seeds 7 are within .25, median 1.12), and the slope
depends on how rich the network is. Over six seeds it is 1.07 at α = 1/64 (a quarter of the learning rate; one seed has
no value) and 1.24 at α = 1/4, where D = 40 takes 160 rows: lazier networks go toward the kernel's 2.

Why ε makes no difference: without ridge and noise the kernel learns everything that its rows determine, and D (D + 3)/2
of them (65, 230, 860) determine every linear and quadratic function, whatever the eigenvalues; nine tenths of them
leave a tenth of the loss. And λ_quadr goes as ε², by the paper's own Eq. 10.

Eigenvalues matter only with a ridge. Rows to a tenth, for the kernel of infinite width (D = 20, 3 draws, up to 3200
rows):

| ridge, in units of N K | ε = 1 | 1/2 | 1/4 | 1/8 |
|---|---|---|---|---|
| .1 | about 240 | 380 | 780 | 2300 |
| 1e-9 | about 200 | about 200 | about 200 | about 200 |
"""

from ml_collections import ConfigDict

from configs.presets import Grid, apply_preset
from grok_jax import default_config

MULTIPLES = (1, 2, 3, 4, 6, 8, 12)  # rows of the network, in units of D
SHARES = (0.3, 0.5, 0.7, 0.85, 1.0, 1.15)  # rows of the kernel, in units of D (D + 3)/2


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick or paper."""
    config = default_config(task="single_index", model="committee", optimizer="gd")
    config.figure = "lazy_to_rich/sec5_sample_complexity"
    config.model.width = 100
    config.model.epsilon = 0.25
    config.model.centered = True
    config.model.output_scale = 0.0625
    config.optimizer.learning_rate = 25.0
    config.optimizer.scale_learning_rate = True
    config.training.records = 30
    config.training.probes = ("kernel_regression",)
    config.training.probe_every = 1000  # only the first and the last kernel
    presets = {
        "smoke": {"optimizer.learning_rate": 5.0, "grid": _grid((4, 6, 8), steps=50, others=(0.5, 1.0), seeds=3)},
        "quick": {"grid": _grid((10, 20, 40), steps=5000, others=(0.125, 0.5, 1.0), seeds=3)},
        "paper": {"grid": _grid((10, 20, 40, 80), steps=20_000, others=(0.0625, 0.125, 0.5, 1.0), seeds=10)},
    }
    return apply_preset(config, preset, presets)


def _grid(features: tuple[int, ...], steps: int, others: tuple[float, ...], seeds: int) -> Grid:
    """Returns the points (D, P, ε, steps): networks, their kernels at more rows, kernels of other ε at the second D."""
    points = [(d, m * d, 0.25, steps) for d in features for m in MULTIPLES]
    known = {point[:3] for point in points}
    kernels = [(d, p, 0.25) for d in features for p in _kernel_rows(d)]
    kernels += [(features[1], p, epsilon) for epsilon in others for p in _kernel_rows(features[1])]
    points += [(*kernel, 0) for kernel in kernels if kernel not in known]
    return {"task.features,task.train_size,model.epsilon,training.steps": points, "seed": range(seeds)}


def _kernel_rows(features: int) -> list[int]:
    return [round(share * features * (features + 3) / 2) for share in SHARES]
