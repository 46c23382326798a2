"""One run as pure functions, with your own jit, vmap and jvp.

python examples/pure_functions.py
"""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax

import grok_jax as gj

STEPS = 50


class Net(nn.Module):
    """A network with one hidden layer."""

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        return nn.Dense(1)(jnp.tanh(nn.Dense(16)(x)))


def main() -> None:
    """Maps a run over learning rates by hand and differentiates its final loss."""
    draw = np.random.default_rng(0)
    x = draw.normal(size=(100, 4))
    run = gj.Run((x, x[:, :1] ** 2), Net(), gj.optimizer(optax.adam, learning_rate=1e-2))
    pool, rows = run.load(), run.rows()

    def final_loss(run: gj.Run) -> jax.Array:
        start, fixed = run.init(pool, rows)
        return run.measure(run.advance(start, fixed, pool, 0, STEPS), fixed, pool, STEPS)["test_loss"]

    rates = [1e-3, 1e-2, 1e-1]
    runs = gj.stack([run.at("optimizer.learning_rate", rate) for rate in rates])
    print("by hand ", jax.jit(jax.vmap(final_loss))(runs))
    short = run.replace(training=gj.Training(steps=STEPS))
    swept = gj.sweep(short, {"optimizer.learning_rate": rates}, progress=False)
    print("by sweep", swept.test_loss.isel(step=-1).values)

    def of_rate(rate: jax.Array) -> jax.Array:
        return final_loss(run.at("optimizer.learning_rate", rate))

    loss, slope = jax.jvp(of_rate, (0.01,), (1.0,))  # forward mode works through a loop of any length
    print(f"loss {loss:.4f}, its slope over the learning rate {slope:.2f}")


if __name__ == "__main__":
    main()
