"""What a damaged checkpoint costs: never a wrong result, and no more work than what was damaged."""

import shutil
import threading

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

from grok_jax.errors import UserError
from grok_jax.training import checkpoints, sweep

IDENTITY = {"settings": "these"}
WRONG = r"(is damaged \(.*\)|was not saved completely)"
GRID = {"model.init_scale": [0.5, 2.0], "seed": range(2)}


class Killed(BaseException):
    """What a sweep dies of in the tests."""


def config(small_config):
    return small_config(**{"execution.checkpoint_seconds": 0.0, "execution.chunk_runs": 4, "training.steps": 12})


def run(*args, **kwargs) -> xr.Dataset:
    return sweep(*args, progress=False, **kwargs).drop_attrs()


@pytest.fixture
def killed(tmp_path, monkeypatch, small_config):
    """The folder of a sweep that died after several saves."""
    saved, save = [], checkpoints.save

    def save_and_die(*args):
        save(*args)
        saved.append(args)
        if len(saved) == 5:
            raise Killed

    monkeypatch.setattr(checkpoints, "save", save_and_die)
    with pytest.raises(Killed):
        run(config(small_config), GRID, checkpoint=tmp_path)
    monkeypatch.undo()
    return tmp_path


@pytest.fixture
def done(tmp_path, small_config):
    """The folder of a sweep that ended."""
    run(config(small_config), GRID, checkpoint=tmp_path)
    return tmp_path


def flipped(data: bytes) -> bytes:
    place = len(data) // 2
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :] if data else b"1"


DAMAGES = {
    "flipped": lambda path: path.write_bytes(flipped(path.read_bytes())),
    "truncated": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "emptied": lambda path: path.write_bytes(b""),
    "deleted": lambda path: path.unlink(),
    "garbage": lambda path: path.write_bytes(b"\x00\xffgarbage"),
}


def files(folder, pattern):
    return sorted(path for path in folder.glob(pattern) if path.is_file())


def saved_steps(folder):
    """Steps of the saves of a sweep's one chunk."""
    return sorted(int(path.stem[6:]) for path in folder.glob("group_0/*/state_*"))


def two_saves(folder):
    """A chunk with two saves, and the state that each holds."""
    states = {step: {"w": jnp.arange(1000.0) + step, "count": jnp.int32(step)} for step in (3, 7)}
    for step, state in states.items():
        checkpoints.save(folder, IDENTITY, step, state, {"train_loss": np.full((1, 2), step, np.float32)})
    return states


@pytest.mark.filterwarnings("ignore:checkpoint .*(is damaged|was not saved)")
@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_loaded_is_what_was_saved_whichever_file_is_damaged(tmp_path, damage):
    states = two_saves(tmp_path / "whole")
    names = [str(path.relative_to(tmp_path / "whole")) for path in files(tmp_path / "whole", "**/*")]
    last = [name for name in names if "_7." in name]
    assert len(last) == 3
    steps = set()
    for number, name in enumerate(last):
        folder = shutil.copytree(tmp_path / "whole", tmp_path / str(number))
        DAMAGES[damage](folder / name)
        loaded = checkpoints.load(folder, IDENTITY, states[7])
        np.testing.assert_array_equal(loaded.moving["w"], states[loaded.step]["w"])
        assert (int(loaded.moving["count"]), loaded.records["train_loss"][0, 0]) == (loaded.step, loaded.step)
        steps.add(loaded.step)
    assert 3 in steps


def test_a_state_that_is_not_the_one_of_its_seal_is_not_used(tmp_path):
    states = two_saves(tmp_path)
    other = {**states[7], "w": states[7]["w"].at[500].add(1e-4)}
    checkpoints.save(tmp_path / "other", IDENTITY, 7, other, {"train_loss": np.zeros((1, 2), np.float32)})
    (tmp_path / "other" / "state_7.npz").replace(tmp_path / "state_7.npz")
    with pytest.warns(
        UserWarning, match=r"step 7, is damaged .state_7\.npz has the wrong checksum.; continuing from step 3"
    ):
        assert checkpoints.load(tmp_path, IDENTITY, states[7]).step == 3


@pytest.mark.sampled
@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("which", ["records", "seal"])
def test_a_damaged_save_gives_way_to_the_one_before_it(killed, damage, which, small_config):
    whole = run(config(small_config), GRID)
    before, step = saved_steps(killed)
    (path,) = killed.glob(f"group_0/*/{which}_{step}.*")
    DAMAGES[damage](path)
    with pytest.warns(UserWarning, match=rf"step {step}, {WRONG}; continuing from step {before}$"):
        again = run(config(small_config), GRID, checkpoint=killed)
    xr.testing.assert_identical(again, whole)


@pytest.mark.filterwarnings("ignore:checkpoint .*; continuing from step")
def test_damage_to_every_save_trains_the_chunk_from_its_start(killed, small_config):
    whole = run(config(small_config), GRID)
    for path in files(killed, "group_0/*/seal_*.json"):
        path.write_text("{}")
    with pytest.warns(UserWarning, match="continuing from the start"):
        again = run(config(small_config), GRID, checkpoint=killed)
    xr.testing.assert_identical(again, whole)


