"""Molecules read from SDF text and from SMILES, and the graphs made of them."""

import sys

import numpy as np
import pytest

from grok_jax.errors import UserError
from grok_jax.tasks.readers.molecules import (
    Molecule,
    as_graphs,
    count_hydrogens,
    from_block,
    from_smiles,
    join,
    node_features,
    perceive_block,
    sdf_blocks,
)

WATER = ("O H H", "1 2 1;1 3 1")
METHANE = ("C H H H H", "1 2 1;1 3 1;1 4 1;1 5 1")
HYDROGEN_CYANIDE = ("C N H", "1 2 3;1 3 1")
BENZENE = (
    "C C C C C C H H H H H H",
    "1 2 2;2 3 1;3 4 2;4 5 1;5 6 2;6 1 1;1 7 1;2 8 1;3 9 1;4 10 1;5 11 1;6 12 1",
)


def block(atoms, bonds, name="gdb_1"):
    """The V2000 text of a molecule: symbols of its atoms; its bonds as "atom atom type"."""
    symbols, joined = atoms.split(), [bond.split() for bond in bonds.split(";")]
    lines = [name, "  by hand", "", f"{len(symbols):3}{len(joined):3}  0     0  0  0  0  0  0999 V2000"]
    lines += [f"{k:10.4f}{0:10.4f}{0:10.4f} {symbol:3} 0  0  0  0  0" for k, symbol in enumerate(symbols)]
    lines += ["".join(f"{int(word):3}" for word in bond) + "  0  0  0  0" for bond in joined]
    return "\n".join([*lines, "M  END", ""])


@pytest.fixture(scope="module")
def rdkit():
    return pytest.importorskip("rdkit")


def read(*molecules):
    return join(from_block(block(*molecule), "here") for molecule in molecules)


def test_a_block_gives_its_atoms_and_its_bonds():
    molecule = from_block(block(*HYDROGEN_CYANIDE), "here")
    assert molecule == Molecule([6, 7, 1], [0, 0, 0], [0, 0, 0], [0, 0], [1, 2], [2, 0])


def test_bonds_of_a_block_are_those_written_also_in_a_ring():
    assert from_block(block(*BENZENE), "here").kind == [1, 0, 1, 0, 1, 0, *[0] * 6]


def test_bonds_written_as_aromatic_are_aromatic():
    assert from_block(block("C C", "1 2 4"), "here").kind == [3]


@pytest.mark.parametrize("symbol", ["Cl", "Xx", "R#"])
def test_an_unknown_atom_is_a_user_error_that_names_molecule_and_element(symbol):
    with pytest.raises(UserError, match=rf"^molecule 7 has an atom '{symbol}'; the atoms of QM9 are H, C, N, O, F$"):
        from_block(block(f"C {symbol}", "1 2 1"), "molecule 7")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 4 is ''; it must end in V2000"),
        (block(*WATER).replace("V2000", "V3000"), "line 4 is '  3  2 .*V3000'; it must end in V2000"),
        (block(*WATER).replace("  3  2", "  x  2"), "is malformed: ValueError"),
        (block(*WATER).replace("  3  2", "  0  2"), "0 atoms and 2 bonds; 1 to 255 atoms are allowed"),
        (block(*WATER).replace("  3  2", "300  2"), "300 atoms and 2 bonds; 1 to 255 atoms are allowed"),
        ("\n".join(block(*METHANE).split("\n")[:12]), "is truncated: some of the 5 atoms and 4 bonds of line 4"),
        ("\n".join(block(*METHANE).split("\n")[:6]), "is truncated: some of the 5 atoms and 4 bonds of line 4"),
        (block("O H H", "1 2 1;1 4 1"), "is malformed: a bond does not join two of its 3 atoms"),
        (block("O H H", "1 2 1;0 3 1"), "is malformed: a bond does not join two of its 3 atoms"),
        (block("O H H", "1 2 1;3 3 1"), "is malformed: a bond does not join two of its 3 atoms"),
        (block("O H H", "1 2 1;1 3 8"), "is malformed: KeyError '8'"),
        (block("O H H", "1 2 1;1 3 1").replace(" O ", "   "), "has an atom ''; the atoms of QM9 are H, C, N, O, F"),
    ],
)
def test_a_malformed_block_is_a_user_error_of_one_line(text, message):
    with pytest.raises(UserError, match=f"^molecule 7:? {message}") as error:
        from_block(text, "molecule 7")
    assert "\n" not in str(error.value)


