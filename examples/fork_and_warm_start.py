"""Branching and warm starts: weight decay switched on after 500 steps, and networks that start from given weights.

python examples/fork_and_warm_start.py
"""

import numpy as np
import optax

import grok_jax as gj
from grok_jax.models.mlp import MLP


def main() -> None:
    """Branches two seeds into three decays, then starts a new grid from the weights of one of them."""
    draw = np.random.default_rng(0)
    x = draw.normal(size=(300, 5))
    y = np.tanh(x @ draw.normal(size=(5, 3))) @ draw.normal(size=(3, 2))
    net = gj.model(MLP, widths=(50,), activation="tanh", outputs=2)
    run = gj.Run(
        gj.data(x, y, train_size=60, test_size=200),
        net,
        gj.optimizer(optax.adamw, learning_rate=3e-3, weight_decay=0.0),
        training=gj.Training(steps=1000, records=8),
    )
    _, kept = gj.sweep(run, {"seed": range(2)}, keep_params=[500], keep_state=True, progress=False)
    branches = gj.sweep(
        run, {"optimizer.weight_decay": [0.0, 1.0, 5.0], "seed": range(2)}, start=kept.fork(500), progress=False
    )
    print(branches.test_loss.mean("seed").to_pandas())

    weights = kept.at({"seed": 0})
    warm = gj.sweep(run, {"optimizer.learning_rate": [1e-3, 1e-2]}, start=weights, progress=False)
    print(warm.relative_distance.isel(step=-1).to_pandas())  # how far each run has moved from the given weights


if __name__ == "__main__":
    main()
