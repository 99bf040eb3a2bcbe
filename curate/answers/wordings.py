"""An option said as a clause, or in another form of its words: "The temperature will increase" for "Increase"."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from curate.answers.likeness import tokens

LONGEST = 120  # characters
# Nothing that is denied, weighed or counted is another wording, nor what may be a letter ("a dog" beside "A. a cat").
UNFIT = re.compile(
    r"\d|\?|\n|^[a-z]\s|\b(?:not|no|never|none|nor|neither|hardly|or|if|may(?=\s)|might|could|would|should|must|can|cannot|maybe|perhaps"
    r"|possibly|probably|before|after|until|near|than)\b|n['’]t\b"
)
PRONOUNS = ("it", "he", "she", "they", "this", "that")
DETERMINERS = ("the", "its", "his", "her", "their", "this")
ARTICLES = ("the", "a", "an")
AUXILIARIES = ("will", "does", "do", "did")
BE = ("is", "are", "was", "were")
PLACED = re.compile(
    r"(?:(?:it|this|that|he|she|they)\s(?:happen(?:s|ed)|occur(?:s|red)|takes\splace|is|was|are)\s)?(?:in|on|at)\s(?=\w)"
)
VERB = re.compile(r"\w{2,}(?:[^s]s|ed)|will|does|do|did|is|are|was|were")
# Not the thing that was asked about: "the opposite is increasing", "the rate of …".
NO_SUBJECT = re.compile(
    r"\b(?:opposite|contrary|reverse|other|rest|second|first|last|wrong|least|of|in|on|to|than|and|that|which|who|with)\b"
)
ENDING = re.compile(r"(?:[a-z]?(?:ed|ing)|e?s|d|e|y|ie[sd])?")


class Clause(NamedTuple):
    """A subject ("" where there is none) and what is said of it."""

    subject: str
    said: tuple[str, ...]
    verb: bool
    helped: bool  # "will increase", "is increasing"


def worded(text: str, options: Sequence[tuple[str, set[str]]]) -> str | None:
    """The label of the only option that this text says in other words; None where there is none, or more than one.

    Forms of a word are one ("increases", "increased"), a subject may be added, left out or be a pronoun, and "in", "on"
    and "at" may stand before a time or place. All other words must be the same, in their order.
    """
    if not text or len(text) > LONGEST or UNFIT.search(text):
        return None
    placed = PLACED.match(text)
    bare = _without_articles(text[placed.end() :].split()) if placed else None
    found = {
        label
        for label, texts in options
        for option in texts
        if option and (_same(text, option) or (bare and bare == _without_articles(option.split())))
    }
    return found.pop() if len(found) == 1 else None


def _same(text: str, option: str) -> bool:
    known = [*_clauses(option), _clause("", option.split())]
    return any(_agree(said, one) for said in _clauses(text) for one in known)


def _agree(said: Clause, known: Clause) -> bool:
    if not _forms(said.said, known.said):
        return False
    if said.subject == known.subject:
        return True
    nouns = [one for one in (said.subject, known.subject) if one and one not in PRONOUNS]
    if not nouns:
        return not (said.subject and known.subject)
    if len(nouns) > 1 or not said.subject or not said.verb or NO_SUBJECT.search(nouns[0]):
        return False
    return bool(known.subject) or (" " not in nouns[0] and (said.helped or said.said != known.said))


def _clauses(text: str) -> Iterator[Clause]:
    """A text taken apart in the ways that are possible."""
    words = text.split()
    if words[0] in PRONOUNS and len(words) > 1:
        yield _clause(words[0], words[1:])
    if words[0] not in DETERMINERS:
        yield _clause("", words)
    for at in (2, 3) if words[0] in DETERMINERS else ():
        if len(words) > at:
            yield _clause(" ".join(words[1:at]), words[at:])


def _clause(subject: str, words: list[str]) -> Clause:
    verb = VERB.fullmatch(words[0]) is not None
    helped = len(words) > 1 and (words[0] in AUXILIARIES or (words[0] in BE and words[1].endswith("ing")))
    return Clause(subject, tuple(_without_articles(words[helped:])), verb, helped)


def _without_articles(words: list[str]) -> list[str]:
    return [word for word in words if word not in ARTICLES]


def _forms(one: Sequence[str], other: Sequence[str]) -> bool:
    return bool(one) and len(one) == len(other) and all(map(_form, one, other))


def _form(one: str, other: str) -> bool:
    """Whether two words are forms of one: "increase", "increases"; not "operator", "operation"."""
    if one == other:
        return True
    common = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    endings = (one[common:], other[common:])
    return common > 2 and all(map(ENDING.fullmatch, endings)) and tokens(one) == tokens(other)
