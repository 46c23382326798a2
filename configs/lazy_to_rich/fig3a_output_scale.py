"""Lazy to rich fig. 3a: the output scale α sets how long after the training loss the test loss falls.

Paper, Sec. 5.1, with the numbers of its public code: D = 100, P = 450, N = 500, ε = .25, the centred predictor, α =
2^-5, 1/4, 1/2 .. 32, learning rate .5 N/α², 6e4 steps of gradient descent on all rows. Its panel (c) is a sketch of
the way through weight space; ours is measured by the probe "subspace".
Ours: y = (β·x)²/2 as in Eq. 3, where this figure's code has (β·x)²: its α is our α/2, its losses four times ours. The
delay is the steps from train loss .1 to test loss .1, the paper's level for fig. 3e, fixed before the first run. That
no delay is a ratio of the two steps below 1.5, the limit of fig. 2, was settled after first runs of one seed. Quick
trains 2e4 steps on six of the α.

Expected: the delay grows at every seed, 1.5e2 steps at α = 2^-5, 2.8e3 at 1/4, 6.6e3 at 1/2, never from 1 on, where
test loss ends at .12 (α = 1) to .44 (16). It is not absent at α = 2^-5: test loss takes 5.0, 5.4 and 16 times the
steps of train loss. What is left there is no lazy phase but the gap of 4.5 rows per input: with P = 3000 the ratio is
1.1 in both of two seeds. A smaller α does not remove it (3.0, 3.0, 1.9 at 2^-7) and diverges by 2^-9: the learning
rate grows too fast there. Small α leave the initial gradients' space from the start, α = 16 goes three quarters of
the way to the lazy solution first.

Cost on 2 cores: smoke 10 s; quick 75 s; paper (9 α, 5 seeds) about 12 minutes, a sixth of it for the probe.
"""

from ml_collections import ConfigDict

from configs.presets import apply_preset
from grok_jax import default_config


def get_config(preset: str = "quick") -> ConfigDict:
    """The config of one preset: smoke, quick or paper."""
    config = default_config(task="single_index", model="committee", optimizer="gd")
    config.figure = "lazy_to_rich/fig3a_output_scale"
    config.task.features = 100
    config.task.train_size = 450
    config.model.width = 500
    config.model.epsilon = 0.25
    config.model.centered = True
    config.optimizer.learning_rate = 250.0
    config.optimizer.scale_learning_rate = True
    config.training.probes = ("subspace",)
    config.training.steps = 60_000
    config.training.records = 100
    config.training.probe_every = 4
    presets = {
        "smoke": {
            "task.features": 20,
            "task.train_size": 90,
            "model.width": 50,
            "optimizer.learning_rate": 25.0,
            "training.steps": 200,
            "training.records": 20,
            "grid": "model.output_scale=0.03125, 0.5, 16; seed=range(3)",
        },
        "quick": {
            "training.steps": 20_000,
            "training.records": 61,
            "grid": "model.output_scale=0.03125, 0.25, 0.5, 1, 4, 16; seed=range(3)",
        },
        "paper": {"grid": "model.output_scale=0.03125, 0.25, 0.5, 1, 2, 4, 8, 16, 32; seed=range(5)"},
    }
    return apply_preset(config, preset, presets)
