import concurrent.futures
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from grok_jax import environment, results
from grok_jax.errors import UserError

ROOT = Path(__file__).parent.parent
CONFIG = {"seed": 0, "model": {"widths": (100, 100), "init_scale": 2.0}, "execution": {"checkpoint_seconds": 60.0}}
ATTRIBUTES = {
    "wall_seconds": 3.456,
    "compile_seconds": 1.234,
    "programs": 1,
    "chunk_runs": np.array([4]),
    "devices": "1 x cpu",
}


def dataset() -> xr.Dataset:
    loss = xr.DataArray(np.float32([[1, np.nan], [2, 0.5]]), dims=("seed", "step"), attrs={"units": "1"})
    return xr.Dataset({"train_loss": loss}, {"seed": [0, 1], "step": [0, 10]}, ATTRIBUTES)


@pytest.fixture
def unfinished(tmp_path):
    """The folder of a run that has begun, with a checkpoint."""
    checkpoint = results.begin(tmp_path / "out", CONFIG)
    checkpoint.mkdir()
    (checkpoint / "step_1").write_text("state")
    return tmp_path / "out"


@pytest.fixture
def finished(unfinished):
    """The folder of a run that is through."""
    results.write_dataset(unfinished, dataset())
    (unfinished / "figure.png").write_text("picture")
    (unfinished / "claims.json").write_text("[]")
    results.finish(unfinished)
    return unfinished


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(words, *arguments, **choices):
    with pytest.raises(UserError, match=words) as caught:
        results.begin(*arguments, **choices)
    assert "\n" not in str(caught.value)


def test_a_run_begins_with_its_config_and_a_place_for_checkpoints(tmp_path):
    folder = tmp_path / "new" / "out"
    assert results.begin(folder, CONFIG) == folder / "checkpoint"
    assert json.loads((folder / "config.json").read_text())["config"] == json.loads(json.dumps(CONFIG))


def test_an_empty_folder_is_free(tmp_path):
    assert results.begin(tmp_path, CONFIG) == tmp_path / "checkpoint"


def test_resume_begins_a_run_where_there_is_none(tmp_path):
    results.begin(tmp_path / "out", CONFIG, resume=True)
    assert (tmp_path / "out" / "config.json").exists()


def test_resume_leaves_the_config_and_the_checkpoint_as_they_are(unfinished):
    before = json.loads((unfinished / "config.json").read_text())
    assert results.begin(unfinished, CONFIG, resume=True) == unfinished / "checkpoint"
    after = json.loads((unfinished / "config.json").read_text())
    assert {name: after[name] for name in before} == before
    assert (unfinished / "checkpoint" / "step_1").read_text() == "state"


def test_a_resumed_run_has_the_revisions_of_both_starts(unfinished, monkeypatch):
    first = json.loads((unfinished / "config.json").read_text())["git_revision"]
    monkeypatch.setattr(results, "environment", lambda: {"git_revision": "another"})
    results.begin(unfinished, CONFIG, resume=True)
    record = json.loads((unfinished / "config.json").read_text())
    assert (record["git_revision"], record["resumed"]) == (first, [{"git_revision": "another"}])


def test_resume_refuses_other_code_and_names_it(tmp_path):
    results.begin(tmp_path, CONFIG, identity={"version of jax": "0.1", "seed": 0})
    before = contents(tmp_path)
    with pytest.raises(UserError, match=r"was started differently: .*version of jax.*0\.1.*0\.2"):
        results.begin(tmp_path, CONFIG, resume=True, identity={"version of jax": "0.2", "seed": 0})
    assert contents(tmp_path) == before


def test_a_damaged_config_beside_a_checkpoint_is_written_again(unfinished):
    (unfinished / "checkpoint" / "identity.json").write_text("{}")
    (unfinished / "config.json").write_text("garb")
    with pytest.warns(UserWarning, match="cannot be read; it is rewritten"):
        results.begin(unfinished, CONFIG, resume=True)
    assert results.saved_config(unfinished) == json.loads(json.dumps(CONFIG))


