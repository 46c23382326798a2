"""Arena fig. 3: does a transformer grok in fewer epochs with Muon than with AdamW, at the same rates and at the best?

Tveit et al. (2025) report that a transformer groks in 102.89 epochs with Muon and in 153.09 with AdamW, on average over
their tasks and three kinds of softmax. They give neither learning rates nor weight decays. So here each method has
the same number of rates, and is compared at each rate and at its best one. Look at how far Muon's marks lie below
AdamW's in panels a to c, and whether its ratio in panel d is below the dashed line.

| setting | value | source |
|---|---|---|
| tasks | a + b, a / b and a · b modulo 97, with 80, 80 and 50% of the pairs to train on | paper, fig. 2 |
| left out | exponentiation, greatest common divisor, parity of ten bits | ours: not among our operations |
| | a seventh task, of which only the abstract speaks | paper |
| pairs | b ≠ 0 in a / b | linked code (paper: 9409 rows) |
| tokens, outputs | a, ∘, b, "="; an output for each of the p + 2 tokens | linked code |
| network | 2 causal blocks, width 128, one head, feed-forward width 512, dropout .2 | linked code |
| initial weights | PyTorch's; no biases in attention | linked code |
| norm, positions | LayerNorm before each part, learned positions | ours (theirs: RMSNorm, rotary embeddings) |
| feed-forward layers | GELU, with biases | ours (theirs: gated, SiLU, no biases) |
| dropout | of the output of each part | ours (linked code: of the gated hidden units alone) |
| AdamW | betas .9 and .98 | paper |
| its rate, decay | 1e-3, 1 | linked code |
| other rates | 3e-4 and 3e-3 | ours |
| warm-up, batch | 10 steps, 512 | linked code, which sets the first but does not use it |
| Muon | Jordan's, momentum .95; AdamW moves embeddings, unembedding, biases and norms | Jordan et al., public code |
| Muon's rate | 20 times the rate of the AdamW beside it | ours: 2e-2 for 1e-3, with 2e-2 from the public code |
| Muon, one rate | the same rate for hidden matrices and all else | ours: the rate alone differs from Muon |
| decay per step | rate times decay, equal for all methods | paper: "equivalent weight decay strengths" |
| losses | cross-entropy and StableMax | paper; its third, sparsemax, is left out |
| grokking epoch | test accuracy of 95%, once train accuracy is 95% too | paper ("near 100%": 95% is ours) |
| an epoch | a pass through the training pairs; times are interpolated | paper; theirs are whole epochs |
| epochs | 1000, ended earlier once the seeds of a setting have generalized | ours (linked code: 150) |
| quick: task, network | p = 31, 70% for a · b, one block, width 32, batches of 64 | ours, before any run |
| medium: task, network | p = 67, width 64, batches of 256 | ours, before any run |

"Linked code" is github.com/atveit/torch_grokking, which the paper names as its code. It has AdamW and softmax alone,
and no task beside + - · /. So which matrices Muon moved, and how fast, is not known. As we read that code, its rotary
embeddings rotate by the number of the head in place of the position. With one head, nothing is rotated.

A later study (Essential AI 2025, "Muon Doesn't Clearly Grok Faster", on a / b with half of the pairs) finds that the
advantage disappears over a wider range of hyper-parameters and sizes.

Biases and norms within the blocks are the exception to the equal decay. With Muon at 20 times the rate they have a
twentieth of it, since only whole parts of a network can have a decay of their own.

Limits, written before any run but smoke tests:

| claim | holds in a seed | the opposite answer |
|---|---|---|
| 1 at the best rates | mean epoch of Muon over that of AdamW at most 1.15 · 102.89 / 153.09 = .773 | it is larger |
| 2 at the same rates | the same, at every rate that decides | it is larger at one of them |
| 3 (ours) one rate for all | the same, with all of Muon's parameters at AdamW's rate | it is larger at one of them |
| 4, 5, 6 each operation | Muon's epoch is earlier than AdamW's, each at its best rate | it is not |
| 7 tighter | Muon's epochs have a smaller standard deviation over tasks, each at its best rate | it is not |
| 8 (ours) StableMax | claim 1 for the runs with StableMax alone | the ratio is larger |

The means are over tasks and losses, as in the paper. The best rate of a method, for each task and loss, has the
smallest median over seeds. It is chosen on the runs that it is then judged by; this favors all methods alike, as all
have equally many rates. A run that does not grok within its epochs, or diverges, groks later than that: a seed decides
if the claim is then settled all the same. In quick it may be that neither groks in so few epochs. The claims are then
not measured.

| claim | measured (quick, 3 seeds, medians) | verdict |
|---|---|---|
| 1 at the best rates | no method groks on a / b within the 100 epochs of quick | not measured |
| 2 at the same rates | as claim 1 | not measured |
| 3 one rate for all | as claim 1 | not measured |
| 4 a + b | Muon 60 epochs, AdamW not in 100 | holds, 3 of 3 |
| 5 a / b | neither in 100 epochs | not measured |
| 6 a · b | Muon 66 epochs, AdamW not in 100 | holds, 3 of 3 |
| 7 tighter | as claim 1 | not measured |
| 8 StableMax | not in quick | not measured |

| preset | runs | on 2 cores | recorded run |
|---|---|---|---|
| smoke | 3 tasks, 3 methods, 1 rate, 1 seed | seconds, after compilation | |
| quick | 3 tasks, 3 methods, 2 rates, 3 seeds, at most 6.3e4 run-steps | 3 minutes | 186 s, 2 CPU devices |
| medium | 3 tasks, 3 methods, 2 rates, 5 seeds, at most 3.1e5 run-steps | 2 hours (estimated) | |
| paper | 3 tasks, 2 losses, 3 methods, 3 rates, 5 seeds, at most 3.6e6 run-steps | days; use a GPU | |
"""

