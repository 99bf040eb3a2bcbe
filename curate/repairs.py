"""JSON that a model wrote badly, put right without a word added, left out or moved.

json-repair guesses what was meant, and would close what was cut and drop what it cannot place. So its result is
taken only where it says what the text says: quotes, commas, blanks and backslashes may differ, and how a number or
a constant is written; any other character (a bracket above all) must stand there, in the same order.
"""

import json
import re
from contextlib import suppress
from typing import Any

MOST = 100_000  # characters that are worth repairing: five times what a window of 16 frames takes
LOOKS = 10  # at each character, on average; real faults take 3, and what takes thousands is made to
LEAST = 1000  # looks that every text may take
_QUOTES = ('"', "'", "“", "”")
_ENDS = "}], \t\r\n"
_ESCAPES = re.compile(r"\\+(?:u([0-9a-fA-F]{4})|[bfnrt])?")
_WORDS = re.compile(r'""|[^\s\x00-\x1f,"{}\[\]:]+|[{}\[\]:]')
_CONSTANTS = {"True": "true", "False": "false", "None": "null"}


def repaired(text: str) -> Any:
    """The value that this text nearly is. Raises ValueError where nobody can tell, and where it ends too early."""
    import json_repair

    if len(text) > MOST:
        raise ValueError(f"the JSON is broken and too long ({len(text):,} characters) to be repaired")
    with suppress(ValueError):
        value = json_repair.loads(_Watched(text), skip_json_loads=True, strict=True)
        if _closed(text, value) and _words(json.dumps(value, ensure_ascii=False)) == _words(text):
            return value
    raise ValueError("the JSON is broken or not closed")


def _closed(text: str, value: Any) -> bool:
    """Whether the last string of this value ends in the text, so that a brace behind it is none of its own."""
    while value and isinstance(value, dict | list):
        value = [*value.values()][-1] if isinstance(value, dict) else value[-1]
    return not isinstance(value, str) or text.rstrip(_ENDS)[-1:] in _QUOTES


class _Watched(str):
    """A text that may be looked at so often: some take the library time that grows with their square."""

    __slots__ = ("_left",)

    def __init__(self, text: str) -> None:
        self._left = LEAST + LOOKS * len(text)

    def __getitem__(self, place: Any) -> str:
        self._left -= 1
        if self._left < 0:
            raise ValueError("looked at too often")
        return super().__getitem__(place)


def _words(text: str) -> list[str]:
    """What a text of JSON says, however it is written."""
    plain = _ESCAPES.sub(_unescaped, text).translate(dict.fromkeys(map(ord, _QUOTES), '"'))
    return [_plain(word) for word in _WORDS.findall(plain)]


def _unescaped(found: re.Match[str]) -> str:
    """The character that was meant; a blank for those that are drawn as one, nothing for a mere backslash."""
    if code := found[1]:
        return chr(int(code, 16))
    return "" if found[0].endswith("\\") else " "


def _plain(word: str) -> str:
    try:
        return str(float(word))
    except ValueError:
        return _CONSTANTS.get(word, word)
