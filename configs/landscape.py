"""A reduced landscape of your own: any task and model, its loss minimized on spheres of equal weight norm.

Each run rescales its weights to their initial norm after every step, so that it minimizes the training loss over
directions alone (Omnigrok, Eq. 1 and 5). The word after the colon chooses task, model and optimizer, as in
configs/grid.py; the grid is over model.init_scale, perhaps a second axis, and seeds:

    python -m experiments.run --config=configs/landscape.py:task=teacher_student --out=results/mine

    python -m experiments.run --config=configs/landscape.py:task=mnist --out=results/map \\
        --config.training.batch_size=100 \\
        --config.grid="model.init_scale=log(0.1, 10, 7); task.train_size=50, 200, 1000; seed=range(3)"

Without a second axis the picture has slices, with one it has heat maps: losses and errors, final and best values, and
whether the minimum was reached. Further axes, and axes that are no numbers, are shown at their first value; results.nc
has all of them. The first command takes about half a minute on 2 cores.
"""

from ml_collections import ConfigDict

from configs import grid
from grok_jax.training.grid import grid_text, log


def get_config(spec: str = "") -> ConfigDict:
    """The config of a landscape with every other field at its default.

    Args:
      spec: names, such as "task=mnist,model=mlp"; a part that is left out has its default, of the optimizer adam.

    Raises:
      UserError: a part or a name that does not exist.
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
