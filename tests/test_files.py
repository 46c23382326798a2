"""A file is there whole, or as it was before, with nothing beside it."""

import errno
import os

import pytest

from grok_jax.files import whole_file


@pytest.fixture
def path(tmp_path):
    (tmp_path / "a.txt").write_text("before")
    return tmp_path / "a.txt"


def contents(folder):
    return {path.name: path.read_text() for path in folder.iterdir()}


@pytest.mark.parametrize("rivals", [False, True])
def test_a_file_takes_its_place_once_it_is_whole(path, rivals):
    with whole_file(path, rivals=rivals) as partial:
        partial.write_text("after")
        assert path.read_text() == "before"
    assert contents(path.parent) == {"a.txt": "after"}


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), ValueError(), KeyboardInterrupt()])
@pytest.mark.parametrize("rivals", [False, True])
def test_a_write_that_fails_midway_leaves_the_old_file(path, error, rivals):
    def write():
        with whole_file(path, rivals=rivals) as partial:
            partial.write_text("af")
            raise error

    with pytest.raises(type(error)):
        write()
    assert contents(path.parent) == {"a.txt": "before"}


def test_a_file_that_cannot_take_its_place_leaves_what_was_there(path, monkeypatch):
    def fail(*_):
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="broken"), whole_file(path) as partial:
        partial.write_text("after")
    assert contents(path.parent) == {"a.txt": "before"}


def test_two_processes_at_once_write_to_two_names(path):
    with whole_file(path, rivals=True) as one, whole_file(path, rivals=True) as other:
        assert one != other
        one.write_text("one")
        other.write_text("other")
    assert contents(path.parent) == {"a.txt": "one"}
