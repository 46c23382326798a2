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
ADVICE = {  # for a missing file; the archive's checksum is unknown, so it is not downloaded automatically
    GRAPHS: "choose task.source 'embedded' or 'raw'",
    "qm9/gdb9.sdf": f"unpack {ARCHIVE} there",
    "qm9/gdb9.sdf.csv": f"unpack {ARCHIVE} there",
    "qm9/uncharacterized.txt": "save https://ndownloader.figshare.com/files/3195404 there under that name",
}
RAW_VERSION = 1  # of the arrays made from the raw files
BONDS = {"kekule": "bond_kekule", "perceived": "bond_rdkit"}  # chemistry -> name of its bonds in a graph file


def read_graphs(path: Path, chemistry: str) -> tuple[Molecules, Float[np.ndarray, " molecules"]]:
    """Molecules and polarizabilities (bohr³) from a graph file written by build_qm9.

    It holds the flat arrays of Molecules, with two versions of the bond kinds: bond_kekule and bond_rdkit (perceived).
    """
    with np.load(path) as stored:
        molecules = Molecules(*(stored[BONDS[chemistry] if name == "kind" else name] for name in Molecules._fields))
        alpha = stored["alpha"]
    if chemistry == "kekule":
        nothing = np.zeros_like(molecules.z)
        molecules = molecules._replace(aromatic=nothing, hybrid=nothing)
    return molecules, alpha


def read_alpha(path: Path) -> dict[str, float]:
    """Names and polarizabilities (bohr³) of the molecules, in the order of a CSV file with columns mol_id and alpha.

    Raises:
      UserError: the file lacks a column, or a polarizability is not a number.
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
            raise UserError(f"{path}, line {table.line_num}: alpha is {row['alpha']!r}; it must be a number") from error
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
    """Numbers, counted from 1, of the molecules that failed the authors' consistency test.

    Each number starts a line of the list; lines that start with anything else are a header.
    """
    text = path.read_text(encoding="utf-8", errors="replace")
    return {int(number) for number in re.findall(r"^\s*(\d+)\s", text, re.MULTILINE)}


def read_raw(
    sdf: Path, table: Path, uncharacterized: Path, chemistry: str
) -> tuple[Molecules, Float[np.ndarray, " molecules"]]:
    """Characterized molecules and their polarizabilities (bohr³), from the published QM9 files.

    Args:
      sdf: SDF file of all molecules.
      table: CSV file of their properties, in the same order.
      uncharacterized: list of the molecules to leave out.
      chemistry: "kekule" (bonds as in the SDF file) or "perceived" (by rdkit).

    Raises:
      UserError: a file is malformed or truncated, the files do not hold the same molecules, or rdkit is missing.
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
    """The path of a file in ADVICE within the data folder; raises UserError if it is missing."""
    path = data_folder() / name
    require(path.is_file(), f"{path} is missing; {ADVICE[name]}, or set GROK_JAX_DATA to the folder that has {name}")
    return path


def load_raw(chemistry: str) -> tuple[Molecules, Float[np.ndarray, " molecules"]]:
    """The result of read_raw on the files in the data folder, cached."""
    sdf, table, uncharacterized = paths = [require_file(name) for name in RAW]
    sums = "-".join(sha256_of(path)[:16] for path in paths)

    def make() -> Mapping[str, Shaped[np.ndarray, "..."]]:
        molecules, alpha = read_raw(sdf, table, uncharacterized, chemistry)
        found, due = len(alpha), MOLECULES["raw"]
        require(found == due, f"{sdf} and {uncharacterized} leave {found} characterized molecules; QM9 has {due}")
        return {**molecules._asdict(), "alpha": alpha}

    arrays = cached_arrays(f"qm9-{sums}-{chemistry}-v{RAW_VERSION}", make)
    alpha = arrays.pop("alpha")
    return Molecules(**arrays), alpha


class Qm9(Task):
    """Graphs of small organic molecules, with their isotropic polarizability in bohr³ as target.

    Node features are those of molecules.node_features; edge kinds are 0 single, 1 double, 2 triple and 3 aromatic, as
    in PyTorch Geometric's QM9. With chemistry "kekule", the aromatic and hybridization columns are 0 and no bond is
    aromatic: PyTorch Geometric reads the SDF file this way, and Omnigrok's public code trained on it. The sources
    "embedded" and "graphs" are made from SMILES, so rdkit chooses which bonds of an aromatic ring are double; in "raw"
    the SDF file does.

    Reference: Liu et al. (2023), Omnigrok, Sec. 4; Ramakrishnan et al. (2014).
    """

    called = "qm9"

    source: Any = static(
        "embedded", "the first 10,000 molecules, or all, from ready graphs or raw files", one_of=tuple(MOLECULES)
    )
    subset: Any = static("first", "random molecules of the source, or the first", one_of=SUBSETS)
    chemistry: Any = static(
        "kekule", "bonds as in the files, or as perceived by rdkit, including aromatic bonds", one_of=tuple(BONDS)
    )
    size: Any = traced(1000, "number of molecules, training and test together", at_least=1)
    train_fraction: Any = traced(0.5, "share of the molecules to train on", above=0, below=1)

    def check(self) -> None:
        """Raises UserError if the source has too few molecules, or a split would be empty."""
        self.rows()

    def rows(self) -> Rows:
        """A train_fraction of the molecules to train on, and the rest to test on."""
        holder = "the embedded QM9 molecules" if self.source == "embedded" else "the QM9 molecules"
        return portion_rows(self.size, self.train_fraction, MOLECULES[self.source], holder)

    def output_size(self) -> int:
        """One output."""
        return 1

    def vocabulary(self) -> int:
        """Number of kinds of edges."""
        return len(BOND_KINDS)

    def load(self) -> Examples:
        """The pool in the order of QM9: inputs Graphs of bytes, targets float32 (rows, 1).

        Raises:
          UserError: a file is missing or corrupt, or rdkit is needed but missing.
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
        """The molecules of the pool that a run trains and tests on."""
        del pool  # Only its length counts.
        total = MOLECULES[self.source]
        return portion_splits(key, self.size, self.train_fraction, total, self.subset, capacity)

    def present(self, examples: Examples) -> Examples:
        """Converts the bytes of the graphs to float features and int32 indices; leaves the targets unchanged."""
        stored = examples.inputs
        indices = {name: getattr(stored, name).astype(jnp.int32) for name in ("senders", "receivers", "kinds", "sizes")}
        return Examples(Graphs(nodes=stored.nodes.astype(float), **indices), examples.targets)
