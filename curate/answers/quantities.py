"""Numbers with their units, and formulas: what a text says, and whether two say the same."""

import math
import re
from fractions import Fraction
from functools import lru_cache

from curate.answers.asides import takes_back, unsure
from curate.answers.behind import denied
from curate.answers.dress import bare, tidy
from curate.answers.equations import holds, measured
from curate.answers.formulas import MARK, is_formula
from curate.answers.notation import FENCED_PART, STRUCK, unfenced, untyped
from curate.answers.numbers import number, numbers_in
from curate.answers.readings import Quantity, both, error, readings, real
from curate.answers.stated import statements, unled
from curate.answers.texts import plain, raised
from curate.answers.units import alike, singular

POINT = re.compile(r"([(\[])([^()\[\]]{3,100})([)\]])")
CLOSING = re.compile(r"\s?([(),:;/\[\]])\s?")
# An answer "5!" means 5 or 120, whichever the reference is; a reference "5!" is 120, for nobody exclaims there.
FACTORIAL = re.compile(r"([0-9]{1,2})\s?!")
# "5, because …", "5, not 6", "5 (not 6)", "5 cars (3 red, 2 blue)".
EXPLAINED = re.compile(
    r"(.{1,60}?)(?:(?:[,;.]|\s?[-–—]+)?\s\(?(?:because|since)\s|,\sas\s|"
    r"(?:,\s|\s\()(?:not|rather than|instead of)\s(?=[$-]?\d))(.{1,200})",
    re.IGNORECASE,
)
# "5. There are five cars."; "3 men and 2 women, 5 in total", "3 red and 2 blue, so 5".
FOLLOWED = re.compile(r"(.{1,60}?)\.\s(?=[A-Z])(.{1,200})")
TOTALLED = re.compile(
    r"(.{3,80}),\s(?:(?:so|thus|hence|therefore|making|giving|(?:that|which)\s(?:is|makes)|for\sa\stotal\sof)\s)?"
    r"([^,]{1,40})",
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)  # few answers are met but once: right ones say what their reference does
def quantity(text: str) -> Quantity | None:
    """The number or the formula that a text is, or that it states in prose or in a box; None for anything else."""
    text = STRUCK.sub(" ", raised(text))
    if (found := _quantity(text) or _explained(text) or _totalled(text)) is not None:
        return found
    stated = {found for part in statements(tidy(text)) if (found := _quantity(part)) is not None}
    return stated.pop() if len(stated) == 1 else None


def equal(answer: str, reference: str) -> float:
    """1.0 where both say the same number in the same unit, or the same formula, else 0.0.

    Numbers are compared exactly, formulas (also with numbers) to six decimals. A unit that only one side
    has is no matter. Of points and intervals ("(1, 2)") each part is compared. What is neither ("3:2") is compared as
    text, but words without a digit are never right.
    """
    if "!" in answer + reference and (right := _exclaimed(answer, reference)) is not None:
        return float(right)
    found, expected = quantity(answer), quantity(reference)
    pairs = readings(found, expected) if found and expected else []
    if found and expected and None not in (found.value, expected.value):
        return float(any(one.value == other.value for one, other in pairs))
    # (where one can be read and the other cannot, it is not its case or its question mark that may be left out)
    texts = _closed(answer), _closed(reference)
    if texts[0] == texts[1] and (found is None) == (expected is None) and any(map(str.isdigit, reference)):
        return 1.0
    if found is None and expected and expected.unit and _but_for_the_plural(*texts):
        return 1.0
    if (parts := _parts(answer, reference)) is not None:
        return float(all(equal(*pair) for pair in parts))
    return float(any(both(*pair).same for pair in pairs))


def _but_for_the_plural(answer: str, reference: str) -> bool:
    """Whether one says "5 car" where the other says "5 cars"."""
    return answer != reference and singular(answer) == singular(reference)


def value(text: str) -> Fraction | None:
    """The value of a number, or of a formula that is a real number; None for anything else."""
    found = quantity(text)
    if found is None or not alike(found.unit, ""):
        return None
    if found.value is not None:
        return found.value
    pair = values(text, "1")
    return pair[0] if pair else None


def values(answer: str, reference: str) -> tuple[Fraction, Fraction] | None:
    """Both values, where both are real numbers (formulas may be) and their units, if both have one, are the same.

    Of a percentage beside a bare number it is the reading that is nearer.
    """
    found, expected = quantity(answer), quantity(reference)
    pairs = map(real, readings(found, expected)) if found and expected else ()
    return min(filter(None, pairs), key=error, default=None)


def _exclaimed(answer: str, reference: str) -> bool | None:
    """Whether they agree where one is "5!"; None where neither is."""
    found, expected = (FACTORIAL.fullmatch(unfenced(text)) for text in (answer, reference))
    if expected:
        return found[1] == expected[1] if found else value(answer) == math.factorial(int(expected[1]))
    return value(reference) in (int(found[1]), math.factorial(int(found[1]))) if found else None


def _quantity(text: str) -> Quantity | None:
    if (found := number(text)) is not None:
        return Quantity(*found, "")
    for said in (text, unled(text)) if MARK.search(text) else ():
        formula, unit = measured(unfenced(FENCED_PART.sub(r"\1", said)))
        if is_formula(formula) and holds(formula):
            return Quantity(None, unit, formula)
    return None


def _explained(text: str) -> Quantity | None:
    """What stands before its reason, or before a sentence that names no other number."""
    if parts := EXPLAINED.fullmatch(text):
        return None if _doubted(parts[2]) else _quantity(parts[1])
    if (parts := FOLLOWED.fullmatch(text)) is None or _doubted(parts[2]) or denied(parts[2]):
        return None
    found = _quantity(parts[1])
    return found if found and {found.value}.issuperset(numbers_in(parts[2])) else None


def _totalled(text: str) -> Quantity | None:
    """The total at the end, where the numbers before it add up to it."""
    if (parts := TOTALLED.fullmatch(text)) is None or _doubted(text):
        return None
    addends, total = numbers_in(parts[1]), _quantity(parts[2])
    return total if total and len(addends) > 1 and total.value == sum(addends) else None


def _doubted(reason: str) -> bool:
    return unsure(reason) or takes_back(reason)


def _parts(answer: str, reference: str) -> list[tuple[str, str]] | None:
    """Pairs of what stands in the same place of two points or intervals; None where they are none, or not alike."""
    found, expected = (POINT.fullmatch(_closed(text)) for text in (answer, reference))
    if not found or not expected or (found[1], found[3]) != (expected[1], expected[3]):
        return None
    parts = found[2].split(","), expected[2].split(",")
    return list(zip(*parts, strict=True)) if len(parts[0]) == len(parts[1]) > 1 else None


def _closed(text: str) -> str:
    """A text for comparing it as such, without blanks around its marks."""
    return CLOSING.sub(r"\1", plain(untyped(unfenced(bare(text)))))
