"""The molecules of QM9: embedded, ready graphs where GROK_JAX_DATA has them, and raw files written here."""

import re
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grok_jax.errors import UserError
from grok_jax.tasks import Qm9, qm9
from grok_jax.tasks.readers import build_qm9
from grok_jax.tasks.readers.molecules import count_hydrogens

CHEMISTRIES = ("kekule", "perceived")

# A V2000 block without its first line; coordinates do not matter.
COUNTS = "\n  by hand\n\n{:3}{:3}  0     0  0  0  0  0  0999 V2000\n"
ATOM = "    0.0000    0.0000    0.0000 {:3} 0  0\n"
MOLECULES = {  # symbols, bonds as (atom, atom, type), alpha
    "gdb_1": ("CHHHH", [(1, 2, 1), (1, 3, 1), (1, 4, 1), (1, 5, 1)], 13.21),
    "gdb_2": ("NHHH", [(1, 2, 1), (1, 3, 1), (1, 4, 1)], 9.46),
    "gdb_3": ("OHH", [(1, 2, 1), (1, 3, 1)], 6.31),
    "gdb_4": ("CCHH", [(1, 2, 3), (1, 3, 1), (2, 4, 1)], 16.28),
    "gdb_5": (  # furan
        "CCOCHHHHC",
        [(1, 2, 2), (2, 3, 1), (3, 4, 1), (4, 9, 2), (9, 1, 1), (1, 5, 1), (2, 6, 1), (4, 8, 1), (9, 7, 1)],
        30.0,
    ),
}
HEADER = "The molecules below failed\nIndex  SMILES  InChI\n======\n"


def sdf_of(names):
    """The text of an SDF file of these molecules."""
    text = ""
    for name in names:
        symbols, bonds, _ = MOLECULES[name]
        text += name + COUNTS.format(len(symbols), len(bonds)) + "".join(map(ATOM.format, symbols))
        text += "".join("{:3}{:3}{:3}  0\n".format(*bond) for bond in bonds) + "M  END\n$$$$\n"
    return text


def table_of(names):
    """The text of a CSV file of these molecules."""
    return "mol_id,mu,alpha\n" + "".join(f"{name},0.5,{MOLECULES[name][2]}\n" for name in names)


@pytest.fixture
def raw(tmp_path, monkeypatch):
    """The raw files of five molecules, of which the second is uncharacterized; the folder they are in."""
    folder = tmp_path / "data" / "qm9"
    folder.mkdir(parents=True)
    (folder / "gdb9.sdf").write_text(sdf_of(MOLECULES))
    (folder / "gdb9.sdf.csv").write_text(table_of(MOLECULES))
    (folder / "uncharacterized.txt").write_text(f"{HEADER}     2  N  N\n\n")
    monkeypatch.setenv("GROK_JAX_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GROK_JAX_CACHE", str(tmp_path / "cache"))
    monkeypatch.setitem(qm9.MOLECULES, "raw", 4)
    return folder


@pytest.fixture
def raw_task():
    return Qm9(source="raw", size=4)


@pytest.fixture(scope="module", params=CHEMISTRIES)
def embedded(request):
    return qm9.read_graphs(qm9.EMBEDDED, request.param)


@pytest.fixture(scope="module")
def ready(data_folder):
    """Every array of the file of ready graphs."""
    with np.load(data_folder / qm9.GRAPHS) as stored:
        return dict(stored)


def shown(task, rows=slice(None)):
    """Molecules of a pool as a network sees them."""
    pool = task.load()
    return task.present(jax.tree.map(lambda a: jnp.asarray(a[rows]), pool))


def test_the_first_molecules_are_methane_ammonia_and_water():
    graphs, targets = shown(Qm9(), slice(3))
    hydrogen = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]
    methane, ammonia, water = graphs.nodes
    np.testing.assert_array_equal(methane[:5], [[0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 4], *[hydrogen] * 4])
    np.testing.assert_array_equal(ammonia[:4], [[0, 0, 1, 0, 0, 7, 0, 0, 0, 0, 3], *[hydrogen] * 3])
    np.testing.assert_array_equal(water[:3], [[0, 0, 0, 1, 0, 8, 0, 0, 0, 0, 2], *[hydrogen] * 2])
    np.testing.assert_array_equal(graphs.sizes, [5, 4, 3])
    np.testing.assert_allclose(targets, [[13.21], [9.46], [6.31]], rtol=1e-6)


