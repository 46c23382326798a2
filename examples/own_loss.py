"""A loss that uses the network: the residual of u'' = -u with u(0) = 0 and u'(0) = 1, so that u is the sine.

python examples/own_loss.py
"""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax

import grok_jax as gj


class Net(nn.Module):
    """The network u(t)."""

    @nn.compact
    def __call__(self, t: jax.Array) -> jax.Array:
        return nn.Dense(1)(jnp.tanh(nn.Dense(32)(t)))


def residual(view: gj.LossView, at_start: float = 1.0) -> jax.Array:
    """Returns each row's squared residual, plus the error at t = 0. A loss with one argument gets the whole view."""

    def u(t: jax.Array) -> jax.Array:
        return view.network(view.params, t.reshape(1, 1))[0, 0]

    slope = jax.grad(u)
    times = view.inputs[:, 0]
    start = u(jnp.float32(0)) ** 2 + (slope(jnp.float32(0)) - 1) ** 2
    return (jax.vmap(jax.grad(slope))(times) + jax.vmap(u)(times)) ** 2 + at_start * start


def main() -> None:
    """Trains on the residual alone; accuracy is the share of rows near the sine, which the loss never sees."""
    times = np.linspace(0, 3, 60)[:, None]
    run = gj.Run(
        gj.data(times, np.sin(times), train_size=40, test_size=20),
        Net(),
        gj.optimizer(optax.adam, learning_rate=3e-3),
        loss=residual,
        training=gj.Training(steps=2000, records=6, accuracy_threshold=1e-3),
    )
    runs = gj.sweep(run, {"loss.at_start": [0.1, 1.0, 10.0]}, progress=False)
    print(runs.test_accuracy.to_pandas().T)


if __name__ == "__main__":
    main()
