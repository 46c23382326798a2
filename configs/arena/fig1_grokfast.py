"""Arena fig. 1: how much of the fifty times of Grokfast is its filter, and how much its weight decay?

Grokfast adds an average of the latest gradients to each gradient. Lee et al. (2024) report 39,890 steps to 95% test
accuracy without it, 790 with a moving average (MA) and 910 with an exponential one (EMA). Their baseline has no weight
decay, and their filters come with some. So every method here trains at every decay. Look at how far the filters lie
below Adam at the same decay.

| setting | value | source |
|---|---|---|
| task | a · b mod 97, b ≠ 0, half of 9,312 pairs; tokens a, ·, b, "=" | public code of Grokfast |
| network | 2 causal blocks, width 128, 4 heads, biases, GELU, learned positions | public code |
| norms | attention adds to the normalized state, final LayerNorm | public code |
| initial weights | PyTorch's, attention as MultiheadAttention | public code |
| optimizer | Adam 1e-3, betas .9 and .98, 10 steps of warm-up, batches of 512 | public code |
| decay | through the gradient, as in torch.optim.Adam; the filters act before it | public code |
| baseline | no filter, no decay | public code |
| MA | window 100, λ = 5, decay .01 | paper |
| EMA | α = .98, λ = 2, decay .005 | paper |
| matched decay | Adam, MA, EMA and Adam at three times the rate, each at decays 0, .005 and .01 | ours |
| AdamW | decay 1 | Power et al. 2022 |
| outputs | the p numbers; their head also has outputs for "·" and "=" | ours |
| positions | 4; their table has a fifth, which is not read | ours |
| records | log-spaced, times interpolated; theirs are at ends of epochs (10 steps) | ours |
| steps | 1e5, ended earlier once the seeds of a setting have generalized; theirs 3e5 | ours |
| a published number is met | within a factor of 2 of it | ours, before the runs |
| a method is sooner | at most 2/3 of the steps of the other, in the same seed | ours, before the runs |
| the filter makes most of a gain | half or more of its logarithm | ours, before the runs |
| quick: task | p = 43, .7 of the pairs, since with few pairs a larger share is critical | ours, before the runs |
| quick: network, batches, rate | width 32, 128 rows, 3e-3 for so few steps | ours, before the runs |
| quick: settings, steps | nine of thirteen, 2,000 | ours, before the runs |
| medium: task, network | p = 67, width 64, batches of 256, 1e4 steps | ours, before the runs |

With a gain g from Adam without decay to the printed method, and a gain f from Adam at the method's own decay to it, the
filter's share is log f / log g. The rest is what the decay does without the filter.

| claim | measured (quick, 3 seeds, medians) | verdict |
|---|---|---|
| 1 Adam takes 39,890 steps | needs p = 97 | not measured |
| 2 MA takes 790 | needs p = 97 | not measured |
| 3 EMA takes 910 | needs p = 97 | not measured |
| 4 MA is 25 times sooner than Adam without decay | neither gets to 95% in 2,000 steps | not measured |
| 5 EMA is 22 times sooner | EMA 1,029 steps, Adam never | not measured |
| 6 decay .01 alone makes Adam sooner | never | not measured |
| 7 MA without decay is sooner than Adam | never | not measured |
| 8 EMA without decay is sooner | never | not measured |
| 9 MA is sooner than Adam at its decay | never | not measured |
| 10 EMA is sooner than Adam at its decay | 1,029 against never, 2 of 2 seeds that decide | not measured |
| 11 MA is sooner than Adam at 3 times the rate | never | not measured |
| 12 EMA is sooner than that | not in quick | not measured |
| 13 MA is sooner than AdamW with decay 1 | never against 653, 0 of 2 | not measured |
| 14 EMA is sooner than AdamW | 1,029 against 653, 0 of 2 | not measured |
| 15 the filter makes most of MA's gain | never | not measured |
| 16 the filter makes most of EMA's gain | one of the steps is never reached | not measured |

So quick only shows that the figure runs, and which way EMA goes: it is sooner than Adam at the same decay, and not
sooner than AdamW with a larger one.

| preset | runs | on 2 cores | recorded run |
|---|---|---|---|
| smoke | 13 settings, 1 seed | seconds, after compilation | |
| quick | 9 settings, 3 seeds, at most 5.4e4 run-steps | not measured on a quiet machine | 912 s on a busy one |
| medium | 13 settings, 3 seeds, at most 3.9e5 run-steps | 2 hours (estimated) | |
| paper | 13 settings, 5 seeds, at most 6.5e6 run-steps | days; use a GPU | |
"""

