"""Lazy to rich fig. 12: more weight decay removes the grokking of a transformer; a lazier network restores it.

Paper, Sec. 13, and the authors' code: fig. 6b's runs (40% of the pairs, the centered predictor, AdamW 6e-6/α², 2e5
steps) at (α, decay) = (.5, 1), (.5, 5), (1.4, 5); "large grokking time delay", "vanish", "recovers grokking". AdamW
then decays by 2.4e-5, 1.2e-4 and 1.5e-5 a step. Quick: the small setting of fig. 6b with ten times the learning rate,
for a tenth of the steps.

Ours, fixed before the first run: a delay t95(test)/t95(train) is large above 10 and gone below 2. Set after it: if a
run has trained for twice its steps to fit and has not generalized, its delay is not gone.

Measured (quick, 3 seeds): claims 1 and 3 are not measured, claim 2 does not hold, 1 of 3. The order is the paper's: in
2e4 steps the test accuracy ends at .77 (medians) with (.5, 1), at .99 with (.5, 5) and at .43 with (1.4, 5), after fits
at 495, 930 and 5,559 steps. But with (.5, 1) only one seed generalizes, 37 times later than it fits; with (.5, 5) the
delays are 1.8 and 4.8, and one seed stops at .92; with (1.4, 5) none generalizes. A run of the paper preset on a GPU
(JAX 0.11.2, one H200, 27 November 2026, one seed, 1e5 steps, TF32) has a delay of 13 with (.5, 1) and of 1.3 with (1.4,
5), and does not fit with (.5, 5).

Cost on 2 cores: smoke seconds; quick (1.8e5 run-steps) about 5 minutes; paper (3e6) needs a GPU.
"""

from ml_collections import ConfigDict

from configs.lazy_to_rich import fig6b_transformer
from configs.omnigrok import fig7_transformer
from configs.presets import apply_preset

SETTINGS = ((0.5, 1), (0.5, 5), (1.4, 5))  # (α, γ) of panels (a), (b), (c)
AXIS = {"model.output_scale,optimizer.weight_decay": SETTINGS}


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick or paper."""
    config = fig6b_transformer.get_config("paper")
    config.figure = "lazy_to_rich/fig12_decay_and_laziness"
    if preset != "paper":
        config = fig7_transformer.small(config)
    presets = {
        "smoke": {"training.steps": 20, "training.records": 6, "grid": {**AXIS, "seed": range(2)}},
        "quick": {
            "optimizer.learning_rate": 6e-5,
            "training.steps": 20_000,
            "training.records": 100,
            "grid": {**AXIS, "seed": range(3)},
        },
        "paper": {"grid": {**AXIS, "seed": range(5)}},
    }
    return apply_preset(config, preset, presets)
