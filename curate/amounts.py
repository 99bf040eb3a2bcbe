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
DRAWN = r"(?:(?:so|therefore|thus|hence|overall|altogether|in conclusion|in total|finally),?\s){0,2}"
SAID = r"(?:(?:about|approximately|roughly|around|exactly)\s)?[\w.,/-]{1,20}"
# A last sentence that is a sum and nothing else: "So there are 7 of them in total."
COUNTED = r"(?:there\s(?:are|is)|(?:that|this|it)\smakes|we\s(?:get|have|count)|I\s(?:count|get))"
SUMMED = re.compile(
    rf"""(?:{DRAWN}{COUNTED}\s{SAID}
           (?:\sof\sthem|(?:\s[a-z]{{2,12}}){{1,2}}?)?\s(?:in\stotal|altogether|in\sall|overall)
        | {DRAWN}the\stotal\s(?:is|comes\sto|must\sbe)\s{SAID}
        | in\stotal,?\s{COUNTED}\s{SAID}(?:\s[a-z]{{2,12}})?
        | {DRAWN}the\s(?:final\s)?(?:total|count|sum|result|number)\s(?:is|comes\sto|must\sbe)\s{SAID}
        | {DRAWN}(?:that|this)\s(?:makes|gives|leaves)(?:\s(?:us|me))?\s{SAID}
        | {DRAWN}we\s(?:get|end\sup\swith)\s{SAID}
        | (?:so|therefore|thus|hence),?\s[^=.!?]{{1,60}}=\s?{SAID})""",
    re.VERBOSE | re.IGNORECASE,
)
# … or that measures what was asked: "So the distance is about 9 meters."
MEASURED = re.compile(
    rf"""(?:so|therefore|thus|hence|overall|in\sconclusion),?\s(?:the|my|its|their)\s
         (?:distance|length|height|width|depth|size|area|gap|estimate)(?:\sbetween\s(?:them|the\stwo))?
         \s(?:is|must\sbe|should\sbe|has\sto\sbe|comes\sto)\s{SAID}(?:\s?[a-z²2^]{{1,12}}){{0,2}}""",
    re.VERBOSE | re.IGNORECASE,
)
BESIDE = re.compile(r"\bin total\b|\bcomes to\b|\bbetween (?:them|the two)\b", re.IGNORECASE)
UNIT = re.compile(r"\d\s?(?:[^\W\d_]|[%‰°$€£¥])|[$€£¥]\s?\d")
SCALES = [Fraction(10) ** power for power in range(-6, 7)] + [Fraction(60), Fraction(1, 60), Fraction(3600)]


class Amount(NamedTuple):
    """A number, the words it stands in, and the text behind them."""

    number: Fraction
    said: str
    later: str


def amount(thinking: str, problem_type: ProblemType = "numerical") -> Amount | None:
    """The number that a thinking concludes with; None where it does not say, or says several."""
    tail = ending(thinking)
    if found := last(tail, _single, firm_only=True):
        return Amount(*found[0], found[1])
    final = bare(final_sentence(tail)).rstrip(".!")
    summed = SUMMED.fullmatch(final) or (problem_type == "regression" and MEASURED.fullmatch(final))
    single = _single(BESIDE.sub("", final)) if summed else None
    return Amount(*single, "") if single else None


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
    return not any(_near(number, expected, room, scales) for number in (found.number, *_amounts(found.later)))


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
    values = _amounts(said)
    if len(values) != 1 or RECKONED.search(AMOUNT.sub("0", said)) or DENIED.search(said):
        return None
    return values[0], said


def _amounts(text: str) -> list[Fraction]:
    """All numbers in a text, also those that are words up to twenty."""
    digits = [Fraction(match[0].replace(",", "")) for match in AMOUNT.finditer(text)]
    return digits + [Fraction(COUNTS.index(match[0].lower())) for match in COUNT.finditer(text)]


def _near(found: Fraction, expected: Fraction, room: Fraction, scales: Sequence[Fraction]) -> bool:
    """Whether the two may be the same: rounded, also to whole numbers, or in another unit of the usual kind."""
    whole = found.denominator == 1, expected.denominator == 1
    if found == expected or (abs(found - expected) < 1 and any(whole) and not all(whole)):
        return True
    if not expected or not found:
        return False
    ratio = abs(found / expected)
    return any(abs(ratio / scale - 1) <= room for scale in scales)
