"""Writes the evidence table: gathers what finished figures measured.

python -m experiments.evidence --results=<folder>,<folder> --out=docs

Every finished figure below the folders is judged by its current claims, from its saved results. The outcome replaces
the entry of that figure and preset in evidence.json; if several folders hold the same figure and preset, the last one
counts. evidence.md and its pictures are made from evidence.json alone, so --results is optional. Results whose settings
differ from the current presets are skipped; only the number of seeds and the precision of matrix products may differ,
and the table says so. Everything is read before anything is written.
"""

import datetime
from pathlib import Path

from absl import flags

from experiments import command, evidence_entries
from grok_jax import errors
from grok_jax.analysis.claims import count_verdicts
from grok_jax.errors import require

RESULTS = flags.DEFINE_list("results", [], "Folders with finished figures in them, at any depth.")
OUT = command.define_out("Folder of evidence.json, evidence.md and evidence/, created or updated.")
DATE = flags.DEFINE_string("date", "", "Date, as 2026-01-31, for results that do not record one; default: the file's.")


def main() -> None:
    """Gathers the results of the flags and writes the table."""
    out = Path(OUT.value)
    require(not out.exists() or out.is_dir(), f"--out={out} is a file; it must be a folder")
    _require_date(DATE.value)
    entries = evidence_entries.read(out / "evidence.json")
    folders = [folder for root in RESULTS.value for folder in evidence_entries.finished_below(Path(root).expanduser())]
    require(entries or folders, f"--out={out} has no evidence.json to make the table from; give --results=<folder>")
    gathered = {}
    for folder in folders:
        entry, reason = evidence_entries.gather(folder, DATE.value)
        print(f"{folder}: {reason or count_verdicts(entry['claims'])}", flush=True)
        if entry:
            key = f"{entry['figure']} {entry['preset']}"
            entries[key], gathered[key] = entry, folder
    with errors.writing(f"--out={out}", "run the same command again to write the missing files"):
        for key, folder in gathered.items():
            evidence_entries.write_curves(out, folder, entries[key])
        evidence_entries.write(out, entries)
    print(f"the table: {out / 'evidence.md'}")


def _require_date(date: str) -> None:
    try:
        known = not date or datetime.date.fromisoformat(date)
    except ValueError:
        known = False
    require(known, f"--date={date} is not a date; write it as 2026-01-31")


if __name__ == "__main__":
    command.start(main)
