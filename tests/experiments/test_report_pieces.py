"""What the report keeps of a run: its curves, its picture, and which run they are of."""

import base64
import json
import re
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from PIL import Image

from experiments import evidence_entries
from experiments.catalogue import all_figures
from experiments.report import page, pieces
from experiments.report.curves import MOST_SETTINGS, MOST_STEPS, curves_of
from experiments.settings import preset_config
from grok_jax import UserError, results

DOCS = Path(__file__).parents[2] / "docs"
FIGURE, NAME = "omnigrok/fig3d_mnist_grokking", "omnigrok_fig3d_quick"
STEPS = [0, 1, 10, 100]


def grid(sizes, steps=STEPS, kinds=("accuracy", "loss")):
    """Random results of a grid: axis -> its values."""
    shape = (*(len(values) for values in sizes.values()), len(steps))
    names = [f"{split}_{kind}" for kind in kinds for split in ("train", "test")]
    draws = np.random.default_rng(0).random((len(names), *shape))
    data = {name: ((*sizes, "step"), draw) for name, draw in zip(names, draws, strict=True)}
    return xr.Dataset(data, {**{axis: list(values) for axis, values in sizes.items()}, "step": steps})


def test_seeds_become_a_median_and_their_range():
    ds = grid({"seed": range(3)})
    ds["test_loss"].values[:] = [[9, 1, 2, 3], [9, 5, 4, 3], [9, 3, 9, 3]]
    (found,) = curves_of(ds)["loss"]["test"]
    assert found == {"median": [3, 4, 3], "low": [1, 2, 3], "high": [5, 9, 3]}


def test_a_single_run_has_no_range():
    (found,) = curves_of(grid({"seed": range(1)}))["loss"]["test"]
    assert list(found) == ["median"]


def test_what_is_missing_or_infinite_is_left_out_of_the_seeds():
    ds = grid({"seed": range(2)})
    ds["test_loss"].values[:] = [[1, np.nan, np.inf, 3], [1, np.nan, 4, 5]]
    (found,) = curves_of(ds)["loss"]["test"]
    assert found["median"] == [None, 4, 4]


def test_settings_are_named_by_what_differs_and_the_grid_is_counted():
    found = curves_of(grid({"model.init_scale": (0.5, 2.0), "optimizer.weight_decay": (0.1,), "seed": range(2)}))
    assert found["settings"] == ["init scale 0.5", "init scale 2"]
    assert (found["of"], found["seeds"]) == (2, 2)


def of_fields(**fields):
    """Results of a grid with one axis that sets several fields of the model."""
    axis = ",".join(f"model.{name}" for name in fields)
    ds = grid({axis: range(3), "seed": range(2)}).drop_vars(axis)
    return ds.assign_coords({f"model.{name}": (axis, values) for name, values in fields.items()})


def test_an_axis_of_two_fields_is_named_by_both():
    found = curves_of(of_fields(width=[1, 2, 2], linearized=[False, False, True]))
    assert found["settings"] == ["width 1, not linearized", "width 2, not linearized", "width 2, linearized"]


def test_an_axis_of_many_fields_is_named_by_the_first_that_tell_its_points_apart():
    same = {name: [1, 2, 3] for name in ("layers", "heads", "width", "mlp_width")}
    assert curves_of(of_fields(name=["a", "b", "c"], **same))["settings"] == ["a", "b", "c"]
    assert curves_of(of_fields(name=["a", "a", "c"], **same))["settings"] == [
        "a, layers 1",
        "a, layers 2",
        "c, layers 3",
    ]


def test_a_large_grid_keeps_settings_from_its_first_to_its_last():
    found = curves_of(grid({"model.init_scale": range(1, 21), "seed": range(2)}))
    assert (len(found["settings"]), found["of"]) == (MOST_SETTINGS, 20)
    assert [found["settings"][i] for i in (0, -1)] == ["init scale 1", "init scale 20"]


def test_many_records_are_thinned_evenly_over_the_logarithm_of_the_step():
    found = curves_of(grid({"seed": range(2)}, steps=range(5000)))["step"]
    assert len(found) <= MOST_STEPS
    assert (found[0], found[-1]) == (1, 4999)
    assert max(np.diff(np.log(found[20:]))) < 2 * np.log(4999) / MOST_STEPS


def test_results_without_accuracies_have_losses_alone():
    assert "accuracy" not in curves_of(grid({"seed": range(2)}, kinds=("loss",)))


def test_results_without_curves_have_none():
    assert curves_of(xr.Dataset({"alignment": ("seed", [1.0, 2.0])})) == {}


def test_the_curves_of_a_large_grid_are_small():
    steps = np.unique(np.geomspace(1, 1e6, 300).astype(int)).tolist()
    ds = grid({"model.init_scale": np.geomspace(0.1, 10, 20).tolist(), "seed": range(5)}, steps=steps)
    assert len(json.dumps(curves_of(ds), separators=(",", ":"))) < 30_000


def finish(folder, preset):
    """Makes the folder of a finished run."""
    config = preset_config(FIGURE, preset)
    results.begin(folder, config.to_dict())
    ds = grid({"seed": range(4)}, steps=[0, 1000, 20_000]).assign(weight_norm=(("seed", "step"), np.ones((4, 3))))
    kept = json.loads(json.dumps(config.to_dict()))
    attrs = {"config": json.dumps(kept), "wall_seconds": 60.0, "compile_seconds": 2.0, "programs": 1}
    attrs |= {"chunk_runs": [4], "devices": "1 x cpu"}
    results.write_dataset(folder, ds.assign_attrs(attrs))
    Image.fromarray(np.full((300, 3200, 4), 200, np.uint8)).save(folder / "figure.png")
    return folder


