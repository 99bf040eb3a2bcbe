"""Numbers with their units: what a text says, exactly, and whether two say the same."""

import re
import unicodedata
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from curate.answers.formulas import Compared, compared, is_formula
from curate.answers.texts import plain

MAX_NUMBER = 100

NUMBER = re.compile(
    r"""(?P<sign>[+-]?)\s?[$€£¥₹]?\s?(?P<inner>[+-]?)
    (?:(?:(?P<whole>\d+)\s)?(?P<over>\d+)\s?/\s?(?P<under>\d+)
      |(?P<digits>[1-9]\d{0,2}(?:(?P<comma>[,\ '’])\d{3})(?:(?P=comma)\d{3})*(?:\.\d*)?|\d+\.?\d*|\.\d+)
       (?:[eE](?P<exponent>[+-]?\d{1,3})
         |\s?(?:[x×*·]|\\times|\\cdot)\s?10\s?\^\s?\{?(?P<power>[+-]?\d{1,3})\}?)?)
    (?:\s?(?P<unit>(?![√π∞×·÷±])(?:[%‰°'"$€£¥₹]|[A-Za-z\u0080-\uffff])[^\d,;=]{0,30}(?:[23]\.?)?))?""",
    re.VERBOSE | re.ASCII,
)
MINUS = str.maketrans("−﹣－–", "----")
HALVES = re.compile("(?P<whole>[0-9])?(?P<part>[¼-¾⅐-⅞])")
NOT_A_UNIT = re.compile(
    r"or|to|and|plus|minus|times|x|y|k|(?:hundred|thousand|dozen|million|billion|trillion)s?|mio|mil|bn"
)
UNITS = {
    name: group[0]
    for group in (
        ("%", "percent", "per cent", "pct"),
        ("°", "degree", "deg", "°c", "degree celsius", "degrees celsius", "celsius"),
        ("$", "dollar", "usd", "us$"), ("€", "euro", "eur"), ("£", "gbp"),
        ("m", "meter", "metre"), ("cm", "centimeter", "centimetre"), ("mm", "millimeter", "millimetre"),
        ("km", "kilometer", "kilometre"), ("in", "inch", "inche", '"'), ("ft", "foot", "feet", "'"), ("mi", "mile"),
        ("g", "gram"), ("kg", "kilogram", "kilo"), ("lb", "pound"), ("s", "sec", "second"), ("ms", "millisecond"),
        ("min", "minute"), ("h", "hr", "hour"), ("l", "liter", "litre"), ("ml", "milliliter", "millilitre"),
    )
    for name in group
}  # fmt: skip

FENCES = (re.compile(r"\$\$?([^$]+)\$\$?"), re.compile(r"\\\((.+)\\\)"), re.compile(r"\\\[(.+)\\\]"))
BOXED = re.compile(r"\\boxed\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}")
IN_WORDS = re.compile(r"\\(?:text|textrm|mathrm|mbox|operatorname)\s?\{([^{}]*)\}")
SIGNS = (
    (re.compile(r"\\([%$€£])"), r"\1"),
    (re.compile(r"\{,\}"), ","),
    (re.compile(r"\\[,;:! ]|~"), " "),
    (re.compile(r"\s?\^?\s?\{?\s?(?:\\circ|\\degree)\s?\}?"), "°"),
)


class Quantity(NamedTuple):
    """What a text says: a number and its unit ("" without one), or (`value` None) the LaTeX of a formula."""

    value: Fraction | None
    unit: str
    formula: str


def number(text: str) -> tuple[Fraction, str] | None:
    """The exact value of a number and its unit ("" without one); None for anything else.

    Reads "5", "+5.", "1,000", "1 000", "1.5e3", "2 × 10^3", "1/2", "1 1/2", "½", "-$5", "50%" and "5 cm", each
    also between dollars or with LaTeX's signs ("50\\%", "5\\text{ cm}"). A comma that does not part thousands, a
    scale word ("5 million") and a range ("5 to 6") make it no number.
    """
    if len(text) > MAX_NUMBER:
        return None
    said = HALVES.sub(_halved, _untyped(_bare(text)).translate(MINUS)).strip()
    match = NUMBER.fullmatch(said)
    if match is None or (match["sign"] and match["inner"]) or not _can_be(match):
        return None
    unit = (match["unit"] or "").casefold().strip()
    if NOT_A_UNIT.fullmatch(unit.split(" ")[0].rstrip(".")):
        return None
    value = _magnitude(match)
    return (-value if "-" in match["sign"] + match["inner"] else value), unit


