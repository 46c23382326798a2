"""Lazy to rich fig. 12: more weight decay takes the grokking of a transformer away, a lazier network brings it back.

Paper, Sec. 13, and the authors' code: fig. 6b's runs (40% of the pairs, the centered predictor, AdamW 6e-6/α², 2e5
steps) at (α, decay) = (.5, 1), (.5, 5), (1.4, 5); "large grokking time delay", "vanish", "recovers grokking". AdamW
then decays by 2.4e-5, 1.2e-4 and 1.5e-5 a step. Quick: the small setting of fig. 6b with ten times the learning rate,
for a tenth of the steps.

Ours, fixed before the first run: a delay t95(test)/t95(train) is large above 10 and gone below 2.

Not measured yet in this setting.

Cost on 2 cores: smoke seconds; quick (1.8e5 run-steps) about 5 minutes (estimated); paper (3e6) wants a GPU.
"""

from ml_collections import ConfigDict

from configs.lazy_to_rich import fig6b_transformer
from configs.omnigrok import fig7_transformer
from configs.presets import apply_preset

SETTINGS = "model.output_scale, optimizer.weight_decay=(0.5, 1), (0.5, 5), (1.4, 5)"


def get_config(preset: str = "quick") -> ConfigDict:
    """The config of one preset: smoke, quick or paper."""
    config = fig6b_transformer.get_config("paper")
    config.figure = "lazy_to_rich/fig12_decay_and_laziness"
    if preset != "paper":
        config = fig7_transformer.small(config)
    presets = {
        "smoke": {"training.steps": 20, "training.records": 6, "grid": f"{SETTINGS}; seed=range(2)"},
        "quick": {
            "optimizer.learning_rate": 6e-5,
            "training.steps": 20_000,
            "training.records": 100,
            "grid": f"{SETTINGS}; seed=range(3)",
        },
        "paper": {"grid": f"{SETTINGS}; seed=range(5)"},
    }
    return apply_preset(config, preset, presets)
