"""Lazy to rich fig. 3e: the steps between the fall of train loss and of test loss, over the scale α and ε.

Paper, Sec. 5, with the numbers of its public code: D = 100, P = 550, N = 500, the centered predictor, α = .4 i, ε =
.02 i, i = 1 .. 14, learning rate 20 N/α², up to 1.1e5 steps of gradient descent, times at a loss of .1, y = (β·x)²/2.
Ours: quick has i = 1, 3, 6, 9, 12, 14, D = 40, P = 220, N = 200 (P/D as in the paper) and learning rate 8 N/α², which
keeps its product with the largest eigenvalue of the kernel, about 1/D; 3e4 steps. A test loss that never falls to .1
counts as the longest time; the public code plots max(0, t_test - t_train) and shows it as 0.
The rank correlation along an axis is the mean over the map's lines; lines that never generalize are ignored.

Measured (quick, 3 seeds): (1) holds, 3 of 3: the longest finite time, 7,236 steps, is at the largest α and the smallest
ε. (2), our own, does not, 0 of 3. Along α the map is monotone (rank correlation .98); along ε it is not. Large α and
large ε together never generalize (22% of the quick map: train loss below 1e-9, test loss above .1): there the kernel
fits all rows before features are found. If never counts as the longest time, the correlation with 1/ε is .17. If it is
omitted, it is .97, .80 and .78 in the three seeds, because times rise again toward the edge of that region (α = 2.4, ε
= .24 and .28: 445 and 482 steps). If it counts as 0, as in the public code, it is .89, but then α has .20. No reading
is monotone along both axes, and neither is the authors' own map. The smaller size is not the reason: at D = 100, P =
550, N = 500 one seed of (α, ε) = (2.8, .28), (5.6, .28) and (5.6, .14) ends at a test loss of .16, .23 and .16, train
loss below 1e-7 (the authors' run: .146, .229, .145).

Cost on 2 cores: smoke 8 s; quick 70 s; paper 1.3 hours for a seed (2.2e7 steps at 4,500 a second), 6.7 for its 5. A
run holds about 2 MB, so all 980 about 2 GB: one program on one GPU.
"""

from ml_collections import ConfigDict

from configs.presets import Grid, apply_preset
from grok_jax import default_config


def grid(points: tuple[int, ...], seeds: int) -> Grid:
    """α = .4 i and ε = .02 i for the given i."""
    steps = {"model.output_scale": 0.4, "model.epsilon": 0.02}
    return {name: [round(step * i, 2) for i in points] for name, step in steps.items()} | {"seed": range(seeds)}


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick or paper."""
    config = default_config(task="single_index", model="committee", optimizer="gd")
    config.figure = "lazy_to_rich/fig3e_phase_map"
    config.task.features = 100
    config.task.train_size = 550
    config.model.width = 500
    config.model.centered = True
    config.optimizer.learning_rate = 10_000.0
    config.optimizer.scale_learning_rate = True
    config.training.steps = 110_000
    config.training.records = 200
    small = {"task.features": 40, "task.train_size": 220, "model.width": 200, "optimizer.learning_rate": 1600.0}
    presets = {
        "smoke": {**small, "training.steps": 200, "training.records": 20, "grid": grid((1, 6, 14), 3)},
        "quick": {**small, "training.steps": 30_000, "training.records": 120, "grid": grid((1, 3, 6, 9, 12, 14), 3)},
        "paper": {"grid": grid(tuple(range(1, 15)), 5)},
    }
    return apply_preset(config, preset, presets)
