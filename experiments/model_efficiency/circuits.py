"""The circuits of task "circuit_logits": a memorizing and a generalizing MLP, trained before they are mixed."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Array, Float
from ml_collections import ConfigDict

import grok_jax
from configs.model_efficiency.architectures import base
from grok_jax.tasks.circuit_logits import save_circuits
from grok_jax.training.grid import parse_grid
from grok_jax.training.metrics import Probed

FILE, SETTINGS = "circuits.npz", "circuits.json"


def with_circuits(config: ConfigDict, out: Path) -> ConfigDict:
    """Trains the circuits that a config's task describes, one pair per seed, unless the folder already has them.

    Args:
      config: a config of task "circuit_logits"; seeds have their own axis, or all runs share one seed.
      out: the folder; circuits.npz is written there, and circuits.json with the settings of the circuits.

    Returns:
      The config with task.file set to the file; the given one is unchanged.
    """
    file, settings = out / FILE, out / SETTINGS
    described = json.dumps({**config.task.to_dict(), "seeds": _seeds(config)}, default=str)
    if not (file.exists() and settings.exists() and settings.read_text("utf-8") == described):
        settings.unlink(missing_ok=True)
        memorizing, generalizing = (
            _logits(config, decay, steps)
            for decay, steps in (
                (0.0, config.task.memorizing_steps),
                (config.task.weight_decay, config.task.generalizing_steps),
            )
        )
        save_circuits(file, memorizing, generalizing)
        settings.write_text(described, "utf-8")
    prepared = ConfigDict(config.to_dict())
    prepared.task.file, prepared.task.seeds = str(file.resolve()), _seeds(config)
    return prepared


def _seeds(config: ConfigDict) -> int:
    """Returns the number of seeds, counted from 0, that includes all seeds of the grid."""
    axes = {axis.name: axis.values for axis in parse_grid(config.grid)}
    return 1 + max(seed for (seed,) in axes.get("seed", ((config.seed,),)))


def _logits(config: ConfigDict, weight_decay: float, steps: int) -> Float[np.ndarray, "seeds pairs p"]:
    """Returns the outputs of the networks of every seed for all pairs after the given number of steps."""
    circuit = base("MLP")
    circuit.task.p, circuit.task.train_fraction = config.task.p, config.task.train_fraction
    circuit.model.widths, circuit.model.embedding_width = config.task.widths, config.task.embedding_width
    circuit.optimizer.learning_rate, circuit.optimizer.weight_decay = config.task.learning_rate, weight_decay

    def answers(probed: Probed) -> Float[Array, "pairs p"]:
        return probed.network(probed.params, probed.task.present(probed.task.load()).inputs)

    grid: dict[str, Any] = {"seed": range(_seeds(config))}
    return np.stack([logits for _, logits in grok_jax.observe(answers, circuit, grid, step=steps)])
