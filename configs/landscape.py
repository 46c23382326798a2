"""A custom reduced landscape: the loss of any task and model, minimized on spheres of constant weight norm.

After every step, each run rescales its weights to their initial norm. So it minimizes the training loss over weight
directions only (Omnigrok, Eq. 1 and 5). Choose task, model and optimizer after the colon, as in configs/grid.py:

    python -m experiments.run --config=configs/landscape.py:task=teacher_student --out=results/mine

This takes about half a minute on 2 cores. The grid has model.init_scale, seeds, and a second axis if you give one:

    python -m experiments.run --config=configs/landscape.py:task=mnist --out=results/map \\
        --config.training.batch_size=100 \\
        --config.grid="model.init_scale=log(0.1, 10, 7); task.train_size=50, 200, 1000; seed=range(3)"

| the figure shows | as |
|---|---|
| losses and errors, final and best, and whether the minimum was reached | curves with one axis, heat maps with two |
| more axes than two, and axes that are not numbers | their first value only; results.nc has every value |
"""

from ml_collections import ConfigDict

from configs import grid
from grok_jax.training.grid import grid_text, log


def get_config(spec: str = "") -> ConfigDict:
    """Returns the config of a landscape, with every other field at its default.

    Args:
      spec: names such as "task=mnist,model=mlp"; a part left out gets its default (optimizer: adam).

    Raises:
      UserError: a part or a name does not exist.
    """
    words = [word for word in spec.split(",") if word]
    if not any(word.startswith("optimizer=") for word in words):
        words.append("optimizer=adam")
    config = grid.get_config(",".join(words))
    config.figure = "landscape"
    config.optimizer.constant_norm = True
    config.training.steps = 10_000
    config.training.probes = ("gradient",)
    config.grid = grid_text({"model.init_scale": log(0.1, 10, 9), "seed": range(3)})
    return config
