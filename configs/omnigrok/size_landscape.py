"""Shared by the landscapes over the amount of data and the scale of the weights (figs. 3a-c, 4a-c, 5a-c and 11)."""

from collections.abc import Mapping, Sequence

from configs.presets import Grid
from grok_jax.training.grid import significant


def grid(size: str, sizes: Sequence[int] | Mapping[int, int], exponents: Sequence[float], seeds: int) -> Grid:
    """Returns the grid over a field of sizes, init_scale = 10^exponent, and seeds.

    Args:
      size: dotted name of the field.
      sizes: its values; a mapping from size to steps also sets the steps of each size's runs.
      exponents: exponents of the scales.
      seeds: number of seeds.
    """
    axis = {f"{size},training.steps": sizes.items()} if isinstance(sizes, Mapping) else {size: sizes}
    return {**axis, "model.init_scale": [significant(10**exponent, 6) for exponent in exponents], "seed": range(seeds)}


def steps_of_epochs(epochs: int, rows: int, batch_size: int) -> int:
    """Returns the steps of the given number of epochs; the last batch of an epoch may be smaller."""
    return epochs * -(-rows // batch_size)
