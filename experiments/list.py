"""Lists the available tasks, models, optimizers, losses, metrics and figures, and the fields of each.

python -m experiments.list                       the names of everything
python -m experiments.list --of=optimizer        the names of one kind; metrics also show their variables
python -m experiments.list --of=model:mlp        the fields of one: meaning, default, allowed values, static or traced
"""

from typing import Any

from absl import flags

from experiments import command
from experiments.catalogue import all_figures
from grok_jax.description import describe, rows_of
from grok_jax.errors import require
from grok_jax.training.config import EXECUTION
from grok_jax.training.losses import LOSSES
from grok_jax.training.metrics import METRICS
from grok_jax.training.naming import REGISTRIES, part_of
from grok_jax.training.run import Training

OF = flags.DEFINE_string(
    "of", "", "task, model, optimizer, loss, metric, training, execution or figure; or <kind>:<name>."
)
COLUMNS = ("field", "kind", "default", "allowed", "meaning")


def main() -> None:
    """Prints the list that the flag asks for."""
    kind, _, name = OF.value.partition(":")
    there = _names()
    require(kind in ("", *there), f"--of={OF.value} does not exist; available: {', '.join(there)}")
    if name:
        require(kind in REGISTRIES, f"--of={OF.value}: {kind} has no fields by name; use --of={kind}")
        _print_fields(describe(part_of(kind, name)))
    elif kind == "training":
        _print_fields(describe(Training()))
    elif kind == "execution":
        _print_fields(rows_of(EXECUTION))
    elif kind == "metric":
        for word, metric in METRICS.items():
            print(word)
            for variable, meaning, units in metric.variables:
                print(f"    {variable}: {meaning}{'' if units == '1' else f' [{units}]'}")
    else:
        for each, names in there.items():
            if kind in ("", each):
                print(f"{each}: {', '.join(names)}")


def _names() -> dict[str, list[str]]:
    return {
        **{kind: sorted(words) for kind, words in REGISTRIES.items()},
        "loss": list(LOSSES),
        "metric": sorted(METRICS),
        "training": ["training"],
        "execution": ["execution"],
        "figure": all_figures(),
    }


def _print_fields(fields: list[dict[str, Any]]) -> None:
    rows = [list(COLUMNS), *([str(row[column]) for column in COLUMNS] for row in fields)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS) - 1)]
    for row in rows:
        print("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip())


if __name__ == "__main__":
    command.start(main)
