"""The data folder and its downloads; the addresses are files, or nowhere."""

import hashlib
from pathlib import Path

import pooch
import pytest

from grok_jax.errors import UserError
from grok_jax.tasks.downloads import data_folder, fetch_file

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
