"""Model efficiency fig. 3: an LSTM on 30, 50 and 70% of the data.

Paper, Sec. 3.2: with more data, the steps to full training accuracy rise slightly, and the steps to full validation
accuracy fall a lot. Ours: the LSTM and the optimizer of figure 1; "slightly" is a factor of at most 2 between the
smallest fraction and the largest, set before the runs.
Quick: p = 23, width 64, 3e-3, and the fractions of figure 2.

Measured (quick, 3 seeds): both claims hold in all. Claim 1: medians of t95(test) 3,716 at 50%, 2,008 at 65%, 727 at
80%. Claim 2: medians of t95(train) 73.6, 75.5 and 77.2, 1.05 times later at 80% than at 50%.

Cost on 2 cores: smoke 5 s; quick 50 s (3.6e4 run-steps); paper was not run.
"""

from ml_collections import ConfigDict

from configs.model_efficiency.architectures import SMALL, THREE, THREE_OF_FEW, TINY, base, model_fields
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
            "training.steps": 4000,
            "training.records": 100,
            "grid": {**THREE_OF_FEW, "seed": range(3)},
        },
        "paper": {
            "training.steps": 50_000,
            "training.records": 150,
            "grid": {**THREE, "seed": range(5)},
        },
    }
    return apply_preset(config, preset, presets)