def test_networks_see_float_features_and_whole_numbers():
    graphs, targets = shown(Qm9(), slice(3))
    assert (graphs.nodes.dtype, targets.dtype) == (jnp.float32, jnp.float32)
    assert {x.dtype for x in graphs[1:]} == {jnp.dtype("int32")}


def test_padding_is_empty():
    graphs, _ = shown(Qm9(), slice(1000))
    spare = jnp.arange(graphs.nodes.shape[1])[None, :] >= graphs.sizes[:, None]
    assert not np.asarray(graphs.nodes)[spare].any()
    unused = np.asarray(graphs.kinds) == -1
    assert unused.any()
    assert not np.asarray(graphs.senders)[unused].any()
    assert not np.asarray(graphs.receivers)[unused].any()


def test_every_bond_is_there_in_both_directions():
    graphs, _ = jax.tree.map(np.asarray, shown(Qm9(), slice(1000)))
    for senders, receivers, kinds in zip(graphs.senders, graphs.receivers, graphs.kinds, strict=True):
        edges = [edge for edge in zip(senders, receivers, kinds, strict=True) if edge[2] >= 0]
        assert len(set(edges)) == len(edges)
        assert {(b, a, kind) for a, b, kind in edges} == set(edges)


def test_the_last_feature_is_the_number_of_neighbors_that_are_hydrogens():
    graphs, _ = jax.tree.map(np.asarray, shown(Qm9(), slice(1000)))
    rows = np.arange(1000)[:, None]
    counted = np.zeros(graphs.nodes.shape[:2])
    np.add.at(counted, (rows, graphs.receivers), graphs.nodes[rows, graphs.senders, 0] * (graphs.kinds >= 0))
    np.testing.assert_array_equal(counted, graphs.nodes[:, :, -1])


def test_edges_join_atoms_in_use():
    graphs, _ = shown(Qm9(), slice(1000))
    assert (graphs.senders < graphs.sizes[:, None]).all()


def test_kekule_molecules_have_no_aromatic_or_hybridized_atom_and_no_aromatic_bond():
    graphs, _ = shown(Qm9())
    assert not graphs.nodes[:, :, 6:10].any()
    assert set(np.unique(graphs.kinds)) == {-1, 0, 1, 2}


def test_perceived_molecules_have_all_kinds_of_bonds_and_hybrids():
    graphs, _ = shown(Qm9(chemistry="perceived"))
    assert set(np.unique(graphs.kinds)) == {-1, 0, 1, 2, 3}
    assert (np.asarray(graphs.nodes[:, :, 6:10]).sum(axis=(0, 1)) > 0).all()


def test_heavy_atoms_obey_their_valences_in_kekule_bonds():
    # Charged nitrogen and oxygen differ from 3 and 2; carbon never does from 4 by more than a charge.
    molecules, _ = qm9.read_graphs(qm9.EMBEDDED, "kekule")
    atoms = molecules.n_atoms.astype(int)
    first = np.repeat(np.cumsum(atoms) - atoms, molecules.n_bonds)
    orders = np.zeros(len(molecules.z), int)
    for ends in (molecules.bond_i, molecules.bond_j):
        np.add.at(orders, first + ends, molecules.kind.astype(int) + 1)
    valences = np.array([0, 1, 0, 0, 0, 0, 4, 3, 2, 1])[molecules.z]
    assert np.mean(orders == valences) > 0.998


def test_first_molecules_are_all_used_in_the_order_of_qm9(draw):
    train, test = draw(Qm9(size=20))
    assert (int(train.size), int(test.size)) == (10, 10)
    assert sorted([*train.index.tolist(), *test.index.tolist()]) == list(range(20))


