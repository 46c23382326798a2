"""Lazy to rich fig. 17: when a regression "groks" depends on the threshold θ that defines its accuracy.

Paper, App. "regression versus classification": one run of the student-teacher task of fig. 8 at α = 1, its accuracy
drawn for several θ. The values of θ are not given; ours, fixed before the first run: 1e-4 .. .1 in half decades
(quick: decades).
θ bounds the squared error of a row, averaged over its five outputs, as in Omnigrok's code (the text has |f - y| <= θ).
The threshold is a traced field, so that the same run is trained once for each θ, with the same random numbers.

Expected: the claim holds in 3 of 3 seeds. The delay is 77.9 at θ = .001 (fitted at 600 steps, generalised at 4.7e4), 74
at .01, and 1.25 at .1 (26 and 26 steps): the largest is 71 times the smallest or more. At 1e-4 test accuracy does not
reach 95% in 1e5 steps (delay at least 57). In half decades the delay breaks down between .01 and .032 (2.6), where θ
passes the plateau of the test loss, about .006 (fig. 18): every θ below it groks, not just one that was picked.

Cost on 2 cores: smoke seconds; quick (4 θ) 75 s; paper (7 θ in half decades, 5 seeds) about 4 minutes.
"""

from ml_collections import ConfigDict

from configs.lazy_to_rich import fig8_student_teacher
from configs.presets import apply_preset


def get_config(preset: str = "quick") -> ConfigDict:
    """The config of one preset: smoke, quick or paper."""
    config = fig8_student_teacher.get_config()
    config.figure = "lazy_to_rich/fig17_thresholds"
    presets = {
        "smoke": {
            "training.steps": 300,
            "training.records": 12,
            "grid": "training.accuracy_threshold=1e-3, 0.1; seed=range(2)",
        },
        "quick": {"grid": "training.accuracy_threshold=1e-4, 1e-3, 0.01, 0.1; seed=range(3)"},
        "paper": {"training.records": 200, "grid": "training.accuracy_threshold=log(1e-4, 0.1, 7); seed=range(5)"},
    }
    return apply_preset(config, preset, presets)
