"""Lazy to rich fig. 7: the scale σ of the initial weights acts through σ²α, as the output scale α does.

Paper, App. 8.2. Three sweeps change α, σ, or both. All of them lie on one axis with σ, α and the learning rate given.
The claims compare with the α sweep of the same seed at the same σ²α, log-log interpolated between its points.

| setting | value | source |
|---|---|---|
| D, P, N | 100, 450, 500 | authors' code |
| ε | .25 | authors' code |
| predictor | centered | authors' code |
| targets | (β·x)² without the ½ of Eq. 3 | authors' code |
| sweep (a) | α = 2^-5, 1/4 .. 32; learning rate .5 N/α²; 6e4 steps | authors' code |
| sweep (b) | σ = 1/8 .. 2 multiplies the weights; α = 1; learning rate .5 N/σ²; 5e4 steps | authors' code |
| sweep (c) | σ = 1/4 .. 2, α = 1/σ²; learning rate .5 N/(σα)²; 5e4 steps | authors' code |
| added to the sweeps | α = 2^-6 and 2^-4, half powers of 2 for σ: every σ²α lies within the α sweep | ours |
| steps | 5e4 for all, so final values are compared at the same step; quick: 1.5e4 on nine points | ours |
| limit of claim 1, the change | 20% | ours |
| limit of claim 2, the loss | 25% | ours, before the first run |

| claim | measured (quick, 3 seeds, medians) | verdict |
|---|---|---|
| 1 the change is a function of σ²α | largest deviation from the α sweep .5% | holds, 3 of 3 |
| 2 so is the final test loss | largest deviation from the α sweep 24% | mixed, 2 of 3 |

| preset | runs | on 2 cores | recorded run |
|---|---|---|---|
| smoke | 7 points at D = 20, 3 seeds, 200 steps | 8 s | |
| quick | 9 points, 3 seeds, 1.5e4 steps | 80 s | 215 s, 1 CPU device |
| paper | 22 points, 5 seeds, 5e4 steps | about 22 minutes | |

Claim 2 fails in one seed, at the smallest σ, 1/4.

φ(z) = z + (ε/2) z² is not homogeneous: with w = σu, f = ασ ū·x + (ε/2) σ²α xᵀM_u x, so at equal σ²α the linear parts
differ by σ. This shows early, where test loss first rises for small σ (c). It does not explain claim 2: there the three
seeds lie 47% above, 14% above and 24% below the α sweep, and the linear parts would move all of them the same way.

Check values of the authors' code, one draw:

| sweep | at | final test MSE | relative change |
|---|---|---|---|
| (b) | σ = 1/2 | .0332 | 5.18 |
| (a) | α = 1/4, the same σ²α | .0310 | 5.20 |
| (b) | σ = 2 | .646 | 1.139 |
| (a) | α = 4, the same σ²α | .662 | 1.135 |
| (c) | σ = 1/2 | .187 | 2.53 |
| (c) | σ = 1 | .183 | 2.53 |
| (c) | σ = 2 | .170 | 2.55 |
"""

from collections.abc import Sequence

from ml_collections import ConfigDict

from configs.presets import Grid, apply_preset
from grok_jax import default_config
from grok_jax.training.grid import significant


def grid(scales: Sequence[float], sigmas: Sequence[float], kept: Sequence[float], *, rate: float, seeds: int) -> Grid:
    """Returns one zipped axis (σ, α, learning rate): (1, α), (σ, 1), (σ, 1/σ²), with learning rate `rate`/(σα)²."""
    points = [(1.0, alpha) for alpha in scales] + [(sigma, 1.0) for sigma in sigmas]
    points += [(sigma, sigma**-2) for sigma in kept]
    rows = [(sigma, alpha, rate / (sigma * alpha) ** 2) for sigma, alpha in points]
    values = [tuple(significant(value, 9) for value in row) for row in rows]
    return {"model.init_scale,model.output_scale,optimizer.learning_rate": values, "seed": range(seeds)}


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick or paper."""
    config = default_config(task="single_index", model="committee", optimizer="gd")
    config.figure = "lazy_to_rich/fig7_weight_scale"
    config.task.features = 100
    config.task.train_size = 450
    config.task.target_scale = 2.0
    config.model.width = 500
    config.model.epsilon = 0.25
    config.model.centered = True
    config.training.steps = 50_000
    config.training.records = 100
    presets = {
        "smoke": {
            "task.features": 20,
            "task.train_size": 90,
            "model.width": 50,
            "training.steps": 200,
            "training.records": 20,
            "grid": grid((0.25, 1, 4), (0.5, 2), (0.5, 2), rate=25.0, seeds=3),
        },
        "quick": {
            "training.steps": 15_000,
            "training.records": 60,
            "grid": grid((0.0625, 0.25, 1, 4), (0.25, 0.5, 2), (0.5, 2), rate=250.0, seeds=3),
        },
        "paper": {
            "grid": grid(
                [2.0**k for k in (-6, -5, -4, -2, -1, 0, 1, 2, 3, 4, 5)],
                [2.0**k for k in (-3, -2, -1, -0.5, 0.5, 1)],
                [2.0**k for k in (-2, -1, -0.5, 0.5, 1)],
                rate=250.0,
                seeds=5,
            )
        },
    }
    return apply_preset(config, preset, presets)
