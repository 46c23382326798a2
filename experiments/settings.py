"""Compares the settings of results with a figure's presets."""

import importlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ml_collections import ConfigDict

from configs.presets import PRESETS, UnknownPreset
from grok_jax import default_config, results
from grok_jax.training.config import OLD_NAMES
from grok_jax.training.grid import parse_grid
from grok_jax.values import plain

PRECISION = "training.matmul_precision"  # may differ from the preset; the table then says so
PROBES = "training.probes"
# Names of metrics in configs of older results -> their current names.
EARLIER = {
    "decomposition": "experiments.lazy_to_rich.moments:decomposition",
    "population_alignment": "experiments.lazy_to_rich.moments:population_alignment",
    "mixture": "experiments.model_efficiency.mixture:mixture",
    "representation": "experiments.omnigrok.representation:representation",
}


def preset_config(figure: str, preset: str) -> ConfigDict:
    """Returns the config of a figure, e.g. "omnigrok/fig2b_teacher_student", at a preset."""
    return importlib.import_module(f"configs.{figure.replace('/', '.')}").get_config(preset)


def presets_of(figure: str) -> list[str]:
    """Returns the presets that a figure has, the smallest first."""
    found = []
    for preset in PRESETS:
        try:
            preset_config(figure, preset)
        except UnknownPreset:
            continue
        found.append(preset)
    return found


def measured_presets(figure: str) -> list[str]:
    """Returns the presets of a figure whose results are reported."""
    return [preset for preset in presets_of(figure) if preset != "smoke"]


def nearest_preset(there: Mapping[str, Any], figure: str) -> tuple[str, list[str]]:
    """Returns the preset of a figure that some results match best: first by settings, then by the number of seeds.

    Returns:
      The preset, and the fields in which the results still differ from its settings.
    """
    found = {preset: setting_of(there, figure, preset) for preset in measured_presets(figure)}
    nearest = min(found, key=lambda preset: (len(found[preset][1]), found[preset][0] != ""))
    return nearest, found[nearest][1]


def setting_of(there: Mapping[str, Any], figure: str, preset: str) -> tuple[str, list[str]]:
    """Returns how the config of some results differs from a figure's current preset.

    Args:
      there: the config of the results as read from JSON, or its chosen_fields.
      figure, preset: the preset to compare with.

    Returns:
      A remark on differences that do not change the setting, such as "3 of 5 seeds", or ""; and the fields whose
      difference does change it.
    """
    config = preset_config(figure, preset)
    others, known = other_fields(there, config), _known(there, config)
    theirs, ours = ({axis.name: axis.values for axis in parse_grid(grid)} for grid in (known["grid"], config.grid))
    if {**theirs, "seed": ()} == {**ours, "seed": ()}:
        others = [name for name in others if name != "grid"]
    counts = [len(axes["seed"]) if "seed" in axes else 1 for axes in (theirs, ours)]
    words = [f"{counts[0]} of {counts[1]} seeds"] if counts[0] != counts[1] else []
    words += [f"{PRECISION}={known[PRECISION]}"] if PRECISION in others else []
    return ", ".join(words), [name for name in others if not name.startswith((PRECISION, "execution."))]


def other_fields(there: Mapping[str, Any], config: ConfigDict) -> list[str]:
    """Returns the fields in which the config of some results differs from another config.

    Args:
      there: the config of the results as read from JSON, or its chosen_fields. A missing field has its default.
      config: the other config.

    Returns:
      Dotted names.
    """
    known, wanted = _known(there, config), _as_kept(config)
    return [name for name in wanted if known.get(name) != wanted[name]]


def chosen_fields(there: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the grid, and the fields of a config (as read from JSON) that differ from their defaults."""
    defaults = _defaults(*(there[part]["name"] for part in ("task", "model", "optimizer")))
    fields = results.flat(there)
    return {name: value for name, value in fields.items() if name == "grid" or defaults.get(name) != value}


def _known(there: Mapping[str, Any], config: ConfigDict) -> dict[str, Any]:
    fields = {OLD_NAMES.get(name, name): value for name, value in results.flat(there).items()}
    known = _defaults(config.task.name, config.model.name, config.optimizer.name) | fields
    grid = known["grid"]
    for old, new in OLD_NAMES.items():
        grid = re.sub(rf"\b{re.escape(old)}\b", new, grid)
    return known | {"grid": grid, PROBES: words_of_today(known[PROBES])}


def words_of_today(probes: Sequence[str]) -> list[str]:
    """Returns the training.probes of an older config under their current names."""
    return [EARLIER.get(word, word) for word in probes]


def _defaults(*names: str) -> dict[str, Any]:
    return _as_kept(default_config(*names))


def _as_kept(config: ConfigDict) -> dict[str, Any]:
    """Returns the fields of a config as config.json stores them."""
    return results.flat(json.loads(json.dumps(plain(config.to_dict()))))
