"""Trains one config and draws it.

python -m experiments.run --config=configs/<paper>/<figure>.py:<preset> --out=<folder> [--config.seed=1]
"""

from pathlib import Path

from absl import flags

from experiments import command, figures
from grok_jax.analysis.claims import format_claims

CONFIG = command.define_config()
OUT = flags.DEFINE_string("out", None, "Folder for the results.")
RESUME = flags.DEFINE_bool("resume", False, "Go on with the unfinished run in the folder.")
OVERWRITE = flags.DEFINE_bool("overwrite", False, "Give up what a run left in the folder before.")
PROGRESS = flags.DEFINE_bool("progress", True, "Draw a progress bar.")
flags.mark_flags_as_required(["config", "out"])


def main() -> None:
    """Runs the config of the flags."""
    command.require_no_axis_overridden(CONFIG.value)
    out = Path(OUT.value)
    verdicts = figures.make(CONFIG.value, out, resume=RESUME.value, overwrite=OVERWRITE.value, progress=PROGRESS.value)
    if verdicts:
        print(format_claims(verdicts))
    print(f"results, picture and claims are in {out}/")


if __name__ == "__main__":
    command.start(main)
