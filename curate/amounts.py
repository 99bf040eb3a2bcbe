"""The number that a chain of thought concludes with, and whether it may be the one that was answered."""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from curate.answers.dress import bare
from curate.answers.numerals import SMALL
from curate.answers.quantities import value
from curate.answers.texts import raised
from curate.record import ProblemType
from curate.statements import DENIED, TAKEN_BACK, ending, final_sentence, last
from curate.totals import total

AMOUNT = re.compile(r"(?<![\w.,])-?(?:\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.\d{1,15}|/[1-9]\d{0,8})?(?![\w/^]|[.,:]\d)")
FRACTION = re.compile(r"\\[dt]?frac\{(\d{1,9})\}\{([1-9]\d{0,8})\}")
POWER = re.compile(r"\$?\d{1,6}(?:\.\d{1,6})?(?: ?(?:\\times|×|x|\*) ?10)?\^\{?-?\d{1,2}\}?\$?")
LISTED = re.compile(r",\s|\band\b|;")  # before a last "=": that one is about something else
COUNTS = (*SMALL, "twenty")
COUNT = re.compile(rf"(?<!-)\b(?:{'|'.join(COUNTS)})\b(?!-)", re.IGNORECASE)
RECKONED = re.compile(
    r"[=+*/^×÷√]|\\sqrt|\d ?-|\bone of\b|\bof\b(?! (?:them|these|those)\b)|\b(?:to|or|than|twice|double|triple|half|"
    r"quarter|times|plus|minus|least|most|between|root|digits?|dozen|hundred|thousand|million|billion)\b",
    re.IGNORECASE,
)
# Units that are no power of ten, nor of sixty, from those of an answer.
FOREIGN = re.compile(
    r"\b(?:feet|foot|ft|inch(?:es)?|yards?|yd|miles?|mi|mph|pounds?|lbs?|ounces?|oz|gallons?|fahrenheit|f|days?|weeks?|"
    r"months?|years?)\b|(?<=\d)['\"′″]",
    re.IGNORECASE,
)
ROUGH = re.compile(r"\b(?:about|around|approximately|roughly|nearly|almost|some)\b|[≈~]", re.IGNORECASE)
UNIT = re.compile(r"\d\s?(?:[^\W\d_]|[%‰°$€£¥])|[$€£¥]\s?\d")
SCALES = [Fraction(10) ** power for power in range(-6, 7)] + [Fraction(60), Fraction(1, 60), Fraction(3600)]


class Amount(NamedTuple):
    """A number, the words it stands in, and the text behind them."""

    number: Fraction
    said: str
    later: str


def amount(thinking: str) -> Amount | None:
    """The number that a thinking concludes with; None where it does not say, or says several."""
    tail = ending(thinking)
    if found := last(tail, _single, firm_only=True):
        return Amount(*found[0], found[1])
    return final_amount(tail)


def final_amount(tail: str) -> Amount | None:
    """The number that the last sentence of a text says as its total or result, and its other words."""
    words = total(bare(final_sentence(tail)).rstrip(".!").strip())
    single = _single(words[0]) if words else None
    return Amount(*single, words[1]) if single and words else None


def numbers(text: str) -> list[Fraction]:
    """All numbers in a text, also those that are words up to twenty."""
    digits = [Fraction(match[0].replace(",", "")) for match in AMOUNT.finditer(text)]
    return digits + [Fraction(COUNTS.index(match[0].lower())) for match in COUNT.finditer(text)]


def differs(found: Amount, answer: str, problem_type: ProblemType) -> bool:
    """Whether this is clearly another number than the one answered."""
    expected = value(answer)
    if (
        expected is None
        or TAKEN_BACK.search(found.later)
        or (FOREIGN.search(found.said) and not _shared(found, answer))
    ):
        return False
    room = Fraction(1, 20) if problem_type == "regression" else Fraction(1, 100)
    room *= 4 if ROUGH.search(found.said) else 1
    # "50" and "5 cm" may be one length; two bare numbers are two counts.
    scales = SCALES if UNIT.search(found.said) or UNIT.search(answer) else [Fraction(1)]
    return not any(_near(number, expected, room, scales) for number in (found.number, *numbers(found.later)))


def _shared(found: Amount, answer: str) -> bool:
    """Whether the answer has the foreign units, if any, that the words of the thinking have."""
    units = {match[0].casefold().rstrip("s") for match in FOREIGN.finditer(found.said)}
    return units <= {match[0].casefold().rstrip("s") for match in FOREIGN.finditer(answer)}


def _single(said: str, firm: bool = True) -> tuple[Fraction, str] | None:
    """The one number in these words, and the words without their dress."""
    before, _, said = bare(said).rpartition("=")
    said = raised(FRACTION.sub(r"\1/\2", said.strip()))
    if LISTED.search(before) or DENIED.search(before):
        return None
    if POWER.fullmatch(said) and (number := value(said)) is not None:
        return number, said
    values = numbers(said)
    if len(values) != 1 or RECKONED.search(AMOUNT.sub("0", said)) or DENIED.search(said):
        return None
    return values[0], said


def _near(found: Fraction, expected: Fraction, room: Fraction, scales: Sequence[Fraction]) -> bool:
    """Whether the two may be the same: rounded, also to whole numbers, or in another unit of the usual kind."""
    whole = found.denominator == 1, expected.denominator == 1
    if found == expected or (abs(found - expected) < 1 and any(whole) and not all(whole)):
        return True
    if not expected or not found:
        return False
    ratio = abs(found / expected)
    return any(abs(ratio / scale - 1) <= room for scale in scales)
