"""Molecules as graphs: read from SDF text or SMILES, stored in flat arrays of bytes, and padded."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int, Shaped, UInt8

from grok_jax.errors import UserError, require
from grok_jax.models.graph_network import Graphs

ATOMIC_NUMBERS = {"H": 1, "C": 6, "N": 7, "O": 8, "F": 9}
HYBRIDS = {"SP": 1, "SP2": 2, "SP3": 3}  # any other: 0
BONDS = {"SINGLE": 0, "DOUBLE": 1, "TRIPLE": 2, "AROMATIC": 3}
V2000_BONDS = {"1": 0, "2": 1, "3": 2, "4": 3}
MOST = 255  # atoms, or bonds, of one molecule: counts are stored in a byte
HEADER_LINES = 3


class Molecule(NamedTuple):
    """One molecule with its hydrogens. Each bond is listed once."""

    z: list[int]  # atomic number of each atom
    aromatic: list[int]  # 0 or 1
    hybrid: list[int]  # 0 none, 1 sp, 2 sp2, 3 sp3
    bond_i: list[int]  # the atoms that a bond joins, counted from 0
    bond_j: list[int]
    kind: list[int]  # 0 single, 1 double, 2 triple, 3 aromatic


class Molecules(NamedTuple):
    """The arrays of several Molecules, concatenated."""

    n_atoms: UInt8[np.ndarray, " molecules"]
    n_bonds: UInt8[np.ndarray, " molecules"]
    z: UInt8[np.ndarray, " atoms"]
    aromatic: UInt8[np.ndarray, " atoms"]
    hybrid: UInt8[np.ndarray, " atoms"]
    bond_i: UInt8[np.ndarray, " bonds"]
    bond_j: UInt8[np.ndarray, " bonds"]
    kind: UInt8[np.ndarray, " bonds"]


def join(molecules: Iterable[Molecule]) -> Molecules:
    """Concatenates the arrays of the molecules."""
    flat = {name: bytearray() for name in Molecules._fields}
    for molecule in molecules:
        flat["n_atoms"].append(len(molecule.z))
        flat["n_bonds"].append(len(molecule.kind))
        for name, values in molecule._asdict().items():
            flat[name].extend(values)
    return Molecules(**{name: np.frombuffer(values, np.uint8) for name, values in flat.items()})


def count_hydrogens(molecules: Molecules) -> UInt8[np.ndarray, " atoms"]:
    """The number of hydrogens bound to each atom."""
    atoms = molecules.n_atoms.astype(int)
    first = np.repeat(np.cumsum(atoms) - atoms, molecules.n_bonds)
    i, j = first + molecules.bond_i, first + molecules.bond_j
    hydrogen = molecules.z == 1
    bound = np.concatenate([i[hydrogen[j]], j[hydrogen[i]]])
    return np.bincount(bound, minlength=len(molecules.z)).astype(np.uint8)


def node_features(molecules: Molecules) -> UInt8[np.ndarray, "atoms 11"]:
    """For each atom: is it H, C, N, O, F; atomic number; is it aromatic, sp, sp2, sp3; number of hydrogens.

    These are the features of PyTorch Geometric's QM9, after Gilmer et al. 2017, "Neural Message Passing for Quantum
    Chemistry".
    """
    element = molecules.z[:, None] == np.array(list(ATOMIC_NUMBERS.values()))
    hybrid = molecules.hybrid[:, None] == np.array(list(HYBRIDS.values()))
    columns = (element, molecules.z[:, None], molecules.aromatic[:, None], hybrid, count_hydrogens(molecules)[:, None])
    return np.concatenate(columns, axis=1, dtype=np.uint8)


def pad(
    values: Shaped[np.ndarray, "all ..."], counts: Int[np.ndarray, " rows"], padding: int = 0
) -> Shaped[np.ndarray, "rows most ..."]:
    """Splits values into rows of the given counts, with shorter rows filled up by the padding."""
    used = np.arange(counts.max()) < counts[:, None]
    padded = np.full((*used.shape, *values.shape[1:]), padding, values.dtype)
    padded[used] = values
    return padded


def as_graphs(molecules: Molecules) -> Graphs:
    """The molecules as graphs of bytes, padded to the largest one; the two directions of a bond are adjacent."""
    atoms, edges = molecules.n_atoms.astype(int), 2 * molecules.n_bonds.astype(int)
    i, j = molecules.bond_i, molecules.bond_j
    return Graphs(
        nodes=pad(node_features(molecules), atoms),
        senders=pad(np.stack([i, j], axis=1).ravel(), edges),
        receivers=pad(np.stack([j, i], axis=1).ravel(), edges),
        kinds=pad(np.repeat(molecules.kind, 2).astype(np.int8), edges, padding=-1),
        sizes=molecules.n_atoms,
    )


def sdf_blocks(path: Path) -> Iterator[str]:
    """The text of each molecule in an SDF file, without the line $$$$ that ends it.

    Raises:
      UserError: the file is not text, or ends within a molecule.
    """
    lines: list[str] = []
    found = 0
    try:
        with path.open(encoding="ascii") as file:
            for line in file:
                if line.startswith("$$$$"):
                    found += 1
                    yield "".join(lines)
                    lines = []
                else:
                    lines.append(line)
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not an SDF file: byte {error.start} is not ASCII text") from error
    require(not "".join(lines).strip(), f"{path} is truncated: molecule {found + 1} does not end with $$$$")


def atomic_number(symbol: str, where: str) -> int:
    """The atomic number of an element; raises UserError if QM9 does not have the element."""
    allowed = ", ".join(ATOMIC_NUMBERS)
    require(symbol in ATOMIC_NUMBERS, f"{where} has an atom {symbol!r}; the atoms of QM9 are {allowed}")
    return ATOMIC_NUMBERS[symbol]


def from_block(block: str, where: str) -> Molecule:
    """A molecule as given by its V2000 block: no hybridization, and bonds are aromatic only if the block says so.

    The block has three header lines; a line of counts (aaabbb...V2000, right-aligned); one line per atom, with its
    symbol in columns 32 to 34; and one line per bond (iiijjjttt: two atoms, counted from 1, and the bond's type).

    Args:
      block: the text of the block.
      where: the molecule's name in messages.

    Raises:
      UserError: the block is truncated, malformed, or has an unknown atom.
    """
    lines = block.splitlines()
    counts = lines[HEADER_LINES] if len(lines) > HEADER_LINES else ""
    try:
        require(counts.rstrip().endswith("V2000"), f"{where}: line 4 is {counts!r}; it must end in V2000")
        atoms, bonds = int(counts[0:3]), int(counts[3:6])
        fits = 1 <= atoms <= MOST and 0 <= bonds <= MOST
        require(fits, f"{where}: {atoms} atoms and {bonds} bonds; 1 to {MOST} atoms are allowed, and as many bonds")
        atom_lines = lines[HEADER_LINES + 1 :][:atoms]
        bond_lines = lines[HEADER_LINES + 1 + atoms :][:bonds]
        whole = len(atom_lines) + len(bond_lines) == atoms + bonds
        require(whole, f"{where} is truncated: some of the {atoms} atoms and {bonds} bonds of line 4 are missing")
        z = [atomic_number(line[31:34].strip(), where) for line in atom_lines]
        i, j = ([int(line[k : k + 3]) - 1 for line in bond_lines] for k in (0, 3))
        kind = [V2000_BONDS[line[6:9].strip()] for line in bond_lines]
    except UserError:
        raise
    except (ValueError, KeyError) as error:
        raise UserError(f"{where} is malformed: {type(error).__name__} {error}") from error
    joined = all(0 <= a < atoms for a in i + j) and all(a != b for a, b in zip(i, j, strict=True))
    require(joined, f"{where} is malformed: a bond does not join two of its {atoms} atoms")
    return Molecule(z, [0] * atoms, [0] * atoms, i, j, kind)


def import_rdkit() -> ModuleType:
    """Imports rdkit and the modules used here; raises UserError if it is not installed."""
    try:
        import rdkit.Chem
        import rdkit.rdBase
    except ImportError as error:
        raise UserError(
            "perceived chemistry of an SDF file, and SMILES, need rdkit: pip install 'grok_jax[qm9]'"
        ) from error
    return rdkit


def of_rdkit(molecule: Any, where: str) -> Molecule:
    """Converts an rdkit molecule with its hydrogens: bonds keep their order, with the lower atom first."""
    atoms, bonds = molecule.GetAtoms(), molecule.GetBonds()
    ends = [sorted((bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())) for bond in bonds]
    return Molecule(
        z=[atomic_number(atom.GetSymbol(), where) for atom in atoms],
        aromatic=[int(atom.GetIsAromatic()) for atom in atoms],
        hybrid=[HYBRIDS.get(atom.GetHybridization().name, 0) for atom in atoms],
        bond_i=[i for i, _ in ends],
        bond_j=[j for _, j in ends],
        kind=[BONDS[bond.GetBondType().name] for bond in bonds],
    )


def perceive_block(block: str, where: str) -> Molecule:
    """A molecule from a V2000 block, with the aromaticity and hybridization that rdkit perceives.

    Raises:
      UserError: rdkit is missing or cannot interpret the block, or the block has an unknown atom.
    """
    rdkit = import_rdkit()
    from_block(block, where)  # for its error messages
    flags = rdkit.Chem.SanitizeFlags
    with rdkit.rdBase.BlockLogs():  # hides expected messages about unusual valences
        molecule = rdkit.Chem.MolFromMolBlock(block, removeHs=False)
        if molecule is None:  # rdkit rejects the valence of some atoms in QM9.
            molecule = rdkit.Chem.MolFromMolBlock(block, removeHs=False, sanitize=False)
            require(molecule is not None, f"{where} cannot be read by rdkit")
            molecule.UpdatePropertyCache(strict=False)
            failed = rdkit.Chem.SanitizeMol(molecule, flags.SANITIZE_ALL ^ flags.SANITIZE_PROPERTIES, catchErrors=True)
            require(failed == flags.SANITIZE_NONE, f"{where} cannot be sanitized by rdkit ({failed.name})")
    return of_rdkit(molecule, where)


def from_smiles(smiles: str, where: str) -> tuple[Molecule, Molecule]:
    """A molecule with its hydrogens: with Kekulé bonds (as from from_block), and as perceived by rdkit.

    Raises:
      UserError: rdkit is missing, the text is not valid SMILES, or the molecule has an unknown atom.
    """
    rdkit = import_rdkit()
    with rdkit.rdBase.BlockLogs():
        bare = rdkit.Chem.MolFromSmiles(smiles)
    require(bare is not None, f"{where}: rdkit cannot read {smiles!r} as SMILES")
    molecule = rdkit.Chem.AddHs(bare)
    perceived = of_rdkit(molecule, where)
    rdkit.Chem.Kekulize(molecule, clearAromaticFlags=True)
    nothing = [0] * len(perceived.z)
    return of_rdkit(molecule, where)._replace(aromatic=nothing, hybrid=nothing), perceived