def test_the_blocks_of_a_file_are_its_molecules(tmp_path):
    blocks = [block(*WATER, "a"), block(*METHANE, "b") + ">  <note>\nsmall\n\n"]
    (tmp_path / "a.sdf").write_text("".join(f"{text}$$$$\n" for text in blocks))
    assert list(sdf_blocks(tmp_path / "a.sdf")) == blocks


def test_a_file_that_ends_within_a_molecule_is_a_user_error(tmp_path):
    (tmp_path / "a.sdf").write_text(f"{block(*WATER)}$$$$\n{block(*METHANE)[:90]}")
    with pytest.raises(UserError, match=r"a.sdf is truncated: molecule 2 does not end with \$\$\$\$$"):
        list(sdf_blocks(tmp_path / "a.sdf"))


def test_a_binary_file_is_a_user_error(tmp_path):
    (tmp_path / "a.sdf").write_bytes(b"PK\x03\x04\xff\xfe")
    with pytest.raises(UserError, match=r"a.sdf is not an SDF file: byte 4 is not ASCII text$"):
        list(sdf_blocks(tmp_path / "a.sdf"))


def test_features_are_element_number_aromatic_hybrid_and_hydrogens():
    # Columns: H, C, N, O, F; atomic number; aromatic; sp, sp2, sp3; number of hydrogens.
    molecules = read(METHANE, HYDROGEN_CYANIDE)
    hydrogen = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]
    expected = [[0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 4], *[hydrogen] * 4]
    expected += [[0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 1], [0, 0, 1, 0, 0, 7, 0, 0, 0, 0, 0], hydrogen]
    np.testing.assert_array_equal(node_features(molecules), expected)


def test_features_of_perceived_molecules_have_aromaticity_and_hybridization(rdkit):
    molecules = join([perceive_block(block(*BENZENE), "here"), perceive_block(block(*HYDROGEN_CYANIDE), "here")])
    features = node_features(molecules)
    np.testing.assert_array_equal(features[:6], [[0, 1, 0, 0, 0, 6, 1, 0, 1, 0, 1]] * 6)
    np.testing.assert_array_equal(
        features[12:14], [[0, 1, 0, 0, 0, 6, 0, 1, 0, 0, 1], [0, 0, 1, 0, 0, 7, 0, 1, 0, 0, 0]]
    )


def test_the_number_of_hydrogens_does_not_depend_on_the_order_of_a_bond():
    forward, backward = read(WATER), read(("O H H", "2 1 1;3 1 1"))
    assert count_hydrogens(forward).tolist() == count_hydrogens(backward).tolist() == [2, 0, 0]


def test_hydrogen_molecules_count_each_other():
    assert count_hydrogens(read(("H H", "1 2 1"))).tolist() == [1, 1]


def test_graphs_list_both_directions_of_each_bond_and_pad_to_the_largest():
    graphs = as_graphs(read(WATER, HYDROGEN_CYANIDE, METHANE))
    assert graphs.nodes.shape == (3, 5, 11)
    assert graphs.senders.tolist() == [[0, 1, 0, 2, 0, 0, 0, 0], [0, 1, 0, 2, 0, 0, 0, 0], [0, 1, 0, 2, 0, 3, 0, 4]]
    assert graphs.receivers.tolist() == [[1, 0, 2, 0, 0, 0, 0, 0], [1, 0, 2, 0, 0, 0, 0, 0], [1, 0, 2, 0, 3, 0, 4, 0]]
    assert graphs.kinds.tolist() == [[0] * 4 + [-1] * 4, [2, 2, 0, 0] + [-1] * 4, [0] * 8]
    assert graphs.sizes.tolist() == [3, 3, 5]


