"""The spellings of units: names, symbols, and the prefixes that they take.

A library of units (pint) was weighed: it would convert, knows neither counted things nor Chinese, and reads
"in total" as inches; what is wanted here is which spellings mean one unit.
"""

SPELLINGS = {
    "%": "percent, per cent, pct, percentage, ％",
    "‰": "permille, per mille",
    "°": "degree, deg, º, 度",
    "°c": "c, C, ° c, degree celsius, degree centigrade, degree c, deg c, celsius, centigrade, 摄氏度",
    "°f": "f, F, ° f, degree fahrenheit, degree f, deg f, fahrenheit, 华氏度",
    "$": "dollar, usd, us$, us dollar, u.s. dollar, buck, 美元",
    "€": "euro, eur, 欧元",
    "£": "pound, gbp, pound sterling, quid, 英镑",
    "cny": "¥, yuan, rmb, 元, 人民币",
    "jpy": "¥, yen, 日元",
    "₹": "rupee, inr, rs",
    "cent": "c, ¢",
    "m": "米",
    "cm": "厘米, 公分",
    "mm": "毫米",
    "km": "公里, 千米",
    "in": 'inch, ", ″, 英寸',
    "ft": "foot, feet, ', ′, 英尺",
    "yd": "yard, 码",
    "mi": "mile, 英里",
    "m2": "sqm, 平方米, 平米",
    "cm2": "sqcm, 平方厘米",
    "mm2": "sqmm, 平方毫米",
    "km2": "sqkm, 平方公里, 平方千米",
    "ft2": "sqft, feet2, 平方英尺",
    "in2": "sqin",
    "mi2": "sqmi",
    "m3": "cbm, 立方米",
    "cm3": "cc, ccm, 立方厘米",
    "g": "gm, 克",
    "mg": "毫克",
    "kg": "kilo, 公斤, 千克",
    "t": "ton, tonne, 吨",
    "lb": "pound, 磅",
    "oz": "ounce, 盎司",
    "s": "sec, 秒, 秒钟",
    "ms": "msec, 毫秒",
    "min": "minute, 分钟, 分",
    "h": "hr, hour, 小时, 个小时",
    "day": "d, 天, 日",
    "week": "wk, 周, 星期",
    "month": "mo, 月, 个月",
    "year": "yr, 年, year old, yr old, year of age, 岁",
    "l": "L, 升",
    "ml": "mL, 毫升",
    "gal": "gallon, 加仑",
    "kcal": "千卡, 大卡",
    "Cal": "large calorie",
    "km/h": "kph, kmph, kmh, 公里每小时, 千米每小时",
    "mi/h": "mph",
    "m/s": "mps, 米每秒",
    "m/s2": "m/s/s",
    "frame/s": "fps",
    "turn/min": "rpm",
    "beat/min": "bpm",
    "Hz": "赫兹",
    "MHz": "mhz",
    "W": "瓦, 瓦特",
    "V": "伏, 伏特",
    "K": "开尔文",
    "k": "K",
    "rad": "radian, 弧度",
    "dB": "decibel, 分贝",
    "pt": "pts, point",
    "px": "pixel, 像素",
    "kB": "KB",
    "MB": "mb",
    "GB": "gb",
    "TB": "tb",
    "kbit": "Kb",
    "Mbit/s": "mbps",
    "person": "people, persons, 人, 个人, 名, 位, 명, 사람, Personen, Leute, Menschen, personnes, personas, человек",
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
    "am": "a.m",
    "pm": "p.m",
    "": "pc, pcs, Stück, штук, 개, 대, 마리, 个, 只, 条, 张, "
    "辆, 件, 本, 块, 头, 匹, 棵, 朵, 双, 把, 台, 座, 艘, 架, 颗",
}
# Symbols, names, and the prefixes that they take.
PREFIXED = {
    "m": ("meter, metre", "k c d m μ n M"),
    "g": ("gram, gramme", "k m μ n M"),
    "s": ("second", "m μ n"),
    "l": ("liter, litre", "c d m μ"),
    "L": ("", "c d m μ"),
    "W": ("watt", "k m μ M G"),
    "Wh": ("watthour, watt-hour, watt hour", "k M G"),
    "Pa": ("pascal", "k h m M G"),
    "bar": ("bar", "m"),
    "A": ("ampere, amp", "k m μ M"),
    "Ah": ("", "m"),
    "V": ("volt", "k m μ M"),
    "Ω": ("ohm", "k m M"),
    "J": ("joule", "k m M G"),
    "N": ("newton", "k m M"),
    "Hz": ("hertz", "k m M G T"),
    "mol": ("mole", "k m μ"),
    "K": ("kelvin", "m"),
    "T": ("tesla", "m μ"),
    "eV": ("electronvolt", "k M G"),
    "cal": ("calorie", "k"),
    "bit": ("bit", "k M G T"),
    "b": ("", "k M G T"),
    "B": ("byte", "k M G T"),
    "bps": ("", "k M G T"),
    "Bps": ("", "k M G T"),
}
PREFIXES = {
    **{"k": "kilo", "h": "hecto", "c": "centi", "d": "deci", "m": "milli", "μ": "micro", "n": "nano"},
    **{"M": "mega", "G": "giga", "T": "tera"},
}
# Another way to write the symbol itself.
SAME = {"L": "l", "b": "bit", "bps": "bit/s", "Bps": "B/s"}
# Words of the table, and symbols as they are written.
UNITS: dict[str, frozenset[str]] = {}
LOWER: dict[str, frozenset[str]] = {}
SYMBOLS: set[str] = set()  # of which products are made: "N m"


def _add(name: str, unit: str) -> None:
    UNITS[name] = UNITS.get(name, frozenset()) | {unit}
    low = name.casefold()
    LOWER[low] = LOWER.get(low, frozenset()) | {name}


for _unit, _spellings in SPELLINGS.items():
    for _name in (_unit, *_spellings.split(", ")):
        _add(_name, _unit)
for _symbol, (_names, _prefixes) in PREFIXED.items():
    for _prefix in ("", *_prefixes.split()):
        _base = f"{_prefix}{SAME.get(_symbol, _symbol)}"
        if _base != "bit":  # ("5b" is a variable's)
            _add(f"{_prefix}{_symbol}", _base)
            SYMBOLS.add(f"{_prefix}{_symbol}")
        if _prefix == "μ":
            _add(f"u{_symbol}", _base)
        for _name in filter(None, _names.split(", ")):
            _word = f"{PREFIXES[_prefix] if _prefix else ''}{_name}"
            _add(_word, _base)
            SYMBOLS.add(_word)
# Letters that are a number as often as a unit: right only where both sides have them.
SCALES = frozenset({"k", "K", "B", "T", "‰"})