def test_a_config_in_which_a_bit_flipped_is_told_from_another_config(unfinished):
    text = (unfinished / "config.json").read_text()
    (unfinished / "config.json").write_text(text.replace('"init_scale": 2.0', '"init_scale": 3.0'))
    with pytest.raises(UserError, match=r"config\.json cannot be read; give --config=<file> too"):
        results.saved_config(unfinished)


def test_a_lost_config_beside_a_checkpoint_is_written_again(unfinished):
    (unfinished / "config.json").unlink()
    results.begin(unfinished, CONFIG, resume=True)
    assert results.saved_config(unfinished) == json.loads(json.dumps(CONFIG))


def test_a_second_process_is_kept_out_of_a_folder(tmp_path):
    other = (
        "import pathlib, sys; from grok_jax import results\n"
        "with results.locked(pathlib.Path(sys.argv[1])): print('locked', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", other, str(tmp_path)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "locked\n"
        with pytest.raises(UserError, match="another process or thread is working in"), results.locked(tmp_path):
            pass
    finally:
        process.communicate("")
    with results.locked(tmp_path):
        assert (tmp_path / "checkpoint").is_dir()


def test_a_second_thread_is_kept_out_of_a_folder(tmp_path):
    def enter() -> str:
        try:
            with results.locked(tmp_path):
                return "entered"
        except UserError as error:
            return str(error)

    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        with results.locked(tmp_path):
            assert "another process or thread is working in" in threads.submit(enter).result()
        assert threads.submit(enter).result() == "entered"


@pytest.mark.parametrize("damage", [lambda data: data[:-40], lambda data: b"", lambda data: data[:-1] + b"x"])
def test_a_damaged_results_file_is_refused_in_one_line(finished, damage):
    path = finished / "results.nc"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(UserError, match=r"results\.nc is damaged: .*--overwrite") as caught:
        results.load_dataset(finished)
    assert "\n" not in str(caught.value)


def test_a_name_that_is_too_long_is_refused_in_one_line(tmp_path):
    refused("cannot be used", tmp_path / ("x" * 300), CONFIG)


def test_resume_allows_the_same_grid_in_other_words(tmp_path):
    results.begin(tmp_path / "run", {"grid": "seed=range(3)"})
    results.require_free(tmp_path / "run", {"grid": "seed=0, 1, 2"}, resume=True)
    with pytest.raises(UserError, match="grid"):
        results.require_free(tmp_path / "run", {"grid": "seed=0, 1"}, resume=True)


def test_resume_allows_another_time_between_checkpoints(unfinished):
    results.begin(unfinished, {**CONFIG, "execution": {"checkpoint_seconds": 1.0}}, resume=True)


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({**CONFIG, "seed": 1}, "seed"),
        ({**CONFIG, "model": {**CONFIG["model"], "widths": (100,)}}, "model.widths"),
        ({**CONFIG, "task": {"p": 23}}, "task.p"),
        ({"seed": 0, "execution": CONFIG["execution"]}, "model.widths, model.init_scale"),
    ],
)
def test_resume_refuses_another_config_and_names_the_fields(unfinished, config, field):
    before = contents(unfinished)
    refused(f"{field} differ", unfinished, config, resume=True)
    assert contents(unfinished) == before


def test_an_unfinished_run_is_not_begun_again_unasked(unfinished):
    before = contents(unfinished)
    refused("unfinished run; give --resume, --overwrite or another folder", unfinished, CONFIG)
    assert contents(unfinished) == before


@pytest.mark.parametrize("resume", [False, True])
def test_a_finished_run_is_not_touched_unasked(finished, resume):
    before = contents(finished)
    refused("finished run; give another folder, or --overwrite", finished, CONFIG, resume=resume)
    assert contents(finished) == before


