"""Rules that most texts need not be searched for: each is preceded by words without which it cannot match."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Generic, TypeVar

T = TypeVar("T")
Hint = tuple[str, ...] | re.Pattern[str]
"""Words one of which must stand in the text, or a pattern that is found sooner than the rule's own."""

KNOWN = 50_000  # words of texts, at most, of which it is known what they hint at


class Hinted(Generic[T]):
    """Rules in their order, each behind its hint.

    A word of a text is looked into once: texts are many, and their words are few. A hint that holds a blank is looked
    for in every text.
    """

    def __init__(self, rules: Iterable[tuple[Hint, T]]) -> None:
        self._rules: list[T] = []
        self._hints: dict[str, set[int]] = {}
        self._phrases: dict[str, set[int]] = {}
        self._patterns: list[tuple[re.Pattern[str], int]] = []
        self._places = lru_cache(maxsize=KNOWN)(self._hinted)
        for place, (hint, rule) in enumerate(rules):
            self._rules.append(rule)
            if isinstance(hint, re.Pattern):
                self._patterns.append((hint, place))
            else:
                for said in hint:
                    hints = self._hints if [said] == said.split() else self._phrases
                    hints.setdefault(said, set()).add(place)

    def likely(self, text: str) -> list[T]:
        """The rules that may match in this text, in their order."""
        places = {place for pattern, place in self._patterns if pattern.search(text)}
        places.update(*(found for phrase, found in self._phrases.items() if phrase in text))
        places.update(*map(self._places, set(text.split())))
        return [self._rules[place] for place in sorted(places)]

    def _hinted(self, word: str) -> frozenset[int]:
        """The places of the rules that a word hints at."""
        return frozenset().union(*(places for hint, places in self._hints.items() if hint in word))
