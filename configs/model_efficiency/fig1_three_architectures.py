"""Model efficiency fig. 1: a two-layer transformer, a two-layer LSTM and a three-layer MLP grok modular addition.

Paper, Sec. 3.1: AdamW, 50% of the data, 3e5 to 4e5 non-embedding parameters each; p, learning rate, decay, batch and
widths are not stated. Ours: the networks of architectures.py, AdamW 1e-3, decay 1, second beta .98, p = 97; the
transformer, that of Power et al., with minibatches of 512 and 10 steps of warm-up, the others on the full batch.
Thresholds, ours, set before the runs: LSTM and MLP are "close to random guessing" below .1 test accuracy when their
train accuracy gets to 100%, and their delay is above 2; the transformer's test accuracy plateaus where it is from .1 to
.9 at t95(train), changes by .2 or less until 3 times that step, and gets to .95 later. The dashed line of the picture
is the share of test pairs whose mirror image is a training pair: what is known of addition by who knows that a + b =
b + a. The transformer's plateau lies there.
Quick: p = 31, networks of width 64 to 128, and 70% of the pairs, as of fewer pairs a larger share is critical; LSTM and
MLP at 3e-3. That it shows the same was checked by the plateau's height: about the train fraction, as at p = 97.

Check values at p = 97 (fig. 2's setting, one H200, 3 seeds, 50%): the transformer has 95% of the training pairs at
about step 390 and .32 to .36 of the test pairs then, changes by .16 to .18 until 3 times that step, rests at .5, and
generalises at about 2,000: claim 3 holds in all. LSTM and MLP were not run at that size.

Measured (quick, 3 seeds): @FIG1@
"""

from ml_collections import ConfigDict

from configs.model_efficiency.architectures import ARCHITECTURES, SMALL, TINY, base, half_of, networks_axis
from configs.presets import apply_preset


def get_config(preset: str = "quick") -> ConfigDict:
    """The config of one preset: smoke, quick or paper."""
    config = base("MLP")
    config.figure = "model_efficiency/fig1_three_architectures"
    presets = {
        "smoke": {
            "task.p": 7,
            "task.train_fraction": 0.5,
            "training.steps": 20,
            "training.records": 4,
            "grid": f"{networks_axis(TINY, batch=half_of(7, 0.5))}; seed=range(1)",
        },
        "quick": {
            "task.p": 31,
            "task.train_fraction": 0.7,
            "training.steps": 4000,
            "training.records": 100,
            "grid": f"{networks_axis(SMALL, batch=half_of(31, 0.7), rate=3e-3)}; seed=range(3)",
        },
        "paper": {
            "task.train_fraction": 0.5,
            "training.steps": 20_000,
            "training.records": 150,
            "grid": f"{networks_axis(ARCHITECTURES)}; seed=range(5)",
        },
    }
    return apply_preset(config, preset, presets)