def test_random_molecules_are_of_the_whole_pool(draw):
    train, _ = draw(Qm9(subset="random", size=20))
    assert int(train.index.max()) >= 20


def test_raw_files_give_the_characterized_molecules(raw, raw_task):
    graphs, targets = shown(raw_task)
    np.testing.assert_allclose(targets[:, 0], [13.21, 6.31, 16.28, 30.0], rtol=1e-6)
    np.testing.assert_array_equal(graphs.sizes, [5, 3, 4, 9])
    np.testing.assert_array_equal(graphs.nodes[2, :2], [[0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 1]] * 2)
    np.testing.assert_array_equal(graphs.kinds[2, :6], [2, 2, 0, 0, 0, 0])


def test_raw_files_equal_the_embedded_molecules(raw, raw_task):
    few, _ = shown(raw_task, slice(3))
    many, _ = shown(Qm9(), np.array([0, 2, 3]))
    np.testing.assert_array_equal(few.nodes[:, :5], many.nodes[:, :5])
    np.testing.assert_array_equal(few.kinds[:, :8], many.kinds[:, :8])
    np.testing.assert_array_equal(few.senders[:, :8], many.senders[:, :8])


def test_raw_furan_is_aromatic_where_chemistry_is_perceived(raw, raw_task):
    pytest.importorskip("rdkit")
    plain, _ = shown(raw_task)
    raw_task = raw_task.replace(chemistry="perceived")
    graphs, _ = shown(raw_task)
    assert not plain.nodes[3, :, 6:10].any()
    np.testing.assert_array_equal(graphs.nodes[3, :, 6], [1, 1, 1, 1, 0, 0, 0, 0, 1])
    assert sorted(graphs.kinds[3].tolist()) == [0] * 8 + [3] * 10


def test_raw_files_are_parsed_once(raw, raw_task, monkeypatch):
    once, _ = raw_task.load()
    monkeypatch.setattr(qm9, "read_raw", lambda *_: pytest.fail("parsed again"))
    jax.tree.map(np.testing.assert_array_equal, once, raw_task.load().inputs)


def test_changed_raw_files_are_parsed_again(raw, raw_task):
    raw_task.load()
    (raw / "gdb9.sdf.csv").write_text(table_of(MOLECULES).replace("13.21", "14.0"))
    assert raw_task.load().targets[0] == 14


def test_the_chemistries_are_kept_apart(raw, raw_task):
    pytest.importorskip("rdkit")
    raw_task.load()
    raw_task = raw_task.replace(chemistry="perceived")
    assert raw_task.load().inputs.nodes[:, :, 6:10].any()


def shortened(text):
    return text[: text.rindex("M  END")]


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("gdb9.sdf", shortened(sdf_of(MOLECULES)), r"gdb9.sdf is truncated: molecule 5 does not end with \$\$\$\$"),
        ("gdb9.sdf", sdf_of(list(MOLECULES)[:4]), "gdb9.sdf has 4 molecules, and .*gdb9.sdf.csv has 5 rows"),
        ("gdb9.sdf.csv", table_of(list(MOLECULES)[:4]), "gdb9.sdf has more molecules than the 4 rows of .*.csv"),
        (
            "gdb9.sdf.csv",
            table_of(["gdb_1", "gdb_3", "gdb_2", "gdb_4", "gdb_5"]),
            "molecule 2 is 'gdb_2', and row 2 of .*gdb9.sdf.csv is 'gdb_3'",
        ),
        ("gdb9.sdf.csv", "mol_id,mu\ngdb_1,0.5\n", "gdb9.sdf.csv has no column alpha; its columns are mol_id, mu"),
        ("gdb9.sdf.csv", "name,alpha\ngdb_1,0.5\n", "gdb9.sdf.csv has no column mol_id; its columns are name, alpha"),
        ("gdb9.sdf.csv", "", "gdb9.sdf.csv has no column mol_id; its columns are none"),
        (
            "gdb9.sdf.csv",
            table_of(MOLECULES).replace("6.31", "high"),
            "line 4: alpha is 'high'; it must be a number",
        ),
        ("gdb9.sdf.csv", table_of(MOLECULES).replace(",6.31", ""), "line 4: alpha is None; it must be a number"),
        (
            "gdb9.sdf.csv",
            table_of(MOLECULES).replace("6.31", "nan"),
            "line 4: alpha is 'nan'; it must be a number",
        ),
        ("gdb9.sdf.csv", table_of(MOLECULES) + '"' + "x" * 200_000, r"line 6, cannot be read as CSV \(field larger .*"),
        ("gdb9.sdf", sdf_of(MOLECULES).replace(" O ", " Si"), r"gdb9.sdf: molecule 3 \(gdb_3\) has an atom 'Si'; .*"),
        ("gdb9.sdf", sdf_of(MOLECULES).replace("  5  4", "  5  x"), r"gdb9.sdf: molecule 1 \(gdb_1\) is malformed: .*"),
        ("uncharacterized.txt", HEADER, "uncharacterized.txt leave 5 characterized molecules; QM9 has 4"),
    ],
)
def test_raw_files_that_cannot_be_used_are_user_errors_of_one_line(raw, raw_task, file, text, message):
    (raw / file).write_text(text)
    with pytest.raises(UserError, match=f"^[^\n]*{message}$"):
        raw_task.load()


