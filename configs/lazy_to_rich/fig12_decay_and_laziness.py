"""Lazy to rich fig. 12: more weight decay removes the grokking of a transformer; a lazier network restores it.

Paper, Sec. 13: three runs of the transformer of fig. 6b. With decay 1 it has a "large grokking time delay"; decay 5
makes the delay "vanish"; a larger α "recovers grokking".

| setting | value | source |
|---|---|---|
| (α, decay) | (.5, 1), (.5, 5), (1.4, 5) | paper and authors' code |
| network | fig. 6b's, with the centered predictor | authors' code |
| training pairs | 40% | authors' code |
| AdamW | 6e-6/α², 2e5 steps | authors' code |
| decay of a step, for these three | 2.4e-5, 1.2e-4, 1.5e-5 | follows from the above |
| quick | Omnigrok fig. 7's small setting (p = 31, half of the pairs, half of the width) | ours |
| quick, training | ten times the learning rate, 1.2e4 steps | ours |
| delay | t95(test)/t95(train): large above 10, gone below 2 | ours, before the first run |
| no generalization in twice the steps to fit | the delay is not gone | ours, after the first run |

| claim | measured (quick, 3 seeds, medians) | verdict |
|---|---|---|
| 1 (.5, 1): large delay | test accuracy .39; fit at 493 steps | not measured |
| 2 (.5, 5): no delay | test accuracy .98; fit at 932 steps; delays 1.8 and 5.0 | does not hold, 1 of 3 |
| 3 (1.4, 5): large delay again | test accuracy .37; fit at 5,539 steps | not measured |

| preset | runs | on 2 cores | recorded run |
|---|---|---|---|
| smoke | 3 settings, 2 seeds, 20 steps | seconds | |
| quick | 3 settings, 3 seeds, 1.2e4 steps (1.1e5 run-steps) | about 5 minutes | 326 s, 1 CPU device |
| paper | 3 settings, 5 seeds, 2e5 steps (3e6 run-steps) | needs a GPU | |

Quick changes more than the size: the share of pairs and the learning rate too. At fig. 6b's quick size (p = 79, 40% of
the pairs) it would take 40 minutes or more, eight times fig. 6b's. Quick does not show the paper's effect. At the
paper's size, one shorter run shows the first of the three panels (see the end).

With (.5, 5) one seed stops at .94. In an earlier run of 2e4 steps, the accuracies had the paper's order (.77, .99 and
.43). With (.5, 1) one seed generalized, 37 times later than it fitted; with (1.4, 5) none did.

The paper preset was run for half of its steps on a GPU (JAX 0.11.2, one H200, 27 November 2026, one seed, 1e5 steps,
TF32). The delay is 13 with (.5, 1) and 1.3 with (1.4, 5). With (.5, 5) the run does not fit: train accuracy stays below
95%.
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
            "training.steps": 12_000,
            "training.records": 100,
            "grid": {**AXIS, "seed": range(3)},
        },
        "paper": {"grid": {**AXIS, "seed": range(5)}},
    }
    return apply_preset(config, preset, presets)
