"""Lazy to rich fig. 18: the losses of the student-teacher run whose accuracies grok.

Paper, App. "regression versus classification": the run of fig. 8 at α = 1 (Omnigrok fig. 2b, initial scale 2, decay
.03); "the train loss tracks the test loss throughout". Ours: they fall together where the test loss takes less than
twice the steps of the train loss to a tenth of its start (the limit of fig. 9) and to a hundredth; both set before the
first run.

Expected: the claim does not hold, in 0 of 5 seeds. Both losses reach a tenth of their start together (delay 1.64), but
a hundredth takes the test loss 43 times the steps of the train loss. (The accuracies of the run: 78 times.)

Why: "throughout" is true on the paper's linear axis (a), where 95% of the loss are gone by step 30 in both. On a
logarithmic one (b) the curves part at a tenth of the start: the test loss rests near .006, a 60th of its start, from
step 300 to 1e4 while the train loss falls to 1e-8, and then falls 100 times lower with the weight norm. So the delay of
the accuracy at θ = .001 is one of the loss too, of its last 1.5%, and no artefact of the threshold alone.

Cost on 2 cores: smoke seconds; quick 35 s; paper (10 seeds) about a minute.
"""

from ml_collections import ConfigDict

from configs.lazy_to_rich import fig8_student_teacher
from configs.presets import apply_preset


def get_config(preset: str = "quick") -> ConfigDict:
    """The config of one preset: smoke, quick or paper."""
    config = fig8_student_teacher.get_config()
    config.figure = "lazy_to_rich/fig18_student_teacher_loss"
    presets = {
        "smoke": {"training.steps": 300, "training.records": 12, "grid": "seed=range(2)"},
        "quick": {"grid": "seed=range(5)"},
        "paper": {"training.records": 200, "grid": "seed=range(10)"},
    }
    return apply_preset(config, preset, presets)
