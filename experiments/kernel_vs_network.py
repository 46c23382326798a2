"""Trains any config and its linearized twin, and compares both with kernel regression on the initial kernel.

The kernel is the full kernel over pairs of outputs, so regression gives the limit of gradient descent on the twin
without weight decay. If that kernel does not fit in memory, a kernel averaged over outputs replaces it; a printed
line, the table and the legend say so.

python -m experiments.kernel_vs_network --config=configs/grid.py:task=mnist --out=<folder> [--probe_records=8]
"""

from pathlib import Path

from absl import flags

from experiments import command, figures, lazy_baseline
from grok_jax import results

CONFIG = command.define_config()
OUT = command.define_out("Folder for the results.")
RECORDS = flags.DEFINE_integer(
    "probe_records",
    None,
    f"Records at which to measure kernels; default: {lazy_baseline.PROBE_RECORDS} if the config has no probes.",
    lower_bound=2,
)
RESUME = flags.DEFINE_bool("resume", False, "Continue the unfinished run in the folder; needs no --config.")
OVERWRITE = flags.DEFINE_bool("overwrite", False, "Discard the results of an earlier run in the folder.")
PROGRESS = flags.DEFINE_bool("progress", True, "Show a progress bar.")


def main() -> None:
    """Trains the config given by the flags and its twin."""
    config = command.given_or_saved(CONFIG.value, OUT.value, resume=RESUME.value)
    if CONFIG.value is not None:  # the config of an unfinished run already includes the twin
        config = lazy_baseline.beside_twin(config, RECORDS.value)
    command.require_no_axis_overridden(config)
    out = Path(OUT.value)
    figure = lazy_baseline.baseline_figure()
    figures.make(config, out, figure=figure, resume=RESUME.value, overwrite=OVERWRITE.value, progress=PROGRESS.value)
    print(lazy_baseline.format_table(lazy_baseline.table(results.load_dataset(out))))
    if "kernel_regression" not in config.training.probes:
        print("no kernel regression: it has a closed form only for training.loss='mse'")
    print(f"results, picture and table are in {out}/")


if __name__ == "__main__":
    command.start(main)
