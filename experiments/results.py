"""Joins, extends, compares and exports results.

python -m experiments.results merge <folder>... --out=<folder>    the figure of all shards of a grid
python -m experiments.results extend <folder> --grid="seed=range(100, 200)" --out=<folder>    trains what it lacks
python -m experiments.results diff <folder> <folder>    what differs; the exit code is 1 if anything does
python -m experiments.results export <folder> --to=csv|tensorboard|wandb --out=<folder>    for other tools to read
"""

import sys
from pathlib import Path

from absl import flags

from experiments import command, figures, shards
from grok_jax import results
from grok_jax.difference import difference
from grok_jax.errors import require
from grok_jax.export import EXPORTERS

OUT = command.define_out("Folder for what merge, extend and export write.", required=False)
GRID = flags.DEFINE_string("grid", None, "Values that extend adds to axes of the grid, such as seed=range(100, 200).")
TO = flags.DEFINE_enum("to", None, list(EXPORTERS), "What export writes.")
OVERWRITE = flags.DEFINE_bool("overwrite", False, "Discard earlier results in --out.")
PROGRESS = flags.DEFINE_bool("progress", True, "Show a progress bar.")


def main(words: list[str]) -> None:
    """Does what the first word says, with the folders that follow."""
    action, *folders = words or [""]
    require(action in ACTIONS, f"{action!r} is not an action; write one of {', '.join(ACTIONS)}, then folders")
    require(action == "extend" or GRID.value is None, f"--grid belongs to extend; leave it out with {action}")
    require(action == "export" or TO.value is None, f"--to belongs to export; leave it out with {action}")
    require(action != "diff" or OUT.value is None, "diff writes nothing; give it no --out")
    ACTIONS[action]([Path(folder).expanduser() for folder in folders])


def _merge(folders: list[Path]) -> None:
    require(folders, "merge takes the folders of all shards; none is given")
    figures.tell(shards.merge(folders, _out("merge"), overwrite=OVERWRITE.value), _out("merge"))


def _extend(folders: list[Path]) -> None:
    require(len(folders) == 1, f"extend takes one folder of results; {len(folders)} are given")
    require(GRID.value is not None, "extend needs --grid, such as --grid='seed=range(100, 200)'")
    ways = {"overwrite": OVERWRITE.value, "progress": PROGRESS.value}
    verdicts, rounding = shards.extend(folders[0], GRID.value, _out("extend"), **ways)
    figures.tell(verdicts, _out("extend"))
    if rounding:
        print(f"the old points agree with those of a grid trained at once only to rounding: {rounding}")


def _diff(folders: list[Path]) -> None:
    require(len(folders) == 2, f"diff takes two folders of results; {len(folders)} are given")
    with results.opened(folders[0]) as one, results.opened(folders[1]) as other:
        lines = difference(one, other)
    print("\n".join(lines) or "no difference")
    if lines:
        sys.exit(1)


def _export(folders: list[Path]) -> None:
    require(len(folders) == 1, f"export takes one folder of results; {len(folders)} are given")
    require(TO.value is not None, f"export needs --to, one of {', '.join(EXPORTERS)}")
    require(not OVERWRITE.value, "export writes to a new folder; leave out --overwrite")
    out = _out("export")
    with results.opened(folders[0]) as runs:
        EXPORTERS[TO.value](runs, out)
    print(f"{TO.value} of {folders[0]}/ is in {out}/")


def _out(action: str) -> Path:
    require(OUT.value is not None, f"{action} needs --out=<folder>")
    return Path(OUT.value)


ACTIONS = {"merge": _merge, "extend": _extend, "diff": _diff, "export": _export}

if __name__ == "__main__":
    command.start(main, words=True)
