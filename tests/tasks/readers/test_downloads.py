"""The data folder and its downloads; the addresses are files, or nowhere."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pooch
import pytest

from grok_jax.errors import UserError
from grok_jax.tasks.readers.downloads import cached_arrays, data_folder, fetch_file

CONTENT = b"some digits"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
NOWHERE = "http://127.0.0.1:9/digits.gz"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("GROK_JAX_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def serve(monkeypatch):
    """Content by address, for pooch's downloader; any other address refuses, as a machine without network does."""

    def build(pages):
        def download(url, output_file, _):
            if url not in pages:
                raise ConnectionError(f"no route\nto {url}")
            Path(output_file).write_bytes(pages[url])

        monkeypatch.setattr(pooch.core, "choose_downloader", lambda url, progressbar=False: download)

    return build


def test_the_environment_names_the_data_folder(folder):
    assert data_folder() == folder


def test_without_the_environment_the_data_folder_is_a_cache_folder(monkeypatch):
    monkeypatch.delenv("GROK_JAX_DATA", raising=False)
    assert data_folder() == Path(pooch.os_cache("grok_jax"))


def test_a_file_that_is_there_is_used_without_a_network(folder):
    (folder / "mnist").mkdir(parents=True)
    (folder / "mnist/digits.gz").write_bytes(CONTENT)
    assert fetch_file("mnist/digits.gz", [NOWHERE], SHA256) == folder / "mnist/digits.gz"


def test_a_corrupt_file_is_a_user_error_of_one_line_and_is_left_alone(folder, serve):
    serve({"https://a/digits.gz": CONTENT})
    folder.mkdir()
    (folder / "digits.gz").write_bytes(CONTENT[:5])
    with pytest.raises(UserError, match=r"digits.gz is corrupt: .* delete it and run again$") as error:
        fetch_file("digits.gz", ["https://a/digits.gz"], SHA256)
    assert "\n" not in str(error.value)
    assert (folder / "digits.gz").read_bytes() == CONTENT[:5]


def test_a_missing_file_comes_from_the_first_address_that_has_it(folder, serve):
    serve({"https://b/digits.gz": CONTENT})
    path = fetch_file("mnist/digits.gz", ["https://a/digits.gz", "https://b/digits.gz"], SHA256)
    assert path == folder / "mnist/digits.gz"
    assert path.read_bytes() == CONTENT


def test_a_wrong_download_leaves_nothing_behind(folder, serve):
    serve({"https://a/digits.gz": CONTENT[:5]})
    with pytest.raises(
        UserError, match=r"digits.gz is missing and no download worked \(https://a/digits.gz: ValueError\)"
    ):
        fetch_file("digits.gz", ["https://a/digits.gz"], SHA256)
    assert list(folder.iterdir()) == []


def test_no_network_is_a_user_error_of_one_line_that_says_what_to_do(folder):
    with pytest.raises(UserError, match="put the file there, or set GROK_JAX_DATA to the folder that has it") as error:
        fetch_file("digits.gz", [NOWHERE], SHA256)
    assert "\n" not in str(error.value)
    assert f"{NOWHERE}: ConnectionError" in str(error.value)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GROK_JAX_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def made(numbers):
    return {"numbers": np.asarray(numbers)}


def test_cached_arrays_are_made_once(cache):
    assert cached_arrays("a", lambda: made([1, 2]))["numbers"].tolist() == [1, 2]
    assert cached_arrays("a", lambda: pytest.fail("made again"))["numbers"].tolist() == [1, 2]
    assert [path.name for path in cache.iterdir()] == ["a.npz"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and no more", b"text", b"\x93NUMPY\x01\x00"])
def test_a_cached_file_that_cannot_be_read_is_made_again(cache, content):
    cache.mkdir()
    (cache / "a.npz").write_bytes(content)
    assert cached_arrays("a", lambda: made([3]))["numbers"].tolist() == [3]
    assert cached_arrays("a", lambda: pytest.fail("made again"))["numbers"].tolist() == [3]


def test_a_failure_while_making_leaves_nothing_in_the_cache(cache):
    def fail():
        raise UserError("no reviews")

    with pytest.raises(UserError, match="no reviews"):
        cached_arrays("a", fail)
    assert not cache.exists()


def test_a_cache_that_cannot_be_written_is_done_without(cache):
    cache.write_text("a file where the folder should be")
    assert cached_arrays("a", lambda: made([4]))["numbers"].tolist() == [4]


def test_processes_that_make_the_same_arrays_at_once_leave_one_whole_file(cache):
    code = (
        "import numpy as np; from grok_jax.tasks.readers.downloads import cached_arrays;"
        "print(cached_arrays('a', lambda: {'numbers': np.arange(2_000_000)})['numbers'].sum())"
    )
    processes = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) for _ in range(2)]
    sums = {int(process.communicate()[0]) for process in processes}
    assert sums == {sum(range(2_000_000))}
    assert [path.name for path in cache.iterdir()] == ["a.npz"]
