"""What may stand behind or around a choice without changing it, what takes it back, and what hedges it."""

import re

from curate.answers.stated import MIDST, STOP, TAKEN_BACK

LABEL = r"(?:option\s)?[(\[]?[a-z][)\]]?"
SECOND = re.compile(
    r"(?:(?:or|and|&|/|,|vs\.?|to)(?!\w)|[-–—~.]{0,2}\s?[(\[]?[a-z][)\]]?(?:[).:,/都也和或]|$))", re.IGNORECASE
)
DENIED = re.compile(
    r"""(?:(?:it|that|this|which|option|answer)\s)?
        (?:(?:is|are|was|were|would|can|could|may|must|should|does|do|seems?)\s?){0,2}(?:be\s)?
        (?:not|n['’]t|cannot|never|wrong|incorrect|false|ruled\sout|excluded|unlikely|impossible|no(?:[.!,]|$)|错|不)""",
    re.VERBOSE | re.IGNORECASE,
)
AGAIN = re.compile(
    r"\b(?i:or|also|actually|wait|no|maybe|perhaps|rather)\b,?\s(?:(?i:it\sis|it's|option)\s){0,2}[(\[]?[A-Z](?![\w'’])"
    r"|\b(?i:but|though|although)\s(?i:option\s)?[(\[]?[A-Z][)\]]?\s(?i:is|could\sbe|might\sbe|may\sbe|would\sbe|seems|remains)"
    r"\s(?i:also\s|equally\s|just\sas\s)?(?i:possible|plausible|right|correct|likely)\b"
    r"|(?:^|[.;:(]\s?|\s[-–—]\s|\band\s)[A-HJ-Z]\s(?i:(?:is|seems|remains)\s(?:also|equally|just\sas)"
    r"|(?:could|might|may)\s(?:also\s)?be(?:\sequally)?)\s(?i:possible|plausible|right|correct|likely)\b"
    r"(?![^.;]*\b(?:but|if|only|however|not|except|unless)\b)"
)
# Doubt, wherever it stands.
UNSURE = re.compile(
    r"""\b(?:maybe|perhaps|possibly|presumably|(?:i|my|a|wild|just)\s(?:can\sonly\s)?guess|guessing|unsure|uncertain|unclear
          |undecided|tentative(?:ly)?|low\sconfidence|first\s(?:impression|guess|thought|instinct)|not\s(?:\w{1,12}\s)?(?:sure|certain|clear|confident)
          |(?:hard|difficult|impossible)\sto\s(?:say|tell|be\ssure)|toss-?up)\b""",
    re.VERBOSE,
)
# "could be B", but not "the car could be seen" nor "B could be right, but …"; "or blue" as a sentence of its own.
POSSIBLE = re.compile(
    r"""\b(?:(?:may|might|could)(?:\s(?:also|well|equally|just|as))*\sbe\b(?!\s\w{1,20}(?:ed|en|n)\b)
          (?![^.;]*\b(?:but|only|however)\b)
        | (?P<other>or|else|otherwise))\b""",
    re.VERBOSE,
)
OF_IT = re.compile(r"(?:^|[,;(]|\b(?:it|that|this|which|answer|option|one|they|and|or|but|also|[b-h]))\s?$")
APART = re.compile(r"(?:^|[.;:!?]|\s[-–—])\s?$")
SHARE = re.compile(r"\W?(?!100)[\d.]{1,6}\s?%(?:\s\w{2,12}){0,2}\W?")  # "(50 % sure)"
# What hedges a choice where it stands beside it; its reason may hold these words.
HEDGED = re.compile(
    r"\b(?:if|unless|either|or|else|otherwise|might|may|could|but|except|however|although|though|guess|both|as well"
    r"|too(?=\W*$)|not (?:really|quite|only|just))\b",
    re.IGNORECASE,
)
REASON = re.compile(r"\b(?:because|since|as|given|due\sto)\b", re.IGNORECASE)
PRAISE = re.compile(
    r"""(?:\s(?:is|are|seems?)(?:\s(?:both|all))?(?:\sthe)?\s(?:correct|right|best|true)
          (?:\s(?:answers?|options?|choices?|ones?))?
        | 都?是?(?:正确|对)的?)(?:[.。!]?$|(?=,?\s(?:because|since)\b))""",
    re.VERBOSE | re.IGNORECASE,
)
ASIDE = re.compile(rf",?\s\(?(?:and\s|but\s)?(?:not|rather than|instead of)\s{LABEL}\)?\.?$", re.IGNORECASE)
# "not A but B", "it can't be A; it is B"
BUT = re.compile(
    rf"""(?:^(?:it|this|that|the\sanswer)(?:['’]s\snot|\s(?:is|was|could|can)(?:\snot|not|n['’]t)|\scan['’]t)(?:\sbe)?|not)\s{LABEL}
         (?:,?\s(?:but|rather)\s|[.;,]\s(?:(?:so|but|hence|therefore)\s)?(?:it\s(?:is|must\sbe)|it['’]s)\s)(?=\S)""",
    re.VERBOSE | re.IGNORECASE,
)


def explains(rest: str) -> bool:
    """Whether what follows a label may be its reason: it holds no second label, no denial, no other statement."""
    return bool(rest) and not (SECOND.match(rest) or DENIED.match(rest) or takes_back(rest))


def takes_back(rest: str) -> bool:
    """Whether what follows a choice states another one, or that it was a mistake."""
    return any(pattern.search(rest) for pattern in (AGAIN, MIDST, TAKEN_BACK))


def unsure(rest: str) -> bool:
    """Whether a text is in doubt of what stands before it."""
    low = rest.casefold()
    if UNSURE.search(low) or ("%" in low and SHARE.fullmatch(low)):
        return True
    found = ((APART if match["other"] else OF_IT, match.start()) for match in POSSIBLE.finditer(low))
    return any(before.search(low, max(start - 12, 0), start) for before, start in found)


def beside(rest: str) -> str:
    """What of a text stands beside a choice: all before its reason, or before the next sentence."""
    ends = [match.start() for pattern in (STOP, REASON) if (match := pattern.search(rest))]
    return rest[: min(ends, default=len(rest))]


def without(text: str) -> str:
    """The text without praise and what it is set against.

    "B is right", "A and C are both correct", "B, not A", "B instead of A", "not A but B".
    """
    for pattern in (BUT, PRAISE, ASIDE):
        text = pattern.sub("", text, count=1)
    return text
