"""Which writing systems a text uses, and which of them belong to a language."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

LATIN_LANGUAGES = (
    "af ca cs da de en es et eu fi fr ga gl hr hu id is it lt lv ms nl no pl pt ro sk sl sq sv sw tl tr vi"
)
SCRIPTS: dict[str, frozenset[str]] = {
    **{language: frozenset() for language in LATIN_LANGUAGES.split()},
    **{language: frozenset({"CYRILLIC"}) for language in ("be", "bg", "kk", "ky", "mk", "mn", "ru", "sr", "tg", "uk")},
    **{language: frozenset({"ARABIC"}) for language in ("ar", "fa", "ps", "ug", "ur")},
    **{language: frozenset({"DEVANAGARI"}) for language in ("hi", "mr", "ne")},
    "am": frozenset({"ETHIOPIC"}),
    "bn": frozenset({"BENGALI"}),
    "el": frozenset({"GREEK"}),
    "gu": frozenset({"GUJARATI"}),
    "he": frozenset({"HEBREW"}),
    "hy": frozenset({"ARMENIAN"}),
    "ja": frozenset({"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"}),
    "ka": frozenset({"GEORGIAN"}),
    "km": frozenset({"KHMER"}),
    "kn": frozenset({"KANNADA"}),
    "ko": frozenset({"CJK", "HANGUL"}),
    "lo": frozenset({"LAO"}),
    "ml": frozenset({"MALAYALAM"}),
    "pa": frozenset({"GURMUKHI"}),
    "si": frozenset({"SINHALA"}),
    "ta": frozenset({"TAMIL"}),
    "te": frozenset({"TELUGU"}),
    "th": frozenset({"THAI"}),
    "zh": frozenset({"CJK"}),
}
"""The scripts of each language beside Latin, whose letters stand in texts of every language; by ISO 639-1 code."""

KNOWN = frozenset(script for scripts in SCRIPTS.values() for script in scripts)
NOT_LATIN = re.compile("[^\\W\\d_a-zA-Z\u00aa-\u024f\u1e00-\u1eff]+")  # runs of letters beyond the Latin blocks


def foreign(text: str, language: str) -> Iterator[re.Match[str]]:
    """Each run of letters that holds one of a script which this language is not written in.

    Up to three Greek letters are signs of mathematics, as in an angle αβγ. Scripts that no language here is written in
    are passed over.
    """
    if text.isascii():
        return
    others = KNOWN - SCRIPTS[language]
    for run in NOT_LATIN.finditer(text):
        scripts = {script(character) for character in run[0]} & others
        if scripts and not (scripts == {"GREEK"} and len(run[0]) <= 3):
            yield run


@lru_cache(maxsize=4096)
def script(character: str) -> str:
    """The name of its script: the first word of its name in Unicode; "" where it has none."""
    return unicodedata.name(character, "").partition(" ")[0]
