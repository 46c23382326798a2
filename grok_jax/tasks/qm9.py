"""QM9: the polarizability of small organic molecules (Omnigrok, Liu et al. 2023, Sec. 4; Ramakrishnan et al. 2014)."""

import csv
import math
import re
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key, Shaped

from grok_jax.errors import UserError, require
from grok_jax.fields import static, traced
from grok_jax.files import sha256_of
from grok_jax.models.graph_network import Graphs
from grok_jax.tasks.drawing import SUBSETS, portion_rows, portion_splits
from grok_jax.tasks.examples import Data, Examples, Rows
from grok_jax.tasks.readers.downloads import cached_arrays, data_folder, fetch_file
from grok_jax.tasks.readers.molecules import BONDS as BOND_KINDS
from grok_jax.tasks.readers.molecules import (
    Molecule,
    Molecules,
    as_graphs,
    from_block,
    join,
    perceive_block,
    sdf_blocks,
)
from grok_jax.tasks.task import Task

MOLECULES = {"embedded": 10000, "graphs": 130831, "raw": 130831}
EMBEDDED = Path(__file__).parent / "data" / "qm9_10k.npz"
GRAPHS = "qm9/qm9_graphs_130831_ragged.npz"
GRAPHS_SHA256 = "808c28726fb131177064368f1b1952ab3fcb7c21caf30823078d1feef14d8469"
ARCHIVE = "https://deepchemdata.s3-us-west-1.amazonaws.com/datasets/molnet_publish/qm9.zip"
RAW = ("qm9/gdb9.sdf", "qm9/gdb9.sdf.csv", "qm9/uncharacterized.txt")
ADVICE = {  # for a file that is missing; the archive's checksum is not known, so that nothing downloads it
    GRAPHS: "choose task.source 'embedded' or 'raw'",
    "qm9/gdb9.sdf": f"unpack {ARCHIVE} there",
    "qm9/gdb9.sdf.csv": f"unpack {ARCHIVE} there",
    "qm9/uncharacterized.txt": "save https://ndownloader.figshare.com/files/3195404 there under that name",
}
RAW_VERSION = 1  # of what is made of them
BONDS = {"kekule": "bond_kekule", "perceived": "bond_rdkit"}  # by chemistry, their name in a file of graphs


def read_graphs(path: Path, chemistry: str) -> tuple[Molecules, Float[np.ndarray, " molecules"]]:
    """Molecules and polarizabilities (bohr³) of a file of graphs, as build_qm9 writes it.

    Its flat arrays are those of Molecules, with the kinds of the bonds twice: bond_kekule, bond_rdkit (perceived).
    """
    with np.load(path) as stored:
        molecules = Molecules(*(stored[BONDS[chemistry] if name == "kind" else name] for name in Molecules._fields))
        alpha = stored["alpha"]
    if chemistry == "kekule":
        nothing = np.zeros_like(molecules.z)
        molecules = molecules._replace(aromatic=nothing, hybrid=nothing)
    return molecules, alpha


def read_alpha(path: Path) -> dict[str, float]:
    """Names of the molecules and their polarizabilities (bohr³), in the order of a CSV with columns mol_id and alpha.

    Raises:
      UserError: it has no such columns, or something else than numbers in them.
    """
    with path.open(newline="", encoding="utf-8", errors="replace") as file:
        table = csv.DictReader(file)
        columns = table.fieldnames or []
        for column in ("mol_id", "alpha"):
            require(column in columns, f"{path} has no column {column}; its columns are {', '.join(columns) or 'none'}")
        found = {}
        try:
            for row in table:
                found[row["mol_id"]] = _finite(row["alpha"])
        except (TypeError, ValueError) as error:
            raise UserError(f"{path}, line {table.line_num}: alpha is {row['alpha']!r}, no number") from error
        except csv.Error as error:
            raise UserError(f"{path}, line {table.line_num}, cannot be read as CSV ({error})") from error
    return found