def test_overwrite_gives_up_what_the_run_left_and_nothing_else(finished):
    (finished / "notes.txt").write_text("mine")
    shutil.copytree(finished, finished / "checkpoint" / "group_0")
    results.begin(finished, {**CONFIG, "seed": 5}, overwrite=True)
    assert sorted(path.name for path in finished.iterdir()) == ["config.json", "notes.txt"]
    assert json.loads((finished / "config.json").read_text())["config"]["seed"] == 5


@pytest.mark.parametrize("choices", [{}, {"resume": True}, {"overwrite": True}])
def test_a_folder_of_other_files_is_never_taken(tmp_path, choices):
    (tmp_path / "thesis.tex").write_text("the only copy")
    refused(r"holds other files \(thesis.tex\)", tmp_path, CONFIG, **choices)
    assert contents(tmp_path) == {"thesis.tex": b"the only copy"}


@pytest.mark.parametrize("text", ["", "[1, 2]", '{"seed": 0}', '{"config": 3}'])
def test_a_config_file_of_another_program_is_refused(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    refused("cannot be read", tmp_path, CONFIG, resume=True)


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "out").write_text("mine")
    refused("is a file; it must be a folder", tmp_path / "out", CONFIG)
    refused("cannot be written to", tmp_path / "out" / "deeper", CONFIG)


def test_resume_and_overwrite_exclude_each_other(tmp_path):
    refused("exclude each other", tmp_path / "out", CONFIG, resume=True, overwrite=True)
    assert not (tmp_path / "out").exists()


def test_results_come_back_as_they_were_written(finished):
    loaded, expected = results.load_dataset(finished), dataset()
    assert loaded["train_loss"].attrs == {"units": "1"}
    assert loaded["train_loss"].dtype == np.float32
    loaded.attrs = expected.attrs = {}
    xr.testing.assert_identical(loaded, expected)


def test_writing_the_results_adds_the_times_and_finishing_drops_the_checkpoint(finished):
    record = json.loads((finished / "config.json").read_text())
    assert (record["wall_seconds"], record["compile_seconds"]) == (3.46, 1.23)
    assert (record["programs"], record["chunk_runs"]) == (1, [4])
    assert not (finished / "checkpoint").exists()


def test_a_run_is_finished_when_its_last_file_is_there_and_its_checkpoint_is_gone(unfinished):
    assert not results.is_finished(unfinished)
    results.write_dataset(unfinished, dataset())
    (unfinished / "figure.png").write_text("picture")
    assert not results.is_finished(unfinished)
    (unfinished / "claims.json").write_text("[]")
    assert not results.is_finished(unfinished)
    results.finish(unfinished)
    assert results.is_finished(unfinished)


def test_a_figure_that_fails_half_way_leaves_the_earlier_one_whole(finished):
    class Torn:
        def savefig(self, path, **kwargs):
            path.write_text("half a pic")
            raise OSError("no space left")

    with pytest.raises(UserError, match=r"cannot be written to \(no space left\); its contents are kept"):
        results.write_figure(finished, Torn())
    assert (finished / "figure.png").read_text() == "picture"


def test_results_of_an_unfinished_run_or_of_none_cannot_be_loaded(unfinished, tmp_path):
    with pytest.raises(UserError, match="holds an unfinished run; continue with --resume"):
        results.load_dataset(unfinished)
    with pytest.raises(UserError, match="holds no results"):
        results.load_dataset(tmp_path / "nowhere")


def test_the_environment_names_versions_devices_and_revision(monkeypatch):
    found = results.environment()
    assert found["versions"]["numpy"] == np.__version__
    assert found["devices"] == "4 x cpu"
    assert found["git_revision"] is None or len(found["git_revision"].rstrip("+")) == 40
    monkeypatch.setenv("PATH", "")
    environment._git_revision.cache_clear()
    assert results.environment()["git_revision"] is None
