"""The table of evidence: gathers what finished figures have measured.

python -m experiments.evidence --results=<folder>,<folder> --out=docs

Every finished figure below the folders is judged by its claims of today, from the results that it kept, and replaces
what evidence.json had of that figure and preset. evidence.md and the pictures are made from evidence.json alone, also
without --results. A folder of another setting than today's presets is passed over; only the number of seeds and the
precision of matrix products may differ, and are told.
"""

from pathlib import Path

from absl import flags

from experiments import command, evidence_entries
from grok_jax import results
from grok_jax.analysis.claims import count_verdicts
from grok_jax.errors import require

RESULTS = flags.DEFINE_list("results", [], "Folders of finished figures, however deep below.")
OUT = command.define_out("Folder of evidence.json, evidence.md and evidence/, made or brought up to date.")
DATE = flags.DEFINE_string("date", "", "Day of results that do not say theirs; else that of the file.")


def main() -> None:
    """Gathers the results of the flags and writes the table."""
    out = Path(OUT.value)
    entries = evidence_entries.read(out / "evidence.json")
    for root in RESULTS.value:
        require(Path(root).is_dir(), f"--results={root} is no folder")
        for folder in sorted(file.parent for file in Path(root).rglob("results.nc")):
            entry, reason = evidence_entries.gather(folder, DATE.value)
            print(f"{folder}: {reason or count_verdicts(entry['claims'])}", flush=True)
            if entry:
                evidence_entries.write_curves(out, folder, entry)
                entries[f"{entry['figure']} {entry['preset']}"] = entry
    with results.writing(out):
        evidence_entries.write(out, entries)
    print(f"the table: {out / 'evidence.md'}")


if __name__ == "__main__":
    command.start(main)
