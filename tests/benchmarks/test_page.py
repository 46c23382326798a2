import re
from pathlib import Path

import matplotlib.image
import pytest

from benchmarks import kept, page, picture
from benchmarks.costs import Compiled, Weighed
from benchmarks.kept import Kept
from benchmarks.scaling import COMPILED, EAGER, GRAPH, NO_GRAPHS, OURS, WORKS, Scaled, Side
from benchmarks.suite import Row
from benchmarks.timing import Ratio
from grok_jax.errors import UserError

DOCS = Path(__file__).parents[2] / "docs"
ABOUT = {
    "device": "2 CPU cores (a kind)",
    "kind": "cpu",
    "preset": "quick",
    "cores": 2,
    "precision": "float32",
    "date": "2026-01-31",
    "load_before": 0.1,
    "python": "3.11.7",
    **dict.fromkeys(("jax", "jaxlib", "optax", "torch", "numpy"), "1.0"),
}


def side(rate: float, times: float | None = None) -> Side:
    return Side(rate, rate - 1, rate + 1, 2.0, ratio=times and Ratio(times, times - 0.1, times + 0.1))


def scaled(work: str, runs: int, ours: float = 100.0) -> Scaled:
    sides = {
        OURS: side(ours),
        f"{COMPILED}, 2 processes": side(50.0, ours / 50),
        f"{COMPILED}, 2 threads": side(40.0, ours / 40),
        f"{EAGER}, 2 threads": side(20.0, ours / 20),
        f"loop, {GRAPH}": Side(missing=NO_GRAPHS),
    }
    return Scaled(WORKS[work].title, runs, 200.0, "arithmetic", 2e11, 3e10, sides)


def every_kind() -> dict[str, list]:
    """The rows of some benchmarks, by name."""
    return {
        "at_once.teacher_student.1": [scaled("teacher_student", 1, 30.0)],
        "at_once.teacher_student.16": [scaled("teacher_student", 16)],
        "at_once.mnist.16": [scaled("mnist", 16, 150.0)],
        "compile": [Compiled("omnigrok/fig2b, quick", 18, 6.5, 0.8)],
        "planned_memory": [Weighed("teacher-student", 1024, 2**30, 2**30 + 2**28)],
        "mnist": [Row("MNIST MLP, 8 runs", 1000.0, "300 (2 processes)", Ratio(3.3, 3.2, 3.4), 4.0, None, 2**30)],
        "records": [Row("omnigrok/fig2b, quick, whole", 900.0, measuring_share=0.034, compile_seconds=4.0)],
        "kernel": [Row("NTK", peer="39.0 s", ratio=Ratio(390, 380, 400), compile_seconds=1, peak_bytes=1, seconds=0.1)],
        "memory": [Row("teacher-student, 1,000 runs", compile_seconds=3.0, peak_bytes=2**30)],
    }


def measured(about: dict = ABOUT) -> Kept:
    found = Kept.nothing(about)
    for name, rows in every_kind().items():
        found = found.with_rows(name, rows)
    return found


def test_what_is_kept_reads_as_what_was_measured(tmp_path):
    measured().write(tmp_path)
    again = Kept.read(tmp_path, ABOUT)
    assert again.entry().benchmarks == measured().entry().benchmarks
    assert again.has("compile")


@pytest.mark.parametrize("field", ["device", "preset", "jax", "torch"])
def test_what_another_device_preset_or_version_measured_is_not_gone_on_from(field, tmp_path):
    measured().write(tmp_path)
    assert not Kept.read(tmp_path, {**ABOUT, field: "another"}).entry().benchmarks


def test_a_gpu_and_another_precision_leave_the_numbers_of_cores_as_they_are(tmp_path):
    measured().write(tmp_path)
    on_gpu = {**ABOUT, "kind": "gpu", "device": "a GPU", "precision": "tf32"}
    found = Kept.read(tmp_path, on_gpu).with_rows("compile", every_kind()["compile"])
    found.write(tmp_path)
    assert list(kept.read(tmp_path)) == ["cpu", "gpu_tf32"]
    text = page.markdown(kept.read(tmp_path))
    assert "## 2 CPU cores (a kind), float32 products" in text
    assert "## a GPU, tf32 products" in text


def test_a_file_that_is_none_of_the_benchmarks_is_refused_in_one_line(tmp_path):
    (tmp_path / kept.FILE).write_text('{"cpu": 3}', "utf-8")
    with pytest.raises(UserError, match=r"speed\.json is not a file of the benchmarks"):
        Kept.read(tmp_path, ABOUT)


def test_the_page_has_each_row_beside_its_strongest_peer():
    text = page.markdown(measured().entries)
    cells = ("teacher-student", "16", "100", "10,000", "50% (arithmetic)", "50", "20", "–", NO_GRAPHS)
    assert f"| {' | '.join(cells)} | 2.00 (1.90 .. 2.10) (compiled ensemble, 2 processes) |" in text
    for part in (
        "| omnigrok/fig2b, quick | 18 | 6.5 | 0.8 |",
        "1.25 |",
        "3.4%",
        "3.30 (3.20 .. 3.40)",
        "| NTK | 0.10 |",
    ):
        assert part in text


def test_every_row_of_a_table_has_as_many_cells_as_its_head():
    for table in re.findall(r"(?:^\|.*\n)+", page.markdown(measured().entries), re.MULTILINE):
        assert len({line.count(" | ") for line in table.splitlines()}) == 1, table


def test_the_readme_gets_five_numbers():
    peer = "times as fast as the fastest PyTorch that we could write"
    assert page.summary(measured().entry()) == [
        f"| training 16 small networks (teacher-student) | 2.0 {peer} |",
        f"| training 16 digit classifiers (MNIST MLP, batch 200) | 3.0 {peer} |",
        "| training 16 digit classifiers | 75% of the speed that the machine allows |",
        "| compiling figure 2b (omnigrok, quick) | 6.5 s; 0.8 s the second time |",
        "| measuring and recording in figure 2b (omnigrok, quick) | 3.4% of its time |",
    ]


def test_a_run_without_pytorch_has_a_page():
    row = scaled("mnist", 16)
    alone = row._replace(sides={label: each for label, each in row.sides.items() if each.missing or not each.ratio})
    text = page.markdown(Kept.nothing(ABOUT).with_rows("at_once.mnist.16", [alone]).entries)
    assert "| MNIST MLP, batch 200 | 16 | 100 |" in text


def test_the_picture_has_a_panel_for_each_work_at_several_numbers_of_runs(tmp_path):
    measured().write(tmp_path)
    page.write(tmp_path)
    works = picture.drawable(measured().entry().rows(Scaled))
    assert [[row.runs for row in rows] for rows in works] == [[1, 16]]
    assert matplotlib.image.imread(tmp_path / "speed_cpu.png").shape[0] > 100
    assert "![Rates by number of runs, and what the machine allows](speed_cpu.png)" in (tmp_path / page.FILE).read_text(
        "utf-8"
    )


def test_the_readme_has_the_numbers_of_the_page():
    readme = (DOCS.parent / "README.md").read_text("utf-8").splitlines()
    begin = readme.index("| [speed](docs/speed.md) on 2 CPU cores | |") + 2
    table = page.summary(kept.read(DOCS)["cpu"])
    assert len(table) >= 4
    assert readme[begin : readme.index("", begin)] == table


def test_the_page_in_docs_is_made_of_the_numbers_beside_it():
    entries = kept.read(DOCS)
    assert entries
    assert (DOCS / page.FILE).read_text("utf-8") == page.markdown(entries)
