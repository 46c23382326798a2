"""The three networks of the paper's figures: a two-layer transformer, a two-layer LSTM and a three-layer MLP.

The paper (Sec. 3.1) asks for 3e5 to 4e5 non-embedding parameters each, on modular addition over tokens. Its task
"aligns with the framework" of Power et al. (2022), whose public code is openai/grok. It states no widths, no rate and
no decay, and has no public code of its own.

| setting | value | source |
|---|---|---|
| embeddings of all three | size 128 | ours |
| transformer | width 128, 4 heads, LayerNorm after each part of a block | openai/grok |
| | sinusoidal positions, PyTorch's initialization | openai/grok |
| its minibatches, warm-up | 512, or half the training pairs if that is less; 10 steps | openai/grok |
| p, rate, second beta | 97, 1e-3, .98, for all three | openai/grok |
| optimizer | AdamW, whose decay is not part of the loss; Sec. 2 writes it as a term of the loss | paper, Sec. 3.1 |
| decay | 1, except in figure 4 | ours |
| MLP | reads the concatenated embeddings of "a b ="; ReLU, three layers of weights | ours |
| LSTM, MLP: widths | the parameter count is in range with and without the readout | ours |
| LSTM, MLP: batch | full | ours |

| parameters, p = 113 | transformer | LSTM | MLP |
|---|---|---|---|
| without embeddings and readout | 395,520 | 324,864 | 314,400 |
| the same, no feed-forward biases | 394,240 | | |
| with the readout | 409,984 | 341,249 | 359,713 |

The transformer's readout is its unembedding, which the usual count omits.

The transformer differs from that of openai/grok. The last column has the flags for theirs, in figures 2, 4 and 9:

| | openai/grok | ours | for theirs |
|---|---|---|---|
| feed-forward layers | without biases | with biases | `--config.model.mlp_bias=False` |
| it reads | `<eos> a + b =` | `a b =` | `--config.task.encoding=equation` for `a + b =` |
| its tokens | 239, for all tasks of theirs | p + 1, or p + 2 with the sign | none |
| its outputs | 239 | p | `--config.task.outputs=239` |
| it predicts | the answer and a final `<eos>` | the answer | none |
| split | the same for every seed | one for each seed | `--config.task.seed=0` |
| dropout | after the feed-forward layers | the same in figure 4, which alone has it | |

The biases stay because the runs on the H200 below have them.

Why figures 1 and 2 have a plateau: sinusoidal positions are small next to N(0, 1) embeddings, so this transformer
hardly distinguishes "a b" from "b a". Soon after it has fitted, it is right on the test pairs whose mirror image it was
trained on. Their share is about the train fraction. Nanda's transformer, which has no LayerNorm, shows no plateau.

After it has fitted it is unstable at a rate of 1e-3. Train and test accuracy fall together, some to chance, and
recover. Runs with train accuracy below half at a record after 95%, on one H200 (p = 97, 3 seeds a fraction):

| setting of | steps | runs |
|---|---|---|
| figure 2 | 1.5e4 | 5 of 9 |
| figure 9 | 3e4 | 14 of 18 |

Figures 1, 2 and 9 report their share.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ml_collections import ConfigDict

import grok_jax
from configs.presets import Grid
from grok_jax import default_config

POWER = {"norm": "after", "positions": "sinusoidal", "initializer": "pytorch"}
BATCH, WARM_UP, RATE = 512, 10.0, 1e-3  # settings of the transformer
THREE = {"task.train_fraction": (0.3, 0.5, 0.7)}  # the paper's, in figures 2 and 3
THREE_OF_FEW = (0.5, 0.65, 0.8)  # for quick: with few pairs a larger share is critical
RECIPE = ("training.batch_size", "optimizer.warmup_steps", "optimizer.learning_rate")

# By the name in the figures: the model, and its fields that are not the defaults.
Networks = Mapping[str, tuple[str, Mapping[str, Any]]]
ARCHITECTURES: Networks = {
    "transformer": ("transformer", {"layers": 2, "heads": 4, "width": 128, "mlp_width": 512, **POWER}),
    "LSTM": ("lstm", {"layers": 2, "width": 144, "embedding_width": 128}),
    "MLP": ("token_mlp", {"widths": (400, 400), "embedding_width": 128}),
}
SMALL: Networks = {
    "transformer": ("transformer", {"layers": 2, "heads": 4, "width": 64, "mlp_width": 256, **POWER}),
    "LSTM": ("lstm", {"layers": 2, "width": 64, "embedding_width": 32}),
    "MLP": ("token_mlp", {"widths": (128, 128), "embedding_width": 32}),
}
TINY: Networks = {
    "transformer": ("transformer", {"layers": 1, "heads": 2, "width": 8, "mlp_width": 8, **POWER}),
    "LSTM": ("lstm", {"layers": 1, "width": 8, "embedding_width": 8}),
    "MLP": ("token_mlp", {"widths": (8,), "embedding_width": 8}),
}


def base(name: str) -> ConfigDict:
    """Returns the shared config of one of ARCHITECTURES: addition modulo 97, AdamW 1e-3, second beta .98, decay 1."""
    config = set_architecture(default_config(task="modular_arithmetic", optimizer="adamw"), name)
    config.task.p = 97
    config.optimizer.learning_rate = RATE
    config.optimizer.weight_decay = 1.0
    config.optimizer.b2 = 0.98
    config.training.loss = "cross_entropy"
    if name == "transformer":
        config.optimizer.warmup_steps, config.training.batch_size = WARM_UP, BATCH
    return config


def set_architecture(config: ConfigDict, name: str) -> ConfigDict:
    """Sets the config's model to one of ARCHITECTURES and its task to tokens; returns the config."""
    model, fields = ARCHITECTURES[name]
    with config.unlocked():
        config.model = default_config(model=model).model
    config.model.update(fields)
    config.task.encoding = "tokens"
    return config


