"""A grid of your own, without a figure of a paper: any task, model and optimizer, drawn as curves over the grid.

The word after the colon chooses them, here with all their defaults; every other field starts at its default
(grok_jax.default_config) and is set by --config.<section>.<field>=<value>. The grid's axes are any of these fields:

    python -m experiments.run --config=configs/grid.py:task=teacher_student,model=mlp,optimizer=adamw --out=results/mine

    python -m experiments.run --config=configs/grid.py:task=mnist --config.grid="model.init_scale=1,8; seed=range(3)" \\
        --config.training.steps=2000 --out=results/mine

The second one, 6 runs of full-batch AdamW on 1000 of the 5000 digits that need no download, takes about a minute
on 2 cores.
"""

from ml_collections import ConfigDict

from grok_jax import default_config
from grok_jax.errors import require

PARTS = ("task", "model", "optimizer")


def get_config(spec: str = "") -> ConfigDict:
    """The config of one run with every field at its default, and an empty grid.

    Args:
      spec: names, such as "task=mnist,optimizer=gd"; a part that is left out has default_config's.

    Raises:
      UserError: a part or a name that does not exist.
    """
    names = {}
    for word in filter(None, spec.split(",")):
        part, _, name = word.partition("=")
        known = part in PARTS and part not in names and bool(name)
        require(known, f"{word!r} is no choice; write any of task=<name>,model=<name>,optimizer=<name>, each once")
        names[part] = name
    return default_config(**names)
