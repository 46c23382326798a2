"""Builds the embedded file of the QM9 task from the SMILES of the qm9pack package, with rdkit (extra qm9).

python -m grok_jax.tasks.readers.build_qm9 [--table=<qm9_part1.csv>] [--out=<file>.npz]
"""

import csv
import importlib.util
import os
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from absl import app, flags

from grok_jax.errors import UserError, require
from grok_jax.files import whole_file
from grok_jax.tasks.qm9 import EMBEDDED, MOLECULES
from grok_jax.tasks.readers.molecules import from_smiles, join

# qm9pack has all 133,885 molecules. These are the ones among the first 10,276 that the authors of QM9 list as
# uncharacterized: their relaxed geometry is another molecule (https://ndownloader.figshare.com/files/3195404).
LEFT_OUT = """
    58 61 80 185 186 245 267 280 286 752 753 754 755 881 884 885 888 891 894 897 898 906 907 908 914 1003 1102 1115
    1117 1126 1129 1232 1259 1265 1281 1284 1290 1584 1585 1588 1596 1600 1637 1645 1652 1654 1675 1680 1684 1685 1686
    1806 1994 2356 2357 2386 3704 3751 3763 3771 3773 3831 3838 3842 3885 3886 3891 3895 3899 3941 3945 4010 4232 4239
    4240 4266 4267 4276 4277 4278 4290 4291 4292 4293 4303 4329 4392 4395 4396 4422 4423 4427 4429 4430 4435 4436 4439
    4441 4444 4445 4450 4451 4555 4558 4561 4607 4613 4623 4625 4626 4627 4628 4629 4635 4636 4807 4871 4872 4876 4879
    4880 4883 4885 4888 4891 4892 4895 4898 4899 4939 4940 4997 5003 5006 5011 5013 5014 5016 5020 5023 5026 5032 5034
    5040 5100 5101 5279 5280 5281 5292 5367 5370 5373 5374 5418 5419 5557 5598 5599 5631 5642 5730 6006 6009 6035 6036
    6037 6041 6044 6061 6062 6063 6073 6074 6081 6093 6096 6103 6245 6253 6314 6324 6330 6344 6346 6358 6360 6385 6398
    6401 6402 6406 6407 6408 6493 6497 6665 6684 6723 6726 6733 6742 6751 6755 6773 6776 6779 6790 6791 6792 6793 7120
    7207 7215 7224 7225 7234 7235 7236 7237 7238 7245 7301 7306 7316 7323 7328 7333 7337 7339 7360 7365 7370 7376 7377
    7380 7384 7385 7401 7403 7404 7410 7417 7419 7421 7423 7426 7431 7441 7446 7447 7448 7449 7452 7566 7568 7573 7574
    7575 7576 7606 7616 7617 7618 7629 7649 7858 7866 8233 8234 8235 9196 9320 10144 10249 10250
"""
UNCHARACTERIZED = frozenset(int(number) for number in LEFT_OUT.split())
COLUMNS = {"index": "Index", "smiles": "SMILES", "n_atoms": "N_atoms", "alpha": "Polarizability_bohr3"}


class Row(NamedTuple):
    """One molecule of the package."""

    number: int  # in QM9, from 1
    smiles: str
    n_atoms: int  # with hydrogens
    alpha: float  # isotropic polarizability, bohr³


def find_table() -> Path:
    """The first table of the qm9pack package, located without importing it; raises UserError if it is missing."""
    spec = importlib.util.find_spec("qm9pack")
    folders = spec and spec.submodule_search_locations
    if not folders:
        raise UserError("the package qm9pack is not installed: pip install 'grok_jax[qm9]', or give --table")
    return Path(folders[0]) / "data" / "qm9_part1.csv"


def read_rows(path: Path) -> Iterator[Row]:
    """The characterized molecules of a table of qm9pack, in its order.

    Raises:
      UserError: the file does not exist, or is not such a table.
    """
    require(path.is_file(), f"{path} is not a file")
    with path.open(newline="", encoding="utf-8") as file:
        table = csv.DictReader(file)
        missing = [name for name in COLUMNS.values() if name not in (table.fieldnames or ())]
        require(not missing, f"{path} has no column {', '.join(missing)}")
        for line in table:
            index, smiles, n_atoms, alpha = (line[name] for name in COLUMNS.values())
            try:
                row = Row(int(index), smiles, int(n_atoms), float(alpha))
            except (TypeError, ValueError) as error:
                raise UserError(f"{path}, line {table.line_num}, is not a molecule: {error}") from error
            if row.number not in UNCHARACTERIZED:
                yield row


def build(path: Path, count: int, out: Path) -> None:
    """Writes the first characterized molecules of a table to a file that qm9.read_graphs can read.

    Args:
      path: table of qm9pack.
      count: number of molecules.
      out: the file to write.

    Raises:
      UserError: the table has too few molecules, a molecule's atoms do not match the table, or rdkit is missing.
    """
    require(out.suffix == ".npz", f"{out} does not end in .npz; the output file must")
    rows = list(islice(read_rows(path), count))
    require(len(rows) == count, f"{path} has {len(rows)} characterized molecules; {count} are needed")
    pairs = [from_smiles(row.smiles, f"{path}: molecule {row.number}") for row in rows]
    for row, (molecule, _) in zip(rows, pairs, strict=True):
        atoms = len(molecule.z)
        require(atoms == row.n_atoms, f"{path}: molecule {row.number} has {atoms} atoms, not {row.n_atoms}")
    kekule, perceived = (join(molecules) for molecules in zip(*pairs, strict=True))
    flat = perceived._asdict()
    arrays = {
        "index": np.array([row.number for row in rows], np.int32),
        "alpha": np.array([row.alpha for row in rows], np.float32),
        "bond_kekule": kekule.kind,
        "bond_rdkit": flat.pop("kind"),
        **flat,
    }
    with whole_file(out) as partial, partial.open("wb") as file:
        np.savez_compressed(file, **arrays)


def main(_: list[str]) -> None:
    """Builds the file given by the flags; invalid input prints one line and exits with code 2."""
    table, out = (os.path.expanduser(flags.FLAGS.table or ""), Path(os.path.expanduser(flags.FLAGS.out)))
    try:
        build(Path(table) if table else find_table(), MOLECULES["embedded"], out)
    except UserError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    print(f"{out}: {MOLECULES['embedded']} molecules, {out.stat().st_size} bytes")


if __name__ == "__main__":
    # Defined here, not on import, because other commands have flags with these names.
    flags.DEFINE_string("table", None, "qm9_part1.csv of the qm9pack package; by default from the installed package.")
    flags.DEFINE_string("out", str(EMBEDDED), "The file to write.")
    app.run(main)
