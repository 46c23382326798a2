"""The parts that a run's settings name."""

from typing import Any

from grok_jax.models import MODELS
from grok_jax.models.activations import ACTIVATIONS
from grok_jax.optim import OPTIMIZERS
from grok_jax.tasks import TASKS
from grok_jax.training.probes import PROBES
from grok_jax.training.settings import Static


def parts(static: Static) -> dict[str, Any]:
    """Kind and name of each part -> what they stand for now."""
    names = {section: dict(getattr(static, section))["name"] for section in ("task", "model", "optimizer")}
    found = {
        f"task {names['task']}": TASKS[names["task"]],
        f"model {names['model']}": MODELS[names["model"]],
        f"optimizer {names['optimizer']}": OPTIMIZERS[names["optimizer"]],
    }
    activation = dict(static.model).get("activation")
    if activation in ACTIVATIONS:
        found[f"activation {activation}"] = ACTIVATIONS[activation]
    # What a probe's variables mean and which runs it takes decide no number.
    probes = dict(static.training)["probes"]
    return found | {f"probe {name}": (PROBES[name].measure, tuple(PROBES[name].variables)) for name in probes}
