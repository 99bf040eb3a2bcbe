"""Numbers with their units: what a text says, exactly, and whether two say the same."""

import math
import re
import unicodedata
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from curate.answers.dress import bare, tidy
from curate.answers.formulas import Compared, compared, is_formula
from curate.answers.stated import statements, unled
from curate.answers.texts import plain, raised
from curate.answers.units import alike

MAX_NUMBER = 100

NUMBER = re.compile(
    r"""(?P<sign>[+-]?)\s?(?P<money>US\$|[$€£¥₹]|(?:USD|EUR|GBP|CNY|RMB|JPY|INR|Rs\.?)(?=\s?\d))?\s?(?P<inner>[+-]?)
    (?:(?:(?P<whole>\d+)\s)?(?P<over>\d+)\s?/\s?(?P<under>\d+)
      |(?P<digits>[1-9]\d{0,2}(?:(?P<comma>[,\ '’])\d{3})(?:(?P=comma)\d{3})*(?:\.\d*)?|\d+\.?\d*|\.\d+)
       (?:[eE](?P<exponent>[+-]?\d{1,3})
         |\s?(?:[x×*·]|\\times|\\cdot)\s?10\s?\^\s?\{?(?P<power>[+-]?\d{1,3})\}?
         |\s?\^\s?(?:\{(?P<raised>[+-]?\d{1,2})\}|(?P<up>\d{1,2})))?)
    (?:\s?(?P<unit>(?![√π∞×·÷±])(?:[%‰°'"$€£¥₹]|[A-Za-z\u0080-\uffff])[^\d,;=]{0,30}(?:[23]\}?\.?)?))?""",
    re.VERBOSE | re.ASCII,
)
MINUS = str.maketrans("−﹣－–", "----")
POINT = re.compile(r"([(\[])([^()\[\]]{3,100})([)\]])")
CLOSING = re.compile(r"\s?([(),:;/\[\]])\s?")
HALVES = re.compile("(?P<whole>[0-9])?(?P<part>[¼-¾⅐-⅞])")
NOT_A_UNIT = re.compile(
    r"(?:or|to|and|plus|minus|times(?=\s\w)|over|pi|root|half|halves|thirds?|quarters?|squared|cubed|factorial|negative"
    r"|x|y|k|(?:hundred|thousand|dozen|lakh|crore|million|billion|trillion)s?|mio|mil|bn|tens"
    r"|(?:ten|hundred|thousand|million)ths?|followed|choose)\b(?![^\W\d_])"
    r"|i\W{0,2}$|x\s?\d|.*['\"’”′][23]"
    r"|(?:.*\s)?(?:ft|foot|feet|in|inch(?:es)?|lbs?|h|hrs?|hours?|min|minutes?|by|vs\.?|per|to|or|and|plus|minus)\s[23]"
    r"|(?:at\s(?:most|least)|below|above)\b"
    r"|.*(?:\b(?:or\s(?:more|less|fewer)|not|wrong|incorrect)\b|n['’]t\b)"
    r"|.*\band\s(?:a\s)?(?:half|quarter|third|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b"
)
VARIABLE = re.compile(r"[abcnpqtuvwxyz]|[ⁿˣʸⁱ].*")  # "2^3n"; "10^3 m" has a unit
# What stands in front of a number and changes nothing.
ABOUT = re.compile(
    r"""(?:(?:about|around|approximately|approx\.?|roughly|circa|ca\.|an?\sestimated|estimated\sat|(?:a\s)?total\sof|exactly|precisely|only|just
          |there\s(?:is|are|was|were)|I\s(?:can\s)?(?:count|see)|(?:m?∠\s?)?[A-Za-z][A-Za-z ]{0,20}[:=≈]
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
      | ([^()]*?)(?:\s\((?![^()]*\b(?:not|or|in|hundred|thousand|[mb]illion)s?\b)[^()\d]{1,40}\))?[;!。.]?""",
    re.VERBOSE | re.IGNORECASE,
)
FENCES = (re.compile(r"\$\$?([^$]+)\$\$?"), re.compile(r"\\\((.+)\\\)"), re.compile(r"\\\[(.+)\\\]"))
FENCED_PART = re.compile(r"^\$([^$]{1,60})\$(?=\s?(?:[A-Za-z°%]|\\text))")  # "$10^2$ cm"
BOXED = re.compile(r"\\boxed\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}")
IN_WORDS = re.compile(r"\\(?:text|textrm|mathrm|mbox|operatorname)\s?\{([^{}]*)\}")
SIGNS = (
    (re.compile(r"\\([%$€£])"), r"\1"),
    (re.compile(r"\{,\}"), ","),
    (re.compile(r"\\(?:left|right)(?![A-Za-z])"), ""),
    (re.compile(r"\\(?:approx|simeq)(?![A-Za-z])"), "≈"),
    (re.compile(r"\\angle(?![A-Za-z])\s?"), "∠"),
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
    also between dollars or with LaTeX's signs ("50\\%", "5\\text{ cm}"), in Markdown, and behind "about" or "the
    answer is". A comma that does not part thousands, a scale word ("5 million") and a range ("5 to 6") make it no
    number.
    """
    if len(text) > MAX_NUMBER:
        return None
    text = FENCED_PART.sub(r"\1", raised(text)) if text.count("$") == 2 else raised(text)
    if (found := _read(text)) is not None:
        return found
    said = _untyped(unled(bare(tidy(text))))
    about = ABOUT.match(said)
    said = said[about.end() :] if about else said
    if around := AROUND.fullmatch(said):
        said = next(filter(None, around.groups()), "")
    return _read(said)


@lru_cache(maxsize=4096)  # few answers are met but once: right ones say what their reference does
def quantity(text: str) -> Quantity | None:
    """The number or the formula that a text is, or that it states in prose or in a box; None for anything else."""
    text = raised(text)
    if (found := _quantity(text)) is not None:
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
    if any(map(str.isdigit, reference)) and _closed(answer) == _closed(reference):
        return 1.0
    if (parts := _parts(answer, reference)) is not None:
        return float(all(equal(*pair) for pair in parts))
    return float(_both(found, expected).same) if found and expected else 0.0


def value(text: str) -> Fraction | None:
    """The value of a number, or of a formula that is a real number; None for anything else."""
    found = quantity(text)
    if found is None or found.value is not None:
        return found.value if found else None
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
    found, expected = (FACTORIAL.fullmatch(_bare(text)) for text in (answer, reference))
    if expected:
        return found[1] == expected[1] if found else value(answer) == math.factorial(int(expected[1]))
    return value(reference) in (int(found[1]), math.factorial(int(found[1]))) if found else None


def _quantity(text: str) -> Quantity | None:
    if (found := number(text)) is not None:
        return Quantity(*found, "")
    for said in (text, unled(text)):
        if is_formula(formula := _bare(said)):
            return Quantity(None, "", formula)
    return None


def _read(text: str) -> tuple[Fraction, str] | None:
    said = HALVES.sub(_halved, _untyped(_bare(text)).translate(MINUS)).strip()
    match = NUMBER.fullmatch(said)
    if match is None or (match["sign"] and match["inner"]) or not _can_be(match):
        return None
    unit = (match["unit"] or "").casefold().strip()
    if (match["raised"] or match["up"]) and VARIABLE.fullmatch(match["unit"] or ""):
        return None
    if NOT_A_UNIT.match(unit) or match["unit"] in ("M", "B"):
        return None
    if match["money"] and (not unit or unit.startswith("per ")):
        unit = f"{match['money'].casefold()} {unit}".strip()
    amount = _magnitude(match)
    return (-amount if "-" in match["sign"] + match["inner"] else amount), unit


def _parts(answer: str, reference: str) -> list[tuple[str, str]] | None:
    """Pairs of what stands in the same place of two points or intervals; None where they are none, or not alike."""
    found, expected = (POINT.fullmatch(_closed(text)) for text in (answer, reference))
    if not found or not expected or (found[1], found[3]) != (expected[1], expected[3]):
        return None
    parts = found[2].split(","), expected[2].split(",")
    return list(zip(*parts, strict=True)) if len(parts[0]) == len(parts[1]) > 1 else None


def _closed(text: str) -> str:
    """A text for comparing it as such, without blanks around its marks."""
    return CLOSING.sub(r"\1", plain(_untyped(_bare(bare(text)))))


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