@pytest.mark.parametrize(
    ("file", "advice"),
    [
        ("gdb9.sdf", "unpack https://deepchemdata.*/qm9.zip there"),
        ("gdb9.sdf.csv", "unpack https://deepchemdata.*/qm9.zip there"),
        ("uncharacterized.txt", "save https://ndownloader.figshare.com/files/3195404 there under that name"),
    ],
)
def test_a_missing_raw_file_is_a_user_error_that_says_where_to_get_it(raw, raw_task, file, advice):
    (raw / file).unlink()
    with pytest.raises(UserError, match=f"^[^\n]*{file} is missing; {advice}, or set GROK_JAX_DATA to [^\n]*$"):
        raw_task.load()


def test_perceived_raw_molecules_without_rdkit_are_a_user_error(raw, raw_task, monkeypatch):
    monkeypatch.setitem(sys.modules, "rdkit", None)
    raw_task = raw_task.replace(chemistry="perceived")
    with pytest.raises(UserError, match=r"need rdkit: pip install 'grok_jax\[qm9\]'$"):
        raw_task.load()


def test_kekule_raw_molecules_need_no_rdkit(raw, raw_task, monkeypatch):
    monkeypatch.setitem(sys.modules, "rdkit", None)
    assert len(raw_task.load().targets) == 4


def test_missing_ready_graphs_are_a_user_error_of_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("GROK_JAX_DATA", str(tmp_path))
    with pytest.raises(UserError, match=r"^\S*ragged.npz is missing; choose task.source [^\n]*$"):
        Qm9(source="graphs").load()


def test_corrupt_ready_graphs_are_a_user_error_of_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("GROK_JAX_DATA", str(tmp_path))
    (tmp_path / "qm9").mkdir()
    (tmp_path / qm9.GRAPHS).write_bytes(b"no graphs")
    with pytest.raises(UserError, match=r"^\S*ragged.npz is corrupt: its sha256 is [^\n]+$"):
        Qm9(source="graphs").load()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"size": 10001}, "task.size is 10001; the embedded QM9 molecules allow 1 to 10000"),
        ({"size": 130832, "source": "graphs"}, "task.size is 130832; the QM9 molecules allow 1 to 130831"),
        ({"size": 130832, "source": "raw"}, "task.size is 130832; the QM9 molecules allow 1 to 130831"),
        ({"size": 1}, "task.train_fraction is 0.5, which takes 0 of 1 rows; 1 to 0 are allowed"),
        ({"source": "sdf"}, "task.source is 'sdf'; it must be one of embedded, graphs, raw"),
        ({"chemistry": "real"}, "task.chemistry is 'real'; it must be one of kekule, perceived"),
        ({"subset": "last"}, "task.subset is 'last'; it must be one of random, first"),
        ({"train_fraction": 1.0}, "task.train_fraction is 1.0; it must be above 0 and below 1"),
    ],
)
def test_impossible_fields_are_user_errors(changes, message):
    with pytest.raises(UserError, match=f"^{message}$"):
        Qm9(**changes)


