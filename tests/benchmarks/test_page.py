import re
from pathlib import Path

import matplotlib.image
import pytest

from benchmarks import kept, page, picture
from benchmarks.kept import Kept
from benchmarks.scaling import NO_GRAPHS, Scaled
from grok_jax.errors import UserError
from tests.benchmarks.rows import ABOUT, every_kind, scaled

DOCS = Path(__file__).parents[2] / "docs"


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


@pytest.mark.parametrize("field", ["device", "jax", "torch"])
def test_what_another_device_or_version_measured_is_not_gone_on_from(field, tmp_path):
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
    cells = ("teacher-student", "16", "100", "1e+04", "50% (arithmetic)", "50", "20", "–", NO_GRAPHS)
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
    assert page.summary(measured().entry()) == [
        "teacher-student, 16 runs: 2.0 times the fastest PyTorch (compiled ensemble, 2 processes)",
        "MNIST MLP, batch 200, 16 runs: 3.0 times the fastest PyTorch (compiled ensemble, 2 processes)",
        "MNIST MLP, batch 200, 16 runs: 75% of what the machine allows",
        "omnigrok/fig2b, quick: compiled in 6.5 s, in 0.8 s at a second start",
        "omnigrok/fig2b, quick, whole: 3.4% of the time is measuring",
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


def test_the_page_in_docs_is_made_of_the_numbers_beside_it():
    entries = kept.read(DOCS)
    if not entries:
        pytest.skip("docs/ has no speed.json")
    assert (DOCS / page.FILE).read_text("utf-8") == page.markdown(entries)
