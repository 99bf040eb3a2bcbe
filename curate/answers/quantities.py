"""Numbers with their units: what a text says, exactly, and whether two say the same."""

import math
import re
import unicodedata
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from curate.answers.asides import takes_back, unsure
from curate.answers.behind import VARIABLE, stands_behind
from curate.answers.dress import bare, tidy
from curate.answers.equations import holds, measured
from curate.answers.formulas import MARK, Compared, compared, is_formula
from curate.answers.notation import FENCED_PART, unfenced, untyped
from curate.answers.stated import statements, unled
from curate.answers.texts import plain, raised
from curate.answers.units import alike, known

MAX_NUMBER = 100

NUMBER = re.compile(
    r"""(?P<sign>[+-]?)\s?(?P<money>US\$|[$€£¥₹]|(?:USD|EUR|GBP|CNY|RMB|JPY|INR|Rs\.?)(?=\s?\d))?\s?(?P<inner>[+-]?)
    (?:(?:(?P<whole>\d+)\s)?(?P<over>\d+)\s?/\s?(?P<under>\d+)
      |(?P<digits>[1-9]\d{0,2}(?:(?P<comma>[,\ '’])\d{3})(?:(?P=comma)\d{3})*(?:\.\d*)?|\d+\.?\d*|\.\d+)
       (?:[eE](?P<exponent>[+-]?\d{1,3})
         |\s?(?:[x×*·]|\\times|\\cdot)\s?10\s?\^\s?\{?(?P<power>[+-]?\d{1,3})\}?
         |\s?\^\s?(?:\{(?P<raised>[+-]?\d{1,2})\}|(?P<up>\d{1,2})))?)
    (?:\s?(?P<unit>(?![√π∞×·÷±])(?:[%‰°'"$€£¥₹]|[A-Za-z\u0080-\uffff])[^\d,;=]{0,30}
       (?:(?:(?<=\^)|(?<=\^\{)|(?<=\^-)|(?<=\^\{-))[1-4][^\d,;=]{0,20}){0,3}(?:[23]\}?\.?)?))?""",
    re.VERBOSE | re.ASCII,
)
MINUS = str.maketrans("−﹣－–", "----")
POINT = re.compile(r"([(\[])([^()\[\]]{3,100})([)\]])")
CLOSING = re.compile(r"\s?([(),:;/\[\]])\s?")
HALVES = re.compile("(?P<whole>[0-9])?(?P<part>[¼-¾⅐-⅞])")
# What stands in front of a number and changes nothing.
ABOUT = re.compile(
    r"""(?:(?:about|around|approximately|approx\.?|roughly|circa|ca\.|an?\sestimated|estimated\sat
          |(?:a\s)?total\sof|exactly|precisely|only|just
          |there\s(?:is|are|was|were)|I\s(?:can\s)?(?:count|see)
          |(?![A-Za-z ]{0,20}\b(?:wrong|incorrect|false|not|never|no|nor|neither|except|other|than|least|most|if|unless
           |maybe|perhaps|might|could|guess|quite|minus|negative)\b)(?:m?∠\s?)?[A-Za-z][A-Za-z ]{0,20}[:=≈]
          |(?![A-Za-z ]{0,40}\b(?:if|unless|not|never|no|might|may|could|than|least|most)\b)
           [A-Za-z][A-Za-z ]{0,40}\s(?:is|are|was|were|equals|measures|has|have|contains?|shows?|weighs?|costs?))\s?
        |[≈≃~∼=]\s?|大约|大概|约|总共|一共|共|有){1,4}""",
    re.VERBOSE | re.IGNORECASE,
)
# An answer "5!" means 5 or 120, whichever the reference is; a reference "5!" is 120, for nobody exclaims there.
FACTORIAL = re.compile(r"([0-9]{1,2})\s?!")
# "(5)", "5 (five)", "five (5)", "5;".
AROUND = re.compile(
    r"""[(\[{]([^()\[\]{}]*)[)\]}]\.?
      | (?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\s\((\d{1,2})\)\.?
      | ([^()]*?)(?:\s\((?P<aside>(?![^()]*\b(?:not|or|in|hundred|thousand|[mb]illion)s?\b)[^()\d]{1,40})\))?
        [;!。.]?""",
    re.VERBOSE | re.IGNORECASE,
)
# "5, because …", "5, not 6", "5 (not 6)", "5 cars (3 red, 2 blue)".
EXPLAINED = re.compile(
    r"(.{1,60}?)(?:[,;.]?\s\(?(?:because|since)\s|,\sas\s|"
    r"(?:,\s|\s\()(?:not|rather than|instead of)\s(?=[$-]?\d))(.{1,200})",
    re.IGNORECASE,
)
SUM = re.compile(r"([^()]{1,60}?)\s?\(([^()]{3,80})\)\.?")
ADDEND = re.compile(r"\d{1,9}(?:\.\d{1,9})?", re.ASCII)
BELOW_ZERO = re.compile(r"^(?:minus|negative)\s(?=[\d.$])", re.IGNORECASE)


class Quantity(NamedTuple):
    """What a text says: a number and its unit ("" without one), or (`value` None) the LaTeX of a formula."""

    value: Fraction | None
    unit: str
    formula: str


