"""Writes the report: one page with every figure, its picture, its curves and its claims.

python -m experiments.report --results=<folder>,<folder> --out=docs/report

The claims are those of evidence.json, which `python -m experiments.evidence` gathers; give it the same --results first.
Pictures and curves, and pictures of curves with the authors' numbers on them, are made from the finished figures below
the folders, and kept beside the page: a picture that is there already stays until its figure and preset come again. So
--results is optional. Results whose settings differ from the current presets are skipped.
"""

from pathlib import Path

from absl import flags

from experiments import command, evidence_entries
from experiments.catalogue import all_figures, run_name
from experiments.report import page, pieces
from grok_jax import errors
from grok_jax.errors import require

RESULTS = flags.DEFINE_list("results", [], "Folders with finished figures in them, at any depth.")
EVIDENCE = flags.DEFINE_string("evidence", "docs/evidence.json", "The claims, as experiments.evidence wrote them.")
OUT = command.define_out("Folder of the page, its table, its pictures and its curves, created or updated.")


def main() -> None:
    """Keeps the pictures and curves of the flags' results, and writes the page."""
    out, evidence = Path(OUT.value), Path(EVIDENCE.value).expanduser()
    require(not out.exists() or out.is_dir(), f"--out={out} is a file; it must be a folder")
    entries = evidence_entries.read(evidence)
    require(bool(entries), f"--evidence={evidence} does not exist or is empty; experiments.evidence writes it")
    folders = [folder for root in RESULTS.value for folder in evidence_entries.finished_below(Path(root).expanduser())]
    found = {folder: evidence_entries.figure_in(folder) for folder in folders}  # read all before anything is written
    with errors.writing(f"--out={out}", "what is there can be written again by the same command"):
        for folder, (figure, preset, reason) in found.items():
            if not reason and not (folder / "figure.png").exists():
                reason = "skipped: it has no figure.png yet"
            print(f"{folder}: {reason or f'kept as {run_name(figure, preset)}'}", flush=True)
            if not reason:
                pieces.keep(out, folder, figure, preset)
        written = page.write(out, list(entries.values()), sorted(all_figures(), key=evidence_entries.in_order))
    print(f"the page: {written}")
    print(f"the same in one file: {written.with_name('report.html')}")


if __name__ == "__main__":
    command.start(main)
