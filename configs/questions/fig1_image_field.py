"""Questions fig. 1: do networks of coordinates grok when they learn an image from some of its pixels?

A reader of Omnigrok asks whether grokking happens in NeRFs. This is the smallest case: a network maps the coordinates
of a pixel to its intensity. It learns some pixels of an image and is tested on the others. Omnigrok predicts that large
initial weights and weight decay induce grokking, and that standard weights do not grok.

| setting | value | source |
|---|---|---|
| image | a digit of MNIST; from medium on a photograph as well, 28 x 28 pixels in gray | ours |
| networks | plain MLP, MLP of Fourier features (Tancik et al.), SIREN (Sitzmann et al.) | the papers |
| layers | two hidden layers of 64 | ours |
| Fourier features | 64 frequencies with σ = .5, which is .037 cycles from pixel to pixel | Tancik et al.: .039 |
| SIREN | ω_0 = ω = 3; first phases change by up to .11 from pixel to pixel | Sitzmann et al.: .12 |
| optimizer | AdamW 1e-3, full batch | ours |
| large | all initial weights times α = 4 | ours, after a look |
| decay | .3; plain MLP: .1 | ours, after a look |
| pixels to train on | half; a quarter and three quarters at large weights with decay | ours |
| constant norm | the weights are rescaled to their initial norm after each step, for panel c | Omnigrok |
| output scale | centered outputs times α, for panel d | Kumar et al. |
| its learning rate | 1e-3 / α: Adam's steps do not grow with α, so 1/α² would be too slow | ours |
| kernel | over 64 test pixels | ours |

"Level" is the error that a network must reach to know the image: .035 for the digit and .0076 for the photograph. It
comes from a method without a network, before any run: linear interpolation from a quarter of the pixels (scipy's
griddata; outside their hull the nearest one). Errors on the other pixels, medians over 20 drawings (photograph: 8):

| image | pixels | linear interpolation | copy of the nearest pixel | mean of the pixels |
|---|---|---|---|---|
| digit | 1/4 | .035 | .052 | .109 |
| digit | 1/2 | .021 | .037 | .108 |
| digit | 3/4 | .014 | .033 | .109 |
| photograph | 1/4 | .0076 | .0119 | .090 |
| photograph | 1/2 | .0061 | .0095 | .089 |

The level is the same for all numbers of pixels, so that they can be compared. With half of the pixels it asks no more
of a network than to copy the nearest one. All errors in the picture are divided by the level.

What counts, before the runs. t(train) and t(test) are the first steps at which the errors reach the level.

| word | meaning |
|---|---|
| groks | t(test) is at least 3 t(train) |
| generalizes with its fit | t(test) is less than 3 t(train) |
| never generalizes | reaches the level in training only; says nothing of the delay |

| claim | holds in a seed if | decided if |
|---|---|---|
| 1-3 standard weights, no decay | generalizes with its fit | generalizes |
| 4-6 large weights, decay | groks | generalizes |
| 7-9 large weights, no decay | never generalizes | fits |
| 10 decay | the weakest takes 1.5 times the steps of the strongest to generalize, or more | both fit |
| 11 data | the delay at the fewest pixels is 1.5 times that at the most, or more | both fit |
| 12 "LU" | train: at the level from the best norm on, above it at the smallest | fits at a norm |
| | test: 1.5 times its lowest at both ends, or more | |
| 13 output scale | the delay at the largest is 1.5 times that at the smallest, or more | both fit |
| 14 lazy | the kernel moves less at the largest output scale than at the smallest | no run diverged |

Claims 1 to 9 are about one network each. A seed decides 10 to 14 if two of the three networks do, and they hold if they
hold in two. With several images a claim must hold on each. Where a run never generalizes, its last step counts as the
least that t(test) can be; if this is not enough for a factor of 1.5, the seed does not decide.

The answer for a network is in the table: "occurs by itself" if standard weights grok without decay in 80% of the seeds,
"can be induced" if only claims 4-6 find it, "does not occur" if fewer than half of the seeds grok in both, and
otherwise "open". So the opposite answer to Omnigrok's is a network of claims 1-3 that groks, or one of claims 4-6 that
generalizes with its fit.

"After a look" means after runs of one seed, 100, which no preset has, with half of the pixels of the digit. They had
1,000 steps at α = 1, 2,400 with decay .3 and 3,000 otherwise. t(train) and t(test), α = 4 where nothing else is said:

| network | no decay, α = 1 | no decay | decay .3 | decay 1 | decay 3 |
|---|---|---|---|---|---|
| plain MLP | 243, 323 | 761, 1651 | 2361, not reached | neither reached | neither reached |
| Fourier | 27, 39 | 135, not reached | 129, 772 | 118, 367 | 105, 1123 |
| SIREN | 276, 294 | 44, not reached | 46, 1186 | 89, 414 | 179, not reached |

So claims 1 to 9 predict what this seed shows, but for two of the plain MLP: claim 7 predicts the opposite, and the look
says nothing of claim 4, as decay .1 was not run. Claims 11 to 14 were written without a look.

| claim | measured (quick, 3 seeds, medians) | verdict |
|---|---|---|
| 1 plain MLP, standard | t(train) 208, t(test) 354; one seed groks | mixed, 2 of 3 |
| 2 Fourier, standard | t(train) 25, t(test) 42 | holds, 3 of 3 |
| 3 SIREN, standard | t(train) 268, t(test) 407 | holds, 3 of 3 |
| 4 plain MLP, large, decay | 1 of 3 seeds generalizes within its steps, with its fit | not measured |
| 5 Fourier, large, decay | t(train) 77, t(test) 1,020; delay 7.0 | holds, 3 of 3 |
| 6 SIREN, large, decay | t(train) 45, t(test) 1,157; delay 21 | holds, 3 of 3 |
| 7 plain MLP, large, no decay | lowest test error 1.05 times the level | mixed, 2 of 3 |
| 8 Fourier, large, no decay | lowest test error 2.1 times the level | holds, 3 of 3 |
| 9 SIREN, large, no decay | lowest test error 15 times the level | holds, 3 of 3 |
| 10 decay | from .3 to 1: Fourier 1,020 to 424 steps, SIREN 1,157 to 335; plain MLP: never | mixed, 2 of 3 |
| 11 data | delay at 3/4 and at 1/4: Fourier 3.4, 26; SIREN 8.6, never; plain MLP 1.8, never | holds, 3 of 3 |
| 12 "LU" | U: Fourier and SIREN 3 of 3, plain MLP 2 of 3; L: Fourier fits at α = .5 too | does not hold, 1 of 3 |
| 13 output scale | delay at .25 and 16: plain MLP 1.1, 1.6; Fourier 1.2, 3.0; SIREN 1.1, no fit | not measured |
| 14 lazy | kernel moves, likewise: plain MLP 120, .58; Fourier 14, .20; SIREN 2.1, .13 | holds, 3 of 3 |

Each number is a median of its own, so a delay is not the ratio of the two times beside it. "Never" is a median too: one
seed of the plain MLP generalizes at both decays. "No fit" is 2 of 3 seeds. Not claimed, but seen: at α = 2 without
decay, SIREN groks in 2 of 3 seeds.

| preset | runs | on 2 cores | recorded run |
|---|---|---|---|
| smoke | 1 seed, 20 steps | seconds | |
| quick | 3 networks, 18 settings, 3 seeds, 2,400 steps: 3.9e5 run-steps | 6 minutes | 464 s, 1 CPU device, busy |
| medium | 2 images, 3 networks, 29 settings, 5 seeds: 8.7e6 run-steps | 2 hours (estimated) | |
| paper | 2 images, 3 networks with layers of 256, 29 settings, 10 seeds: 8.7e7 run-steps | for a GPU | |

No paper has this figure.
"""

