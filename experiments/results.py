"""Joins, extends and compares results.

python -m experiments.results merge <folder>... --out=<folder>    the figure of all shards of a grid
"""

from pathlib import Path

from absl import flags

from experiments import command, shards
from grok_jax.analysis.claims import format_claims
from grok_jax.errors import require

OUT = command.define_out("Folder for the new results.", required=False)
OVERWRITE = flags.DEFINE_bool("overwrite", False, "Discard earlier results in --out.")


def main(words: list[str]) -> None:
    """Does what the first word says, with the folders that follow."""
    action, *folders = words or [""]
    require(action in ACTIONS, f"{action!r} is not an action; write one of {', '.join(ACTIONS)}, then folders")
    ACTIONS[action]([Path(folder).expanduser() for folder in folders])


def _merge(folders: list[Path]) -> None:
    require(folders, "merge takes the folders of all shards; none is given")
    require(OUT.value is not None, "merge needs --out=<folder>")
    verdicts = shards.merge(folders, Path(OUT.value), overwrite=OVERWRITE.value)
    if verdicts:
        print(format_claims(verdicts))
    print(f"results, picture and claims are in {OUT.value}/")


ACTIONS = {"merge": _merge}

if __name__ == "__main__":
    command.start(main, words=True)
