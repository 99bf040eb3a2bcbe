"""What a canary shows, and what a model's reply says of its eyes: words with numbers, to be read back in order."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from random import SystemRandom
from typing import Literal

from curate.chat import Reply
from curate.tags import thinking_in

# No two of them are alike, and none is like what a model says that sees nothing.
WORDS = (
    "anchor", "banana", "cactus", "dolphin", "elbow", "flamingo", "guitar", "hammer", "igloo", "jacket", "kettle",
    "lobster", "mosquito", "octopus", "pelican", "pumpkin", "quartz", "rabbit", "saddle", "tiger", "umbrella",
    "violin", "walnut", "yacht", "zebra",
)  # fmt: skip
ENOUGH = 0.6  # of the cards, read in order, by a model whose eyes are weak
_LIKE = 0.75  # of a word's letters, so that one of five may be taken for another
_SIFTED = 20_000  # characters of a reply that are looked through
_TOKEN = re.compile(r"[^\W\d_][^\W_]*?(?=\d{3}\b)|[^\W_]+")
_LOOKALIKE = str.maketrans("015$8|", "oissbi")
_CHANCE = SystemRandom()

Kind = Literal["all", "most", "untold", "none", "first", "order", "few"]


@dataclass(frozen=True, slots=True)
class Card:
    """A word and a number of three digits, as one frame shows them."""

    word: str
    number: str

    def __str__(self) -> str:
        return f"{self.word.upper()} {self.number}"


@dataclass(frozen=True, slots=True)
class Readback:
    """How much of a canary was read: `read` cards `of` so many.

    `kind` is "all", or "most" where some were misread; "untold" where the reply was cut before its end. The others
    mean that the model does not see what it is shown: "none" of the cards, only the "first", in another "order", or
    too "few".
    """

    kind: Kind
    read: int
    of: int

    @property
    def sees(self) -> bool:
        """Whether rows may be bought from this model."""
        return self.kind in ("all", "most", "untold")


def dealt(count: int) -> tuple[Card, ...]:
    """So many cards (as many as there are words, at most), other ones each time."""
    words = _CHANCE.sample(WORDS, count)
    numbers = _CHANCE.sample(range(100, 1000), count)
    return tuple(Card(word, str(number)) for word, number in zip(words, numbers, strict=True))


def readback(cards: Sequence[Card], reply: Reply) -> Readback:
    """What this reply, to a request for all cards in their order, says of the model's eyes.

    A card counts as read where its word (give or take a letter) or its number stands, whatever else does. A text
    that names some more than once is in order where the first mentions are, or the last.
    """
    answer = thinking_in(reply.text)[1]
    found = mentions(cards, answer) or mentions(cards, reply.text) or mentions(cards, reply.reasoning)
    first, last = list(dict.fromkeys(found)), list(dict.fromkeys(reversed(found)))[::-1]
    ordered = sorted(first) in (first, last)
    return Readback(_kind(sorted(first), len(cards), ordered, reply.cut), len(first), len(cards))


def _kind(read: list[int], count: int, ordered: bool, cut: bool) -> Kind:
    if ordered and len(read) == count:
        return "all"
    if cut:
        return "untold"
    if not read:
        return "none"
    if not ordered:
        return "order"
    if read == list(range(len(read))):
        return "first"
    if len(read) < count - 1 and read == list(range(count - len(read), count)):
        return "few"  # the last of them: weak eyes would miss others, too
    return "most" if len(read) >= ENOUGH * count else "few"


def mentions(cards: Sequence[Card], text: str) -> list[int]:
    """The places among the cards of all that this text mentions, in its order."""
    words, numbers = {card.word: i for i, card in enumerate(cards)}, {card.number: i for i, card in enumerate(cards)}
    found = []
    for token in _TOKEN.findall(unicodedata.normalize("NFKC", text[:_SIFTED]).casefold()):
        if token in numbers:
            found.append(numbers[token])
        elif like := get_close_matches(token.translate(_LOOKALIKE), words, 1, _LIKE):
            found.append(words[like[0]])
    return found
