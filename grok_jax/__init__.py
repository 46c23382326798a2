"""grok_jax: compiled grids of training runs, for studying when and why neural networks generalize late."""

import importlib
from typing import Any

from grok_jax.backend import work_around_defects

work_around_defects()

from grok_jax.description import describe  # noqa: E402
from grok_jax.errors import UserError, require  # noqa: E402
from grok_jax.fields import static, traced  # noqa: E402
from grok_jax.models.model import model  # noqa: E402
from grok_jax.optim.optimizer import Optimizer, optimizer  # noqa: E402
from grok_jax.probes import embedding_spectrum, lazy_limit, tangent_kernels  # noqa: E402
from grok_jax.tasks import Data, Examples, Rows, Split  # noqa: E402
from grok_jax.tasks.task import Task, data  # noqa: E402
from grok_jax.training import (  # noqa: E402
    Probed,
    Run,
    check,
    default_config,
    from_config,
    loss,
    metric,
    observe,
    stack,
    sweep,
    to_config,
)
from grok_jax.training.kept import load_params  # noqa: E402
from grok_jax.training.losses import LossView  # noqa: E402
from grok_jax.training.run import Training  # noqa: E402

# Functions that read and plot results. They take a second to import, so they are loaded on first use.
_READING = {
    "final": ("grok_jax.analysis.selection", "final"),
    "load": ("grok_jax.results", "load_dataset"),
    "merge": ("grok_jax.merging", "merge"),
    "plot": ("grok_jax.plotting.grid", "overview"),
    "times": ("grok_jax.analysis.grokking", "add_grokking_times"),
}


def __getattr__(name: str) -> Any:
    """Imports load(folder), merge(shards), final(ds), times(ds) and plot(ds) on first use."""
    if name not in _READING:
        raise AttributeError(f"module 'grok_jax' has no attribute {name!r}")
    module, function = _READING[name]
    return getattr(importlib.import_module(module), function)


__all__ = [
    "Data",
    "Examples",
    "LossView",
    "Optimizer",
    "Probed",
    "Rows",
    "Run",
    "Split",
    "Task",
    "Training",
    "UserError",
    "check",
    "data",
    "default_config",
    "describe",
    "embedding_spectrum",
    "final",
    "from_config",
    "lazy_limit",
    "load",
    "load_params",
    "loss",
    "merge",
    "metric",
    "model",
    "observe",
    "optimizer",
    "plot",
    "require",
    "stack",
    "static",
    "sweep",
    "tangent_kernels",
    "times",
    "to_config",
    "traced",
]
