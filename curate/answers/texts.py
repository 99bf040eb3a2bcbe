"""What every kind of answer shares: how long a text may be, and which texts are the same but for their dress."""

import re
import unicodedata

# Longer texts are no answers; the bound also keeps every comparison below a few milliseconds.
MAX_TEXT = 20_000
CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"

# "10²" and "10⁻³", but not "5 m²".
RAISED = re.compile("(?<=[0-9)}])([⁺⁻]?[⁰¹²³⁴-⁹]{1,3})")
UNIT_APART = re.compile(r"(?<=\d)\s(?=[A-Za-z°%µ])")


def plain(text: str) -> str:
    """The text without regard to case, spaces, compatibility forms and closing punctuation."""
    return normal(raised(text.casefold())).rstrip(" .!?。")


def raised(text: str) -> str:
    """The text with "^2" or "^{-3}" for what stands raised behind a number: "10²" is not "102"."""
    return text if text.isascii() else RAISED.sub(_power, text)


def _power(match: re.Match[str]) -> str:
    said = unicodedata.normalize("NFKC", match[1]).replace("−", "-")
    return f"^{said}" if len(said) == 1 else f"^{{{said}}}"


def normal(text: str) -> str:
    """The text in NFKC (full-width letters are letters), its blanks single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def joined(text: str) -> str:
    """The text with units at their numbers: "10 cm" is "10cm"."""
    return UNIT_APART.sub("", text)
