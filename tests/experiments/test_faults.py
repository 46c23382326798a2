"""Disks that are full, files that are damaged, processes that die: each costs one line, and never a wrong result."""

import errno
import os
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from ml_collections import ConfigDict

import grok_jax
from experiments.command import given_or_saved
from experiments.figures import FigureOf, make
from grok_jax.errors import UserError
from grok_jax.training import checkpoints

# Every run here is held against one that nothing happened to, of whichever test came first: all are compiled alike.
pytestmark = pytest.mark.optimized

PICTURE = FigureOf(lambda dataset: Figure(), [])
LEFT = ["claims.json", "config.json", "figure.png", "results.nc"]
MANY = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
FEW = settings(MANY, max_examples=8)


class Killed(BaseException):
    """What a process dies of in the tests."""


@pytest.fixture(scope="module")
def config() -> ConfigDict:
    config = grok_jax.default_config("teacher_student")
    config.grid = "model.init_scale=1, 2; seed=range(2)"
    config.model.widths, config.training.steps, config.training.records = (4,), 6, 3
    config.execution.chunk_runs, config.execution.checkpoint_seconds = 2, 0.0
    return config


def run(config: ConfigDict, out: Path, figure: FigureOf = PICTURE, **choices: bool) -> None:
    make(config, out, figure=figure, progress=False, **choices)


def resume(out: Path) -> None:
    """Goes on as --resume --out=<folder> alone does."""
    run(given_or_saved(None, str(out), resume=True), out, resume=True)


def numbers(out: Path) -> xr.Dataset:
    return xr.load_dataset(out / "results.nc").drop_attrs(deep=False)


def in_one_line(error: UserError, out: Path) -> bool:
    return str(out) in str(error) and len(str(error).splitlines()) == 1


@pytest.fixture(scope="module")
def whole(config, tmp_path_factory) -> Path:
    """The folder of a run that nothing happened to."""
    out = tmp_path_factory.mktemp("whole") / "out"
    run(config, out)
    return out


@pytest.fixture(scope="module")
def killed(config, tmp_path_factory) -> Path:
    """The folder of a run that died in the midst of its second chunk, of which it had saved twice."""
    out = tmp_path_factory.mktemp("killed") / "out"
    save, saved = checkpoints.save, []

    def save_and_die(folder, *args):
        save(folder, *args)
        saved.append(folder.name)
        if saved.count("runs_2_4") == 2:
            raise Killed

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(checkpoints, "save", save_and_die)
        with pytest.raises(Killed):
            run(config, out)
    return out


@pytest.fixture(scope="module")
def undrawn(config, tmp_path_factory) -> Path:
    """The folder of a run that died while it was drawn."""

    def die(dataset):
        raise Killed

    out = tmp_path_factory.mktemp("undrawn") / "out"
    with pytest.raises(Killed):
        run(config, out, FigureOf(die, []))
    return out


def test_a_run_that_died_while_it_was_drawn_is_drawn_from_what_it_has(undrawn, whole, tmp_path, monkeypatch):
    out = shutil.copytree(undrawn, tmp_path / "out")
    assert (out / "checkpoint" / "group_0").exists()
    monkeypatch.setattr(grok_jax, "sweep", None)  # nothing is trained again
    resume(out)
    assert sorted(path.name for path in out.iterdir()) == LEFT
    xr.testing.assert_identical(numbers(out), numbers(whole))


def test_a_checkpoint_that_was_half_cleared_goes_away_at_the_next_resume(undrawn, whole, tmp_path, monkeypatch):
    out = shutil.copytree(undrawn, tmp_path / "out")
    for name in ("figure.png", "claims.json"):
        shutil.copy(whole / name, out / name)
    (out / "checkpoint" / "identity.json").unlink()
    monkeypatch.setattr(grok_jax, "sweep", None)
    resume(out)
    assert sorted(path.name for path in out.iterdir()) == LEFT


# What makes a file or gives it its place. All writers go through these; orbax's own, in C, through no Python.
WRITING = ("mkdir", "replace", "rename")
ERRORS = ("ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM", "EIO", "EFBIG", "ENAMETOOLONG", "ENOENT", "ESTALE")


def failing(patched: pytest.MonkeyPatch, folder: Path, place: int, number: int) -> list[str]:
    """Lets the call of this place that writes below a folder fail, and those after it; returns the list of calls."""
    calls: list[str] = []

    def wrapped(name: str, call: Callable) -> Callable:
        def fail(path, *args, **kwargs):
            if str(folder) in str(path):
                calls.append(name)
                if len(calls) > place:
                    raise OSError(number, os.strerror(number))
            return call(path, *args, **kwargs)

        return fail

    for name in WRITING:
        patched.setattr(os, name, wrapped(name, getattr(os, name)))
    return calls


@pytest.fixture(scope="module")
def places(config, tmp_path_factory) -> int:
    """How many calls a run makes that can fail."""
    out = tmp_path_factory.mktemp("counted") / "out"
    with pytest.MonkeyPatch.context() as patched:
        calls = failing(patched, out, 10**9, 0)
        run(config, out)
    return len(calls)


