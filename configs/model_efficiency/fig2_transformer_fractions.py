"""Model efficiency fig. 2: a transformer on 30, 50 and 70% of the data.

Paper, Sec. 3.2: with more data the middling point of the validation accuracy is nearer to 100% and the rise from there
swifter. Ours: the transformer and the optimiser of figure 1.
Quick: p = 23, width 32, 3e-3, and fractions of 50, 65 and 80%, as of fewer pairs a larger share is critical.

Measured (quick, 3 seeds): claim 1 holds in 2 of 3: t95(test) 751, 1,299 and 899 at 80%, 1,767 and 3,036 in two seeds at
65% (the third ends at test accuracy .94), 3,537 in one at 50%. With 2,500 steps, the first budget, two seeds were open.
Test accuracy at 3 times t95(train) rises with the fraction, as the paper says: .03 to .05, .08 to .18, .33 to .50.

Cost on 2 cores: smoke 5 s; quick 70 s (3.6e4 run-steps at 510 a second); paper was not run.
"""

from ml_collections import ConfigDict

from configs.model_efficiency.architectures import SMALL, TINY, base, half_of, model_fields
from configs.presets import apply_preset


def get_config(preset: str = "quick") -> ConfigDict:
    """The config of one preset: smoke, quick or paper."""
    config = base("transformer")
    config.figure = "model_efficiency/fig2_transformer_fractions"
    presets = {
        "smoke": {
            **model_fields(TINY, "transformer"),
            "task.p": 7,
            "training.batch_size": half_of(7, 0.3),
            "training.steps": 20,
            "training.records": 4,
            "grid": "task.train_fraction=0.3, 0.5, 0.7; seed=range(1)",
        },
        "quick": {
            **model_fields(SMALL, "transformer"),
            "task.p": 31,
            "training.batch_size": half_of(31, 0.5),
            "training.steps": 6000,
            "training.records": 100,
            "grid": "task.train_fraction=0.5, 0.65, 0.8; seed=range(3)",
        },
        "paper": {
            "training.steps": 15_000,
            "training.records": 150,
            "grid": "task.train_fraction=0.3, 0.5, 0.7; seed=range(5)",
        },
    }
    return apply_preset(config, preset, presets)
