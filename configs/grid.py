"""A custom grid, not tied to a paper: any task, model and optimizer, plotted as curves over the grid.

This command spells out the defaults:

    python -m experiments.run --config=configs/grid.py:task=teacher_student,model=mlp,optimizer=adamw,loss=mse \\
        --out=results/mine

| to choose | write | if you leave it out |
|---|---|---|
| task, model, optimizer, loss | their names after the colon | the four above |
| any other field | --config.<section>.<field>=<value> | its default in grok_jax.default_config |
| the grid's axes | --config.grid="<section>.<field>=<values>; seed=<values>" | a single run |

Any field can be an axis:

    python -m experiments.run --config=configs/grid.py:task=mnist --config.grid="model.init_scale=1,8; seed=range(3)" \\
        --config.training.steps=2000 --out=results/mine

This trains 6 runs of full-batch AdamW on 1000 of the 5000 digits that need no download. It takes about a minute on 2
cores.
"""

from ml_collections import ConfigDict

from grok_jax import default_config
from grok_jax.errors import require

PARTS = ("task", "model", "optimizer", "loss")


def get_config(spec: str = "") -> ConfigDict:
    """Returns the config of one run, with every field at its default and an empty grid.

    Args:
      spec: names such as "task=mnist,optimizer=gd"; a part left out gets default_config's default.

    Raises:
      UserError: a part or a name does not exist.
    """
    names = {}
    for word in filter(None, spec.split(",")):
        part, _, name = word.partition("=")
        known = part in PARTS and part not in names and bool(name)
        words = f"{word!r} is not allowed; write {','.join(f'{each}=<name>' for each in PARTS)}, each at most once"
        require(known, words)
        names[part] = name
    return default_config(**names)
