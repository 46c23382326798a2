"""Grid axes of every kind: hyperparameters of plain optax optimizers, widths, and initial scales.

python examples/static_axes.py
"""

import numpy as np
import optax

import grok_jax as gj
from grok_jax.models.mlp import MLP


def main() -> None:
    """Counts the programs of two grids."""
    draw = np.random.default_rng(0)
    x = draw.normal(size=(200, 4))
    y = x[:, :1] * x[:, 1:2]
    run = gj.Run(
        gj.data(x, y, train_size=100, test_size=100),
        gj.model(MLP, widths=(16,), outputs=1),
        gj.optimizer(optax.adamw, learning_rate=1e-2),
        training=gj.Training(steps=300, records=5),
    )
    traced = gj.sweep(run, {"optimizer.weight_decay": [0.0, 1.0], "optimizer.b1": [0.8, 0.9]}, progress=False)
    print("numbers share a program:", traced.attrs["programs"])
    widths = gj.sweep(run, {"model.widths": [(8,), (16,)], "model.init_scale": [1.0, 2.0]}, progress=False)
    print("widths have one each:", widths.attrs["programs"])
    print(widths.test_loss.isel(step=-1).to_pandas())


if __name__ == "__main__":
    main()