@pytest.fixture
def run(tmp_path):
    return finish(tmp_path / "run", "quick")


@pytest.fixture
def out(run, tmp_path):
    pieces.keep(tmp_path / "out", run, FIGURE, "quick")
    return tmp_path / "out"


def test_what_was_kept_of_a_run_is_read_back(run, out):
    (found,) = pieces.read(out).values()
    assert found["curves"] == curves_of(results.load_dataset(run))
    assert found["size"] == [1600, 150]
    assert (found["run"]["seconds"], found["run"]["revision"]) == (60, results.record_of(run)["git_revision"])


def test_the_same_run_leaves_the_same_bytes(run, out, tmp_path):
    pieces.keep(tmp_path / "again", run, FIGURE, "quick")
    for path in (f"pictures/{NAME}.webp", f"curves/{NAME}.js"):
        assert (out / path).read_bytes() == (tmp_path / "again" / path).read_bytes()


def test_the_page_shows_a_kept_picture_and_loads_its_curves(run, out):
    text = page.write(out, [evidence_entries.entry_of(run, FIGURE, "quick")], [FIGURE]).read_text("utf-8")
    assert f'src="pictures/{NAME}.webp"' in text
    assert f'src="curves/{NAME}.js"' in text
    assert "of another run" not in text


def test_a_picture_of_another_run_than_the_claims_says_so(run, out):
    entry = evidence_entries.entry_of(run, FIGURE, "quick") | {"revision": "fedcba987"}
    assert "of another run" in page.write(out, [entry], [FIGURE]).read_text("utf-8")


def test_the_page_to_send_needs_no_other_file(run, out):
    page.write(out, [evidence_entries.entry_of(run, FIGURE, "quick")], [FIGURE])
    text = (out / "report.html").read_text("utf-8")
    (picture,) = re.findall(r'src="data:image/webp;base64,([^"]+)"', text)
    assert base64.b64decode(picture) == (out / "pictures" / f"{NAME}.webp").read_bytes()
    assert (out / "curves" / f"{NAME}.js").read_text("utf-8") in text
    assert not re.findall(r'(?:src|href)="(?!data:|#|https://arxiv\.org/)[^"]', text)


def test_the_page_shows_the_authors_numbers_over_curves_of_their_setting(tmp_path):
    run, out, name = finish(tmp_path / "run", "paper"), tmp_path / "out", "omnigrok_fig3d_paper"
    pieces.keep(out, run, FIGURE, "paper")
    text = page.write(out, [evidence_entries.entry_of(run, FIGURE, "paper")], [FIGURE]).read_text("utf-8")
    width, height = pieces.read(out)[name]["checks"]
    assert f'src="checks/{name}.webp" width="{width}" height="{height}"' in text
    with Image.open(out / "checks" / f"{name}.webp") as image:
        assert image.size == (width, height)


def test_the_page_shows_no_curves_with_numbers_where_none_is_compared(run, out):
    text = page.write(out, [evidence_entries.entry_of(run, FIGURE, "quick")], [FIGURE]).read_text("utf-8")
    assert pieces.read(out)[NAME]["checks"] is None
    assert "checks/" not in text


def test_curves_that_were_kept_before_the_numbers_were_drawn_are_read(out):
    file = out / "curves" / f"{NAME}.js"
    file.write_text(file.read_text("utf-8").replace(',"checks":null', ""), "utf-8")
    assert pieces.read(out)[NAME]["checks"] is None


@pytest.mark.parametrize("text", ["", "keepCurves(1)\n", f'keepCurves("{NAME}", {{}})\n'])
def test_damaged_curves_are_one_line(out, text):
    (out / "curves" / f"{NAME}.js").write_text(text, "utf-8")
    with pytest.raises(
        UserError, match=rf"^reading .*{NAME}\.js, which must be unchanged since this command wrote it, fails"
    ):
        pieces.read(out)


def test_a_missing_picture_beside_its_curves_is_one_line(out):
    (out / "pictures" / f"{NAME}.webp").unlink()
    with pytest.raises(UserError, match=r"fails with FileNotFoundError"):
        pieces.read(out)


def test_a_damaged_figure_is_one_line(run, tmp_path):
    (run / "figure.png").write_bytes(b"none")
    with pytest.raises(UserError, match=r"^reading .*figure\.png fails"):
        pieces.keep(tmp_path / "out", run, FIGURE, "quick")


def test_the_page_in_docs_is_what_the_evidence_and_its_pieces_give(tmp_path):
    (tmp_path / "pictures").symlink_to(DOCS / "report" / "pictures")
    (tmp_path / "curves").symlink_to(DOCS / "report" / "curves")
    (tmp_path / "checks").symlink_to(DOCS / "report" / "checks")
    entries = list(evidence_entries.read(DOCS / "evidence.json").values())
    figures = sorted(all_figures(), key=evidence_entries.in_order)
    text = page.write(tmp_path, entries, figures).read_text("utf-8")
    assert (DOCS / "report" / "index.html").read_text("utf-8") == text, "run experiments.report --out=docs/report"
    assert (tmp_path / "report.html").stat().st_size < 15e6
