"""Reproduces figures of the papers: every picture, every claim measured, one page.

python -m experiments.reproduce --preset=quick --out=<folder> [--only=omnigrok,lazy_to_rich/fig2]
"""

import importlib
import json
from pathlib import Path

from absl import flags
from ml_collections import ConfigDict

import grok_jax
from configs.presets import PRESETS
from experiments import command, figures, report
from experiments.catalogue import all_figures, chosen_figures
from grok_jax import results
from grok_jax.analysis.claims import format_claims
from grok_jax.errors import require

PRESET = flags.DEFINE_enum("preset", "quick", PRESETS, "Size of every figure.")
ONLY = flags.DEFINE_list("only", [], "Papers, figures such as omnigrok/fig2b, or beginnings of these; all by default.")
OUT = command.define_out("Folder for the results, one folder below it for each figure.")
RESUME = flags.DEFINE_bool("resume", False, "Keep the figures that are finished and go on with the rest.")
OVERWRITE = flags.DEFINE_bool("overwrite", False, "Give up what was left in the folder before.")
PROGRESS = flags.DEFINE_bool("progress", True, "Draw progress bars.")


def main() -> None:
    """Makes the figures of the flags, one after the other, then the page over all of them."""
    out = Path(OUT.value)
    names = chosen_figures(ONLY.value, all_figures())
    chosen = {
        name: importlib.import_module(f"configs.{name.replace('/', '.')}").get_config(PRESET.value) for name in names
    }
    kept = {name for name, config in chosen.items() if RESUME.value and _is_made(out / name, config)}
    for name, config in chosen.items():  # so that what is wrong with the last is known before the first has trained
        if name not in kept:
            results.require_free(out / name, config.to_dict(), resume=RESUME.value, overwrite=OVERWRITE.value)
            grok_jax.check(config)
    for number, (name, config) in enumerate(chosen.items(), 1):
        print(f"[{number}/{len(chosen)}] {name} ({PRESET.value}){', made before' * (name in kept)}", flush=True)
        if name not in kept:
            figures.make(config, out / name, resume=RESUME.value, overwrite=OVERWRITE.value, progress=PROGRESS.value)
    verdicts = {name: json.loads((out / name / "claims.json").read_text("utf-8")) for name in names}
    with results.writing(out):
        page = report.write_page(out, PRESET.value, verdicts)
    print(format_claims([verdict for figure in verdicts.values() for verdict in figure]))
    print(f"pictures: {', '.join(str(out / name / 'figure.png') for name in names)}")
    print(f"all of it on one page: {page}")


def _is_made(folder: Path, config: ConfigDict) -> bool:
    """Whether a folder holds the finished figure of this very config.

    Raises:
      UserError: it holds the finished figure of another.
    """
    if not results.is_finished(folder):
        return False
    changed = results.changed_fields(folder, config.to_dict())
    require(not changed, f"--resume: {folder} was made with another {', '.join(changed[:3])}; give another --out")
    return True


if __name__ == "__main__":
    command.start(main)
