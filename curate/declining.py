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


# What no record of a medium begins with; of thinking it would be no refusal ("Unable to process the video, the man …").
_NOTHING = re.compile(
    r"""\W*(?:(?:i['’]m\ )?sorry\b\W*(?:but\ )?)?(?:
        no\ (?:video|image|picture|visual|frame|clip|media)s?(?:\ (?:content|frames?|data|input|file))?
        \ (?:was|were|is|are|has\ been|have\ been|could\ be|can\ be)\ (?:provided|given|attached|uploaded|shared
        |supplied|available|received|found|accessible|accessed|loaded|seen|visible)\b
      | (?:unable|not\ able|impossible|failed|cannot|can['’]t|could\ not|couldn['’]t)\ (?:to\ )?
        (?:process|view|see|access|open|load|analy[sz]e|describe|watch|play)\ (?:(?:the|this|any|your)\ )?
        (?:provided\ |attached\ )?(?:video|image|picture|frame|clip|media|visual|content)s?\b
      | (?:the|this|your)\ (?:video|image|picture|frame|clip|media|content)s?(?:\ (?:content|file))?
        \ (?:(?:is|was|are|were)(?:\ not|n['’]t)\ (?:available|provided|accessible|attached|uploaded|loaded|visible)
        |(?:is|was|are|were)\ (?:unavailable|inaccessible|missing)
        |(?:cannot|can['’]t|could\ not|couldn['’]t)\ be\ (?:accessed|loaded|opened|viewed|processed|seen|played
        |displayed))
        (?=\W*$|[.,;:!?]|\ (?:to|for|so|because|here|and|at)\b)
    )""",
    re.VERBOSE | re.IGNORECASE,
)


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
    if nothing := _NOTHING.match(text):
        return " ".join(nothing[0].split())
    return refusal(text) if SPEAKER.search(text) else None
