"""Lazy to rich fig. 17: when a regression "groks" depends on the threshold θ that defines its accuracy.

Paper, App. "regression versus classification": one run of the student-teacher task of fig. 8 at α = 1, with accuracy
plotted for several θ: 1e-4, 5e-4, .005, .01, .1 in the authors' code, 1e5 steps. Quick has 5e-4, .001, .01 and .1.
θ bounds the squared error of a row, averaged over its five outputs, as in Omnigrok's code (the text has |f - y| <= θ).
The threshold is a traced field, so the same run is trained once for each θ, with the same random numbers.

Check values of the code, one run, 95% of training and of test rows: 2,065 and never at θ = 1e-4, 971 and 44,249 at
5e-4, 643 and 35,247 at .001, 220 and 18,042 at .005, 145 and 12,632 at .01, 18 and 36 at .1.

Measured (quick, 3 seeds, medians): the claim holds in all seeds. The delay is 45 at θ = 5e-4, 50 at .001, 41 at .01 and
1.25 at .1, 42 times less: every θ below the plateau of the test loss (fig. 18) groks, not just one that was picked.

Cost on 2 cores: smoke seconds; quick (4 θ) 75 s; paper (7 θ in half decades, 5 seeds) about 4 minutes.
"""

from ml_collections import ConfigDict

from configs.lazy_to_rich import fig8_student_teacher
from configs.presets import apply_preset


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick or paper."""
    config = fig8_student_teacher.get_config()
    config.figure = "lazy_to_rich/fig17_thresholds"
    presets = {
        "smoke": {
            "training.steps": 300,
            "training.records": 12,
            "grid": {"training.accuracy_threshold": (1e-3, 0.1), "seed": range(2)},
        },
        "quick": {"grid": {"training.accuracy_threshold": (5e-4, 1e-3, 0.01, 0.1), "seed": range(3)}},
        "paper": {
            "training.records": 200,
            "grid": {"training.accuracy_threshold": (1e-4, 5e-4, 0.005, 0.01, 0.1), "seed": range(5)},
        },
    }
    return apply_preset(config, preset, presets)
