"""Whether a model's words refuse, ask for the medium, or say that it cannot see. The rules read English."""

import re

from curate.excuses import EXCUSES
from curate.hints import Hinted
from curate.leaks import lowered

AROUND = 30  # characters that are quoted on both sides

RULES = Hinted((hint, re.compile(pattern, re.VERBOSE)) for hint, pattern in EXCUSES)
QUOTED = re.compile(r"\"[^\"]{0,300}\"|“[^”]{0,300}”")
# A literal record has none of these; what refuses has one.
SPEAKER = re.compile(r"\bI(?:['’]\w+)?\s|\b[Yy]ou\b|\b[Pp]lease\b|\bno (?:video|image)\b|available to me|\bAI\b")


def refusal(text: str) -> str | None:
    """The words around what refuses, if anything does."""
    said = " ".join(text.split())
    low = lowered(said)
    for pattern in RULES.likely(low):
        quotes = [match.span() for match in QUOTED.finditer(low)]
        for match in pattern.finditer(low):
            if not any(start < match.start() < end for start, end in quotes):
                return said[max(match.start() - AROUND, 0) : match.end() + AROUND]
    return None


def unseen(text: str) -> str | None:
    """The words around what refuses in a text that should be a literal record, if anything does."""
    return refusal(text) if SPEAKER.search(text) else None
