"""Splits texts into words, as Omnigrok's public code does, and numbers the words."""

import re
from collections.abc import Iterable

import numpy as np
from jaxtyping import Int32

# The 179 English stop words of NLTK (Bird, Klein and Loper 2009, Natural language processing with Python).
# fmt: off
STOP_WORDS = frozenset([
    "i", "me", "my", "myself", "we", "our", "ours", "ourselves", "you", "you're", "you've", "you'll", "you'd", "your",
    "yours", "yourself", "yourselves", "he", "him", "his", "himself", "she", "she's", "her", "hers", "herself", "it",
    "it's", "its", "itself", "they", "them", "their", "theirs", "themselves", "what", "which", "who", "whom", "this",
    "that", "that'll", "these", "those", "am", "is", "are", "was", "were", "be", "been", "being", "have", "has", "had",
    "having", "do", "does", "did", "doing", "a", "an", "the", "and", "but", "if", "or", "because", "as", "until",
    "while", "of", "at", "by", "for", "with", "about", "against", "between", "into", "through", "during", "before",
    "after", "above", "below", "to", "from", "up", "down", "in", "out", "on", "off", "over", "under", "again",
    "further", "then", "once", "here", "there", "when", "where", "why", "how", "all", "any", "both", "each", "few",
    "more", "most", "other", "some", "such", "no", "nor", "not", "only", "own", "same", "so", "than", "too", "very",
    "s", "t", "can", "will", "just", "don", "don't", "should", "should've", "now", "d", "ll", "m", "o", "re", "ve",
    "y", "ain", "aren", "aren't", "couldn", "couldn't", "didn", "didn't", "doesn", "doesn't", "hadn", "hadn't", "hasn",
    "hasn't", "haven", "haven't", "isn", "isn't", "ma", "mightn", "mightn't", "mustn", "mustn't", "needn", "needn't",
    "shan", "shan't", "shouldn", "shouldn't", "wasn", "wasn't", "weren", "weren't", "won", "won't", "wouldn",
    "wouldn't",
])
# fmt: on
NO_PART_OF_A_WORD = re.compile(r"[^\w\s]|\d")


def split_words(text: str) -> list[str]:
    """The words of a text, in order.

    The lowercase text is split at white space. Digits, and everything that is not a word character in Python (letters,
    underscores, numbers such as ½), are removed from each piece; a piece that is then empty or a stop word is dropped.
    Apostrophes are removed before stop words: "don't" becomes "dont", which is not a stop word and stays, as does "br",
    the rest of "<br />".

    Reference: the public code of Omnigrok (Liu et al. 2023).
    """
    bare = (NO_PART_OF_A_WORD.sub("", piece) for piece in text.lower().split())
    return [word for word in bare if word and word not in STOP_WORDS]


def number_words(texts: Iterable[str]) -> tuple[Int32[np.ndarray, " words"], Int32[np.ndarray, " texts"]]:
    """Numbers the words of all texts by frequency: 1 is the most frequent; ties go to the word seen first.

    Returns:
      The word numbers of all texts, one text after the other, and the number of words in each text.
    """
    known: dict[str, int] = {}  # number of each word, in order of appearance
    numbers: dict[str, int] = {}  # number of each distinct piece, which occurs 30 times on average
    by_text = []
    for text in texts:
        pieces = text.lower().split()
        for piece in pieces:
            if piece not in numbers:
                words = split_words(piece)
                numbers[piece] = known.setdefault(words[0], len(known) + 1) if words else 0
        of_text = np.fromiter(map(numbers.__getitem__, pieces), np.int32, len(pieces))
        by_text.append(of_text[of_text > 0])
    appeared = np.concatenate(by_text)
    by_frequency = np.argsort(-np.bincount(appeared, minlength=len(known) + 1)[1:], stable=True)
    ranked = np.zeros(len(known) + 1, np.int32)
    ranked[1 + by_frequency] = np.arange(1, len(known) + 1)
    return ranked[appeared], np.array([len(of_text) for of_text in by_text], np.int32)
