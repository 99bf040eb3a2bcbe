"""Rules that most texts need not be searched for: each is preceded by words without which it cannot match."""

import re
from collections.abc import Iterable
from typing import Generic, TypeVar

T = TypeVar("T")
Hint = tuple[str, ...] | re.Pattern[str]
"""Words one of which must stand in the text, or a pattern that is found sooner than the rule's own."""


class Hinted(Generic[T]):
    """Rules in their order, each behind its hint; every word is looked for once, however many rules wait for it."""

    def __init__(self, rules: Iterable[tuple[Hint, T]]) -> None:
        self._rules: list[T] = []
        self._words: dict[str, set[int]] = {}
        self._patterns: list[tuple[re.Pattern[str], int]] = []
        for place, (hint, rule) in enumerate(rules):
            self._rules.append(rule)
            if isinstance(hint, re.Pattern):
                self._patterns.append((hint, place))
            else:
                for word in hint:
                    self._words.setdefault(word, set()).add(place)

    def likely(self, text: str) -> list[T]:
        """The rules that may match in this text, in their order."""
        places = [self._words[word] for word in filter(text.__contains__, self._words)]
        found = {place for pattern, place in self._patterns if pattern.search(text)}.union(*places)
        return [self._rules[place] for place in sorted(found)]
