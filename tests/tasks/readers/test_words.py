"""What a word is, and the numbers of words."""

from collections import Counter

import numpy as np
import pytest

from grok_jax.tasks.readers.words import STOP_WORDS, number_words, split_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A GREAT, great film!", ["great", "great", "film"]),
        ("well-made  in\n1999\t(10/10)", ["wellmade"]),
        ("don't it's isn't I've", ["dont", "isnt", "ive"]),
        ("good.<br /><br />Bad", ["goodbr", "br", "bad"]),
        ("café naïve_ 5th x2y", ["café", "naïve_", "th", "xy"]),
        ("the of 7 ... !", []),
    ],
)
def test_words_are_bare_pieces_in_lower_case_without_stop_words(text, words):
    assert split_words(text) == words


def test_there_are_179_stop_words():
    assert len(STOP_WORDS) == 179


def test_words_are_numbered_by_frequency_and_then_by_appearance():
    texts = ["plum fig pear", "pear kiwi plum", "pear, lime and lime!"]  # pear 3; plum, lime 2; fig, kiwi 1
    numbers, lengths = number_words(texts)
    np.testing.assert_array_equal(numbers, [2, 4, 1, 1, 5, 2, 1, 3, 3])
    np.testing.assert_array_equal(lengths, [3, 3, 3])


def test_a_text_without_words_has_no_numbers():
    numbers, lengths = number_words(["the", "fig", "1 2 3"])
    np.testing.assert_array_equal(numbers, [1])
    np.testing.assert_array_equal(lengths, [0, 1, 0])


def test_numbers_stand_for_the_words_of_each_text():
    rng = np.random.default_rng(0)
    pieces = ["the", "Fig", "fig!", "fig's", "kiwi", "lime", "12", "pear", "Plum"]
    texts = [" ".join(rng.choice(pieces, size=rng.integers(1, 20))) for _ in range(30)]
    words = [word for text in texts for word in split_words(text)]
    ranked = sorted(Counter(words), key=lambda word: (-Counter(words)[word], words.index(word)))
    numbers, lengths = number_words(texts)
    assert [ranked[n - 1] for n in numbers] == words
    assert lengths.tolist() == [len(split_words(text)) for text in texts]