def test_nodes_of_padding_are_zero():
    nodes = as_graphs(read(WATER, METHANE)).nodes
    assert not nodes[0, 3:].any()
    assert nodes[0, :3].any(axis=1).all()


def test_smiles_get_their_hydrogens_and_their_bonds(rdkit):
    kekule, perceived = from_smiles("C#N", "here")
    assert kekule == from_block(block(*HYDROGEN_CYANIDE), "here")
    assert perceived == kekule._replace(hybrid=[1, 1, 0])


def test_the_two_chemistries_of_benzene_differ_in_its_ring_only(rdkit):
    kekule, perceived = from_smiles("c1ccccc1", "here")
    assert sorted(kekule.kind[:6]) == [0, 0, 0, 1, 1, 1]
    assert kekule.aromatic == kekule.hybrid == [0] * 12
    assert perceived.kind == [3] * 6 + [0] * 6
    assert perceived.aromatic == [1] * 6 + [0] * 6
    assert perceived.hybrid == [2] * 6 + [0] * 6


def multiset(molecule):
    """The features of the atoms, and the bonds with the features of their ends, whatever their order."""
    rows = [tuple(row) for row in node_features(join([molecule])).tolist()]
    ends = zip(molecule.bond_i, molecule.bond_j, molecule.kind, strict=True)
    return sorted(rows), sorted((*sorted((rows[i], rows[j])), kind) for i, j, kind in ends)


@pytest.mark.parametrize(("one", "other"), [("OCC(=O)N", "NC(CO)=O"), ("c1ccoc1", "o1cccc1")])
def test_two_spellings_of_a_molecule_are_one_graph(rdkit, one, other):
    for a, b in zip(from_smiles(one, "one"), from_smiles(other, "other"), strict=True):
        assert multiset(a) == multiset(b)


def test_an_sdf_block_and_smiles_of_a_molecule_are_perceived_alike(rdkit):
    assert multiset(perceive_block(block(*BENZENE), "here")) == multiset(from_smiles("c1ccccc1", "here")[1])


def test_perceived_blocks_keep_a_valence_that_rdkit_refuses(rdkit, capfd):
    four_bonds_of_nitrogen = ("N H H H H", "1 2 1;1 3 1;1 4 1;1 5 1")
    molecule = perceive_block(block(*four_bonds_of_nitrogen), "here")
    assert molecule.z == [7, 1, 1, 1, 1]
    assert molecule.hybrid == [3, 0, 0, 0, 0]
    assert capfd.readouterr().err == ""


def test_perceived_blocks_know_charges(rdkit):
    charged = block("N H H H H", "1 2 1;1 3 1;1 4 1;1 5 1").replace("M  END", "M  CHG  1   1   1\nM  END")
    assert perceive_block(charged, "here").z == [7, 1, 1, 1, 1]


@pytest.mark.parametrize("reader", [from_block, perceive_block])
def test_unknown_atoms_are_told_of_in_both_chemistries(rdkit, reader):
    with pytest.raises(UserError, match=r"^molecule 7 has an atom 'S'; "):
        reader(block("S H H", "1 2 1;1 3 1"), "molecule 7")


@pytest.mark.parametrize(
    ("smiles", "message"),
    [("C1CC", "rdkit cannot read 'C1CC' as SMILES"), ("CCl", "has an atom 'Cl'; the atoms of QM9 are H, C, N, O, F")],
)
def test_smiles_that_cannot_be_used_are_user_errors_of_one_line(rdkit, smiles, message):
    with pytest.raises(UserError, match=f"^molecule 7:? {message}$"):
        from_smiles(smiles, "molecule 7")


@pytest.mark.parametrize("reader", [lambda: perceive_block(block(*WATER), "a"), lambda: from_smiles("O", "a")])
def test_without_rdkit_a_user_error_says_what_to_install(monkeypatch, reader):
    monkeypatch.setitem(sys.modules, "rdkit", None)
    with pytest.raises(UserError, match=r"need rdkit: pip install 'grok_jax\[qm9\]'$"):
        reader()
