"""The score of an answer: how right it is, beside its reference.

What reads choices and numbers is large, and is imported with the first of them: no command waits for it at its start.
"""

from collections.abc import Sequence
from typing import NamedTuple

from curate.answers import distance, transcripts, upstream
from curate.answers.distance import close
from curate.answers.dress import bare
from curate.answers.likeness import rouge
from curate.answers.texts import MAX_TEXT
from curate.answers.transcripts import transcribed
from curate.record import ProblemType


class Measures(NamedTuple):
    """How open answers are measured; `strict` takes Video-R1's numbers for all but multiple choice."""

    ocr: transcripts.By = "wer"
    regression: distance.By = "error"
    strict: bool = False


PAPER = Measures()
TEXTS = ("OCR", "free-form")  # compared word by word: the same text is as right as can be


def score(
    problem_type: ProblemType,
    answer: str | None,
    reference: str,
    options: Sequence[str],
    measures: Measures = PAPER,
) -> float:
    """How right an answer is, in [0, 1] (rewards of arXiv 2505.12434, section 4, without their faults).

    `answer` and `reference` are bare texts without tags, `options` as in the row ("A. text").
    Multiple choice and numerical answers score 1.0 or 0.0, OCR 1 - word error rate, free-form the
    mean F1 of ROUGE-1, ROUGE-2 and ROUGE-L, regression 1 - relative error; all clipped. `measures` names
    others. An answer or a reference that is missing, blank or above 20,000 characters scores 0.0, also
    where both are. Raises SettingsError where a formula is met and math-verify cannot be loaded.
    """
    texts = (answer or "", reference)
    if any(not text.strip() or len(text) > MAX_TEXT for text in texts):
        return 0.0
    if problem_type == "multiple choice":
        from curate.answers.choices import chosen

        return chosen(answer or "", reference, options)
    found, expected = (" ".join(text.split()) for text in texts)
    if measures.strict:
        return _strictly(problem_type, found, expected)
    return _freely(problem_type, found, expected, measures)


def _freely(problem_type: ProblemType, found: str, expected: str, measures: Measures) -> float:
    if found == expected and problem_type in TEXTS:
        return 1.0
    match problem_type:
        case "OCR":
            return transcribed(found, expected, measures.ocr)
        case "free-form":
            return rouge(bare(found), bare(expected))
        case "regression":
            return close(found, expected, measures.regression)
        case _:
            from curate.answers.quantities import equal

            return equal(found, expected)


def _strictly(problem_type: ProblemType, found: str, expected: str) -> float:
    match problem_type:
        case "OCR":
            return upstream.transcribed(found, expected)
        case "free-form":
            return upstream.likeness(found, expected)
        case "regression":
            return upstream.relative(found, expected)
        case _:
            return upstream.rounded(found, expected)
