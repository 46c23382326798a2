"""Your own arrays, network, optimizer, loss and metric: 24 runs in one program, saved and continued.

python examples/own_everything.py
"""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax

import grok_jax as gj


class Net(nn.Module):
    """A network with one hidden layer. Traced fields can differ between the runs of one program."""

    width: int = gj.static(32, "hidden units", at_least=1)
    gain: float = gj.traced(1.0, "slope of the activation", above=0)

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        return nn.Dense(1)(jnp.tanh(self.gain * nn.Dense(self.width)(x)))


def chain(learning_rate: float = 1e-3, decay: float = 0.0, mix: float = 0.9) -> optax.GradientTransformation:
    """Returns an optax chain; any chain works, and its float parameters are traced."""
    decayed = optax.add_decayed_weights(decay)
    return optax.chain(optax.scale_by_adam(b1=mix), decayed, optax.scale_by_learning_rate(learning_rate))


def huber(outputs: jax.Array, targets: jax.Array, delta: float = 1.0) -> jax.Array:
    """Returns the loss of each row."""
    return optax.huber_loss(outputs, targets, delta=delta).mean(-1)


def layer_norms(view: gj.Probed) -> jax.Array:
    """norm of each array of weights"""
    return jnp.stack([jnp.linalg.norm(w) for w in jax.tree.leaves(view.params)])


def main() -> None:
    """Trains the grid, reads its measurements and saved weights, and continues from step 100."""
    draw = np.random.default_rng(0)
    x = draw.normal(size=(200, 6))
    y = np.sin(2 * x[:, :1]) + x[:, 1:2]

    run = gj.Run(
        task=gj.data(x, y, train_size=100, test_size=50),
        model=Net(width=16),
        optimizer=gj.optimizer(chain, learning_rate=1e-2),
        loss=gj.loss(huber, delta=0.5),
        metrics={"layer_norm": gj.metric(layer_norms, dims=("layer",))},
        training=gj.Training(steps=200, records=6),
    )
    grid = {"model.gain": [0.5, 1, 2], "optimizer.decay": [0, 0.1], "loss.delta": [0.1, 1], "seed": range(2)}
    runs, kept = gj.sweep(run, grid, keep_params=[0, 100, 200], keep_state=True, progress=False)
    print(runs.layer_norm.mean("seed").isel(step=-1, layer=1).to_series())  # one value per gain, decay and delta
    weights = kept.at({"model.gain": 2.0, "optimizer.decay": 0.1, "loss.delta": 0.1, "seed": 1}, step=100)
    print(jax.tree.map(jnp.shape, weights))

    rest = gj.sweep(run, grid, start=kept.fork(100), progress=False)  # the same runs continued, bit for bit
    print("equal:", rest.test_loss.isel(step=-1).equals(runs.test_loss.isel(step=-1)))


if __name__ == "__main__":
    main()