@pytest.mark.sampled
@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("which", ["records.npz", "seal.json"])
def test_damaged_records_of_a_finished_chunk_are_trained_again(done, damage, which, small_config):
    whole = run(config(small_config), GRID)
    (path,) = files(done, f"group_0/*/{which}")
    DAMAGES[damage](path)
    with pytest.warns(UserWarning, match=rf"checkpoint .* {WRONG}; its runs train again"):
        again = run(config(small_config), GRID, checkpoint=done)
    xr.testing.assert_identical(again, whole)


@pytest.mark.parametrize("damage", ["emptied", "garbage", "truncated", "flipped"])
def test_a_damaged_identity_is_written_again_and_what_was_trained_is_kept(done, damage, monkeypatch, small_config):
    whole = run(config(small_config), GRID)
    DAMAGES[damage](done / "identity.json")
    monkeypatch.setattr(checkpoints, "save", None)  # nothing is trained
    with pytest.warns(UserWarning, match=r"identity\.json is damaged .*; it is rewritten"):
        again = run(config(small_config), GRID, checkpoint=done)
    xr.testing.assert_identical(again, whole)


def test_what_another_sweep_left_is_not_used_where_its_identity_was_lost(done, small_config):
    (done / "identity.json").unlink()
    other = config(small_config)
    other.optimizer.learning_rate = 0.1
    with pytest.warns(UserWarning, match="it is from another sweep"):
        again = run(other, GRID, checkpoint=done)
    xr.testing.assert_identical(again, run(other, GRID))


def test_the_last_two_saves_are_kept(killed):
    assert len(saved_steps(killed)) == len(files(killed, "group_0/*/seal_*.json")) == 2


def test_a_checkpoint_that_is_a_file_is_refused(tmp_path, small_config):
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(UserError, match="mine is a file; it must be a folder"):
        run(config(small_config), GRID, checkpoint=tmp_path / "mine")


def test_a_checkpoint_without_a_name_is_refused(small_config):
    with pytest.raises(UserError, match="checkpoint is ''; it must be a folder, or None"):
        run(small_config(), {}, checkpoint="")


def test_a_full_disk_is_one_line_and_the_save_before_it_is_kept(tmp_path, monkeypatch):
    state, records = {"w": np.ones(3, np.float32)}, {"train_loss": np.ones((1, 2), np.float32)}
    checkpoints.save(tmp_path, IDENTITY, 1, state, records)

    def full(file, **arrays):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoints.np, "savez", full)
    with pytest.raises(UserError, match=rf"{tmp_path} cannot be written to \(No space left on device\)"):
        checkpoints.save(tmp_path, IDENTITY, 2, state, records)
    loaded = checkpoints.load(tmp_path, IDENTITY, state)
    assert loaded.step == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["records_1.npz", "seal_1.json", "state_1.npz"]


def test_a_second_sweep_in_one_checkpoint_is_refused_and_the_first_goes_on(tmp_path, monkeypatch, small_config):
    save, refused = checkpoints.save, []

    def save_beside_another(*args):
        save(*args)
        if not refused:

            def other():
                with pytest.raises(UserError, match="another process or thread is working in") as caught:
                    run(config(small_config), GRID, checkpoint=tmp_path)
                refused.append(str(caught.value))

            thread = threading.Thread(target=other)
            thread.start()
            thread.join()

    monkeypatch.setattr(checkpoints, "save", save_beside_another)
    trained = run(config(small_config), GRID, checkpoint=tmp_path)
    assert len(refused) == 1
    xr.testing.assert_identical(trained, run(config(small_config), GRID))


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint32", "bfloat16", "float16", "float32", "complex64"])
@pytest.mark.parametrize("shape", [(), (0,), (3, 4)])
def test_a_state_of_every_type_and_shape_comes_back_bit_for_bit(tmp_path, dtype, shape):
    leaf = (100 * jax.random.normal(jax.random.key(0), shape)).astype(dtype)
    checkpoints.save(tmp_path, IDENTITY, 1, {"leaf": leaf, "none": None}, {})
    loaded = checkpoints.load(tmp_path, IDENTITY, {"leaf": leaf, "none": None}).moving["leaf"]
    assert (loaded.dtype, loaded.shape, loaded.sharding) == (leaf.dtype, shape, leaf.sharding)
    assert np.asarray(loaded).tobytes() == np.asarray(leaf).tobytes()


def test_what_a_killed_process_left_by_half_goes_away(tmp_path):
    states = two_saves(tmp_path)
    (tmp_path / "state_9.npz.partial").write_bytes(b"half")
    assert checkpoints.load(tmp_path, IDENTITY, states[7]).step == 7
    assert not list(tmp_path.glob("*.partial"))