from collections.abc import Sequence

from ml_collections import ConfigDict

from configs.presets import Grid, apply_preset
from grok_jax import default_config

AXIS = "optimizer.name,optimizer.before,optimizer.learning_rate,optimizer.weight_decay"
PUBLISHED_SIZE = {"task.p": 97, "model.width": 128}  # for which Lee et al. give steps
DECAYS = (0.0, 0.005, 0.01)  # of the printed baseline, EMA and MA
FASTER = 3  # the control's factor of the rate
POWER_DECAY = 1.0  # of AdamW in Power et al.


def settings(
    rate: float,
    average: Sequence[float] = DECAYS,
    exponential: Sequence[float] = DECAYS,
    faster: Sequence[float] = DECAYS,
) -> Grid:
    """Returns the axis of all settings.

    Args:
      rate: learning rate; 1e-3 in the paper.
      average, exponential, faster: weight decays of MA, EMA and Adam at the higher rate; Adam always has all DECAYS.
    """
    points = [("adam", "nothing", rate, decay) for decay in DECAYS]
    points += [("adam", "nothing", FASTER * rate, decay) for decay in faster]
    points += [("adam", "grokfast_ma", rate, decay) for decay in average]
    points += [("adam", "grokfast_ema", rate, decay) for decay in exponential]
    return {AXIS: [*points, ("adamw", "nothing", rate, POWER_DECAY)]}


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick, medium or paper."""
    config = default_config(task="modular_arithmetic", model="transformer", optimizer="adam")
    config.figure = "arena/fig1_grokfast"
    config.update_from_flattened_dict(PUBLISHED_SIZE)
    config.task.operation = "multiply_by_nonzero"
    config.task.encoding = "equation"
    config.task.train_fraction = 0.5
    config.model.layers = 2
    config.model.activation = "gelu"
    config.model.norm = "stream"
    config.model.attention_bias = True
    config.model.initializer = "pytorch_attention"
    config.optimizer.b2 = 0.98
    config.optimizer.warmup_steps = 10.0
    config.training.loss = "cross_entropy"
    config.training.batch_size = 512
    config.training.records = 200
    config.training.stop_when_generalized = True
    presets = {
        "smoke": {
            "task.p": 7,
            "model.layers": 1,
            "model.width": 8,
            "model.mlp_width": 8,
            "training.batch_size": 8,
            "training.steps": 120,
            "training.records": 12,
            "grid": {**settings(1e-2), "seed": range(1)},
        },
        "quick": {
            "task.p": 43,
            "task.train_fraction": 0.7,
            "model.width": 32,
            "model.mlp_width": 128,
            "training.batch_size": 128,
            "training.steps": 2_000,
            "training.records": 80,
            "execution.chunk_runs": 3,
            "grid": {**settings(3e-3, (0.0, 0.01), (0.0, 0.005), (0.01,)), "seed": range(3)},
        },
        "medium": {
            "task.p": 67,
            "model.width": 64,
            "model.mlp_width": 256,
            "training.batch_size": 256,
            "training.steps": 10_000,
            "execution.chunk_runs": 3,
            "grid": {**settings(1e-3), "seed": range(3)},
        },
        "paper": {
            "training.steps": 100_000,
            "execution.chunk_runs": 5,
            "grid": {**settings(1e-3), "seed": range(5)},
        },
    }
    return apply_preset(config, preset, presets)
