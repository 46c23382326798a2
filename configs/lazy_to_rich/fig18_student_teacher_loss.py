"""Lazy to rich fig. 18: the losses of the student-teacher run whose accuracies show grokking.

Paper, Sec. 16.3: "the train loss tracks the test loss throughout". Its axis is linear, so a reader sees losses down to
about a tenth of the start (claim 1). A logarithmic axis shows what happens below (claim 2).

| setting | value | source |
|---|---|---|
| run | fig. 8 at α = 1, which is Omnigrok fig. 2b at initial scale 2 | paper |
| decay | .05 | authors' code |
| they fall together | the test loss takes less than twice the steps of the train loss | fig. 9; before the first run |

| claim | measured (quick, 5 seeds, medians) | verdict |
|---|---|---|
| 1 they fall together to a tenth | the test loss takes 1.64 times the steps | holds, 4 of 5 |
| 2 they fall together to a hundredth | the test loss takes 26 times the steps | does not hold, 0 of 5 |

| preset | runs | on 2 cores | recorded run |
|---|---|---|---|
| smoke | 2 seeds, 300 steps | seconds | |
| quick | 5 seeds, 1e5 steps | 35 s | 70 s, 1 CPU device |
| paper | 10 seeds, 1e5 steps | about a minute | 97 s, 1 CPU device |

Test accuracy at θ = .001 takes 50 times the steps of train accuracy. So the losses fall together on the paper's linear
axis, where nine tenths of them are gone early. The rest of the test loss falls late, with the weight norm, and so does
the accuracy. The delay at θ = .001 is also a delay of the loss, not just an artifact of the threshold.

Check values of the authors' code, one run:

| step | train loss | test loss |
|---|---|---|
| 0 | .360 | .352 |
| 30 | .029 | .041 |
| 300 | .0015 | .0144 |
| 1e4 | 1e-6 | .0030 |
| 1e5 | 8e-8 | 4e-5 |
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
