"""The presets (sizes) of figures, and how a config file applies one.

| preset | what it is for | time |
|---|---|---|
| smoke | a test that the figure runs | seconds |
| quick | the figure and its claims on two cores | a few minutes |
| medium | studies of our own, large enough to rank methods; figures of papers have none | two hours, resumable |
| paper | the paper's numbers | minutes to days; the figure's notes say where it needs a GPU |
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ml_collections import ConfigDict

from grok_jax.errors import UserError
from grok_jax.training.grid import grid_text

Grid = dict[str, Iterable[Any]]  # axes, such as {"model.init_scale": (0.5, 2), "seed": range(3)}
PRESETS = ("smoke", "quick", "medium", "paper")


class UnknownPreset(UserError):
    """A figure does not have the preset."""


def apply_preset(config: ConfigDict, preset: str, presets: Mapping[str, Mapping[str, Any]]) -> ConfigDict:
    """Sets the fields of the chosen preset and returns the config.

    Args:
      config: the fields that all presets share.
      preset: name of the preset to apply.
      presets: preset name -> {dotted field name: value}; "grid" is a dict of axes.

    Raises:
      UnknownPreset: the figure does not have the preset.
      UserError: its grid is invalid.
    """
    if preset not in presets:
        raise UnknownPreset(f"preset {preset!r} does not exist; there are {', '.join(presets)}")
    fields = presets[preset]
    config.update_from_flattened_dict({**fields, "grid": grid_text(fields["grid"])})
    return config
