"""One number and its unit: what a text says, exactly."""

import re
import unicodedata
from fractions import Fraction

from curate.answers.asides import unsure
from curate.answers.behind import VARIABLE, denied, stands_behind
from curate.answers.conversions import converted
from curate.answers.dress import bare, tidy
from curate.answers.notation import FENCED_PART, STRUCK, unfenced, untyped
from curate.answers.numerals import in_digits
from curate.answers.stated import unled
from curate.answers.texts import raised
from curate.answers.units import alike, known

MAX_NUMBER = 100

NUMBER = re.compile(
    r"""(?P<sign>[+-]?)\s?(?P<money>US\$|[$€£¥₹]|(?:USD|EUR|GBP|CNY|RMB|JPY|INR|Rs\.?)(?=\s?\d))?\s?(?P<inner>[+-]?)
    (?:(?:(?P<whole>\d+)\s)?(?P<over>\d+)\s?/\s?(?P<under>\d+)
      |(?P<digits>[1-9]\d{0,2}(?:(?P<comma>[,\ '’])\d{3})(?:(?P=comma)\d{3})*(?:\.\d*)?|\d+\.?\d*|\.\d+)
       (?:[eE](?P<exponent>[+-]?\d{1,3})
         |\s?(?:[x×*·]|\\times|\\cdot)\s?10\s?\^\s?\{?(?P<power>[+-]?\d{1,3})\}?
         |\s?\^\s?(?:\{(?P<raised>[+-]?\d{1,2})\}|(?P<up>\d{1,2})))?)
    (?:\s?(?P<unit>(?![√π∞×·÷±])(?:[%‰°'"$€£¥₹]|[A-Za-z\u0080-\uffff])[^\d,;=]{0,60}
       (?:(?:(?<=\^)|(?<=\^\{)|(?<=\^-)|(?<=\^\{-))[1-4][^\d,;=]{0,20}){0,3}(?:[23]\}?\.?)?))?""",
    re.VERBOSE | re.ASCII,
)
MINUS = str.maketrans("−﹣－–", "----")
HALVES = re.compile("(?P<whole>[0-9])?(?P<part>[¼-¾⅐-⅞])")
# What stands in front of a number and changes nothing.
ABOUT = re.compile(
    r"""(?:(?:about|around|approximately|approx\.?|roughly|circa|ca\.|an?\sestimated|estimated\sat
          |(?:a\s)?total\sof|exactly|precisely|only|just
          |I(?:\swould|['’]d)?\sestimate(?:\sthat)?(?:\s(?:it|this|(?:the|its)\s[a-z ]{1,30}?)\s(?:at|as|to\sbe|is))?
          |in(?=\s[12]\d{3}\W{0,2}$)
          |there\s(?:is|are|was|were)|I\s(?:can\s)?(?:count|see)
          |(?![A-Za-z ]{0,20}\b(?:wrong|incorrect|false|not|never|no|nor|neither|except|other|than|least|most|if|unless
           |maybe|perhaps|might|could|guess|quite|minus|negative)\b)(?:m?∠\s?)?[A-Za-z][A-Za-z ]{0,20}[:=≈]
          |(?![A-Za-z ]{0,40}\b(?:if|unless|not|never|no|might|may|could|than|least|most)\b)
           [A-Za-z][A-Za-z ]{0,40}\s(?:is|are|was|were|equals|measures|has|have|contains?|shows?|weighs?|costs?))\s?
        |[≈≃~∼=]\s?|(?:图片?|照片|视频|影片|画面)[中里上]|大约|大概|约|总共|一共|共|有){1,4}""",
    re.VERBOSE | re.IGNORECASE,
)
# "(5)", "5 (cars)", "5;".
AROUND = re.compile(
    r"""[(\[{]([^()\[\]{}]*)[)\]}]\.?
      | ([^()]*?)(?:\s\((?P<aside>(?![^()]*\b(?:not|or|in|hundred|thousand|[mb]illion)s?\b)[^()\d]{1,40})\))?
        [;!。.]?""",
    re.VERBOSE | re.IGNORECASE,
)
SUM = re.compile(r"([^()]{1,60}?)\s?\(([^()]{3,80})\)\.?")
AGAIN = re.compile(r"([^()]{1,60}?)\s?\(([^()]{1,40})\)(?:\s[a-z]{1,10})?\.?")
AMOUNT = re.compile(r"\d{1,9}(?:\.\d{1,9})?|[^\W\d_]+(?:-[^\W\d_]+)*", re.ASCII)
# "(including the child)", "(the dogs on the left)"; "(a cat, a dog and a bird)" of 3.
REMARK = re.compile(
    r"""(?:approx(?:\.|imately)?|exactly|estimated|as\s(?:shown|seen|counted)\b.*|including\s.*
        |(?:total\s)?(?:length|height|width|depth|distance|area|volume|weight|radius|diameter))$
      | ^(?:all\s)?(?:(?:the|an?)\s)?""",
    re.VERBOSE,
)
LISTING = re.compile(r",\s?(?:and\s)?|\sand\s|、|和")
BELOW_ZERO = re.compile(r"(?:minus|negative)\s|负", re.IGNORECASE)
INSTEAD = re.compile(r"not\s(\S{1,20})(?:\s[a-z]{1,15})?,?\sbut\s(?:rather\s)?", re.IGNORECASE)  # "not 4 but 5"


