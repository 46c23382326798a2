"""Film reviews, positive or negative, as sequences of their frequent words (Omnigrok, Liu et al. 2023, Sec. 4)."""

import functools
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int, Int32, Key, Shaped

from grok_jax.errors import require
from grok_jax.fields import static, traced
from grok_jax.tasks.drawing import SUBSETS, own_split, portion_rows, portion_splits
from grok_jax.tasks.examples import Data, Examples, Rows, Split
from grok_jax.tasks.readers.downloads import cached_arrays, data_folder
from grok_jax.tasks.readers.reviews import (
    find_archive,
    find_packaged,
    find_table,
    read_archive,
    read_packaged,
    read_table,
)
from grok_jax.tasks.readers.words import number_words
from grok_jax.tasks.task import Task

READERS = {"embedded": read_packaged, "archive": read_archive, "csv": read_table}
REVIEWS = {"embedded": 25_000, "archive": 50_000}  # sorted by class, unlike those of a CSV file
VERSION = 1  # of what number_words and the readers make of a file
ROWS_AT_A_TIME = 64


class Texts(NamedTuple):
    """Reviews as the numbers of their words, the most frequent word of all reviews being 1.

    Attributes:
      words: each review's words in order, then 0.
      frequencies: by number, how often all reviews have the word; 0 for number 0.
    """

    words: Int32[Array, "rows longest"]
    frequencies: Int32[Array, " numbers"]


@functools.lru_cache(maxsize=4)
def numbered(source: str, file: str, sha256: str, folder: Path) -> dict[str, Shaped[np.ndarray, "..."]]:
    """The reviews of a source, read once in a process, and their words numbered once and kept.

    Args:
      source: the field.
      file: the field.
      sha256: the field.
      folder: the data folder, to tell calls apart.

    Returns:
      words: of one review after the other; lengths: how many each has; labels: 0 or 1.

    Raises:
      UserError: they cannot be had.
    """
    del folder
    finders = {"embedded": find_packaged, "archive": find_archive, "csv": lambda: find_table(file, sha256)}
    found = finders[source]()

    def make() -> dict[str, Shaped[np.ndarray, "..."]]:
        texts, labels = READERS[source](found.path)
        words, lengths = number_words(texts)
        return {"words": words, "lengths": lengths, "labels": np.array(labels, np.int32)}

    return cached_arrays(f"imdb-{source}-{found.sha256[:16]}-{VERSION}", make)


def count_words(texts: Texts, rows: Int[Array, " n"], in_use: Bool[Array, " n"]) -> Int32[Array, " numbers"]:
    """How often the given rows that are in use have each word."""

    def add(counts: Int32[Array, " numbers"], row: tuple[Array, Array]) -> tuple[Array, None]:
        index, used = row
        return counts.at[texts.words[index]].add(used.astype(counts.dtype)), None

    counts, _ = jax.lax.scan(add, jnp.zeros_like(texts.frequencies), (rows, in_use))
    return counts.at[0].set(0)  # no word


def frequent_words(counts: Int32[Array, " numbers"], most: int) -> Int32[Array, " numbers"]:
    """Tokens of words: 1 for the most frequent one, up to `most`; 0 for all others and for those that never appear.

    Of equally frequent words the one with the lower number is first.
    """
    by_frequency = jnp.argsort(-counts, stable=True)
    token = 1 + jnp.zeros_like(counts).at[by_frequency].set(jnp.arange(counts.size, dtype=counts.dtype))
    return jnp.where((counts > 0) & (token <= most), token, 0)


def to_tokens(
    words: Int32[Array, " longest"], token_of: Int32[Array, " numbers"], length: int
) -> Int32[Array, " length"]:
    """The first `length` words that have a token, behind as many 0 as are missing."""
    tokens = token_of[words]
    place = jnp.cumsum(tokens > 0)  # of each word that has a token: 1, 2, ...
    column = length - jnp.minimum(place[-1], length) + place - 1
    return jnp.zeros(length, tokens.dtype).at[jnp.where(tokens > 0, column, length)].set(tokens, mode="drop")


