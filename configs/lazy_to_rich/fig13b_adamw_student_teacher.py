"""Lazy to rich fig. 13b: a student trained by AdamW, and its linearised twin.

Paper, Sec. 14: "the loss curves for the student-teacher task in Section 8 for which the accuracy curves showed stark
grokking"; "the linearization tracking the model until the loss halves, before diverging then". Taken is the run of
fig. 8 at α = 1 (initial scale 2, decay .03, AdamW 3e-4, 1e5 steps); the twin is trained likewise. The authors' code
has another setting, which is not here: teacher and student with N(0, 1) weights and no biases, AdamW 3e-3, decay .1,
2e4 steps.

Ours, fixed before the first run: they track each other while their test losses differ by less than 10% (as in fig.
13a); the test loss "falls" when it is a tenth of its peak, which has to lie after the halving.

Expected (3 seeds). (1) holds in all: the test loss halves at 8 steps, they part at 317. (2) does not hold in any: the
twin falls as well, to a tenth at 46 steps (network: 43) and to a thirtieth at 190 (179). What the twin does not do is
the late fall: it never reaches a thousandth of its start, the network does at 3.9e4 steps, while test accuracy rises
(95% at 4.7e4). They are 50% apart at 2.6e4. So they part after the first fall, for which the
initial features do, and long before the network generalises.

Cost on 2 cores: smoke seconds; quick 68 s; paper (20 seeds) about 7 minutes (estimated).
"""

from ml_collections import ConfigDict

from configs.lazy_to_rich import fig8_student_teacher
from configs.presets import apply_preset


def get_config(preset: str = "quick") -> ConfigDict:
    """The config of one preset: smoke, quick or paper."""
    config = fig8_student_teacher.get_config()
    config.figure = "lazy_to_rich/fig13b_adamw_student_teacher"
    config.training.records = 150
    axes = "model.linearized=False, True"
    presets = {
        "smoke": {"training.steps": 50, "training.records": 8, "grid": f"{axes}; seed=range(2)"},
        "quick": {"grid": f"{axes}; seed=range(3)"},
        "paper": {"grid": f"{axes}; seed=range(20)"},
    }
    return apply_preset(config, preset, presets)
