"""Lazy to rich fig. 10: initial weights with a share c of the solution in them, w_s = ±β/√ε.

The paper's text adds, w_0 + c w_s; the authors' code interpolates, (1 - c) w_0 + c w_s. Both are run; the claims are
about the second, which made the figure. Its c are 0, .05, .2, .5, .75, .95; the run at .05 is trained but not plotted
(its test loss rises to 2.09 and stays). Sizes from the code: D = 40, N = 2, P = 120, ε = 1/4, learning rate N/2, 2e4
steps, not centered.

Check values of the code, one draw (test loss at the start and the end): 1.500 and 6e-4 at c = 0, with a peak of 2.129
at step 1,098; 1.308 and 1e-4 at .2; starts of .776, .263, .013 at .5, .75, .95; no rise from .2 on.

Measured (quick, 20 seeds): (1) holds in all seeds: the median peak falls from 1.12 at c = 0 to .006 at .95. With the c
that the paper omits it holds in 17 of 20; with adding, and without that c, in 10 of 20: at .95 w_0 is noise on a
finished solution. The peak is almost always the start of the curve, not a later rise: two neurons begin with half of
their loss in w̄ (see fig. 4). (2) holds in 19 of 20: alignment .016 at c = 0, .113 at .95.

Width 100, learning rate 50 (5 seeds): (1) 5 of 5, the peak over the start falls from 1.19 to 1 at c = .5.

Cost on 2 cores: smoke seconds; quick 15 s; paper 1 minute.
"""

from ml_collections import ConfigDict

from configs.presets import apply_preset
from grok_jax import default_config

SHARES = (0.0, 0.05, 0.2, 0.5, 0.75, 0.95)
ADDED = [(1.0, share) for share in SHARES]
INTERPOLATED = [(round(1 - share, 2), share) for share in SHARES[1:]]  # both coincide at c = 0
POINTS = ADDED + INTERPOLATED
STARTS = {"model.init_scale,model.solution_share": POINTS}


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick or paper."""
    config = default_config(task="single_index", model="committee", optimizer="gd")
    config.figure = "lazy_to_rich/fig10_toward_solution"
    config.task.features = 40
    config.task.train_size = 120
    config.model.width = 2
    config.model.epsilon = 0.25
    config.optimizer.learning_rate = 1.0
    config.training.steps = 20_000
    config.training.records = 120
    config.training.probes = ("kernel",)
    config.training.probe_every = 1000  # only the first and the last record
    presets = {
        "smoke": {"training.steps": 100, "training.records": 8, "grid": {**STARTS, "seed": range(2)}},
        "quick": {"grid": {**STARTS, "seed": range(20)}},
        "paper": {"grid": {**STARTS, "seed": range(100)}},
    }
    return apply_preset(config, preset, presets)
