"""Reference answers beside which no answer can be right: told from the row alone, before anything is paid for."""

import re
from collections.abc import Sequence

from curate.answers.score import PAPER, Measures, score
from curate.record import ProblemType

NO_OPTION = "reference answer chooses none of the options"
NO_NUMBER = "reference answer is no number"
LABEL = re.compile(r"\s{0,9}[(\[]?([A-Za-z])(?!\w)")
NUMBERS = ("numerical", "regression")
PLAIN = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?")  # most numbers, which need no look: each is right beside itself


def hopeless(problem_type: ProblemType, reference: str, options: Sequence[str], measures: Measures = PAPER) -> str:
    """Why no answer can be right beside this reference; "" where one can, or where nobody can tell.

    A choice is hopeless if it names a letter that no option has, a number if it would not even be right beside
    itself. Texts (OCR, free-form) are compared with anything, and formulas are left to those who compare them.
    """
    if problem_type == "multiple choice":
        return "" if not options or _chooses(reference, options) else NO_OPTION
    if problem_type not in NUMBERS or PLAIN.fullmatch(reference):
        return ""
    from curate.answers.formulas import is_formula

    if is_formula(reference) and not measures.strict:
        return ""
    return "" if score(problem_type, reference, reference, options, measures) == 1.0 else NO_NUMBER


def _chooses(reference: str, options: Sequence[str]) -> bool:
    known = labels(options)
    if reference in known:  # as most are: a letter and nothing else
        return True
    from curate.answers.choices import letters

    return letters(reference, options) <= known


def labels(options: Sequence[str]) -> set[str]:
    """Every letter that could mean one of the options: by its place, or by what it begins with."""
    placed = {chr(ord("A") + place) for place in range(min(len(options), 26))}
    return placed | {match[1].upper() for option in options if (match := LABEL.match(option))}
