"""Model efficiency fig. 5: a mixture of a memorizing and a generalizing MLP; only the mixing weights are trained.

Two MLPs are trained first, one that memorizes and one that generalizes. Then four numbers mix their logits: C_mix =
w_m1 w_m2 C_mem + w_g1 w_g2 C_gen (paper, Sec. 5.1). Look at whether the test loss rises before it falls.

| setting | value | source |
|---|---|---|
| start | w_m1 = w_g1 = 0; (w_m2, w_g2) = (10, 1) or (1, 1) | paper, Sec. 5.1 |
| circuits | the MLP of figure 6, with the same seed and the same pairs | ours; not stated |
| C_mem | trains without decay until it fits | ours; not stated |
| C_gen | trains with decay 1 until it generalizes | ours; not stated |
| the four numbers | AdamW 1e-3 with decay 1 | ours, before the runs; not stated |
| the test loss rises | to 1.1 times its start, where the train loss is below half of its own start | ours |
| near 0 | a tenth of the start | ours |
| "goes down only after" | from its largest value on | ours |

The circuits' logits are stored in circuits.npz next to the results. The caption says "the validation loss goes down
only after training loss gets close to zero".

| claim | measured (quick, 3 seeds) | verdict |
|---|---|---|
| 1 (10, 1): rises, then falls | to 2.4 times its start; ends at .03 | holds, 3 of 3 |
| | begins to fall where the train loss is at .015 of its own | |
| 2 (1, 1): falls with the train loss | at most .83 of its start; ends at .51 of it | holds, 3 of 3 |

| preset | runs | on 2 cores | recorded run |
|---|---|---|---|
| smoke | 2 starts, 1 seed | 6 s | |
| quick | 2 starts, 3 seeds | 25 s, all but 5 s of it for the circuits | 10 s, 1 CPU device |
| paper | 2 starts, 5 seeds | 7 hours, mostly for its circuits: 2.6e5 run-steps at about 10 a second | |

C_mem has all training pairs right and none or few others, C_gen all. From (10, 1), test accuracy goes from 0 to 1 at
about step 2000. From (1, 1), .83 is the largest value once the train loss is halved. The train loss ends at .001 of its
own. Test accuracy stays at about .5, as both circuits keep growing together. So the losses fall together in direction,
but not by the same amount.

The paper preset was not run, so nothing checks that quick shows the same.

The paper does not say whether it uses decay. Decay is what removes C_mem. Without it, the test loss of (10, 1) only
rises, to 16 after 1e4 steps. With gradient descent and decay 1 it falls, too.
"""

from ml_collections import ConfigDict

from configs.presets import apply_preset
from grok_jax import default_config

UNEQUAL, EQUAL = 10, 1  # initial w_m2; the initial w_g2 is 1


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick or paper."""
    config = default_config(task="circuit_logits", model="mixture", optimizer="adamw")
    config.figure = "model_efficiency/fig5_mixture"
    config.task.train_fraction = 0.6
    config.optimizer.learning_rate = 1e-3
    config.optimizer.weight_decay = 1.0
    config.training.loss = "cross_entropy"
    config.training.probes = ("experiments.model_efficiency.mixture:mixture",)
    speeds = {"model.memorizing_speed": (UNEQUAL, EQUAL)}
    presets = {
        "smoke": {
            "task.p": 7,
            "task.widths": (8,),
            "task.embedding_width": 8,
            "task.memorizing_steps": 20,
            "task.generalizing_steps": 40,
            "training.steps": 20,
            "training.records": 6,
            "grid": {**speeds, "seed": range(1)},
        },
        "quick": {
            "task.p": 23,
            "task.widths": (128, 128),
            "task.embedding_width": 32,
            "task.learning_rate": 3e-3,
            "task.memorizing_steps": 150,
            "task.generalizing_steps": 4000,
            "training.steps": 10_000,
            "training.records": 120,
            "grid": {**speeds, "seed": range(3)},
        },
        "paper": {"training.steps": 20_000, "training.records": 150, "grid": {**speeds, "seed": range(5)}},
    }
    return apply_preset(config, preset, presets)
