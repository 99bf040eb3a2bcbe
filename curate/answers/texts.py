"""What every kind of answer shares: how long a text may be, and which texts are the same but for their dress."""

import re
import unicodedata

# Longer texts are no answers; the bound also keeps every comparison below a few milliseconds.
MAX_TEXT = 20_000
CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"

UNIT_APART = re.compile(r"(?<=\d)\s(?=[A-Za-z°%µ])")


def plain(text: str) -> str:
    """The text without regard to case, spaces, compatibility forms and closing punctuation."""
    return normal(text.casefold()).rstrip(" .!?。")


def normal(text: str) -> str:
    """The text in NFKC (full-width letters are letters), its blanks single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def joined(text: str) -> str:
    """The text with units at their numbers: "10 cm" is "10cm"."""
    return UNIT_APART.sub("", text)
