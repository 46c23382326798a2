"""Model efficiency fig. 3: an LSTM on 30, 50 and 70% of the data.

The LSTM of figure 1 trains on three fractions of the pairs. In the paper (Sec. 3.2), with more data the steps to full
training accuracy rise slightly, and the steps to full validation accuracy fall a lot.

| setting | value | source |
|---|---|---|
| fractions | 30, 50 and 70% | paper, Sec. 3.2 |
| network | the LSTM of figure 1 | ours |
| p, rate, second beta; decay | 97, 1e-3, .98; 1 | openai/grok; ours |
| "slightly" | a factor of at most 2 between the smallest fraction and the largest | ours, before the runs |
| quick | p = 23, width 64, 3e-3, and the fractions of figure 2's quick preset | ours |

| claim | measured (quick, 3 seeds, medians; 50, 65, 80%) | verdict |
|---|---|---|
| 1 t95(test) falls with the fraction | 3,808, 2,134 and 742 | holds, 3 of 3 |
| 2 t95(train) rises slightly | 73.6, 74.7 and 76.0: 1.03 times later at 80% than at 50% | holds, 3 of 3 |

| preset | runs | on 2 cores | recorded run |
|---|---|---|---|
| smoke | 3 fractions, 1 seed | 5 s | |
| quick | 3 fractions, 3 seeds | as recorded, or less: 2.6e4 run-steps | 143 s, 1 CPU device |
| paper | 3 fractions, 5 seeds | not run | |

The paper preset was not run, so nothing checks that quick shows the same.
"""

from ml_collections import ConfigDict

from configs.model_efficiency.architectures import SMALL, THREE, TINY, base, model_fields, three_of_few
from configs.presets import apply_preset


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick or paper."""
    config = base("LSTM")
    config.figure = "model_efficiency/fig3_lstm_fractions"
    presets = {
        "smoke": {
            **model_fields(TINY, "LSTM"),
            "task.p": 7,
            "training.steps": 20,
            "training.records": 4,
            "grid": {**THREE, "seed": range(1)},
        },
        "quick": {
            **model_fields(SMALL, "LSTM"),
            "task.p": 23,
            "optimizer.learning_rate": 3e-3,
            "training.records": 100,
            "grid": {**three_of_few(4000, 3000, 1500), "seed": range(3)},
        },
        "paper": {
            "training.steps": 50_000,
            "training.records": 150,
            "grid": {**THREE, "seed": range(5)},
        },
    }
    return apply_preset(config, preset, presets)
