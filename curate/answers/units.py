"""Units: whether two are the same, by their spellings and with no conversion.

"km per hour" is "km/h", but "500 cm" is not "5 m". Case counts where it tells two units apart: "mW" is no "MW", but
"KG" is "kg".
"""

import re
import unicodedata
from functools import lru_cache

from curate.answers.spellings import LOWER, SCALES, SYMBOLS, UNITS

PER = re.compile(r"\s?(?:/|\bper\b|\bp\.|\ban?(?=\s(?:second|minute|hour|day|week|month|year)\b))\s?", re.IGNORECASE)
POWER = re.compile(r"\s?(?:\^\s?)?\{?([23])\}?|\s?\^?\s?\{?(-[1-4])\}?|\s(squared|cubed)\b", re.IGNORECASE)
SQUARE = re.compile(r"\b(square\b|sq\b\.?|cubic\b|cu\b\.?)\s?([a-z]+)", re.IGNORECASE)
POWERS = {"square": "2", "sq": "2", "cubic": "3", "cu": "3", "squared": "2", "cubed": "3"}
TIMES = re.compile(r"\s?[·⋅*]\s?")
INVERSE = re.compile(r"(?:(.*)[ *])?([^\W\d_]+)-([1-4])")  # "m s-1"
WORD = re.compile(r"[^\W\d_]+")
FORMS = str.maketrans("º−", "°-")
# Words beside a counted thing that are none.
EMPTY = frozenset({
    "a", "an", "the", "of", "in", "on", "at", "by", "are", "is", "was", "were", "it", "there", "here", "they",
    "them", "these", "those", "this", "that", "total", "all", "altogether", "and", "overall", "visible", "shown",
    "seen", "video", "image", "picture", "scene", "clip", "approximately", "about", "roughly", "around", "or", "so",
    "different", "only", "just", "exactly",
})  # fmt: skip


# "5 degrees north" are not "5 degrees south".
WAYS = frozenset({
    "north", "south", "east", "west", "left", "right", "up", "down", "upwards", "downwards", "forward", "forwards",
    "backward", "backwards", "clockwise", "counterclockwise", "anticlockwise",
})  # fmt: skip

COUNTED = frozenset({
    "person", "man", "woman", "child", "bus", "leaf", "knife", "shelf", "tooth", "mouse", "goose", "time", "bar", "yd",
    "mol", "",
})  # fmt: skip
WHOLES = {"%": 100, "‰": 1000}


def alike(found: str, expected: str) -> bool:
    """Whether two units are the same; "" is any. "degree" may be one of temperature, "pound" one of weight.

    Measures must be the same one, also in their direction. Of counted things ("red cars", "cars in the video") one
    word must be common. Letters that may as well be a number ("K", "T") are none beside "".
    """
    if found == expected:
        return True
    if not found or not expected:
        return (found or expected).strip(" .") not in SCALES
    one, other = _measures(found), _measures(expected)
    if not one or not other or "" in one | other:
        return True
    ways = [WAYS.intersection(WORD.findall(unit.casefold())) for unit in (found, expected)]
    if all(ways) and not ways[0] & ways[1]:
        return False
    both = one | other
    return bool(one & other) or ("°" in both and all(name.startswith("°") for name in both))


def known(unit: str) -> bool:
    """Whether a text is a unit of the table and nothing else: "cm", "square meters", "m s^-1"."""
    return bool(_spelt(_plain(unit)))


def counts(unit: str) -> bool:
    """Whether a unit of the table is a counted thing: "people", "次"."""
    return not COUNTED.isdisjoint(_spelt(_plain(unit)))


def singular(text: str) -> str:
    """The text with its words in the singular; shorter ones are symbols, whose case counts."""
    return WORD.sub(lambda match: _singular(match[0]) if len(match[0]) > 2 else match[0], text)


def whole(unit: str) -> int:
    """Of how many parts a unit is one: 100 of "percent of the people", 1000 of "‰", else 1."""
    return next((WHOLES[name] for name in _measures(unit) if name in WHOLES), 1) if unit else 1


@lru_cache(maxsize=1024)
def _measures(unit: str) -> frozenset[str]:
    """What a unit may be: measures by their first spelling, or the words for what is counted; empty for none."""
    plain = _plain(unit)
    if found := _spelt(plain):
        return found
    words = plain.split(" ")
    for length in (3, 2, 1):  # "meters long", "years old today"
        head = " ".join(words[:length])
        if len(words) > length and head.casefold() != "in" and (found := _spelt(head)):
            return found
    counted = [word for word in WORD.findall(plain) if word.casefold() not in EMPTY]
    return frozenset().union(*(_spelt(word) or {word if len(word) == 1 else _singular(word)} for word in counted))


def _plain(unit: str) -> str:
    text = unicodedata.normalize("NFKC", unit.translate(FORMS)).replace("per cent", "%").translate(FORMS)
    text = " ".join(text.split()).strip(" .,)!?")
    text = SQUARE.sub(lambda match: f"{_singular(match[2])}{POWERS[match[1].casefold().rstrip('.')]}", text)
    text = POWER.sub(lambda match: match[1] or match[2] or POWERS[match[3].casefold()], text)
    return TIMES.sub("*", PER.sub("/", text))


def _spelt(text: str) -> frozenset[str]:
    """The measures of this spelling, each side of a "/" by itself; empty where one is unknown."""
    if found := _named(text):
        return found
    if text[-1:] in ("2", "3") and (found := _named(text[:-1])):
        return frozenset(f"{name}{text[-1]}" for name in found)
    parts = [part if part in SYMBOLS else _singular(part) for part in re.split("[ *]", text)]
    if len(parts) > 1 and SYMBOLS.issuperset(parts):
        return frozenset({"*".join(sorted(min(UNITS[part]) for part in parts))})
    if inverse := INVERSE.fullmatch(text):
        text = f"{inverse[1] or ''}/{inverse[2]}{inverse[3] if inverse[3] != '1' else ''}"
    top, slash, bottom = text.partition("/")
    if not slash:
        return frozenset()
    tops, bottoms = _spelt(top) or frozenset({_singular(top)}), _spelt(bottom)
    return frozenset(f"{one}/{other}" for one in tops for other in bottoms)


def _named(text: str) -> frozenset[str]:
    """The measures of a spelling as it stands, else of those that differ in case only, and the least."""
    if found := UNITS.get(text):
        return found
    low = text.casefold()
    names = LOWER.get(low) or LOWER.get(_singular(low)) or LOWER.get(low.removesuffix("s")) or frozenset()
    if len(text) == 1 or not names:
        return frozenset()
    alike = {name: sum(map(str.__eq__, name, text)) for name in names}
    return frozenset().union(*(UNITS[name] for name in names if alike[name] == max(alike.values())))


def _singular(word: str) -> str:
    """The word without the ending of a plural, also in the first of several ("degrees celsius")."""
    first, space, rest = word.casefold().partition(" ")
    power = first[-1:] if first[-1:] in ("2", "3") else ""
    first = first.removesuffix(power) if power else first
    if len(first) > 3:
        for ending, single in (("ches", "ch"), ("shes", "sh"), ("xes", "x"), ("sses", "ss"), ("ies", "y"), ("s", "")):
            if first.endswith(ending) and not first.endswith("ss"):
                first = first.removesuffix(ending) + single
                break
    elif len(first) > 2 and first.endswith("s") and f"{first[:-1]}" in UNITS:
        first = first[:-1]
    return f"{first}{power}{space}{rest}"
