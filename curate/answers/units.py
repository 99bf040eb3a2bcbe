"""Units by their spellings: a table and no conversion. "km per hour" is "km/h", but "500 cm" is not "5 m".

A library of units (pint) was weighed: it would convert, knows neither counted things nor Chinese, and reads
"in total" as inches; what is wanted here is which spellings mean one unit.
"""

import re
import unicodedata

SPELLINGS = {
    "%": "percent, per cent, pct, percentage, ％",
    "°": "degree, deg, 度",
    "°c": "c, ° c, degree celsius, degree centigrade, degree c, deg c, celsius, centigrade, 摄氏度",
    "°f": "f, ° f, degree fahrenheit, degree f, deg f, fahrenheit, 华氏度",
    "$": "dollar, usd, us$, us dollar, u.s. dollar, buck, 美元",
    "€": "euro, eur, 欧元",
    "£": "pound, gbp, pound sterling, quid, 英镑",
    "cny": "¥, yuan, rmb, 元, 人民币",
    "jpy": "¥, yen, 日元",
    "₹": "rupee, inr, rs",
    "cent": "c, ¢",
    "m": "meter, metre, 米",
    "cm": "centimeter, centimetre, 厘米, 公分",
    "mm": "millimeter, millimetre, 毫米",
    "km": "kilometer, kilometre, 公里, 千米",
    "in": 'inch, ", ″, 英寸',
    "ft": "foot, feet, ', ′, 英尺",
    "yd": "yard, 码",
    "mi": "mile, 英里",
    "m2": "sqm, meter2, metre2, 平方米, 平米",
    "cm2": "sqcm, centimeter2, centimetre2, 平方厘米",
    "mm2": "sqmm, millimeter2, millimetre2, 平方毫米",
    "km2": "sqkm, kilometer2, kilometre2, 平方公里, 平方千米",
    "ft2": "sqft, foot2, feet2, 平方英尺",
    "in2": "sqin, inch2",
    "mi2": "sqmi, mile2",
    "m3": "cbm, meter3, metre3, 立方米",
    "cm3": "cc, centimeter3, centimetre3, 立方厘米",
    "g": "gram, gramme, gm, 克",
    "mg": "milligram, 毫克",
    "kg": "kilogram, kilo, 公斤, 千克",
    "t": "ton, tonne, 吨",
    "lb": "pound, 磅",
    "oz": "ounce, 盎司",
    "s": "sec, second, 秒, 秒钟",
    "s2": "second2, sec2",
    "ms": "millisecond, msec, 毫秒",
    "min": "minute, 分钟, 分",
    "h": "hr, hour, 小时, 个小时",
    "day": "d, 天, 日",
    "week": "wk, 周, 星期",
    "month": "mo, 月, 个月",
    "year": "yr, 年, year old, yr old, year of age, 岁",
    "l": "liter, litre, 升",
    "ml": "milliliter, millilitre, 毫升",
    "km/h": "kph, kmph, kmh, 公里每小时, 千米每小时",
    "mi/h": "mph",
    "m/s": "mps, 米每秒",
    "m/s2": "m/s/s",
    "frame/s": "fps",
    "hz": "hertz, 赫兹",
    "person": "people, persons, 人, 个人, 名, 位",
    "man": "men",
    "woman": "women",
    "child": "children, kid",
    "bus": "buses",
    "leaf": "leaves",
    "knife": "knives",
    "shelf": "shelves",
    "tooth": "teeth",
    "mouse": "mice",
    "goose": "geese",
    "time": "次",
    "": "个, 只, 条, 张, 辆, 件, 本, 块, 头, 匹, 棵, 朵, 双, 把, 台, 座, 艘, 架, 颗",
}
UNITS: dict[str, frozenset[str]] = {}
for _unit, _spellings in SPELLINGS.items():
    for _name in (_unit, *_spellings.split(", ")):
        UNITS[_name] = UNITS.get(_name, frozenset()) | {_unit}

PER = re.compile(r"\s?(?:/|\bper\b|\bp\.|\ban?(?=\s(?:second|minute|hour|day|week|month|year)\b))\s?")
SQUARED = re.compile(r"\s?(?:\^\s?)?\{?([23])\}?|\s(squared|cubed)\b")
SQUARE = re.compile(r"\b(square\b|sq\b\.?|cubic\b|cu\b\.?)\s?([a-z]+)")
POWERS = {"square": "2", "sq": "2", "cubic": "3", "cu": "3", "squared": "2", "cubed": "3"}
TIMES = re.compile(r"\s?[·⋅*]\s?")
WORD = re.compile(r"[^\W\d_]+")
# Words beside a counted thing that are none.
EMPTY = frozenset({
    "a", "an", "the", "of", "in", "on", "at", "by", "are", "is", "was", "were", "it", "there", "here", "they",
    "them", "these", "those", "this", "that", "total", "all", "altogether", "and", "overall", "visible", "shown",
    "seen", "video", "image", "picture", "scene", "clip", "approximately", "about", "roughly", "around", "or", "so",
    "different", "only", "just", "exactly",
})  # fmt: skip


def alike(found: str, expected: str) -> bool:
    """Whether two units are the same; "" is any. "degree" may be one of temperature, "pound" one of weight.

    Measures must be the same one. Of counted things ("red cars", "cars in the video") one word must be common.
    """
    one, other = _measures(found), _measures(expected)
    if not one or not other or "" in one | other:
        return True
    both = one | other
    return bool(one & other) or ("°" in both and all(name.startswith("°") for name in both))


def _measures(unit: str) -> frozenset[str]:
    """What a unit may be: measures by their first spelling, or the words for what is counted; empty for none."""
    plain = _plain(unit)
    if found := _spelt(plain):
        return found
    words = plain.split(" ")
    for length in (3, 2, 1):  # "meters long", "years old today"
        head = " ".join(words[:length])
        if len(words) > length and head != "in" and (found := _spelt(head)):
            return found
    counted = [_spelt(word) or {_singular(word)} for word in WORD.findall(plain) if word not in EMPTY]
    return frozenset().union(*counted)


def _plain(unit: str) -> str:
    text = " ".join(unicodedata.normalize("NFKC", unit).casefold().replace("per cent", "%").split()).strip(" .,)!?")
    text = SQUARE.sub(lambda match: f"{_singular(match[2])}{POWERS[match[1].rstrip('.')]}", text)
    text = SQUARED.sub(lambda match: match[1] or POWERS[match[2]], text)
    return TIMES.sub("*", PER.sub("/", text))


def _spelt(text: str) -> frozenset[str]:
    """The measures of this spelling, each side of a "/" by itself; empty where one is unknown."""
    if found := UNITS.get(text) or UNITS.get(_singular(text)):
        return found
    top, slash, bottom = text.partition("/")
    if not slash:
        return frozenset()
    tops, bottoms = _spelt(top) or frozenset({_singular(top)}), _spelt(bottom)
    return frozenset(f"{one}/{other}" for one in tops for other in bottoms)


def _singular(word: str) -> str:
    """The word without the ending of a plural, also in the first of several ("degrees celsius")."""
    first, space, rest = word.partition(" ")
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
