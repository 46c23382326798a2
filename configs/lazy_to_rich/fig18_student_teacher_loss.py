"""Lazy to rich fig. 18: the losses of the student-teacher run whose accuracies show grokking.

Paper, App. "regression versus classification": the run of fig. 8 at α = 1 (Omnigrok fig. 2b, initial scale 2, decay .05
in the authors' code); "the train loss tracks the test loss throughout". Its axis is linear, so a reader sees losses
down to about a tenth of the start (1); a logarithmic axis shows what happens below (2). Ours: they fall together if the
test loss takes less than twice the steps of the train loss, the limit of fig. 9, set before the first run.

Check values of the code, one run (train and test loss): .360 and .352 at the start, .029 and .041 at step 30, .0015 and
.0144 at 300, 1e-6 and .0030 at 1e4, 8e-8 and 4e-5 at 1e5.

Measured (quick, 5 seeds, medians): (1) holds in 4 of 5: the test loss takes 1.64 times the steps of the train loss to a
tenth of its start. (2) does not hold in any: a hundredth takes it 26 times as many, while accuracy at θ = .001 takes 50
times. So the losses fall together on the paper's linear axis, where nine tenths of them are gone early. The rest of the
test loss falls late, with the weight norm, and so does the accuracy: the delay at θ = .001 is also a delay of the loss,
not just an artifact of the threshold. The code's own run has .0144 against .0015 at step 300.

Cost on 2 cores: smoke seconds; quick 35 s; paper (10 seeds) about a minute.
"""

from ml_collections import ConfigDict

from configs.lazy_to_rich import fig8_student_teacher
from configs.presets import apply_preset


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick or paper."""
    config = fig8_student_teacher.get_config()
    config.figure = "lazy_to_rich/fig18_student_teacher_loss"
    presets = {
        "smoke": {"training.steps": 300, "training.records": 12, "grid": {"seed": range(2)}},
        "quick": {"grid": {"seed": range(5)}},
        "paper": {"training.records": 200, "grid": {"seed": range(10)}},
    }
    return apply_preset(config, preset, presets)
