"""Refusal: a thinking must look and think, not say that it cannot."""

import re

from curate.excuses import EXCUSES
from curate.filter import Filter
from curate.hints import Hinted
from curate.leaks import lowered
from curate.record import Record, Thought
from curate.stages.caption import Caption

AROUND = 30

RULES = Hinted((hint, re.compile(pattern, re.VERBOSE)) for hint, pattern in EXCUSES)
QUOTED = re.compile(r"\"[^\"]{0,300}\"|“[^”]{0,300}”")
# A literal record has none of these; what refuses has one.
SPEAKER = re.compile(r"\bI(?:['’]\w+)?\s|\b[Yy]ou\b|\b[Pp]lease\b|\bno (?:video|image)\b|available to me|\bAI\b")


class RefusalFilter(Filter):
    """Drops thinking that refuses, asks for the medium, or speaks of itself as a model that cannot see.

    So does a caption record whose first sentence does that: nothing drafted from it was seen. That something in the
    video cannot be seen is no refusal, nor is what somebody says there, in quotation marks. The rules read English.
    """

    def reason(self, record: Record) -> str | None:
        """ "refusal: …" with the words around it, or "refusal in the caption record: …"."""
        if (said := refusal(record[Thought].thinking)) is not None:
            return f"refusal: {said!r}"
        caption = record[Caption].theme if Caption in record else ""
        if SPEAKER.search(caption) and (said := refusal(caption)) is not None:
            return f"refusal in the caption record: {said!r}"
        return None


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
