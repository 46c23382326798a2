"""Trains any config beside its linearized twin, and holds both against kernel regression with the initial kernel.

The kernel is that over pairs of outputs: regression is where gradient descent on the twin ends, without decay. Where
it does not fit the memory, one averaged over outputs stands in, and a line, the table and the legend say so.

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
    f"Records at which kernels are measured; {lazy_baseline.PROBE_RECORDS} where the config has no probes of its own.",
    lower_bound=2,
)
RESUME = flags.DEFINE_bool("resume", False, "Go on with the unfinished run in the folder; needs no --config.")
OVERWRITE = flags.DEFINE_bool("overwrite", False, "Give up what a run left in the folder before.")
PROGRESS = flags.DEFINE_bool("progress", True, "Draw a progress bar.")


def main() -> None:
    """Runs the config of the flags and its twin."""
    config = command.given_or_saved(CONFIG.value, OUT.value, resume=RESUME.value)
    if CONFIG.value is not None:  # what an unfinished run left has its twin already
        config = lazy_baseline.beside_twin(config, RECORDS.value)
    command.require_no_axis_overridden(config)
    out = Path(OUT.value)
    figure = lazy_baseline.baseline_figure()
    figures.make(config, out, figure=figure, resume=RESUME.value, overwrite=OVERWRITE.value, progress=PROGRESS.value)
    print(lazy_baseline.format_table(lazy_baseline.table(results.load_dataset(out))))
    if "kernel_regression" not in config.training.probes:
        print("no kernel regression: it has a closed form for training.loss='mse' only")
    print(f"results, picture and table are in {out}/")


if __name__ == "__main__":
    command.start(main)