def number(text: str) -> tuple[Fraction, str] | None:
    """The exact value of a number and its unit ("" without one); None for anything else.

    Reads "5", "+5.", "1,000", "1 000", "1.5e3", "2 × 10^3", "1/2", "1 1/2", "½", "-$5", "50%" and "5 cm", each
    also between dollars or with LaTeX's signs ("50\\%", "5\\text{ cm}"), in Markdown, and behind "about" or "the
    answer is". A comma that does not part thousands, a scale word ("5 million") and a range ("5 to 6") make it no
    number.
    """
    if len(text) > MAX_NUMBER:
        return None
    text = FENCED_PART.sub(r"\1", raised(text)) if text.count("$") == 2 else raised(text)
    if (found := _read(text)) is not None:
        return found
    said = untyped(unled(bare(tidy(text))))
    about = ABOUT.match(said)
    said = BELOW_ZERO.sub("-", said[about.end() :] if about else said)
    if "(" in said and (parts := SUM.fullmatch(said)) and (found := _summed(parts[1], parts[2])):
        return found
    if around := AROUND.fullmatch(said):
        said, aside = next(filter(None, around.groups()), ""), around["aside"]
        if aside and known(aside):
            said = f"{said} {aside}"
        elif aside and (unsure(aside) or not stands_behind(aside)):
            return None
    return _read(said)


@lru_cache(maxsize=4096)  # few answers are met but once: right ones say what their reference does
def quantity(text: str) -> Quantity | None:
    """The number or the formula that a text is, or that it states in prose or in a box; None for anything else."""
    text = raised(text)
    if (found := _quantity(text)) is not None:
        return found
    if (parts := EXPLAINED.fullmatch(text)) and not _doubted(parts[2]) and (found := _quantity(parts[1])) is not None:
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
    if found and expected and None not in (found.value, expected.value):
        return float(alike(found.unit, expected.unit) and found.value == expected.value)
    # (where one can be read and the other cannot, it is not its case or its question mark that may be left out)
    both = (found is None) == (expected is None) and any(map(str.isdigit, reference))
    if both and _closed(answer) == _closed(reference):
        return 1.0
    if (parts := _parts(answer, reference)) is not None:
        return float(all(equal(*pair) for pair in parts))
    if not found or not expected or not alike(found.unit, expected.unit):
        return 0.0
    return float(_both(found, expected).same)


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
    """Both values, where both are real numbers (formulas may be) and their units, if both have one, are the same."""
    found, expected = quantity(answer), quantity(reference)
    if found is None or expected is None or not alike(found.unit, expected.unit):
        return None
    if found.value is not None and expected.value is not None:
        return found.value, expected.value
    try:
        pair = [Fraction(value) for value in _both(found, expected)[1:] if value is not None]
    except (OverflowError, ValueError):
        return None
    return (pair[0], pair[1]) if len(pair) == 2 else None


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


def _doubted(reason: str) -> bool:
    return unsure(reason) or takes_back(reason)


def _summed(said: str, parts: str) -> tuple[Fraction, str] | None:
    """A number and its unit where the numbers behind it in brackets add up to it."""
    addends = [Fraction(part) for part in ADDEND.findall(parts)]
    found = _read(said) if len(addends) > 1 and not unsure(parts) else None
    return found if found and found[0] == sum(addends) else None


def _read(text: str) -> tuple[Fraction, str] | None:
    said = HALVES.sub(_halved, untyped(unfenced(text)).translate(MINUS)).strip()
    match = NUMBER.fullmatch(said)
    if match is None or (match["sign"] and match["inner"]) or not _can_be(match):
        return None
    unit = (match["unit"] or "").strip()
    if unit and not _is_unit(match, unit):
        return None
    if match["money"] and (not unit or unit.startswith("per ")):
        unit = f"{match['money'].casefold()} {unit}".strip()
    amount = _magnitude(match)
    return (-amount if "-" in match["sign"] + match["inner"] else amount), unit


def _is_unit(match: re.Match[str], unit: str) -> bool:
    """Whether what stands behind a number leaves it what it is. ("$5 per hour" has its unit in front.)"""
    if (match["raised"] or match["up"]) and VARIABLE.fullmatch(unit):
        return False
    return stands_behind(f"$/{unit[4:]}" if match["money"] and unit.startswith("per ") else unit)


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


def _both(found: Quantity, expected: Quantity) -> Compared:
    return compared(_formula(found), _formula(expected))


def _formula(found: Quantity) -> str:
    """A number as LaTeX, for comparing it with a formula."""
    if found.value is None:
        return found.formula
    return format(Decimal(found.value.numerator) / Decimal(found.value.denominator), "f")


def _can_be(match: re.Match[str]) -> bool:
    """Whether it is a number: no fraction or power of nothing, and none above one behind a whole number."""
    if not match["over"]:
        return _raised_to(match) >= 0 or any(digit in "123456789" for digit in match["digits"])
    over, under = int(match["over"]), int(match["under"])
    return under > 0 and (match["whole"] is None or 0 < over < under)


def _magnitude(match: re.Match[str]) -> Fraction:
    if match["over"]:
        return Fraction(int(match["over"]), int(match["under"])) + int(match["whole"] or 0)
    exponent = int(match["exponent"] or match["power"] or 0)
    digits = match["digits"].replace(match["comma"] or ",", "").rstrip(".")
    return Fraction(digits) ** _raised_to(match) * Fraction(10) ** exponent


def _raised_to(match: re.Match[str]) -> int:
    return int(match["raised"] or match["up"] or 1)


def _halved(match: re.Match[str]) -> str:
    return f"{match['whole'] or ''} {unicodedata.normalize('NFKC', match['part']).replace('⁄', '/')}"
