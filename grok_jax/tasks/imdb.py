"""Film reviews, positive or negative, as sequences of frequent words (Omnigrok, Liu et al. 2023, Sec. 4)."""

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
VERSION = 1  # of the cached output of number_words and the readers
ROWS_AT_A_TIME = 64


class Texts(NamedTuple):
    """Reviews as word numbers, where 1 is the most frequent word of all reviews.

    Attributes:
      words: each review's words in order, padded with 0.
      frequencies: number of occurrences of each word in all reviews; 0 for number 0.
    """

    words: Int32[Any, "rows longest"]  # NumPy's arrays, or JAX's
    frequencies: Int32[Any, " numbers"]


@functools.lru_cache(maxsize=4)
def numbered(source: str, file: str, sha256: str, folder: Path) -> dict[str, Shaped[np.ndarray, "..."]]:
    """The reviews of a source, read once per process, with word numbers that are cached on disk.

    Args:
      source: the field source.
      file: the field file.
      sha256: the field sha256.
      folder: the data folder; only distinguishes cached calls.

    Returns:
      words: all word numbers, review by review; lengths: number of words in each review; labels: 0 or 1.

    Raises:
      UserError: the reviews are not available.
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
    """Counts each word in the given rows that are in use."""

    def add(counts: Int32[Array, " numbers"], row: tuple[Array, Array]) -> tuple[Array, None]:
        index, used = row
        return counts.at[texts.words[index]].add(used.astype(counts.dtype)), None

    counts, _ = jax.lax.scan(add, jnp.zeros_like(texts.frequencies), (rows, in_use))
    return counts.at[0].set(0)  # 0 is padding


def frequent_words(counts: Int32[Array, " numbers"], most: int) -> Int32[Array, " numbers"]:
    """The token of each word: 1 for the most frequent, up to `most`; 0 for other words and words that do not occur.

    Among equally frequent words, the one with the lower number comes first.
    """
    by_frequency = jnp.argsort(-counts, stable=True)
    token = 1 + jnp.zeros_like(counts).at[by_frequency].set(jnp.arange(counts.size, dtype=counts.dtype))
    return jnp.where((counts > 0) & (token <= most), token, 0)


def to_tokens(
    words: Int32[Array, " longest"], token_of: Int32[Array, " numbers"], length: int
) -> Int32[Array, " length"]:
    """The first `length` words that have a token, padded with 0 on the left."""
    tokens = token_of[words]
    place = jnp.cumsum(tokens > 0)  # numbers the words that have a token: 1, 2, ...
    column = length - jnp.minimum(place[-1], length) + place - 1
    return jnp.zeros(length, tokens.dtype).at[jnp.where(tokens > 0, column, length)].set(tokens, mode="drop")


class Imdb(Task):
    """Film reviews, positive (1) or negative (0), as tokens for the most frequent words of the training reviews.

    A review is the first `length` of its words that have a token, padded with 0 on the left. Token 1 is the most
    frequent word in the run's training reviews.

    Reference: Liu et al. (2023), Omnigrok, Sec. 4, and its public code. The public code breaks ties by first appearance
    in the training reviews (here: by frequency in all reviews of the source) and stratifies the splits by class (here:
    random splits).
    """

    called = "imdb"

    source: Any = static(
        "embedded", "the 25,000 reviews in a package, the 50,000 in the archive, or a CSV file", one_of=tuple(READERS)
    )
    file: Any = static("imdb/IMDB Dataset.csv", "CSV file in the data folder, for source='csv'")
    sha256: Any = static("", "checksum of the CSV file; '' accepts any file")
    subset: Any = static(
        "random",
        "random reviews of the source, or the first (CSV file only: the other sources are sorted by class)",
        one_of=SUBSETS,
    )
    length: Any = static(500, "number of tokens per review", at_least=1)
    words: Any = static(1000, "number of words that have a token (the most frequent ones)", at_least=1)
    size: Any = traced(1000, "number of reviews, training and test together", at_least=1)
    train_fraction: Any = traced(0.75, "share of the reviews to train on", above=0, below=1)

    def check(self) -> None:
        """Raises UserError if the source has too few reviews, where that is known without reading it."""
        if self.source != "csv":
            require(
                self.subset != "first",
                f"task.subset is 'first'; the {self.source} reviews are sorted by class and allow only 'random'",
            )
            self.rows()

    def rows(self) -> Rows:
        """A train_fraction of the reviews to train on, and the rest to test on.

        Raises:
          UserError: the source has too few reviews, or a split would be empty or have only one class.
        """
        if self.source != "csv":
            return portion_rows(self.size, self.train_fraction, REVIEWS[self.source], f"the {self.source} reviews")
        labels = self._numbered()["labels"]
        rows = portion_rows(self.size, self.train_fraction, len(labels), f"the reviews of {self.file}")
        require(
            self.subset != "first" or len(set(labels[: sum(rows)].tolist())) == 2,
            f"task.subset is 'first'; the first {sum(rows)} reviews of {self.file} are of one class, which allows "
            "only 'random'",
        )
        return rows

    def output_size(self) -> int:
        """One output for two classes."""
        return 1

    def vocabulary(self) -> int:
        """The words that have a token, and 0 for padding."""
        return self.words + 1

    def load(self) -> Examples:
        """The pool of all reviews of the source: inputs are Texts, targets int32 (rows,)."""
        made = self._numbered()
        lengths = made["lengths"]
        words = np.zeros((len(lengths), lengths.max(initial=1)), np.int32)
        words[np.arange(words.shape[1]) < lengths[:, None]] = made["words"]
        return Examples(Texts(words, np.bincount(made["words"], minlength=1).astype(np.int32)), made["labels"])

    def _numbered(self) -> dict[str, Shaped[np.ndarray, "..."]]:
        return numbered(self.source, self.file, self.sha256, data_folder())

    def draw(self, key: Key[Array, ""], pool: Examples | None, capacity: Rows) -> Data:
        """The reviews that a run trains and tests on, as its own examples: inputs (rows, length), targets 0 or 1."""
        assert pool is not None  # load makes it
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
