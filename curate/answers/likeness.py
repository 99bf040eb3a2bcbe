"""Free-form answers: how many words, and in what order, two texts share."""

import re
from collections import Counter
from functools import lru_cache
from typing import Any

from curate.answers.texts import CJK

TOKEN = re.compile(rf"[{CJK}]|[^\W_{CJK}]+")
STEMMED = range(4, 41)  # letters; upstream leaves shorter words as they are, and longer ones are none


def rouge(answer: str, reference: str) -> float:
    """Mean F1 of ROUGE-1, ROUGE-2 and ROUGE-L over lower-cased word stems; CJK characters count as words.

    ROUGE-2 is left out where a side has one word only, since that says nothing of its order.
    """
    found, expected = (tokens(text) for text in (answer, reference))
    if not found or not expected:
        return float(answer == reference)
    return mean_f1(found, expected, pairs=min(len(found), len(expected)) > 1)


def tokens(text: str) -> list[str]:
    """The words of a text, lower-cased, English ones without their endings (Porter 2)."""
    return [_stem(word) if len(word) in STEMMED and word.isascii() else word for word in TOKEN.findall(text.lower())]


def mean_f1(found: list[str], expected: list[str], pairs: bool = True) -> float:
    """The mean F1 of ROUGE-1, ROUGE-L and, where `pairs` are counted, ROUGE-2; no side may be empty."""
    scores = [_f1(_overlap(found, expected, n), found, expected, n) for n in ((1, 2) if pairs else (1,))]
    scores.append(_f1(_longest(found, expected), found, expected, 1))
    return sum(scores) / len(scores)


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer("english")


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    return str(_stemmer().stemWord(word))


def _overlap(found: list[str], expected: list[str], n: int) -> int:
    grams = [Counter(zip(*(words[i:] for i in range(n)), strict=False)) for words in (found, expected)]
    return (grams[0] & grams[1]).total()


def _longest(found: list[str], expected: list[str]) -> int:
    from rapidfuzz.distance import LCSseq

    return int(LCSseq.similarity(found, expected))


def _f1(common: int, found: list[str], expected: list[str], n: int) -> float:
    return 2 * common / max(len(found) + len(expected) - 2 * (n - 1), 1)
