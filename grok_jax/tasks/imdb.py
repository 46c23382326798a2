"""Film reviews, positive or negative, as sequences of their frequent words (Omnigrok, Liu et al. 2023, Sec. 4)."""

import functools
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int, Int32, Key, Shaped

from grok_jax.components import require_one_of, require_positive
from grok_jax.errors import require
from grok_jax.tasks.base import Data, Examples, Rows, Split, Task, register_task
from grok_jax.tasks.drawing import own_split, portion_rows, portion_splits
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


def numbered_reviews(fields: SimpleNamespace) -> dict[str, Shaped[np.ndarray, "..."]]:
    """The reviews of a run's source, their words numbered."""
    return numbered(fields.source, fields.file, fields.sha256, data_folder())


def load_reviews(fields: SimpleNamespace) -> Examples:
    """The pool: inputs are Texts, targets int32 (rows,)."""
    made = numbered_reviews(fields)
    lengths = made["lengths"]
    words = np.zeros((len(lengths), lengths.max(initial=1)), np.int32)
    words[np.arange(words.shape[1]) < lengths[:, None]] = made["words"]
    return Examples(Texts(words, np.bincount(made["words"], minlength=1).astype(np.int32)), made["labels"])


def count_rows(fields: SimpleNamespace) -> Rows:
    """Training and test reviews; raises UserError where the source has fewer, or no field has such a value."""
    require_one_of(fields, "source", tuple(READERS), section="task")
    require_positive(fields, "length", "words", section="task")
    if fields.source == "csv":
        labels = numbered_reviews(fields)["labels"]
        rows = portion_rows(fields, len(labels), f"the reviews of {fields.file}")
        require(
            fields.subset != "first" or len(set(labels[: sum(rows)].tolist())) == 2,
            f"task.subset is 'first'; the first {sum(rows)} reviews of {fields.file} are of one class, which allows "
            "'random' only",
        )
        return rows
    require(
        fields.subset != "first",
        f"task.subset is 'first'; the {fields.source} reviews are sorted by class and allow 'random' only",
    )
    return portion_rows(fields, REVIEWS[fields.source], f"the {fields.source} reviews")


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


def draw_reviews(key: Key[Array, ""], fields: SimpleNamespace, pool: Examples | None, capacity: Rows) -> Data:
    """Which reviews a run trains and tests on, as tokens of the words that its training reviews have most often.

    Reference: the public code of Omnigrok; it breaks ties by appearance in the training reviews (here: by frequency
    in all reviews of the source) and keeps the classes' shares equal in both splits (here: at random).

    Args:
      key: key of the run's data.
      fields: size, train_fraction, subset, length, words.
      pool: all reviews of the source.
      capacity: rows to make room for.

    Returns:
      Data over the run's own examples: inputs whole numbers (rows, length), 0 for none, targets 0 or 1.
    """
    texts, labels = pool
    train, test = portion_splits(key, fields, labels.shape[0], capacity)
    counts = count_words(texts, train.index, jnp.arange(capacity.train) < train.size)
    token_of = frequent_words(counts, fields.words)
    kept_as = jnp.int16 if fields.words < 2**15 else jnp.int32

    def of_row(row: Int[Array, ""]) -> Int[Array, " length"]:
        return to_tokens(texts.words[row], token_of, fields.length).astype(kept_as)

    def own(split: Split) -> Split:
        tokens = jax.lax.map(of_row, split.index, batch_size=ROWS_AT_A_TIME)
        return own_split(Examples(tokens, labels[split.index]), split.size)

    return Data(train=own(train), test=own(test))


def show_reviews(examples: Examples, fields: SimpleNamespace) -> Examples:
    """Tokens as int32."""
    del fields
    return Examples(examples.inputs.astype(jnp.int32), examples.targets)


register_task(
    Task(
        name="imdb",
        static={
            "source": "embedded",
            "file": "imdb/IMDB Dataset.csv",
            "sha256": "",
            "subset": "random",
            "length": 500,
            "words": 1000,
        },
        traced={"size": 1000, "train_fraction": 0.75},
        outputs=lambda fields: 1,
        vocabulary=lambda fields: fields.words + 1,
        rows=count_rows,
        draw=draw_reviews,
        load=load_reviews,
        present=show_reviews,
    )
)