from collections.abc import Sequence
from typing import Any

from ml_collections import ConfigDict

from configs.presets import Grid, apply_preset
from grok_jax import default_config
from grok_jax.tasks import TASKS

MUON = 20.0  # Muon's rate over the rate of the AdamW beside it
DECAY = 1.0  # of AdamW
OUTER = ("token_embedding", "position_embedding", "unembedding")  # which AdamW moves
METHOD_AXIS = (
    "optimizer.name,optimizer.outer,optimizer.apart,optimizer.adam_learning_rate,optimizer.apart_weight_decay,"
    "optimizer.learning_rate,optimizer.weight_decay"
)
TASK_AXIS = "task.operation,task.train_fraction,training.loss,training.steps"
FRACTIONS = {"add": 0.8, "divide": 0.8, "multiply": 0.5}  # the paper's
OF_FEW = {**FRACTIONS, "multiply": 0.7}  # for quick: with few pairs a larger share is critical


def steps_of_epoch(p: int, operation: str, fraction: float, batch: int) -> int:
    """Returns the steps of one pass through the training pairs; the last step has the pairs that are left."""
    rows = TASKS["modular_arithmetic"](p=p, operation=operation, train_fraction=fraction).rows()
    return -(-rows.train // batch)


def tasks_axis(
    p: int, batch: int, epochs: int, fractions: dict[str, float], losses: Sequence[str] = ("cross_entropy",)
) -> Grid:
    """Returns a grid axis over operations and losses, each with its train fraction and the steps of its epochs."""
    steps = {each: epochs * steps_of_epoch(p, each, fraction, batch) for each, fraction in fractions.items()}
    return {TASK_AXIS: [(each, fractions[each], loss, steps[each]) for loss in losses for each in fractions]}


def methods_axis(rates: Sequence[float]) -> Grid:
    """Returns a grid axis over AdamW, Muon at MUON times the rate, and Muon at the same rate, at every rate of AdamW.

    Muon's own fields are None for AdamW. The product of rate and decay is the same for all.
    """
    points: list[tuple[Any, ...]] = [("adamw", None, (), None, None, rate, DECAY) for rate in rates]
    points += [("muon", OUTER, OUTER, 1 / k, k, k * rate, DECAY / k) for k in (MUON, 1.0) for rate in rates]
    return {METHOD_AXIS: points}


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick, medium or paper."""
    config = default_config(task="modular_arithmetic", model="transformer", optimizer="adamw", loss="cross_entropy")
    config.figure = "arena/fig3_muon"
    config.task.encoding = "equation"
    config.model.layers = 2
    config.model.heads = 1
    config.model.activation = "gelu"
    config.model.norm = "before"
    config.model.initializer = "pytorch"
    config.model.dropout = 0.2
    config.optimizer.b2 = 0.98
    config.optimizer.warmup_steps = 10.0
    config.training.records = 120
    config.training.stop_when_generalized = True
    presets = {
        "smoke": {
            **_sizes(p=5, width=8, batch=8),
            "model.layers": 1,
            "training.records": 6,
            "grid": {**tasks_axis(5, 8, 6, OF_FEW), **methods_axis((3e-3,)), "seed": range(1)},
        },
        "quick": {
            **_sizes(p=31, width=32, batch=64),
            "model.layers": 1,
            "training.records": 60,
            "execution.chunk_runs": 3,
            "grid": {**tasks_axis(31, 64, 100, OF_FEW), **methods_axis((1e-3, 3e-3)), "seed": range(3)},
        },
        "medium": {
            **_sizes(p=67, width=64, batch=256),
            "execution.chunk_runs": 5,
            "grid": {**tasks_axis(67, 256, 270, FRACTIONS), **methods_axis((1e-3, 3e-3)), "seed": range(5)},
        },
        "paper": {
            **_sizes(p=97, width=128, batch=512),
            "execution.chunk_runs": 5,
            "grid": {
                **tasks_axis(97, 512, 1000, FRACTIONS, ("cross_entropy", "stablemax")),
                **methods_axis((3e-4, 1e-3, 3e-3)),
                "seed": range(5),
            },
        },
    }
    return apply_preset(config, preset, presets)


def _sizes(p: int, width: int, batch: int) -> dict[str, int]:
    """Returns the fields that make a preset large or small."""
    return {
        "task.p": p,
        "task.outputs": p + 2,
        "model.width": width,
        "model.mlp_width": 4 * width,
        "training.batch_size": batch,
    }
