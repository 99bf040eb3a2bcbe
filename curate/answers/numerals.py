"""Numbers in words, and scale words: "twenty-one people" is "21 people", "1.5 million" 1500000, "3万人" "30000人"."""

import re
from fractions import Fraction

SMALL = {
    word: amount
    for amount, word in enumerate(
        (
            *(
                "zero",
                "one",
                "two",
                "three",
                "four",
                "five",
                "six",
                "seven",
                "eight",
                "nine",
                "ten",
                "eleven",
                "twelve",
            ),
            *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
        )
    )
}
TENS = {
    word: 10 * amount
    for amount, word in enumerate(("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), 2)
}
SCALES = {
    **{"dozen": 12, "hundred": 100, "thousand": 10**3, "lakh": 10**5, "million": 10**6, "mln": 10**6, "crore": 10**7},
    **{"billion": 10**9, "bn": 10**9, "trillion": 10**12},
}
NUMBER_WORDS = frozenset({*SMALL, *TENS, *SCALES, *(f"{scale}s" for scale in SCALES), "tens", "scores"})
_SCALE = rf"(?:{'|'.join(SCALES)})s?"
_WORD = rf"(?:{'|'.join([*sorted(SMALL, key=len, reverse=True), *TENS])})"
WORDED = re.compile(rf"(?:{_WORD}|an?\s{_SCALE})(?:(?:-|\s)(?:and\s)?(?:{_WORD}|{_SCALE}))*(?![\w'’-])", re.IGNORECASE)
SCALED = re.compile(
    rf"""(?P<sign>[+-]?\s?(?:US\$|[$€£¥₹])?\s?)(?P<digits>(?:[1-9]\d{{0,2}}(?:,\d{{3}})+|\d+)(?:\.\d+)?)
         (?:\s?(?P<scale>{_SCALE})(?:\s(?P<again>{_SCALE}))?(?![\w'’-])
           |\s?(?P<cjk>(?:[十萬万億亿만천백억]|[百](?![分帕])|千(?![克米瓦卡伏帕焦赫牛升]))+))""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
HALF = re.compile(r"(-?\d{1,9})\sand\s(?:a|one)\s(half|quarter)(?![\w-])", re.IGNORECASE)
CHINESE = re.compile("(?:[零〇一二两兩三四五六七八九十萬万億亿]|百(?![分帕])|千(?![克米瓦卡伏帕焦赫牛升]))+")
DIGITS = {sign: amount for amount, signs in enumerate(("零〇", "一", "二两兩", *"三四五六七八九")) for sign in signs}
POWERS = {"十": 10, "百백": 100, "千천": 10**3, "万萬만": 10**4, "亿億억": 10**8}
UNITS = {sign: amount for signs, amount in POWERS.items() for sign in signs}
MYRIAD = 10**4


def in_digits(text: str) -> str:
    """The text with its number in digits, where it begins with one that is wholly or partly in words."""
    for pattern, value in ((WORDED, _english), (CHINESE, _chinese)):
        match = pattern.match(text)
        if match and (amount := value(match[0])) is not None:
            text = f"{amount}{text[match.end() :]}"
    if match := SCALED.match(text):
        text = f"{match['sign']}{_scaled(match)}{text[match.end() :]}"
    return HALF.sub(lambda match: f"{match[1]}.{'5' if match[2].casefold() == 'half' else '25'}", text, count=1)


def _scaled(match: re.Match[str]) -> str:
    """The number in front of scale words, in digits: "1.5 million", "2 hundred thousand", "5万"."""
    amount = Fraction(match["digits"].replace(",", ""))
    for scale in filter(None, (match["scale"], match["again"])):
        amount *= SCALES[_single(scale)]
    for sign in match["cjk"] or "":
        amount *= UNITS[sign]
    return str(amount) if amount.denominator == 1 else format(float(amount), "f").rstrip("0")


def _single(scale: str) -> str:
    low = scale.casefold()
    return low if low in SCALES else low.removesuffix("s")


def _english(text: str) -> int | None:
    """A cardinal in words; None for what is none ("five six", "twenty twenty")."""
    total = part = 0
    least, before = 10**15, ""
    for word in re.split(r"[\s-]+", text.casefold()):
        scale = SCALES.get(_single(word))
        if word == "and":
            fits = _single(before) in SCALES
        elif word in ("a", "an"):
            fits, part = True, 1
        elif scale is not None and scale < 10**3:
            fits, part = 0 < part < 100, part * scale
        elif scale is not None:
            fits, total, part, least = part > 0 and scale < least, total + part * scale, 0, scale
        else:
            amount = TENS.get(word) or SMALL[word]
            room = 10 if 0 < amount < 10 and part % 100 >= 20 else 100
            fits, part = part % room == 0 and not (amount == 0 and before) and before != "zero", part + amount
        if not fits:
            return None
        before = word
    return total + part


def _chinese(text: str) -> int | None:
    """A cardinal in Chinese; None for what is none or short for another ("三五", "三万二")."""
    total = part = digit = 0
    before, least = "", MYRIAD
    for sign in text:
        amount = UNITS.get(sign)
        if amount is None:
            if before in DIGITS and before not in "零〇":
                return None
            digit = DIGITS[sign]
        elif amount >= MYRIAD:
            if not (total := (total + part + digit) * amount):
                return None
            part, digit, least = 0, 0, MYRIAD
        elif amount >= least or (not digit and not (amount == 10 and before in ("", "零", "〇"))):
            return None
        else:
            part, digit, least = part + (digit or 1) * amount, 0, amount
        before = sign
    short = digit and len(text) > 1 and text[-2] not in "十零〇"
    return None if short else total + part + digit
