"""Model efficiency fig. 2: a transformer on 30, 50 and 70% of the data.

The transformer of figure 1 trains on three fractions of the pairs. In the paper (Sec. 3.2), with more data the
intermediate point of the validation accuracy is nearer to 100%, and the rise from there is faster. Look at where the
curves rest and how long they rest.

| setting | value | source |
|---|---|---|
| fractions | 30, 50 and 70% | paper, Sec. 3.2 |
| network, p, optimizer | those of figure 1's transformer | openai/grok; decay: ours; not stated |
| intermediate point | test accuracy at t95(train); higher by at least .02 counts | ours, before the runs |
| rise | the steps from t95(train) to t95(test) | ours, before the runs |
| quick: network | p = 31, width 64, minibatches of 240 | ours |
| quick: fractions | 50, 65 and 80%: with fewer pairs a larger share is critical | ours |
| quick: steps | 6,000, 4,000 and 3,500: no run needs more | ours |

| claim | measured (quick, 3 seeds, medians; 50, 65, 80%) | verdict |
|---|---|---|
| 1 t95(test) falls with the fraction | 4,304, 2,825 and 2,096 | holds, 3 of 3 |
| 2 the intermediate point rises | .27, .35 and .44 | holds, 3 of 3 |
| 3 the rise gets shorter | 4,188, 2,657 and 1,815 steps | holds, 3 of 3 |

| preset | runs | on 2 cores | recorded run |
|---|---|---|---|
| smoke | 3 fractions, 1 seed | 5 s | |
| quick | 3 fractions, 3 seeds | 4 minutes: 4.1e4 run-steps at 113 a second and core | 505 s, 1 CPU device |
| paper | 3 fractions, 5 seeds | not run | 108 s, one H200, 3 of the 5 seeds |

The recorded run of the paper preset lacks two of its five seeds (28 s of training, 80 s of compiling). All three claims
hold in all seeds of both presets, so quick shows the same. At p = 97:

| fraction | 30% | 50% | 70% |
|---|---|---|---|
| t95(test) | 5,602 | 1,998 | 882 |
| test accuracy at t95(train) | .17 | .34 | .50 |
| steps of ascent | 5,390 | 1,592 | 480 |

5 of the 9 runs fall below 50% train accuracy at a record after the fit, to as low as .13, and recover: the instability
of architectures.py. At quick 3 of 9 do, and all of them end at 95% or more.

An earlier run of quick:

| fraction | 50% | 65% | 80% |
|---|---|---|---|
| intermediate point, closest seed | .27 | .34 | .39 |
| where the curve comes to rest | .47 | .62 | .75 |

There, one seed at 50% did not generalize in 6,000 steps (it ended at .91). 7 of 9 runs fell below 50% train accuracy,
and 6 of them ended at 95% or more. An earlier setting, width 32 at 3e-3, fits late and hardly at all at 50%. So quick
is wider and has the paper preset's rate.
"""

from ml_collections import ConfigDict

from configs.model_efficiency.architectures import SMALL, THREE, TINY, base, half_of, model_fields, three_of_few
from configs.presets import apply_preset


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick or paper."""
    config = base("transformer")
    config.figure = "model_efficiency/fig2_transformer_fractions"
    presets = {
        "smoke": {
            **model_fields(TINY, "transformer"),
            "task.p": 7,
            "training.batch_size": half_of(7, 0.3),
            "training.steps": 20,
            "training.records": 4,
            "grid": {**THREE, "seed": range(1)},
        },
        "quick": {
            **model_fields(SMALL, "transformer"),
            "task.p": 31,
            "training.batch_size": half_of(31, 0.5),
            "training.records": 100,
            "grid": {**three_of_few(6000, 4000, 3500), "seed": range(3)},
        },
        "paper": {
            "training.steps": 15_000,
            "training.records": 150,
            "grid": {**THREE, "seed": range(5)},
        },
    }
    return apply_preset(config, preset, presets)