from collections.abc import Sequence
from typing import Any

from ml_collections import ConfigDict

from configs.presets import Grid, apply_preset
from grok_jax import default_config

DATA = "task.train_fraction"
AMOUNT = 0.5  # where only one share of the pixels is used
STANDARD, LARGE = 1.0, 4.0  # initial scales
DECAY = {"mlp": 0.1, "fourier_mlp": 0.3, "siren": 0.3}  # for which grokking is expected at the large scale
LEVEL = {"digit": 0.035, "china": 0.0076}  # squared errors
# Model -> sigma, frequencies, first_omega, omega; None for a field that it does not have.
MODELS = {"mlp": (None,) * 4, "fourier_mlp": (0.5, 64, None, None), "siren": (None, None, 3.0, 3.0)}
MODEL_FIELDS = ("model.name", "model.sigma", "model.frequencies", "model.first_omega", "model.omega")
SETTING_FIELDS = (
    "model.init_scale",
    "optimizer.weight_decay",
    "optimizer.constant_norm_from",
    "model.centered",
    "model.output_scale",
    "optimizer.learning_rate",
)
RATE = 1e-3


def settings(
    amounts: Sequence[float],
    scales: Sequence[float],
    decays: Sequence[float],
    decay: float,
    norms: Sequence[float],
    outputs: Sequence[float],
    steps: int,
    *,
    amount: float = AMOUNT,
) -> list[tuple[Any, ...]]:
    """Returns the settings of one network: an amount of data, and values of SETTING_FIELDS.

    Args:
      amounts: of data, at the largest scale with the expected decay.
      scales, decays: of the initial weights and the weight decay, crossed at one amount.
      decay: the expected one.
      norms: initial scales whose norm is kept, without decay.
      outputs: output scales of the centered network, at the standard scale without decay.
      steps: of all runs; a norm that is kept from then on is free.
      amount: of data where it does not vary.
    """
    free = [(amount, scale, decay_of, steps, False, 1.0, RATE) for scale in scales for decay_of in decays]
    data = [(each, scales[-1], decay, steps, False, 1.0, RATE) for each in amounts if each != amount]
    spheres = [(amount, norm, 0.0, 0, False, 1.0, RATE) for norm in norms]
    lazy = [(amount, STANDARD, 0.0, steps, True, output, RATE / output) for output in outputs]
    return [*free, *data, *spheres, *lazy]


