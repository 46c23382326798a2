"""Omnigrok fig. 2c: the time to fit and the time to generalize against weight decay, teacher-student.

Paper, Sec. 3: the runs of fig. 2b at initial scale 2, weight decay from .03 to 1; the steps and the weight norm at 95%
of training and of test accuracy. The paper's text derives t ∝ 1/γ from a norm that falls as exp(-ηγt) until
generalization begins.
Ours: six decays of equal ratio in quick (the paper has "a finer sweep"); runs with the same decay train together and
stop when all have generalized. In claim 3, "about constant" means that the largest norm is at most 1.2 times the
smallest; this was set before the first run.

Expected: all three hold in 3 of 3 seeds. t95(test) falls from 4.7e4 steps at decay .03 to 1.6e3 at 1 with slope -.94
(all seeds together -.95, 95% interval -1.00 to -.89); t95(train) from 590 to 480 with slope -.07. The norm, 17.5 at the
start, is 11.5 at t95(test) (1.3 times the standard norm), and 10.7 at decay 1: largest over smallest 1.11. Shrinking
alone takes ln(17.5/11.5)/(ηγ) = 4.66e4 steps at decay .03: the paper's derivation, to 1%.

Cost on 2 cores: smoke seconds; quick 45 s; paper (12 decays, 5 seeds) about 4 minutes.
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
    config.training.probes = ()
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