def number(text: str) -> tuple[Fraction, str] | None:
    """The exact value of a number and its unit ("" without one); None for anything else.

    Reads "5", "+5.", "1,000", "1 000", "1.5e3", "2 × 10^3", "1/2", "1 1/2", "½", "-$5", "50%" and "5 cm", each
    also between dollars or with LaTeX's signs ("50\\%", "5\\text{ cm}"), in Markdown, and behind "about" or "the
    answer is"; also "twenty-one", "1.5 million" and "3万". A comma that does not part thousands and a range ("5 to
    6") make it no number.
    """
    if len(text) > MAX_NUMBER:
        return None
    text = STRUCK.sub(" ", raised(text))
    text = FENCED_PART.sub(r"\1", text) if text.count("$") == 2 else text
    if (found := _read(text)) is not None:
        return found
    said = _plainly(text)
    if "(" in said and (found := _summed(said) or _said_again(said)):
        return found
    if around := AROUND.fullmatch(said):
        said, aside = next(filter(None, around.groups()), ""), around["aside"]
        if aside and known(aside):
            said = f"{said} {aside}"
        elif aside and not _remarked(_read(said), aside):
            return None
    return _read(said)


def _remarked(found: tuple[Fraction, str] | None, aside: str) -> bool:
    """Whether a remark in brackets leaves the number what it is: it says what is counted, or lists so many things."""
    if found is None or unsure(aside) or denied(aside):
        return False
    return stands_behind(REMARK.sub("", aside), found[0] <= 1) or len(LISTING.split(aside)) == found[0] > 1


def numbers_in(text: str) -> list[Fraction]:
    """All numbers in a text, in digits or in words."""
    said = (in_digits(match[0]) for match in AMOUNT.finditer(text))
    return [Fraction(amount) for amount in said if amount[0].isdecimal()]


def _plainly(text: str) -> str:
    """The text without its dress and what announces it, its number in digits."""
    said = untyped(unled(bare(tidy(text))))
    said = in_digits(said) if said[:1].isascii() else said  # ("一共" is no 1)
    said = said[about.end() :] if (about := ABOUT.match(said)) else said
    if (instead := INSTEAD.match(said)) and in_digits(instead[1])[0].isdecimal():
        said = said[instead.end() :]
    below = BELOW_ZERO.match(said)
    rest = in_digits(said[below.end() :] if below else said)
    if not below:
        return rest
    return f"-{rest}" if rest[:1].isdecimal() or rest[:1] in (".", "$") else said


def _summed(said: str) -> tuple[Fraction, str] | None:
    """A number and its unit where the numbers behind it in brackets add up to it."""
    if (parts := SUM.fullmatch(said)) is None or unsure(parts[2]):
        return None
    addends = numbers_in(parts[2])
    found = _read(parts[1]) if len(addends) > 1 else None
    return found if found and found[0] == sum(addends) else None


def _said_again(said: str) -> tuple[Fraction, str] | None:
    """A number that stands in brackets once more: "24 (twenty-four)", "3 m (10 ft)"."""
    if (parts := AGAIN.fullmatch(said)) is None:
        return None
    found, again = _read(parts[1]), _read(in_digits(parts[2]))
    if not found or not again:
        return None
    same = found[0] == again[0] and alike(found[1], again[1])
    return found if same or converted(found, again) else None


def _read(text: str) -> tuple[Fraction, str] | None:
    said = HALVES.sub(_halved, untyped(unfenced(text)).translate(MINUS)).strip()
    match = NUMBER.fullmatch(said)
    if match is None or (match["sign"] and match["inner"]) or not _can_be(match):
        return None
    unit = (match["unit"] or "").strip()
    amount = _magnitude(match)
    if unit and not _is_unit(match, unit, one=amount <= 1):
        return None
    if match["money"] and (not unit or unit.startswith("per ")):
        unit = f"{match['money'].casefold()} {unit}".strip()
    return (-amount if "-" in match["sign"] + match["inner"] else amount), unit


def _is_unit(match: re.Match[str], unit: str, one: bool) -> bool:
    """Whether what stands behind a number leaves it what it is. ("$5 per hour" has its unit in front.)"""
    if (match["raised"] or match["up"]) and VARIABLE.fullmatch(unit):
        return False
    return stands_behind(f"$/{unit[4:]}" if match["money"] and unit.startswith("per ") else unit, one)


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
