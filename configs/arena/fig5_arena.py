"""Arena fig. 5: which method makes an MLP generalize soonest, on three tasks, with the same grid for every method.

Each method trains the same network at the same learning rates, weight decays and seeds. It is judged by its best
setting, as AdamW is. So a method is not compared with a baseline that nobody tuned. Look at how far left a method's dot
is, and at how many of its settings generalize.

| setting | value | source |
|---|---|---|
| network | MLP of two hidden ReLU layers of 200, no biases | Numerical edge; the same for all tasks: ours |
| addition | modulo 113, one-hot, 40% of the pairs, full batch | Numerical edge, public code |
| sparse parity | 3 of 43 bits, 1,000 rows, full batch | Numerical edge, public code: 40 noise bits, 3 relevant |
| MNIST | 1,000 digits, initial scale 100, batch 200 | Omnigrok, App. E (there 200 digits) |
| loss | cross-entropy; StableMax for the method of that name | ours: StableMax needs classes |
| AdamW | betas .9 and .98, no warm-up | Grokfast, public code |
| AdamW at three times the rate | the next rate of AdamW's own grid, so it needs no rows of its own | ours |
| Grokfast EMA | average .98, factor 2, before AdamW | Grokfast, public code (there Adam with L2 decay) |
| Grokfast MA | window 100, factor 5, before AdamW | Grokfast, public code (there Adam with L2 decay) |
| OrthoGrad | before AdamW | Numerical edge |
| StableMax | with AdamW, in float32 | Numerical edge (there float64; our form needs none) |
| Muon | the middle matrix; AdamW moves the first and the last | Jordan et al., public code: no embedding, no readout |
| Muon's rate | 20 times the rate of the AdamW beside it | ours: 2e-2 for 1e-3, with 2e-2 from the public code |
| decay per step | rate times decay, the same for every method and matrix | ours: else Muon's decays 20 times as fast |
| level | 95 and 99% of the test rows; MNIST: 80 and 85% | ours; MNIST: 1,000 digits end near 88% (Omnigrok fig. 3d) |
| medium | addition modulo 47 (50%), 4,000 steps; parity, MNIST 2,000: quick took under 500 | ours, after quick |
| quick | addition modulo 23 (60%), 3 of 20 bits, 500 digits, layers of 64, 1,500 steps | ours |

All of this but the steps of medium, and the rules below, were written before any run but a smoke test of 20 steps.

| rule | value |
|---|---|
| best setting of a method | the rate and decay with the smallest median over seeds of the steps to the lower level |
| rank | by that median; methods whose 95% intervals of the median overlap those of the best of their rank share it |
| a run that diverges, or does not get there | counts as infinitely late |
| robustness | share of a method's settings at which the median over seeds is finite |
| what ranks | 6 seeds (an interval needs them) and 9 settings a method; below that all ranks are "not measured" |
| sooner than AdamW (claims 2 to 6) | in a seed: fewer steps, each at its best setting, on 2 of the 3 tasks or more |
| as robust (claim 7) | in a seed: AdamW's share of settings at most .1 below the largest, on 2 of the 3 tasks or more |

The seeds that choose a best setting also measure it. This favors every method in the same way, as all have equally
many settings. Steps are what is compared. What a step costs is in docs/howto/methods.md.

| claim | measured (quick, 3 seeds, medians) | verdict |
|---|---|---|
| 1 every method gets there on every task | addition: none in 1,500 steps | does not hold, 0 of 3 |
| | parity: in 56 to 247 steps; MNIST: in 195 to 473 | |
| 2 Grokfast EMA is sooner than AdamW | quick has 4 settings and 3 seeds | not measured |
| 3 Grokfast MA is sooner | not in quick | not measured |
| 4 OrthoGrad is sooner | quick has 4 settings and 3 seeds | not measured |
| 5 Muon is sooner | quick has 4 settings and 3 seeds | not measured |
| 6 StableMax is sooner | quick has 4 settings and 3 seeds | not measured |
| 7 AdamW is as robust | quick has 4 settings and 3 seeds | not measured |

| preset | runs | on 2 cores | recorded run |
|---|---|---|---|
| smoke | 2 methods, 3 tasks, 2 settings, 1 seed | 30 s | |
| quick | 5 methods, 3 tasks, 4 settings, 3 seeds; without Grokfast MA | 3 minutes, 2.7e5 run-steps (estimated) | |
| medium | 6 methods, 3 tasks, 12 settings, 6 seeds | 2 hours, 3.5e6 run-steps (estimated) | |
| paper | 6 methods, 3 tasks, 20 settings, 10 seeds, 5e4 steps | 1.8e8 run-steps: needs a GPU | |

Highest test accuracy on addition modulo 23 in quick, over all steps:

| method | rate 3e-3, decay 0 | 3e-3, 1 | 1e-2, 0 | 1e-2, 1 |
|---|---|---|---|---|
| AdamW | .04 | .05 | .04 | .92 |
| Grokfast EMA | .04 | .06 | .04 | .52 |
| OrthoGrad | .27 | .06 | .92 | .10 |
| Muon (its rates: 20 times these) | .04 | .04 | .04 | .05 |
| StableMax | .04 | .04 | .04 | .51 |

OrthoGrad works without decay. With decay 1 it does not even fit the training pairs: 6% are right at the end. The other
methods fit them at every setting.

"Paper" means the sizes of the papers; no paper has this figure.
"""

