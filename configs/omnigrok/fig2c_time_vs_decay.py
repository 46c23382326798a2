"""Omnigrok fig. 2c: the time to fit and the time to generalize against weight decay, teacher-student.

The runs of fig. 2b at initial scale 2 train at several weight decays γ. The paper derives t ∝ 1/γ from a norm that
falls as exp(-ηγt) until generalization begins. Look for a slope of -1 for the test rows and of 0 for the training rows.

| setting | value | source |
|---|---|---|
| runs | those of fig. 2b at initial scale 2 | paper, Sec. 3 |
| decays | from .03 to 1 | paper, Sec. 3 |
| measured | steps and weight norm at 95% of training and of test accuracy | paper, Sec. 3 |
| a row counts as right | squared error, averaged over the outputs, below θ = .01 | paper, Sec. 3 |
| | below 1e-3, the numbers beside | authors' code of fig. 2b |
| quick: decays | six of equal ratio | ours (the paper has "a finer sweep") |
| end of a run | runs with the same decay train together and stop when all have generalized at 1e-3 | ours |
| "about constant" (claim 3) | largest norm at most 1.2 times the smallest | ours, before the first run |

| claim | measured (quick, 3 seeds) | verdict |
|---|---|---|
| 1 t95(test): slope -1 | -.94; all seeds together -.95 (95% interval -1.00 to -.89) | holds, 3 of 3 |
| | 4.7e4 steps at decay .03, 1.6e3 at 1 | |
| 2 t95(train): slope 0 | -.07: from 590 to 480 steps | holds, 3 of 3 |
| 3 norm at t95(test) is about constant | 11.5, and 10.7 at decay 1; largest over smallest 1.11 | holds, 3 of 3 |

| preset | runs | on 2 cores | recorded run |
|---|---|---|---|
| smoke | 3 decays, 2 seeds | seconds | |
| quick | 6 decays, 3 seeds | 45 s | 54 s, 1 CPU device |
| paper | 12 decays, 5 seeds | about 4 minutes | 439 s, 1 CPU device |

The norm is 17.5 at the start and 11.5 at t95(test), 1.3 times the standard norm. Shrinking alone takes
ln(17.5/11.5)/(ηγ) = 4.66e4 steps at decay .03. That is the paper's derivation, to 1%.
"""

from ml_collections import ConfigDict

from configs.omnigrok import fig2b_teacher_student
from configs.presets import apply_preset
from grok_jax.training.grid import log


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick or paper."""
    config = fig2b_teacher_student.get_config()
    config.figure = "omnigrok/fig2c_time_vs_decay"
    config.model.init_scale = 2.0
    config.training.stop_when_generalized = True
    presets = {
        "smoke": {
            "training.steps": 300,
            "training.records": 12,
            "grid": {"optimizer.weight_decay": (0.03, 0.2, 1), "seed": range(2)},
        },
        "quick": {
            "training.records": 150,
            "execution.chunk_runs": 6,
            "grid": {"optimizer.weight_decay": log(0.03, 1, 6), "seed": range(3)},
        },
        "paper": {"training.records": 250, "grid": {"optimizer.weight_decay": log(0.03, 1, 12), "seed": range(5)}},
    }
    return apply_preset(config, preset, presets)
