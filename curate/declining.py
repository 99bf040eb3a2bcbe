"""Whether a model's words refuse, ask for the medium, or say that it cannot see.

What refuses in a thinking is read in English; in what should be a literal record also in Chinese and Spanish.
"""

import re
from collections.abc import Callable, Sequence

from curate.denials import DENIALS
from curate.excuses import EXCUSES
from curate.hints import Hinted
from curate.leaks import lowered
from curate.quotes import unquoted

AROUND = 30  # characters that are quoted on both sides

RULES = Hinted((hint, re.compile(pattern, re.VERBOSE)) for hint, pattern in EXCUSES)
STRICTER = Hinted((hint, re.compile(pattern, re.VERBOSE)) for hint, pattern in DENIALS)
# A literal record has none of these; what refuses has one.
SPEAKER = re.compile(r"\bi(?:['’]\w+)?\s|\byou\b|\bplease\b|\bno (?:video|image)\b|available to me|\bai\b")
# What is said or written in the medium, where no quotation marks tell so.
SAID = re.compile(
    r"\b(?:says|saying|as if to say|reads|reading|writes|titled|labell?ed|shouts|words|headline)\b[^.!?]*"
    r"|(?:写着|寫著|写道|显示|顯示|标有|印有|字样|说)[^。!?]*"
)


def refusal(text: str) -> str | None:
    """The words around what refuses, if anything does."""
    said = " ".join(text.split())
    low = lowered(said)
    return _first(RULES.likely(low), said, low, unquoted)


def unseen(text: str) -> str | None:
    """The words around what refuses in a text that should be a literal record, if anything does."""
    said = " ".join(text.split())
    low = lowered(said)
    patterns = RULES.likely(low)
    if patterns and not SPEAKER.search(low):
        patterns = []
    return _first(STRICTER.likely(low) + patterns, said, low, _unsaid)


def _unsaid(text: str) -> str:
    """The text with blanks in place of what is said or written in the medium."""
    return SAID.sub(lambda words: " " * len(words[0]), unquoted(text))


def _first(patterns: Sequence[re.Pattern[str]], said: str, low: str, silenced: Callable[[str], str]) -> str | None:
    """The words around the first place where one of these patterns matches in what nobody quotes."""
    if not patterns:
        return None
    bare = silenced(low)
    for pattern in patterns:
        if match := pattern.search(bare):
            return said[max(match.start() - AROUND, 0) : match.end() + AROUND]
    return None