def grid(images: Sequence[str], steps: int, seeds: int, *, is_fine: bool) -> Grid:
    """Returns the grid of all images and networks; a fine one has five decays for each network in place of three."""
    points = []
    for name, fields in MODELS.items():
        expected = DECAY[name]
        own = (0.0, 0.03, 0.1, 0.3, 1.0) if is_fine else (0.0, 0.1, 0.3) if name == "mlp" else (0.0, 0.3, 1.0)
        norms = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0) if is_fine else (0.5, 1.0, 2.0, 4.0)
        outputs = (0.25, 0.5, 2.0, 8.0, 16.0) if is_fine else (0.25, 2.0, 16.0)
        for point in settings((0.25, AMOUNT, 0.75), (STANDARD, 2.0, LARGE), own, expected, norms, outputs, steps):
            points.append((name, *fields, *point))
    axis = ",".join((*MODEL_FIELDS, DATA, *SETTING_FIELDS))
    return {**({"task.image": images} if len(images) > 1 else {}), axis: points, "seed": range(seeds)}


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick, medium or paper."""
    config = default_config(task="image_field", model="mlp", optimizer="adamw")
    config.figure = "questions/fig1_image_field"
    config.task.image = "digit"
    config.task.grayscale = True
    config.model.widths = (64, 64)
    config.optimizer.constant_norm = True
    config.training.probes = ("kernel",)
    config.training.probe_rows = 64
    config.training.probe_every = 1000  # only the first and the last record
    config.training.records = 60
    presets = {
        "smoke": {
            "model.widths": (8, 8),
            "training.steps": 20,
            "training.records": 6,
            "grid": grid(("digit",), 20, 1, is_fine=False),
        },
        "quick": {"training.steps": 2400, "grid": grid(("digit",), 2400, 3, is_fine=False)},
        "medium": {"training.steps": 10_000, "grid": grid(("digit", "china"), 10_000, 5, is_fine=True)},
        "paper": {
            "model.widths": (256, 256),
            "training.steps": 50_000,
            "grid": grid(("digit", "china"), 50_000, 10, is_fine=True),
        },
    }
    return apply_preset(config, preset, presets)
