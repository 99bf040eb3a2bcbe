"""Multiple choice: which options a text chooses, by their letters or by their texts."""

import re
from collections.abc import Sequence

from curate.answers.texts import MAX_TEXT, plain

OPTION = re.compile(r"\(?([A-Z])\s?[).:．、]\s*(.*)", re.DOTALL)
LEAD = r"""(?:(?:the\ )?(?:correct\ |right\ |best\ |final\ )?
       (?:options?|choices?|answers?)(?:\ is|\ are|:)?:?\ (?:option\ )?)?"""
LETTER = re.compile(
    rf"""{LEAD}(?: \(([a-z])\) | \[([a-z])\] | ([a-z]) ) (?: [.):,]?$ | (?:(?<=[)\]])|[.):])\ ?(?P<rest>.+) )""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
LETTERS = re.compile(rf"{LEAD}(.+)", re.VERBOSE | re.IGNORECASE | re.DOTALL)
HEDGE = re.compile(r"(?:or|and|&|/|,)(?!\w)|\(?[a-z][).](?!\w)", re.IGNORECASE)
DRESS = " *`$"
RUN = re.compile(r"[A-Z]{2,26}")
# What parts several choices; the first that leaves nothing but choices counts, since options may hold the others.
BETWEEN = [
    re.compile(rf"\s*(?:{signs})(?=\S)", re.IGNORECASE)
    for signs in (r"[;；\n]\s*", r"[,;&/+、，；\n]\s*", r",\s*and\s+|[,;&/+、，；\n]\s*|\s+and\s+")
]


def chosen(answer: str, reference: str, options: Sequence[str]) -> float:
    """1.0 where the answer chooses the very options that the reference does, in any order, else 0.0.

    A reference that chooses none is compared as text.
    """
    expected = letters(reference, options)
    if not expected:
        return float(not letters(answer, options) and plain(answer) == plain(reference))
    return float(letters(answer, options) == expected)


def letters(text: str, options: Sequence[str]) -> frozenset[str]:
    """The options that a text chooses, as upper-case letters; empty where that cannot be told.

    Several stand between commas, "and" and their like ("A, C", "(A) and (C)", "A. red; C. blue", "red, blue",
    each on a line) or together ("AC", unless an option says just that). "A or C" chooses none.
    """
    one = letter(text, options)
    if one and _says(text, one, options):
        return frozenset(one)
    several = _several(text.strip(f"{DRESS}.\n"), options)
    return several or (frozenset(one) if one else frozenset())


def letter(text: str, options: Sequence[str]) -> str | None:
    """The option that a text chooses, as an upper-case letter; None where it chooses none, or several.

    A lone letter is a label. Otherwise an option's own text comes first, so that "A cat" is no
    choice of A where an option says so, nor where none does. Options without labels are A, B, C, …
    """
    text = " ".join(text.split()).strip(DRESS)
    labelled = LETTER.fullmatch(text)
    label = (labelled[1] or labelled[2] or labelled[3]).upper() if labelled else None
    if labelled and labelled["rest"] is None:
        return label
    texts = _option_texts(options)
    said = _saying(text, texts)
    if said or labelled is None:
        return said.pop() if len(said) == 1 else None
    return label if _agrees(label, labelled["rest"], texts) else None


def _several(text: str, options: Sequence[str]) -> frozenset[str]:
    """The letters, where every part of the text is a choice and there are two at least."""
    match = LETTERS.fullmatch(text)
    if match is None:
        return frozenset()
    if RUN.fullmatch(match[1]) and len(set(match[1])) == len(match[1]):
        labels = {name for name, _ in _option_texts(options)}
        return frozenset(match[1]) if labels.issuperset(match[1]) else frozenset()
    for between in BETWEEN:
        found = [letter(part, options) for part in between.split(match[1], maxsplit=26)]
        if len(found) > 1 and all(found):
            return frozenset(name for name in found if name)
    return frozenset()


def _says(text: str, label: str, options: Sequence[str]) -> bool:
    """Whether the whole text is this option's, with or without its label."""
    texts = _option_texts(options)
    labelled = LETTER.fullmatch(text.strip(DRESS))
    rest = labelled["rest"] if labelled else None
    return label in _saying(text, texts) | _saying(rest or "", texts)


def _saying(text: str, texts: list[tuple[str, str]]) -> set[str]:
    said = plain(text)
    return {name for name, option in texts if said == plain(option)}


def _option_texts(options: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of a label and the text behind it; texts above the bound stay out of it."""
    matches = [OPTION.fullmatch(option[:MAX_TEXT].strip()) for option in options[:26]]
    if all(matches):
        return [(match[1], match[2]) for match in matches if match]
    return [(chr(ord("A") + i), option[:MAX_TEXT]) for i, option in enumerate(options[:26])]


def _agrees(label: str | None, rest: str, texts: list[tuple[str, str]]) -> bool:
    """Whether what follows a label speaks neither of a second label nor of another option's text."""
    others = _saying(rest, texts)
    return label in others if others else not HEDGE.match(rest)
