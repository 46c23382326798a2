"""The three sizes a figure comes in, and how a config file applies one."""

from collections.abc import Iterable, Mapping
from typing import Any

from ml_collections import ConfigDict

from grok_jax.errors import UserError
from grok_jax.training.grid import grid_text

Grid = dict[str, Iterable[Any]]  # axes, such as {"model.init_scale": (0.5, 2), "seed": range(3)}
PRESETS = ("smoke", "quick", "paper")  # seconds; a few minutes on two cores; the paper's numbers


def apply_preset(config: ConfigDict, preset: str, presets: Mapping[str, Mapping[str, Any]]) -> ConfigDict:
    """Sets the fields of the chosen preset and returns the config.

    Args:
      config: what all presets have.
      preset: which one.
      presets: the fields of each, by dotted name; "grid" is a dict of axes.

    Raises:
      UserError: no such preset, or a grid that makes no sense.
    """
    if preset not in presets:
        raise UserError(f"preset {preset!r} does not exist; there are {', '.join(presets)}")
    fields = presets[preset]
    config.update_from_flattened_dict({**fields, "grid": grid_text(fields["grid"])})
    return config
