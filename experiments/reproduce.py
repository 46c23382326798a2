"""Reproduces figures of the papers: plots each one, measures its claims, and writes one page about all of them.

python -m experiments.reproduce --preset=quick --out=<folder> [--only=omnigrok,lazy_to_rich/fig2] [--jobs=2]
"""

from pathlib import Path

from absl import flags
from ml_collections import ConfigDict

import grok_jax
from configs.presets import PRESETS
from experiments import command, evidence_entries, figures, side_by_side
from experiments.catalogue import all_figures, chosen_figures
from experiments.report import page, pieces
from experiments.settings import preset_config, presets_of
from grok_jax import results
from grok_jax.analysis.claims import format_claims
from grok_jax.errors import require

PRESET = flags.DEFINE_enum("preset", "quick", PRESETS, "Preset (size); figures without it are left out.")
ONLY = flags.DEFINE_list("only", [], "Papers, figures such as omnigrok/fig2b, or prefixes of names; default: all.")
OUT = command.define_out("Folder for the results; each figure gets a subfolder.")
RESUME = flags.DEFINE_bool("resume", False, "Keep the finished figures and continue with the rest.")
OVERWRITE = flags.DEFINE_bool("overwrite", False, "Discard earlier results in the folder.")
JOBS = flags.DEFINE_integer("jobs", 1, "Figures to make at the same time, each on its share of the CPU cores.")
PROGRESS = flags.DEFINE_bool("progress", True, "Show progress bars; with several jobs there are none.")


def main() -> None:
    """Makes the figures given by the flags, then a page about all of them."""
    out = Path(OUT.value)
    side_by_side.shares(JOBS.value)
    matching = chosen_figures(ONLY.value, all_figures())
    names = [name for name in matching if PRESET.value in presets_of(name)]
    require(bool(names), f"--preset={PRESET.value}: not a preset of {', '.join(matching[:3])}; choose other figures")
    chosen = {name: preset_config(name, PRESET.value) for name in names}
    kept = {name for name, config in chosen.items() if RESUME.value and _is_made(out / name, config)}
    for name, config in chosen.items():  # report an error in the last config before training the first
        if name not in kept:
            results.require_free(out / name, config.to_dict(), resume=RESUME.value, overwrite=OVERWRITE.value)
            grok_jax.check(config)
    ways = {"resume": RESUME.value, "overwrite": OVERWRITE.value}
    if JOBS.value > 1:
        print(f"{len(kept)} of {len(chosen)} figures are already finished; the longest of the rest begin", flush=True)
        missing = side_by_side.longest_first([name for name in names if name not in kept], PRESET.value)
        side_by_side.make(missing, PRESET.value, out, JOBS.value, **ways)
    else:
        for number, (name, config) in enumerate(chosen.items(), 1):
            there = ", already finished" * (name in kept)
            print(f"[{number}/{len(chosen)}] {name} ({PRESET.value}){there}", flush=True)
            if name not in kept:
                figures.make(config, out / name, **ways, progress=PROGRESS.value)
    entries = [evidence_entries.entry_of(out / name, name, PRESET.value) for name in names]
    with results.writing(out):
        for name in names:
            pieces.keep(out, out / name, name, PRESET.value)
        written = page.write(out, entries, names)
    print(format_claims([verdict for entry in entries for verdict in entry["claims"]]))
    print(f"pictures: {', '.join(str(out / name / 'figure.png') for name in names)}")
    print(f"everything on one page: {written}")


def _is_made(folder: Path, config: ConfigDict) -> bool:
    """Returns whether a folder holds the finished figure of exactly this config.

    Raises:
      UserError: the folder holds a figure finished with a different config.
    """
    if not results.is_finished(folder):
        return False
    changed = results.changed_fields(folder, config.to_dict())
    require(not changed, f"--resume: {folder} was made with a different {', '.join(changed[:3])}; choose another --out")
    return True


if __name__ == "__main__":
    command.start(main)