def model_fields(networks: Networks, name: str) -> dict[str, Any]:
    """Returns the fields of one of several networks, by dotted name."""
    return {f"model.{field}": value for field, value in networks[name][1].items()}


def networks_axis(networks: Networks, batch: int = BATCH, rate: float = RATE) -> Grid:
    """Returns a grid axis over networks, with None for a field that a network does not have.

    Args:
      networks: name -> (model name, its fields).
      batch: minibatch rows of the transformer; the others train on all rows.
      rate: learning rate of the others; the transformer's is RATE.
    """
    fields = list(dict.fromkeys(field for _, own in networks.values() for field in own))
    points = []
    for model, own in networks.values():
        known = {**grok_jax.model(model).values(), **own}
        recipe = (batch, WARM_UP, RATE) if model == "transformer" else (None, None, rate)
        points.append((model, *(known.get(field) for field in fields), *recipe))
    return {",".join(["model.name", *(f"model.{field}" for field in fields), *RECIPE]): points}


def three_of_few(*steps: int) -> Grid:
    """Returns a grid axis over the three train fractions of quick, with the steps of each."""
    return {"task.train_fraction,training.steps": list(zip(THREE_OF_FEW, steps, strict=True))}


def fractions_axis(p: int, fractions: Sequence[float]) -> Grid:
    """Returns a grid axis over train fractions, with minibatches of BATCH rows or half of the training pairs."""
    points = [(fraction, min(BATCH, half_of(p, fraction))) for fraction in fractions]
    return {"task.train_fraction,training.batch_size": points}


def half_of(p: int, fraction: float) -> int:
    """Returns half the number of training pairs at a fraction of all p², rounded up."""
    return -(-int(fraction * p**2) // 2)


def evenly(steps: int, count: int = 60) -> tuple[int, ...]:
    """Returns evenly spaced record steps, for events that happen late or after a change of the data."""
    return tuple(range(0, steps, max(1, steps // count)))