def fails_and_goes_on(config: ConfigDict, whole: Path, folder: Path, places: int, data: st.DataObject) -> None:
    out = folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    place = data.draw(st.integers(0, places - 1), "place")
    number = getattr(errno, data.draw(st.sampled_from(ERRORS), "error"))
    with pytest.MonkeyPatch.context() as patched:
        failing(patched, out, place, number)
        with pytest.raises(UserError, match="cannot be written to") as caught:
            run(config, out)
    assert in_one_line(caught.value, out)
    run(config, out, resume=True)
    assert sorted(path.name for path in out.iterdir()) == LEFT
    xr.testing.assert_identical(numbers(out), numbers(whole))


@FEW
@given(data=st.data())
def test_a_disk_that_fails_anywhere_costs_one_line_and_resume_goes_on(config, whole, tmp_path, places, data):
    fails_and_goes_on(config, whole, tmp_path, places, data)


@pytest.mark.slow
@MANY
@given(data=st.data())
def test_a_disk_that_fails_at_any_of_many_places(config, whole, tmp_path, places, data):
    fails_and_goes_on(config, whole, tmp_path, places, data)


def flip(content: bytes, place: int) -> bytes:
    byte, bit = divmod(place, 8)
    return content[:byte] + bytes([content[byte] ^ (1 << bit)]) + content[byte + 1 :]


# What becomes of a file's content; place is that of a bit.
DAMAGES = {
    "flipped": flip,
    "truncated": lambda content, place: content[: place // 8],
    "emptied": lambda content, place: b"",
    "overwritten": lambda content, place: content[: place // 8] + b"\x00\xffgarbage\n" + content[place // 8 + 10 :],
    "garbage": lambda content, place: b"\x00\xffgarbage\n",
    "deleted": lambda content, place: None,
}


def damage(out: Path, data: st.DataObject) -> None:
    files = sorted(path.relative_to(out) for path in out.rglob("*") if path.is_file() and path.name != ".lock")
    path = out / data.draw(st.sampled_from(files), "file")
    content = path.read_bytes()
    place = data.draw(st.integers(0, max(8 * len(content) - 1, 0)), "bit")
    damaged = DAMAGES[data.draw(st.sampled_from([*DAMAGES]), "damage")](content, place) if content else None
    path.write_bytes(damaged) if damaged is not None else path.unlink()


def contents(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in out.iterdir() if path.is_file()}


def is_resumed_or_refused(config: ConfigDict, whole: Path, before: Path, folder: Path, data: st.DataObject) -> None:
    """Damages a folder, resumes it with its config or without, and looks at what comes of it."""
    out = folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(before, out)
    for _ in range(data.draw(st.integers(1, 2), "how many files")):
        damage(out, data)
    with_config = data.draw(st.booleans(), "with its config")
    found = contents(out)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            run(config, out, resume=True) if with_config else resume(out)
            refused = None
        except UserError as error:
            refused = error
    if refused:
        assert in_one_line(refused, out)
        assert {**found, "config.json": None} == {**contents(out), "config.json": None}
    else:
        assert sorted(path.name for path in out.iterdir()) == LEFT
        xr.testing.assert_identical(numbers(out), numbers(whole))
    assert all(str(out) in str(warning.message) and "\n" not in str(warning.message) for warning in warned)


@FEW
@given(data=st.data())
def test_a_damaged_folder_is_resumed_to_the_same_results_or_refused_in_one_line(config, whole, killed, tmp_path, data):
    is_resumed_or_refused(config, whole, killed, tmp_path, data)


@pytest.mark.slow
@pytest.mark.parametrize("before", ["killed", "undrawn", "whole"])
@MANY
@given(data=st.data())
def test_much_damage_to_every_kind_of_folder(config, whole, tmp_path, before, request, data):
    is_resumed_or_refused(config, whole, request.getfixturevalue(before), tmp_path, data)


SECOND = ("--config=configs/grid.py:task=teacher_student", "--config.training.steps=20", "--noprogress")


def test_a_second_process_in_a_folder_is_refused_and_the_first_is_not_disturbed(config, whole, forked, tmp_path):
    out, ends = tmp_path / "out", []
    cases = [("--resume",), ("--overwrite",), (f"--out={out}/checkpoint/..", "--resume")]

    def meanwhile(config: ConfigDict, out: Path) -> ConfigDict:
        if not ends:
            found = contents(out)
            commands = [
                ("experiments.run", [f"--out={out}", *SECOND, *further], {}, os.devnull, f"{tmp_path}/{number}")
                for number, further in enumerate(cases)
            ]
            ends.extend(forked(commands))
            assert contents(out) == found
        return config

    run(config, out, FigureOf(lambda dataset: Figure(), [], prepare=meanwhile))
    assert ends == [2, 2, 2]
    for number in range(len(cases)):
        (line,) = (tmp_path / str(number)).read_text().splitlines()
        assert line.startswith("error: ")
    xr.testing.assert_identical(numbers(out), numbers(whole))
