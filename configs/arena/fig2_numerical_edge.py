"""Arena fig. 2: training without weight decay runs out of digits, and four ways around it.

An MLP learns a + b mod p without weight decay, so its logits grow until the loss of most rows is rounded to 0. Prieto
et al. (2025) call this softmax collapse and say that it prevents grokking. Look at how far each number format gets, and
at how many steps StableMax, OrthoGrad and plain weight decay need.

| setting | value | source |
|---|---|---|
| task | a + b mod 113 as one-hot pairs, 40% of the pairs, full batch | public code of the paper |
| network | 226-200-200-113, ReLU, no biases, PyTorch's initialization, float32 weights | public code |
| loss | computed in float16, float32 or float64, inside the loss only | public code |
| formats: optimizer | AdamW 5e-4, betas .9 and .99, eps 1e-30, no decay | public code, fig. 2 |
| formats: steps | 2e4 | public code, fig. 2 |
| exact | cross-entropy accurate to roundoff in float32, otherwise like the formats | ours |
| no decay | softmax in float64, AdamW 1e-2, betas .9 and .99, eps 1e-25, 8e4 steps | public code, fig. 1 |
| StableMax | in float64, AdamW 1e-2, betas .9 and .999, eps 1e-25, 8e4 steps | public code, fig. 1 |
| OrthoGrad | softmax in float32, AdamW 1e-2, betas .9 and .999, eps 1e-8 | public code, fig. 1 |
| decay 2, 4, 6, 8 | like OrthoGrad, with weight decay in its place | replication (Chou 2025); rest ours |
| OrthoGrad and decay: steps | 500 | public code, fig. 6b; 300 in fig. 1 |
| collapse | half of the training rows have a loss of exactly 0 | paper; its code marks 40% |
| stops | from the collapse on, test accuracy rises by less than 5 points, and ends below 95% | ours, before the runs |
| goes on | ends 10 points of test accuracy above float32 | ours, before the runs |
| long enough | twice as many steps as float32 takes to collapse, or 2e4 | ours, before the runs |
| as good as OrthoGrad | at most 1.25 times its steps to 95% test accuracy | ours, before the runs |
| exact: no collapse | never more than 1% of the rows have a loss of 0 | ours, before the runs |
| exact: as far as float64 | ends at most 5 points below it | ours, before the runs |
| quick: task, steps | p = 47, half of the pairs; 1200 steps, and 300 for OrthoGrad and decay | ours, before the runs |
| medium: steps | 6e3 for the formats, 1e4 for no decay and StableMax | ours, before the runs |

Three details of the public code differ from the text of the paper. The betas and the eps passed to OrthoGrad never
reach its optimizer, so PyTorch's defaults act. OrthoGrad runs with softmax, although the figure says StableMax. A
collapse is marked at 40% of the rows, and the text says 50%. A replication (Chou 2025) reports that in float32 and
float64 the share does not reach 40% at this fraction.

The smallest square of a normal float32 is 1e-38. An entry of the gradient below 1e-19 therefore has a square of 0 in
AdamW, and with eps = 1e-30 its step can be huge. A run that ends this way counts as diverged.

| claim | measured (quick, 3 seeds, medians) | verdict |
|---|---|---|
| 1 float32 stops | no row has a loss of 0 in 1200 steps | not measured |
| 2 more digits collapse later | float16 at step 1048, the others not in 1200 | not measured |
| 3 float64 goes on | no format generalizes in 1200 steps | not measured |
| 4 StableMax groks | test accuracy 0% at step 1200 | not measured |
| 5 OrthoGrad within 300 steps | 105 steps | holds, 3 of 3 |
| 6 decay 8 within 200 steps | 249 steps | does not hold, 0 of 3 |
| 7 decay 8 as fast as OrthoGrad | 249 steps against 105 | does not hold, 0 of 3 |
| 8 the exact loss has no edge | no row has a loss of 0; no format generalizes | not measured |

The numerical edge itself needs the medium preset or the paper's. After 1200 steps the loss in float32 is still 2e-4,
far above 6e-8, and exact and naive losses agree. Decay 4, 6 and 8 reach 95% at steps 285, 249 and 249. Decay 2 is at
61% after 300 steps. OrthoGrad reaches 99% at step 133. Decay 4, 6 and 8 end at 96 to 98%.

| preset | runs | on 2 cores |
|---|---|---|
| smoke | 11 settings, 1 seed | seconds |
| quick | 11 settings, 3 seeds, 2.6e4 run-steps | 2 to 3 minutes (12 when busy; 230 CPU seconds) |
| medium | 11 settings, 3 seeds, 1.4e5 run-steps | 1.5 to 2 hours (estimated) |
| paper | 11 settings, 5 seeds, 1.2e6 run-steps | half a day (estimated) |
"""

from ml_collections import ConfigDict

from configs.presets import Grid, apply_preset
from grok_jax import default_config

AXIS = (
    "training.loss,loss.dtype,optimizer.before,optimizer.learning_rate,optimizer.weight_decay,optimizer.b2,"
    "optimizer.eps,training.steps"
)
DECAYS = (2.0, 4.0, 6.0, 8.0)
SOFTMAX = "naive_cross_entropy"
EDGE_STEPS, STABLEMAX_STEPS, ORTHOGRAD_STEPS = 20_000, 80_000, 300  # in the public code of figures 1 and 2


def settings(formats: int, long: int, short: int) -> Grid:
    """Returns the eleven settings as one axis.

    Args:
      formats: steps of the four kinds of softmax at the small rate.
      long: steps of softmax without decay and of StableMax at the large rate.
      short: steps of OrthoGrad and of weight decay.
    """
    slow = [
        (loss, dtype, "nothing", 5e-4, 0.0, 0.99, 1e-30, formats)
        for loss, dtype in (*((SOFTMAX, f"float{bits}") for bits in (16, 32, 64)), ("cross_entropy", None))
    ]
    fast = [
        (SOFTMAX, "float64", "nothing", 1e-2, 0.0, 0.99, 1e-25, long),
        ("stablemax", "float64", "nothing", 1e-2, 0.0, 0.999, 1e-25, long),
        (SOFTMAX, "float32", "orthograd", 1e-2, 0.0, 0.999, 1e-8, short),
        *((SOFTMAX, "float32", "nothing", 1e-2, decay, 0.999, 1e-8, short) for decay in DECAYS),
    ]
    return {AXIS: slow + fast}


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick, medium or paper."""
    config = default_config("modular_arithmetic", "mlp", "adamw", SOFTMAX)
    config.figure = "arena/fig2_numerical_edge"
    config.task.p, config.task.train_fraction = 113, 0.4
    config.model.widths, config.model.use_bias = (200, 200), False
    config.training.records, config.training.probes = 120, ("zero_losses",)
    presets = {
        "smoke": {
            "task.p": 7,
            "model.widths": (8, 8),
            "training.records": 6,
            "grid": {**settings(20, 20, 10), "seed": range(1)},
        },
        "quick": {
            "task.p": 47,
            "task.train_fraction": 0.5,
            "training.records": 80,
            "grid": {**settings(1200, 1200, ORTHOGRAD_STEPS), "seed": range(3)},
        },
        "medium": {"grid": {**settings(6_000, 10_000, 500), "seed": range(3)}},
        "paper": {"training.records": 200, "grid": {**settings(EDGE_STEPS, STABLEMAX_STEPS, 500), "seed": range(5)}},
    }
    return apply_preset(config, preset, presets)
