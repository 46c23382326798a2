"""The three sizes a figure comes in, and how a config file applies one."""

from collections.abc import Mapping
from typing import Any

from ml_collections import ConfigDict

from grok_jax.errors import UserError

PRESETS = ("smoke", "quick", "paper")  # seconds; a few minutes on two cores; the paper's numbers


def apply_preset(config: ConfigDict, preset: str, presets: Mapping[str, Mapping[str, Any]]) -> ConfigDict:
    """Sets the fields (dotted names) of the chosen preset and returns the config.

    Raises:
      UserError: no such preset.
    """
    if preset not in presets:
        raise UserError(f"preset {preset!r} does not exist; there are {', '.join(presets)}")
    config.update_from_flattened_dict(presets[preset])
    return config