from collections.abc import Sequence
from typing import Any

from ml_collections import ConfigDict

from configs.presets import Grid, apply_preset
from grok_jax import default_config

MUON = 20.0  # Muon's rate over the rate of AdamW, which also moves Muon's first and last matrix
OUTER = ("layer_0", "layer_2")  # one-hot inputs or pixels, and the readout
METHOD_AXIS = (
    "optimizer.name,optimizer.before,training.loss,optimizer.outer,optimizer.apart,optimizer.adam_learning_rate,"
    "optimizer.apart_weight_decay,optimizer.learning_rate,optimizer.weight_decay"
)
TASK_AXIS = (
    "task.name,task.p,task.train_fraction,task.bits,task.numbers,task.train_size,task.test_size,task.source,"
    "model.init_scale,training.batch_size"
)
# By the name in the figure: the optimizer, what precedes it, the loss.
METHODS = {
    "AdamW": ("adamw", "nothing", "cross_entropy"),
    "Grokfast EMA": ("adamw", "grokfast_ema", "cross_entropy"),
    "Grokfast MA": ("adamw", "grokfast_ma", "cross_entropy"),
    "OrthoGrad": ("adamw", "orthograd", "cross_entropy"),
    "Muon": ("muon", "nothing", "cross_entropy"),
    "StableMax": ("adamw", "nothing", "stablemax"),
}


def methods_axis(names: Sequence[str], rates: Sequence[float], decays: Sequence[float]) -> Grid:
    """Returns a grid axis over every method at every rate and decay of AdamW; Muon's own fields are None for others."""
    points: list[tuple[Any, ...]] = []
    for name in names:
        for rate in rates:
            for decay in decays:
                if name == "Muon":
                    points.append((*METHODS[name], OUTER, OUTER, 1 / MUON, MUON, MUON * rate, decay / MUON))
                else:
                    points.append((*METHODS[name], None, (), None, None, rate, decay))
    return {METHOD_AXIS: points}


def tasks_axis(
    p: int,
    fraction: float,
    bits: int,
    rows: int,
    digits: int,
    tested: int | None,
    batch: int,
    source: str = "embedded",
    steps: Sequence[int] = (),
) -> Grid:
    """Returns a grid axis over the three tasks, with None for a field that a task does not have.

    Args:
      p, fraction: modulus, and share of the pairs to train on.
      bits, rows: of sparse parity; as many test rows.
      digits, tested, batch: training digits, test digits (None: all the rest) and rows of a minibatch on MNIST.
      source: where the digits come from.
      steps: of addition, parity and MNIST; if empty, those of the config.
    """
    addition = ("modular_arithmetic", p, fraction, None, None, None, None, None, 1.0, None)
    parity = ("sparse_parity", None, None, bits, "bits", rows, rows, None, 1.0, None)
    mnist = ("mnist", None, None, None, None, digits, tested, source, 100.0, batch)
    tasks = [addition, parity, mnist]
    if not steps:
        return {TASK_AXIS: tasks}
    return {f"{TASK_AXIS},training.steps": [(*task, own) for task, own in zip(tasks, steps, strict=True)]}


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick, medium or paper."""
    config = default_config(task="modular_arithmetic", model="mlp", optimizer="adamw", loss="cross_entropy")
    config.figure = "arena/fig5_arena"
    config.model.widths = (200, 200)
    config.model.activation = "relu"
    config.model.use_bias = False
    config.optimizer.b2 = 0.98
    config.training.records = 100
    presets = {
        "smoke": {
            "model.widths": (8, 8),
            "training.steps": 20,
            "training.records": 6,
            "grid": {
                **tasks_axis(5, 0.6, 6, 20, 20, 20, 10),
                **methods_axis(("AdamW", "Muon"), (3e-3,), (0.0, 1.0)),
                "seed": range(1),
            },
        },
        "quick": {
            "model.widths": (64, 64),
            "training.steps": 1500,
            "grid": {
                **tasks_axis(23, 0.6, 20, 500, 500, 1000, 100),
                **methods_axis([name for name in METHODS if name != "Grokfast MA"], (3e-3, 1e-2), (0.0, 1.0)),
                "seed": range(3),
            },
        },
        "medium": {
            "grid": {
                **tasks_axis(47, 0.5, 43, 1000, 1000, 2000, 200, steps=(4000, 2000, 2000)),
                **methods_axis(tuple(METHODS), (1e-3, 3e-3, 1e-2), (0.0, 0.3, 1.0, 3.0)),
                "seed": range(6),
            },
        },
        "paper": {
            "training.steps": 50_000,
            "grid": {
                **tasks_axis(113, 0.4, 43, 1000, 1000, None, 200, source="full"),
                **methods_axis(tuple(METHODS), (3e-4, 1e-3, 3e-3, 1e-2), (0.0, 0.1, 0.3, 1.0, 3.0)),
                "seed": range(10),
            },
        },
    }
    return apply_preset(config, preset, presets)