def _finite(text: str) -> float:
    """The number; raises ValueError for anything else, and for "nan" and "inf"."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def read_uncharacterized(path: Path) -> set[int]:
    """Numbers, counted from 1, of the molecules that failed the authors' test of consistency.

    They begin the lines of the list; lines that begin with another word are a header.
    """
    text = path.read_text(encoding="utf-8", errors="replace")
    return {int(number) for number in re.findall(r"^\s*(\d+)\s", text, re.MULTILINE)}


def read_raw(
    sdf: Path, table: Path, uncharacterized: Path, chemistry: str
) -> tuple[Molecules, Float[np.ndarray, " molecules"]]:
    """Characterized molecules and their polarizabilities (bohr³), from the files that QM9 is published as.

    Args:
      sdf: all molecules.
      table: CSV of their properties, in the same order.
      uncharacterized: list of the molecules to leave out.
      chemistry: "kekule" (bonds as the SDF file has them) or "perceived" (by rdkit).

    Raises:
      UserError: a file is malformed or cut short, they are not of the same molecules, or rdkit is missing.
    """
    alpha, left_out = read_alpha(table), read_uncharacterized(uncharacterized)
    read = {"kekule": from_block, "perceived": perceive_block}[chemistry]
    kept: list[float] = []

    def characterized() -> Iterator[Molecule]:
        pairs = zip_longest(sdf_blocks(sdf), alpha.items())
        for number, (block, row) in enumerate(pairs, start=1):
            require(row is not None, f"{sdf} has more molecules than the {len(alpha)} rows of {table}")
            require(block is not None, f"{sdf} has {number - 1} molecules, and {table} has {len(alpha)} rows")
            name = block.partition("\n")[0].strip()
            require(name == row[0], f"{sdf}: molecule {number} is {name!r}, and row {number} of {table} is {row[0]!r}")
            if number not in left_out:
                kept.append(row[1])
                yield read(block, f"{sdf}: molecule {number} ({name})")

    return join(characterized()), np.array(kept, np.float32)


def require_file(name: str) -> Path:
    """The path of a file of ADVICE below the data folder; raises UserError where it is missing."""
    path = data_folder() / name
    require(path.is_file(), f"{path} is missing; {ADVICE[name]}, or set GROK_JAX_DATA to the folder that has {name}")
    return path


def load_raw(chemistry: str) -> tuple[Molecules, Float[np.ndarray, " molecules"]]:
    """What read_raw makes of the files of the data folder, kept in the cache."""
    paths = [require_file(name) for name in RAW]
    sums = "-".join(sha256_of(path)[:16] for path in paths)

    def make() -> Mapping[str, Shaped[np.ndarray, "..."]]:
        molecules, alpha = read_raw(*paths, chemistry)
        found, due = len(alpha), MOLECULES["raw"]
        require(found == due, f"{paths[0]} and {paths[2]} leave {found} characterized molecules; QM9 has {due}")
        return {**molecules._asdict(), "alpha": alpha}

    arrays = cached_arrays(f"qm9-{sums}-{chemistry}-v{RAW_VERSION}", make)
    alpha = arrays.pop("alpha")
    return Molecules(**arrays), alpha


class Qm9(Task):
    """Graphs of small organic molecules, and their isotropic polarizability in bohr³.

    The features of a node are those of molecules.node_features, the kind of an edge 0 single, 1 double, 2 triple or
    3 aromatic; all as in PyTorch Geometric's QM9. With chemistry "kekule" the aromatic and hybridization columns are 0
    and no bond is aromatic, as PyTorch Geometric reads the SDF file and as the public code of Omnigrok trained on.
    The embedded and the ready molecules are made of SMILES: which bonds of an aromatic ring are the double ones is
    rdkit's choice there, the SDF file's in "raw".

    Reference: Liu et al. (2023), Omnigrok, Sec. 4; Ramakrishnan et al. (2014).
    """

    called = "qm9"

    source: Any = static(
        "embedded", "the first 10,000 molecules, or all: ready graphs, or the raw files", one_of=tuple(MOLECULES)
    )
    subset: Any = static("first", "random molecules of the source, or the first", one_of=SUBSETS)
    chemistry: Any = static(
        "kekule", "bonds as the files have them, or as rdkit perceives them, aromatic ones too", one_of=tuple(BONDS)
    )
    size: Any = traced(1000, "molecules, for training and testing together", at_least=1)
    train_fraction: Any = traced(0.5, "share of them to train on", above=0, below=1)

    def check(self) -> None:
        """Raises UserError where the source has fewer molecules, or a split would be empty."""
        self.rows()

    def rows(self) -> Rows:
        """A train_fraction of the size, and the others."""
        holder = "the embedded QM9 molecules" if self.source == "embedded" else "the QM9 molecules"
        return portion_rows(self.size, self.train_fraction, MOLECULES[self.source], holder)

    def output_size(self) -> int:
        """One value."""
        return 1

    def vocabulary(self) -> int:
        """Kinds of edges."""
        return len(BOND_KINDS)

    def load(self) -> Examples:
        """The pool in the order of QM9: inputs Graphs of bytes, targets float32 (rows, 1).

        Raises:
          UserError: a file is missing or corrupt, or rdkit is missing where it is needed.
        """
        if self.source == "raw":
            molecules, alpha = load_raw(self.chemistry)
        elif self.source == "graphs":
            require_file(GRAPHS)
            molecules, alpha = read_graphs(fetch_file(GRAPHS, (), GRAPHS_SHA256), self.chemistry)
        else:
            molecules, alpha = read_graphs(EMBEDDED, self.chemistry)
        return Examples(as_graphs(molecules), alpha[:, None])

    def draw(self, key: Key[Array, ""], pool: Examples | None, capacity: Rows) -> Data:
        """Which molecules of the pool a run trains and tests on."""
        del pool  # Only its length counts.
        total = MOLECULES[self.source]
        return portion_splits(key, self.size, self.train_fraction, total, self.subset, capacity)

    def present(self, examples: Examples) -> Examples:
        """Graphs with float features and int32 indices in place of bytes; the targets as they are."""
        stored = examples.inputs
        indices = {name: getattr(stored, name).astype(jnp.int32) for name in ("senders", "receivers", "kinds", "sizes")}
        return Examples(Graphs(nodes=stored.nodes.astype(float), **indices), examples.targets)