TABLE = (
    "XYZ_file,Index,SMILES,N_atoms,Elements,Polarizability_bohr3\n"
    "a.xyz,57,\"C#N\",3,\"['C','N','H']\",14.0\n"
    'b.xyz,58,"CC",8,"[]",15.0\n'  # uncharacterized
    'c.xyz,59,"c1ccoc1",9,"[]",30.0\n'
)


def test_the_script_builds_a_file_that_the_task_reads(tmp_path):
    pytest.importorskip("rdkit")
    (tmp_path / "table.csv").write_text(TABLE)
    build_qm9.build(tmp_path / "table.csv", 2, tmp_path / "out.npz")
    kekule, alpha = qm9.read_graphs(tmp_path / "out.npz", "kekule")
    perceived, _ = qm9.read_graphs(tmp_path / "out.npz", "perceived")
    assert alpha.tolist() == [14.0, 30.0]
    assert kekule.n_atoms.tolist() == [3, 9]
    assert sorted(kekule.kind.tolist()) == [0] * 8 + [1] * 2 + [2]
    assert sorted(perceived.kind.tolist()) == [0] * 5 + [2] + [3] * 5
    assert (kekule.aromatic.sum(), perceived.aromatic.sum()) == (0, 5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TABLE.replace(",3,", ",4,"), "molecule 57 has 3 atoms, not 4"),
        (TABLE, "has 2 characterized molecules; 3 are needed"),
        (TABLE.replace("SMILES", "Name"), "has no column SMILES"),
        (TABLE.replace("14.0", "high"), "line 2, is not a molecule: could not convert string to float: 'high'"),
        (TABLE.replace("C#N", "C#"), "molecule 57: rdkit cannot read 'C#' as SMILES"),
    ],
)
def test_the_script_refuses_a_table_that_cannot_be_right(tmp_path, text, message):
    pytest.importorskip("rdkit")
    (tmp_path / "table.csv").write_text(text)
    with pytest.raises(UserError, match=re.escape(message)):
        build_qm9.build(tmp_path / "table.csv", 3 if text == TABLE else 2, tmp_path / "out.npz")
    assert not list(tmp_path.glob("*.npz"))


def test_embedded_molecules_are_the_first_ten_thousand_of_the_ready_graphs(embedded, ready, request):
    molecules, alpha = embedded
    chemistry = request.node.callspec.params["embedded"]
    atoms, bonds = len(molecules.z), len(molecules.kind)
    np.testing.assert_array_equal(alpha, ready["alpha"][:10000])
    for name, values in molecules._asdict().items():
        if name == "kind":
            np.testing.assert_array_equal(values, ready[qm9.BONDS[chemistry]][:bonds])
        elif chemistry == "perceived" or name not in ("aromatic", "hybrid"):
            count = {"n": 10000, "b": bonds}.get(name[0], atoms)
            np.testing.assert_array_equal(values, ready[name][:count])


def test_molecules_left_out_of_the_embedded_ones_are_not_among_the_ready_graphs(ready):
    with np.load(qm9.EMBEDDED) as stored:
        np.testing.assert_array_equal(stored["index"], ready["index"][:10000])
    skipped = set(range(1, 10277)) - set(ready["index"].tolist())
    assert skipped == build_qm9.UNCHARACTERIZED


def test_hydrogens_counted_are_those_of_the_ready_graphs(embedded, ready):
    counted = count_hydrogens(embedded[0])
    np.testing.assert_array_equal(counted, ready["num_h"][: len(counted)])


def test_ready_graphs_are_all_there(data_folder):
    pool = Qm9(source="graphs").load()
    assert pool.inputs.nodes.shape == (130831, 29, 11)
    assert pool.inputs.senders.shape == (130831, 56)
    assert pool.targets.mean() == pytest.approx(75.28, abs=0.01)
