"""Refusal: a thinking must look and think, not say that it cannot."""

import re

from curate.excuses import EXCUSES
from curate.filter import Filter
from curate.hints import Hinted
from curate.leaks import lowered
from curate.record import Record, Thought

AROUND = 30

RULES = Hinted((hint, re.compile(pattern, re.VERBOSE)) for hint, pattern in EXCUSES)
QUOTED = re.compile(r"\"[^\"]{0,300}\"|“[^”]{0,300}”")


class RefusalFilter(Filter):
    """Drops thinking that refuses, asks for the medium, or speaks of itself as a model that cannot see.

    That something in the video cannot be seen is no refusal, nor is what somebody says there, in quotation
    marks. The rules read English.
    """

    def reason(self, record: Record) -> str | None:
        """ "refusal: …" with the words around it."""
        thinking = " ".join(record[Thought].thinking.split())
        text = lowered(thinking)
        for pattern in RULES.likely(text):
            quotes = [match.span() for match in QUOTED.finditer(text)]
            for match in pattern.finditer(text):
                if not any(start < match.start() < end for start, end in quotes):
                    return f"refusal: {thinking[max(match.start() - AROUND, 0) : match.end() + AROUND]!r}"
        return None
