"""Rules that most texts need not be searched for: each is preceded by words without which it cannot match."""

import re
from collections.abc import Iterable
from typing import Generic, TypeVar

T = TypeVar("T")
Hint = tuple[str, ...] | re.Pattern[str]
"""Words one of which must stand in the text, or a pattern that is found sooner than the rule's own."""


KNOWN = 50_000  # words of texts that are known to hold no hint, at most


class Hinted(Generic[T]):
    """Rules in their order, each behind its hint.

    A word of a text that holds no hint is looked into but once: texts are many, and their words are few.
    """

    def __init__(self, rules: Iterable[tuple[Hint, T]]) -> None:
        self._rules: list[T] = []
        self._hints: dict[str, set[int]] = {}
        self._patterns: list[tuple[re.Pattern[str], int]] = []
        self._harmless: set[str] = set()
        for place, (hint, rule) in enumerate(rules):
            self._rules.append(rule)
            if isinstance(hint, re.Pattern):
                self._patterns.append((hint, place))
            else:
                for words in hint:
                    # (of several words, the longest is hint enough)
                    self._hints.setdefault(max(words.split(), key=len), set()).add(place)

    def likely(self, text: str) -> list[T]:
        """The rules that may match in this text, in their order."""
        places = {place for pattern, place in self._patterns if pattern.search(text)}
        for word in set(text.split()).difference(self._harmless):
            found = [found for hint, found in self._hints.items() if hint in word]
            places.update(*found)
            if not found and len(self._harmless) < KNOWN:
                self._harmless.add(word)
        return [self._rules[place] for place in sorted(places)]
