"""What may stand behind or around a choice without changing it, and what takes it back."""

import re

from curate.answers.stated import MIDST, TAKEN_BACK

LABEL = r"(?:option\s)?[(\[]?[a-z][)\]]?"
SECOND = re.compile(r"(?:(?:or|and|&|/|,|vs\.?|to)(?!\w)|[-–—~.]{0,2}\s?[(\[]?[a-z][)\]]?(?:[).:,/]|$))", re.IGNORECASE)
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
PRAISE = re.compile(
    r"""(?:\s(?:is|are|seems?)(?:\s(?:both|all))?(?:\sthe)?\s(?:correct|right|best|true)
          (?:\s(?:answers?|options?|choices?|ones?))?
        | 是?(?:正确|对)的?)[.。!]?$""",
    re.VERBOSE | re.IGNORECASE,
)
ASIDE = re.compile(rf",?\s(?:and\s|but\s)?(?:not|rather than|instead of)\s{LABEL}\.?$", re.IGNORECASE)
BUT = re.compile(rf"not\s{LABEL},?\s(?:but|rather)\s(?=\S)", re.IGNORECASE)


def explains(rest: str) -> bool:
    """Whether what follows a label may be its reason: it holds no second label, no denial, no other statement."""
    return bool(rest) and not (SECOND.match(rest) or DENIED.match(rest) or takes_back(rest))


def takes_back(rest: str) -> bool:
    """Whether what follows a choice states another one, or that it was a mistake."""
    return any(pattern.search(rest) for pattern in (AGAIN, MIDST, TAKEN_BACK))


def without(text: str) -> str:
    """The text without praise and what it is set against.

    "B is right", "A and C are both correct", "B, not A", "B instead of A", "not A but B".
    """
    for pattern in (BUT, PRAISE, ASIDE):
        text = pattern.sub("", text, count=1)
    return text
