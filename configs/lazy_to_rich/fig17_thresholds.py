"""Lazy to rich fig. 17: when a regression "groks" depends on the threshold θ that defines its accuracy.

Paper, Sec. 16.2: one run of the student-teacher task of fig. 8 at α = 1, with accuracy plotted for several θ. The
threshold is a traced field, so the same run is trained once for each θ, with the same random numbers.

| setting | value | source |
|---|---|---|
| run | fig. 8 at α = 1, 1e5 steps; quick: 6e4 | paper, authors' code; ours |
| θ | 1e-4, 5e-4, .005, .01, .1 | authors' code |
| θ, quick | 5e-4, .001, .01, .1 | ours |
| what θ bounds | the squared error of a row, averaged over its five outputs | Omnigrok's code (text: abs(f - y) <= θ) |

| claim | measured (quick, 3 seeds, medians) | verdict |
|---|---|---|
| 1 the delay depends on θ | 45 at θ = 5e-4, 50 at .001, 44 at .01; 1.20 at .1, 45 times less | holds, 3 of 3 |

| preset | runs | on 2 cores | recorded run |
|---|---|---|---|
| smoke | 2 θ, 2 seeds, 300 steps | seconds | |
| quick | 4 θ, 3 seeds, 6e4 steps | 75 s | 99 s, 1 CPU device |
| paper | 5 θ, 5 seeds, 1e5 steps | about 4 minutes | 225 s, 1 CPU device |

Every θ below the plateau of the test loss (fig. 18) groks, not just one that was picked.

Check values of the authors' code, one run, steps to 95% of the rows:

| θ | training rows | test rows |
|---|---|---|
| 1e-4 | 2,065 | never |
| 5e-4 | 971 | 44,249 |
| .001 | 643 | 35,247 |
| .005 | 220 | 18,042 |
| .01 | 145 | 12,632 |
| .1 | 18 | 36 |
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
        "quick": {
            "training.steps": 60_000,
            "grid": {"training.accuracy_threshold": (5e-4, 1e-3, 0.01, 0.1), "seed": range(3)},
        },
        "paper": {
            "training.records": 200,
            "grid": {"training.accuracy_threshold": (1e-4, 5e-4, 0.005, 0.01, 0.1), "seed": range(5)},
        },
    }
    return apply_preset(config, preset, presets)
