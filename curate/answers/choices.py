"""Multiple choice: which options a text chooses, by their letters or by their texts."""

from collections.abc import Iterator, Sequence

from curate.answers.among import Among
from curate.answers.asides import without
from curate.answers.dress import bare, tidy
from curate.answers.stated import closing, statements, unled
from curate.answers.texts import MAX_TEXT, plain


def chosen(answer: str, reference: str, options: Sequence[str]) -> float:
    """1.0 where the answer chooses the very options that the reference does, in any order, else 0.0.

    A reference that chooses none is compared as text.
    """
    if answer == reference:
        return 1.0
    expected = letters(reference, options)
    if not expected:
        return float(not letters(answer, options) and plain(answer) == plain(reference))
    return float(letters(answer, options) == expected)


def letters(text: str, options: Sequence[str]) -> frozenset[str]:
    """The options that a text chooses, as upper-case letters; empty where that cannot be told.

    Several stand between commas, "and" and their like ("A, C", "(A) and (C)", "A. red; C. blue", "red, blue",
    each on a line) or together ("AC", "(A)(C)", "A C", unless an option says just that). "A or C" chooses none.
    In prose it is what stands behind "the answer is", and in a box; two such statements must agree.
    """
    if len(text) > MAX_TEXT:
        return frozenset()
    among = Among(options)
    tidied = tidy(text)
    for reading in _readings(tidied):
        if found := among.letters(reading):
            return found
    parts = [part for part in statements(tidied) if part]
    said = [found for part in parts for reading in _readings(part) if (found := among.letters(reading))]
    if said:
        agreed = len(set(said)) == 1 and not among.turned(said[0], tidied.rpartition(parts[-1])[2])
        return said[0] if agreed else frozenset()
    if drawn := closing(bare(tidied)):
        return among.closing(*drawn)
    return among.otherwise(tidied)


def letter(text: str, options: Sequence[str]) -> str | None:
    """The option that a text chooses, as an upper-case letter; None where it chooses none, or several.

    A lone letter is a label, where an option has it. Otherwise an option's own text comes first, so that "A cat" is no
    choice of A where an option says so, nor where none does. Options without labels are A, B, C, …
    """
    found = letters(text, options)
    return next(iter(found)) if len(found) == 1 else None


def _readings(text: str) -> Iterator[str]:
    """The text as it stands, then with less and less around what it chooses."""
    yield text
    dressless = bare(text)
    yield dressless
    if (said := unled(dressless)) != dressless:
        yield said
    if (plainly := without(said)) != said:
        yield unled(plainly)
