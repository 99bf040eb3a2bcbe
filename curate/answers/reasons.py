"""Multiple choice: an option's text and what is said of it: "Red, because the car is red", "Yes, he does"."""

import re
from collections.abc import Iterable, Iterator, Sequence

from curate.answers.asides import HEDGED, explains, takes_back, unsure
from curate.answers.rivals import stated
from curate.answers.texts import joined, normal

PARTED = re.compile(
    r"[.。;:]+\s?|[,，]\s?|\s?[–—]\s?|\s-\s|\s(?=(?:because|since|not|rather than|instead of)\b)|\s(?=\()"
)
SPOKEN = re.compile(r"\s(?=(?:he|she|it|they|there)\b)")  # "Yes he does"
YES = ("yes", "no")
# "Red, because it is seen", "Yes, he does", "Red, the car is red"; but "red, purple" is a list, whatever the options.
CLAUSE = re.compile(
    r"\(|(?:because|since|as|given|due to|which|who|where|when|while|so|not|rather than|instead of)\b"
    r"|(?:reason|explanation)\b"
    r"|(?:he|she|it|they|we|i|you|there|this|that)(?:['’]\w|\s\w)"
    r"|(?:the|a|an|his|her|its|their|these|those)\s(?:[\w'’-]{1,30}\s){1,6}(?:is|are|was|were|does|do|did|has|have|had"
    r"|can|will|shows?|goes|comes|seems|appears|looks)\b"
)
DENYING = re.compile(
    r"\b(?:not|never|no|neither|nor|rather than|instead of|unlike|than)\s(?:(?:an?|the|in|on|at|to|option)\s){0,2}\(?$"
    r"|n['’]t\s(?:an?\s|the\s)?\(?$"
)
WRONG = re.compile(
    r"\)?,?\s(?:(?:and|nor)\s\(?\w+\)?\s)?(?:is|are|was|were)\s(?:(?:all|both|also|clearly)\s)?"
    r"(?:wrong|incorrect|false|out|ruled out)\b"
)
LABEL = re.compile(r"(?<![\w'’])(?:([B-HJ-Z])(?![\w'’])|\(([A-Z])\)|[Oo]ption ([A-Z])(?!\w)|(A)(?= (?:is|was|fits)\b))")
SET_AGAINST = re.compile(r"(?:not|rather than|instead of)\b")
DENIAL = re.compile(
    r"[^.;:]{0,80}?(?:\b(?:not|never|nobody|no one|nothing|none|neither|hardly|fail(?:s|ed) to|refuse[sd]?|unable)\b"
    r"|n['’]t\b)"
)
# "No, he does" takes its "no" back.
AFFIRMED = re.compile(
    r"(?:^|[,.;:!]\s)(?:so\s|and\s)?(?:he|she|it|they|there|we|i|you|this|that)\s(?:do|does|did|is|are|was|were|has|have|had|can|could|will)"
    r"(?:\s(?:so|indeed|really|too))?(?:[,.;:!]|$)"
)
CAUSE = re.compile(r"\b(?:because|since|as)\b")


def reasoned(text: str, options: Iterable[tuple[str, set[str]]]) -> str | None:
    """The label of the option whose text this begins with, where what follows explains it; else None.

    `options` are labels and texts as `plain` has them. Whoever names another option (or its letter) without denying
    it, hedges, or goes on with what is no clause ("red, purple") has not chosen.
    """
    said = joined(normal(text.replace("\n", ". ")))
    low = said.casefold()
    known = [(label, joined(one)) for label, texts in options for one in texts if one]
    begun = [(name, label) for label, name in known if low.startswith(name) and not low[len(name) :][:1].isalnum()]
    if not begun or len(low) != len(said):
        return None
    name = max((name for name, _ in begun), key=len)
    labels = {label for said, label in begun if said == name}
    parted = PARTED.match(low, len(name)) or (SPOKEN.match(low, len(name)) if name in YES else None)
    if parted is None or len(labels) > 1:
        return None
    label = labels.pop()
    others = [other for other_label, other in known if other_label != label and other not in name]
    return label if _explained(name, said[parted.end() :], label, others) else None


def _explained(name: str, cased: str, label: str, others: list[str]) -> bool:
    rest = cased.casefold()
    if not CLAUSE.match(rest) or HEDGED.search(rest) or unsure(cased) or set(stated(cased)) - {label}:
        return False
    if name == "no" and AFFIRMED.search(rest):
        return False
    named = list(_named(rest, cased, label, others))
    if not all(_denied(rest, *span) for span in named):
        return False
    if SET_AGAINST.match(rest):
        return bool(named) and not takes_back(cased)
    if name == "no":
        return not takes_back(cased)
    return explains(cased) and not (name == "yes" and DENIAL.match(CAUSE.split(rest, maxsplit=1)[0]))


def _named(rest: str, cased: str, label: str, others: list[str]) -> Iterator[tuple[int, int]]:
    """Where the rest names another option by its text or its letter."""
    for match in LABEL.finditer(cased):
        if next(filter(None, match.groups())) != label:
            yield match.span()
    for other in others:
        if other in rest:
            # ("no" in "he has no hat" is no answer)
            end = r"(?!\w)(?!\s\w)" if other == "no" else r"(?!\w)"
            yield from (match.span() for match in re.finditer(rf"(?<!\w){re.escape(other)}{end}", rest))


def names(rest: str, label: str, options: Sequence[tuple[str, set[str]]]) -> bool:
    """Whether a text names another option than this one, by its text or its letter, without denying it."""
    own = " | ".join(one for known, texts in options if known == label for one in texts)
    others = [joined(one) for known, texts in options if known != label for one in texts if one and one not in own]
    low = rest.casefold()
    return len(low) == len(rest) and not all(_denied(low, *span) for span in _named(low, rest, label, others))


def _denied(rest: str, start: int, end: int) -> bool:
    return bool(DENYING.search(rest, max(start - 40, 0), start) or WRONG.match(rest, end))
