"""Omnigrok fig. 5d: graph networks with large initial weights learn the polarizability of molecules late.

Two graph networks train freely on few molecules, from a large and from the standard initial scale. In the paper the
test loss of the first drops "around 1e4" steps. Look for a plateau and a drop.

| setting | value | source |
|---|---|---|
| task | isotropic polarizability of QM9's first molecules, half of them for training | paper, Sec. 4 and App. A |
| network, optimizer | two convolutions with ReLU and a readout, Adam 1e-3, no weight decay | paper, Sec. 4 and App. A |
| initial scales | 3 and 1 | paper, Sec. 4 and App. A |
| molecules | 100, so 50 to train on | authors' code |
| convolutions | edge-conditioned, 11 -> 32 -> 16, then 16-32-1 | authors' code |
| batch, steps | 32, 1e5 | authors' code |
| loss | mean squared error in bohr⁶ of an unnormalized target | ours |
| test loss | of all 50 test molecules | ours (authors' code: of one random batch of 32 at each step) |
| source of molecules | the embedded ones, so no preset needs a download | ours |
| double bonds of aromatic rings | as rdkit places them | ours (authors' code: as in QM9's files) |
| losses of claims | medians over the records within a factor 1.5 of a step, as minibatches make them noisy | ours |
| plateau | stays within a factor 2 while steps grow threefold | ours, after a look |
| drop | leaves a tenth of the plateau within the next decade of steps | ours, after a look |
| "around 1e4" | a factor 3 either way | ours, after a look |
| scale 1 | no drop after 1e3 steps; earlier ones are its initial learning | ours, after a look |
| quick | the same numbers but 3e4 steps | ours |

The look was a first run of 1e3 steps. Of these limits the paper gives only the 1e4 steps. It has no number for how flat
the plateau is, how far the loss drops ("sharp"), or how near to 1e4 "around" is. The caption has 200 training samples:
--config.task.size=400. The code's notebook prints the loss of a batch divided by its graphs; 32 times that is ours, for
test rows.

| claim | measured (quick, 3 seeds) | verdict |
|---|---|---|
| 1 scale 3: plateau, then a drop | the drop comes at 9.8e3 steps (median) | holds, 3 of 3 |
| 2 scale 1: no plateau and drop | falls by 1.4 in any decade of steps (median) | holds, 3 of 3 |

| preset | runs | on 2 cores | recorded run |
|---|---|---|---|
| smoke | 2 scales, 1 seed | seconds | |
| quick | 2 scales, 3 seeds | as recorded, or less (4 minutes on a busy machine) | 103 s, 1 CPU device |
| paper | 2 scales, 5 seeds | as recorded, or less | 1270 s, 1 CPU device |

In an earlier run of quick, on a busy machine, the drops came at 9.8e3, 18.4e3 and 11.3e3 steps. Losses of its three
seeds:

| steps | 1e3 | 3e3 | 3e4 |
|---|---|---|---|
| scale 3, test | 362, 315, 3166 | 255, 304, 1242 | 1.6, 12, 13 |
| scale 3, train | 3.2, 19, 113 | | .006, .026, .58 |
| scale 1, test | 2.4, 2.5, 1.2 | | 1.6, 1.3, 1.2 |

So with 50 molecules the delay is in the test loss. In that run the loss of scale 1 fell by 1.5 (median) in any decade
of steps. The weight norm does not fall meanwhile (+.2 to +.7%, +12 to +21% at scale 1). Outputs are a product of six
matrices, so scale 3 starts at losses of 3e4 to 4e6 and scale 1 at 1.1e3 to 1.4e3.

The paper preset (5 seeds): both claims hold in 5 of 5. The drop comes at 9.7e3 steps (median), and the test loss ends
at 1.5 at scale 3 and at 1.2 at scale 1.

The paper preset with 200 molecules (100 to train on; 5 seeds): both claims hold in all seeds. Drops come at 7.7e3 to
14.3e3 steps. Final test losses are .6 to 2.7 at scale 3 and .4 to 1.4 at scale 1. There the train loss drops with the
test loss.

Check values of the authors' code, one run: at scale 3 the test loss is about 160 bohr⁶ from 1e2 to 1.5e4 steps, drops
some twentyfold near 1.6e4 and ends near 3, while the train loss falls all the time. At scale 1 it is 1.6 to 2.2 from
6e2 on. Our plateau is 2.6 times higher in the median (413 in the paper preset, 314 to 3160 in its seeds), and our drop
comes sooner (9.7e3 steps). So the level depends on the draw of molecules and weights. We do not know why all of our
seeds are above the code's one run.
"""

from ml_collections import ConfigDict

from configs.presets import apply_preset
from grok_jax import default_config

LARGE, STANDARD = 3, 1  # initial scales
SCALES = {"model.init_scale": (LARGE, STANDARD)}


def get_config(preset: str = "quick") -> ConfigDict:
    """Returns the config of a preset: smoke, quick or paper."""
    config = default_config(task="qm9", model="graph_network", optimizer="adam")
    config.figure = "omnigrok/fig5d_qm9_grokking"
    config.task.source = "embedded"
    config.task.subset = "first"
    config.task.chemistry = "kekule"
    config.task.size = 100
    config.task.train_fraction = 0.5
    config.model.widths = (32, 16)
    config.model.edge_width = 32
    config.model.readout_width = 32
    config.optimizer.learning_rate = 1e-3
    config.training.batch_size = 32
    config.training.records = 150
    presets = {
        "smoke": {
            "task.size": 24,
            "model.widths": (4, 4),
            "model.edge_width": 4,
            "model.readout_width": 4,
            "training.batch_size": 4,
            "training.steps": 60,
            "training.records": 8,
            "grid": {**SCALES, "seed": range(1)},
        },
        "quick": {"training.steps": 30_000, "grid": {**SCALES, "seed": range(3)}},
        "paper": {"training.steps": 100_000, "grid": {**SCALES, "seed": range(5)}},
    }
    return apply_preset(config, preset, presets)
