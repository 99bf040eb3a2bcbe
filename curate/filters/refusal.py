"""Refusal: a thinking must look and think, not say that it cannot."""

import re

from curate.filter import Filter
from curate.hints import Hinted
from curate.leaks import lowered
from curate.record import Record, Thought

AROUND = 30

MEDIUM = (
    r"(?:(?:video|image|picture|photo|photograph|clip|visual)s?|footage|frames|media"
    r"|visual\ (?:content|input|information))"
)
ANY = r"(?:any|the|this|that|your|these|those|an?|actual|attached|provided|uploaded|original|real|video|visual)"
SHOWN = rf"(?:{ANY}\ )*{MEDIUM}(?:\ files?)?"
UNABLE = (
    r"(?:\ (?:cannot|can\ not|can['’]t|could\ not|couldn['’]t)|(?:\ am|['’]m)\ (?:not\ able|unable)\ to"
    r"|\ (?:do\ not|don['’]t)\ have\ the\ ability\ to|\ lack\ the\ ability\ to)"
)
ME = r"i(?<=\bi)"  # (a pattern that begins with a plain letter is found sooner than one with a boundary)
LOOK = (
    r"(?:directly\ |actually\ |physically\ |currently\ |really\ )?"
    r"(?:see|view|watch|access|open|load|play|process|analy[sz]e|perceive|inspect|look\ at|observe)"
)
# Behind "the video" only what ends the thought: "I cannot see the video's last scene" speaks of something else.
WHOLE = (
    r"(?=\ ?(?:[.,;:!?)]|$|(?:directly|itself|myself|here|and|so|or|but|because|since|without|in\ this|at\ this"
    r"|that\ you|you|my)\b))"
)
MODEL = r"(?:ai|(?:large\ )?language\ model|text-(?:only|based)\ (?:ai|model|assistant|system|language))"

PATTERNS: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        ("i cannot", "i can't", "i can’t", "i can not", "i could", "unable to", "not able to", "the ability to"),
        rf"{ME}{UNABLE}\ {LOOK}\ {SHOWN}{WHOLE}",
    ),
    (
        ("have access", "direct access", "visual access"),
        rf"{ME}\ (?:do\ not|don['’]t|did\ not|didn['’]t)\ (?:\w{{4,10}}\ )?have\ (?:direct\ |visual\ |any\ )*"
        rf"access\ to\ {SHOWN}",
    ),
    (
        ("please", "could you", "can you", "you could", "you can", "if you"),
        rf"(?:\bplease|\bcould\ you|\bcan\ you|\byou\ (?:could|can)|\bif\ you)(?:\ please|\ could|\ can)?"
        rf"\ (?:re-?)?(?:provide|upload|share|attach|send)(?:\ me|\ us)?(?:\ with)?\ {SHOWN}",
    ),
    (
        ("provided", "attached", "uploaded", "shared", "included"),
        rf"\b(?:no\ {MEDIUM}\ (?:was|were|is|are|has\ been|have\ been)"
        rf"|(?:the|your)\ {MEDIUM}\ (?:was|were|is|are|has|have)(?:\ not|n['’]t)(?:\ been)?)"
        r"\ (?:actually\ )?(?:provided|attached|uploaded|shared|included)\b"
        r"(?!\ to\ (?!(?:the|this|your)\ (?:message|question|prompt|conversation)|me\b|us\b))",
    ),
    (
        ("there is no",),
        rf"\bthere\ is\ no\ {MEDIUM}\ (?:attached|provided|available|here\b|to\ (?:see|view|watch|look\ at))",
    ),
    (
        ("given", "provided", "shown"),
        rf"{ME}\ (?:have\ not|haven['’]t|was\ not|wasn['’]t)\ (?:been\ )?(?:given|provided|shown)\ (?:with\ )?"
        rf"{SHOWN}{WHOLE}",
    ),
    (
        ("you have", "you did", "you haven"),
        rf"\byou\ (?:have\ not|haven['’]t|did\ not|didn['’]t)\ (?:actually\ )?(?:upload|attach|shar|provid)\w*"
        rf"\ {SHOWN}",
    ),
    (
        ("language model", "an ai", "text-only", "text-based"),
        rf"(?:\bas|\bi\ am|\bi['’]m|\bbeing)(?:\ only|\ just|\ merely)?\ an?\ {MODEL}\b(?!\ (?:robot|camera))",
    ),
    (
        ("sorry", "apolog"),
        rf"\b(?:sorry|i\ apologi[sz]e),?\ (?:but\ )?(?:i{UNABLE}|for\ (?:the|any)\ (?:confusion|inconv))",
    ),
    (
        ("assist", "comply", "help with", "help you", "help.", "help,"),
        rf"{ME}(?:{UNABLE}|\ won['’]t|\ will\ not)\ (?:assist|comply|help)(?:\ you)?(?:\ with|\.|,|$)",
    ),
    (
        ("without",),
        rf"without(?<=\bwithout)\ (?:being\ able\ to\ |the\ ability\ to\ )?(?:actually\ |directly\ )?"
        rf"(?:(?:having\ )?access\ to\ {SHOWN}|(?:see|seeing|view|viewing|watch|watching)\ {SHOWN}{WHOLE})",
    ),
    (("only have a", "just have a"), rf"{ME}\ (?:only|just)\ have\ an?\ (?:text|textual|written|verbal)\b"),
    (("my capabilities", "my training"), r"\bmy\ (?:capabilities|training)\b"),
)
RULES = Hinted((hint, re.compile(pattern, re.VERBOSE)) for hint, pattern in PATTERNS)
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
