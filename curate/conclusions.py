"""What a chain of thought concludes, where it says so outright. Silence is no conclusion, nor is anything in doubt."""

import re
from collections.abc import Sequence
from fractions import Fraction

from curate.answers.choices import letter
from curate.answers.labels import named
from curate.answers.quantities import number
from curate.record import ProblemType
from curate.statements import DOUBT, SENTENCE_END, TAKEN_BACK, ending, last

DENIED = re.compile(r"\bnot\b|\w{2,6}n['’]t\b|\bneither\b|\bnor\b|\bno longer\b|\bunclear\b", re.IGNORECASE)
CONDITION = re.compile(r"\b(?:if|unless|until)\b")
CLAUSE_END = re.compile(r"[,;]\s")
LABEL = re.compile(
    r"[\s*\"'“‘(\[$]*(?:(?i:option|choice|answer|letter)\s)?[*\"'“‘(\[]*([A-Z])(?![\w’'])(.*)", re.DOTALL
)
SECOND = re.compile(r"[)\]*]*\s*(?:,|/|&|or\b|and\b)\s*(?:option\s)?\(?[A-Z](?![\w’'])")
BEHIND_A = re.compile(r"\s(?!(?:because|since|as|which|given|due|here|then|based|with|for)\b)[\w’']")
MENTIONED = re.compile(r"\b(?:option|choice)\s\(?([A-Z])(?!\w)|\(([A-Z])\)|(?<![\w’'.])([B-HJ-Z])(?![\w’'])")
CONCLUDING = re.compile(r"(?:so|therefore|thus|hence|overall|in conclusion)\b", re.IGNORECASE)
TURNED = re.compile(r"\b(?:before|after|while|than|without|instead|from|until|when|neither|nor|no|which|who|where)\b")
AMOUNT = re.compile(r"(?<![\w.,])-?(?:\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.\d{1,15}|/[1-9]\d{0,8})?(?![\w/]|[.,:]\d)")
COUNTS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
)
COUNT = re.compile(rf"\b(?:{'|'.join(COUNTS)})\b(?!-)", re.IGNORECASE)
RECKONED = re.compile(
    r"[=+*/^×÷]|\d ?-|\b(?:to|or|of|than|twice|double|triple|half|quarter|times|plus|minus|least|most|between|digits?|"
    r"dozen|hundred|thousand|million|billion)\b"
)


def chosen(thinking: str, options: Sequence[str]) -> str | None:
    """The option that a thinking concludes with, as its letter; None where it does not say, or several."""
    tail = ending(thinking)
    found = last(tail, lambda said, firm: _option(said, firm, options), firm_only=False)
    if found is None:
        return _described(tail, options)
    choice, rest = found
    if TAKEN_BACK.search(rest):
        return None
    later = {label for match in MENTIONED.finditer(rest) for label in match.groups() if label}
    return None if later & set(_texts(options)) - {choice} else choice


def amount(thinking: str) -> tuple[Fraction, str] | None:
    """The number that a thinking concludes with, and the text behind it; None where it does not say, or several."""
    return last(ending(thinking), lambda said, _: _single(said), firm_only=True)


def contradicts(thinking: str, answer: str, problem_type: ProblemType, options: Sequence[str]) -> str | None:
    """What a thinking concludes with, where that is clearly another answer than this one; else None.

    Judged are choices (letters and the options' own texts) and numbers; texts are not.
    """
    if problem_type == "multiple choice":
        expected = letter(answer, options)
        choice = chosen(thinking, options) if expected else None
        return choice if choice != expected else None
    if problem_type not in ("numerical", "regression"):
        return None
    value, found = number(answer.strip()), amount(thinking)
    if value is None or found is None or _near(found[0], value[0], problem_type):
        return None
    again = TAKEN_BACK.search(found[1]) or any(_near(later, value[0], problem_type) for later in _amounts(found[1]))
    return None if again else f"{float(found[0]):g}"


def _option(said: str, firm: bool, options: Sequence[str]) -> str | None:
    """The option that these words name, by its label or its own text; by that alone where they are not `firm`."""
    texts = _texts(options)
    label = LABEL.match(said)
    if label and SECOND.match(label[2]):
        return None
    if label and label[1] in texts and not (label[1] in "AI" and BEHIND_A.match(label[2])):
        return None if DENIED.match(label[2].strip()) or CONDITION.search(said) else label[1]
    plain = _plain(said if firm else CLAUSE_END.split(said)[0])
    named = _named(plain, texts)
    if len(named) != 1 or DENIED.search(said) or CONDITION.search(said):
        return None
    return named[0] if firm or texts[named[0]] == plain else None


def _described(tail: str, options: Sequence[str]) -> str | None:
    """The option whose own text ends the last sentence, where that one draws a conclusion."""
    stops = [match.end() for match in SENTENCE_END.finditer(tail, 0, max(len(tail) - 1, 0))]
    final = tail[stops[-1] if stops else 0 :].strip()
    if not CONCLUDING.match(final) or DOUBT.search(final) or final.endswith("?"):
        return None
    said = _plain(final)
    ends = {label: text for label, text in _texts(options).items() if " " in text and said.endswith(f" {text}")}
    named = _named(said, _texts(options))
    if len(ends) != 1 or named != list(ends):
        return None
    [(label, text)] = ends.items()
    return None if TURNED.search(said[: -len(text)]) else label


def _named(said: str, texts: dict[str, str]) -> list[str]:
    """The options whose texts stand in these words, each as a whole; not those that are part of a longer one there."""
    likely = {label: text for label, text in texts.items() if text in said and (len(text) > 1 or text.isdigit())}
    there = {label: text for label, text in likely.items() if re.search(rf"(?<!\w){re.escape(text)}(?!\w)", said)}
    return [label for label, text in there.items() if not any(text != t and text in t for t in there.values())]


def _texts(options: Sequence[str]) -> dict[str, str]:
    """{label: text in lower case}; options without labels are A, B, C, …"""
    return {label: _plain(text) for label, text in named(options)}


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).strip(" .!?*\"'“”‘’)(")


def _single(said: str) -> Fraction | None:
    """The one number in these words."""
    values = _amounts(said)
    return values[0] if len(values) == 1 and not RECKONED.search(said) and not DENIED.search(said) else None


def _amounts(text: str) -> list[Fraction]:
    """All numbers in a text, also those that are words up to twenty."""
    digits = [Fraction(match[0].replace(",", "")) for match in AMOUNT.finditer(text)]
    return digits + [Fraction(COUNTS.index(match[0].lower())) for match in COUNT.finditer(text)]


def _near(found: Fraction, expected: Fraction, problem_type: ProblemType) -> bool:
    """Whether the two may be the same: rounded, also to whole numbers, or in another unit of the usual kind."""
    whole = found.denominator == 1, expected.denominator == 1
    if found == expected or (abs(found - expected) < 1 and any(whole) and not all(whole)):
        return True
    if not expected or not found:
        return False
    ratio = abs(found / expected)
    room = Fraction(1, 20) if problem_type == "regression" else Fraction(1, 100)
    scales = [Fraction(10) ** power for power in range(-6, 7)] + [Fraction(60), Fraction(1, 60), Fraction(3600)]
    return any(abs(ratio / scale - 1) <= room for scale in scales)