class Imdb(Task):
    """Film reviews, positive (1) or negative (0), as tokens of the words that the training reviews have most often.

    A review is the first `length` of its words that have a token, behind as many 0 as are missing; token 1 is the most
    frequent word of the run's training reviews.

    Reference: Liu et al. (2023), Omnigrok, Sec. 4, and its public code; that breaks ties by appearance in the training
    reviews (here: by frequency in all reviews of the source) and keeps the classes' shares equal in both splits (here:
    at random).
    """

    called = "imdb"

    source: Any = static(
        "embedded", "the 25,000 reviews of a package, the 50,000 of the archive, or a CSV file", one_of=tuple(READERS)
    )
    file: Any = static("imdb/IMDB Dataset.csv", "CSV file in the data folder, for source='csv'")
    sha256: Any = static("", "checksum of that file; '' takes any file")
    subset: Any = static(
        "random",
        "random reviews of the source, or the first, of a CSV file alone: the others are sorted by class",
        one_of=SUBSETS,
    )
    length: Any = static(500, "tokens of a review that are shown", at_least=1)
    words: Any = static(1000, "number of words that have a token, the most frequent ones", at_least=1)
    size: Any = traced(1000, "reviews, for training and testing together", at_least=1)
    train_fraction: Any = traced(0.75, "share of them to train on", above=0, below=1)

    def check(self) -> None:
        """Raises UserError where the source has fewer reviews, as far as that is known without reading it."""
        if self.source != "csv":
            require(
                self.subset != "first",
                f"task.subset is 'first'; the {self.source} reviews are sorted by class and allow 'random' only",
            )
            self.rows()

    def rows(self) -> Rows:
        """A train_fraction of the size, and the others.

        Raises:
          UserError: the source has fewer, or a split would be empty or of one class.
        """
        if self.source != "csv":
            return portion_rows(self.size, self.train_fraction, REVIEWS[self.source], f"the {self.source} reviews")
        labels = self._numbered()["labels"]
        rows = portion_rows(self.size, self.train_fraction, len(labels), f"the reviews of {self.file}")
        require(
            self.subset != "first" or len(set(labels[: sum(rows)].tolist())) == 2,
            f"task.subset is 'first'; the first {sum(rows)} reviews of {self.file} are of one class, which allows "
            "'random' only",
        )
        return rows

    def output_size(self) -> int:
        """One, which tells two classes apart."""
        return 1

    def vocabulary(self) -> int:
        """The words that have a token, and 0 for none."""
        return self.words + 1

    def load(self) -> Examples:
        """The pool, all reviews of the source: inputs are Texts, targets int32 (rows,)."""
        made = self._numbered()
        lengths = made["lengths"]
        words = np.zeros((len(lengths), lengths.max(initial=1)), np.int32)
        words[np.arange(words.shape[1]) < lengths[:, None]] = made["words"]
        return Examples(Texts(words, np.bincount(made["words"], minlength=1).astype(np.int32)), made["labels"])

    def _numbered(self) -> dict[str, Shaped[np.ndarray, "..."]]:
        return numbered(self.source, self.file, self.sha256, data_folder())

    def draw(self, key: Key[Array, ""], pool: Examples | None, capacity: Rows) -> Data:
        """Which reviews a run trains and tests on, as its own examples: inputs (rows, length), targets 0 or 1."""
        texts, labels = pool
        total = labels.shape[0]
        train, test = portion_splits(key, self.size, self.train_fraction, total, self.subset, capacity)
        counts = count_words(texts, train.index, jnp.arange(capacity.train) < train.size)
        token_of = frequent_words(counts, self.words)
        kept_as = jnp.int16 if self.words < 2**15 else jnp.int32

        def of_row(row: Int[Array, ""]) -> Int[Array, " length"]:
            return to_tokens(texts.words[row], token_of, self.length).astype(kept_as)

        def own(split: Split) -> Split:
            tokens = jax.lax.map(of_row, split.index, batch_size=ROWS_AT_A_TIME)
            return own_split(Examples(tokens, labels[split.index]), split.size)

        return Data(train=own(train), test=own(test))

    def present(self, examples: Examples) -> Examples:
        """Tokens as int32."""
        return Examples(examples.inputs.astype(jnp.int32), examples.targets)
