"""Whether results were made with a figure's setting."""

import importlib
import json
from collections.abc import Mapping
from typing import Any

from ml_collections import ConfigDict

from grok_jax import default_config, results
from grok_jax.training.values import plain


def preset_config(figure: str, preset: str) -> ConfigDict:
    """The config of a figure, e.g. of "omnigrok/fig2b_teacher_student", at a preset."""
    return importlib.import_module(f"configs.{figure.replace('/', '.')}").get_config(preset)


def other_fields(there: Mapping[str, Any], config: ConfigDict) -> list[str]:
    """The fields in which the config that results were made with differs from another.

    Args:
      there: as JSON has it. A field that it lacks, which came later, counts as what it is by default.
      config: the other.

    Returns:
      Dotted names.
    """
    defaults = default_config(config.task.name, config.model.name, config.optimizer.name)
    known = results.flat(_as_kept(defaults)) | results.flat(there)
    wanted = results.flat(_as_kept(config))
    return [name for name in wanted if known.get(name) != wanted[name]]


def _as_kept(config: ConfigDict) -> dict[str, Any]:
    """A config as config.json has it."""
    return json.loads(json.dumps(plain(config.to_dict())))
