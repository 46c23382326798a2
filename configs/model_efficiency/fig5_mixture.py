"""Model efficiency fig. 5: a mixture of a memorizing and a generalizing MLP; only the mixing weights are trained.

Paper, Sec. 5.1: C_mix = w_m1 w_m2 C_mem + w_g1 w_g2 C_gen of two trained MLPs; w_m1 = w_g1 = 0 at first, (w_m2, w_g2) =
(10, 1) or (1, 1). The training of the circuits and of the four numbers is not stated. Ours: both circuits are the MLP
of figure 6, with the same seed and the same pairs; C_mem trains without decay until it fits, C_gen with decay 1 until
it generalizes. They are trained first; their logits are stored in circuits.npz next to the results. Our thresholds: the
test loss rises if it reaches 1.1 times its start at a record where the train loss is below half of its own start; near
0 is a tenth of the start. The caption says "the validation loss goes down only after training loss gets close to zero";
we take this to mean from its largest value on.
AdamW with decay 1 and 1e-3 were chosen before the runs. The paper does not say whether it uses decay. Decay is what
removes C_mem: without it, the test loss of (10, 1) only rises, to 16 after 1e4 steps; with gradient descent and decay 1
it falls, too.

Measured (quick, 3 seeds; C_mem has all training pairs right and none or few others, C_gen all): both claims hold in
all. (10, 1): the test loss rises to 2.4 times its start, begins to fall where the train loss is at .015 of its own, and
ends at .03, test accuracy going from 0 to 1 at about step 2000. (1, 1): it never exceeds its start (.84 of it at most
once the train loss is halved) and ends at .51 of it, the train loss at .001 of its own; test accuracy stays at about
.5, as both circuits keep growing together. So the losses fall together in direction, but not by the same amount.

Cost on 2 cores: smoke 6 s; quick 25 s, all but 5 s of it for the circuits; paper 7 hours, mostly for its circuits
(2.6e5 run-steps at about 10 a second).
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