def quantity(text: str) -> Quantity | None:
    """The number or the formula that a text is; None for anything else."""
    if (found := number(text)) is not None:
        return Quantity(*found, "")
    bare = _bare(text)
    return Quantity(None, "", bare) if is_formula(bare) else None


def equal(answer: str, reference: str) -> float:
    """1.0 where both say the same number in the same unit, or the same formula, else 0.0.

    Numbers are compared exactly, formulas (also with numbers) to six decimals. A unit that only one side
    has is no matter. What is neither ("3:2") is compared as text, but words without a digit are never right.
    """
    found, expected = quantity(answer), quantity(reference)
    if found and expected and None not in (found.value, expected.value):
        return float(alike(found, expected) and found.value == expected.value)
    if any(map(str.isdigit, reference)) and plain(answer) == plain(reference):
        return 1.0
    return float(_both(found, expected).same) if found and expected else 0.0


def values(answer: str, reference: str) -> tuple[Fraction, Fraction] | None:
    """Both values, where both are real numbers (formulas may be) and their units, if both have one, are the same."""
    found, expected = quantity(answer), quantity(reference)
    if found is None or expected is None or not alike(found, expected):
        return None
    if found.value is not None and expected.value is not None:
        return found.value, expected.value
    try:
        pair = [Fraction(value) for value in _both(found, expected)[1:] if value is not None]
    except (OverflowError, ValueError):
        return None
    return (pair[0], pair[1]) if len(pair) == 2 else None


def alike(found: Quantity, expected: Quantity) -> bool:
    """Whether the units are the same, if both have one: "m" is "meters", but nothing is converted."""
    units = [_unit(quantity.unit) for quantity in (found, expected) if quantity.unit]
    return len(units) < 2 or units[0] == units[1]


def _both(found: Quantity, expected: Quantity) -> Compared:
    return compared(_formula(found), _formula(expected))


def _formula(found: Quantity) -> str:
    """A number as LaTeX, for comparing it with a formula."""
    if found.value is None:
        return found.formula
    return format(Decimal(found.value.numerator) / Decimal(found.value.denominator), "f")


def _unit(unit: str) -> str:
    unit = unit.rstrip(" .")
    return UNITS.get(unit) or UNITS.get(unit.rstrip("s")) or unit.rstrip("s")


def _can_be(match: re.Match[str]) -> bool:
    """Whether it is no fraction, or one that parts by something and, behind a whole number, is below one."""
    if not match["over"]:
        return True
    over, under = int(match["over"]), int(match["under"])
    return under > 0 and (match["whole"] is None or 0 < over < under)


def _magnitude(match: re.Match[str]) -> Fraction:
    if match["over"]:
        return Fraction(int(match["over"]), int(match["under"])) + int(match["whole"] or 0)
    exponent = int(match["exponent"] or match["power"] or 0)
    digits = match["digits"].replace(match["comma"] or ",", "").rstrip(".")
    return Fraction(digits) * Fraction(10) ** exponent


def _bare(text: str) -> str:
    """A text without what fences a formula in: dollars, brackets, a box."""
    for fence in (*FENCES, BOXED):
        if match := fence.fullmatch(text.strip()):
            text = match[1]
    return text.strip()


def _untyped(text: str) -> str:
    """A text with plain signs for LaTeX's."""
    text = IN_WORDS.sub(r" \1", text)
    for sign, plainly in SIGNS:
        text = sign.sub(plainly, text)
    return " ".join(text.split())


def _halved(match: re.Match[str]) -> str:
    return f"{match['whole'] or ''} {unicodedata.normalize('NFKC', match['part']).replace('⁄', '/')}"
