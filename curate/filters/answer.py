"""Answer: the drafted answer must be the reference's (arXiv 2505.12434, section 3.1)."""

from typing import Literal, Self

from pydantic import Field, model_validator

from curate.answers import distance, transcripts, upstream
from curate.answers.score import Measures, score
from curate.filter import Filter
from curate.record import Output, Record
from curate.stages.draft import Draft
from curate.stages.similarity import Similarity
from curate.tags import answer_in

SHOWN = 80


class AnswerFilter(Filter):
    """Drops rows whose drafted answer is wrong, or too far from the reference where it is free text.

    Multiple choice and numerical answers must be right. The others must score above `ocr`,
    `free_form` or `regression`; 0.6 is the only threshold that this family of data sets has
    published (Video-R1's reward). `ocr_by` measures by the error rate of words ("wer", the paper's) or of
    characters ("cer"), or by the "mean" of both; `regression_by` by relative "error" (the paper's) or by
    mean relative accuracy ("mra"); `free_form_by` by "rouge" or by the stage similarity, which then must stand
    before. `strict` = "video-r1" scores as that code does where it is right.
    docs/answers.md argues all of it. Needs no revision, so it can spare one that would be wasted.
    """

    needs = (Draft,)
    grades = True
    ocr: float = Field(default=0.6, ge=0, lt=1)
    free_form: float = Field(default=0.6, ge=0, lt=1)
    regression: float = Field(default=0.6, ge=0, lt=1)
    ocr_by: transcripts.By = "wer"
    regression_by: distance.By = "error"
    free_form_by: Literal["rouge", "similarity"] = "rouge"
    strict: Literal["video-r1"] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.strict and (self.ocr_by, self.regression_by, self.free_form_by) != ("wer", "error", "rouge"):
            raise ValueError(
                "strict says itself how answers are measured: leave out ocr_by, regression_by and free_form_by"
            )
        if self.strict and (missing := upstream.missing()):
            raise ValueError(f"strict needs {missing}")
        return self

    def wants(self) -> tuple[type[Output], ...]:
        """The draft, and the similarity where that is what counts."""
        return (Draft, Similarity) if self.free_form_by == "similarity" else self.needs

    def measured(self) -> Measures:
        """The measures that are set."""
        return Measures(self.ocr_by, self.regression_by, strict=self.strict is not None)

    def reason(self, record: Record) -> str | None:
        """ "no answer" or "wrong answer: …"."""
        answer = record[Draft].answer
        if answer is None or not answer.strip():
            return "no answer"
        reference = answer_in(record.solution) or ""
        scored = self.scored(record, answer, reference)
        threshold = self.threshold(record)
        if scored == 1.0 or (threshold is not None and scored > threshold):
            return None
        scores = "" if threshold is None else f", scored {scored:.2f} where more than {threshold:g} is needed"
        return f"wrong answer: drafted {_shown(answer)}, reference {_shown(reference)}{scores}"

    def scored(self, record: Record, answer: str, reference: str) -> float:
        """How right the answer is, in [0, 1]."""
        if record.problem_type == "free-form" and self.free_form_by == "similarity":
            return record[Similarity].score or 0.0
        return score(record.problem_type, answer, reference, record.options, self.measured())

    def graded(self, record: Record) -> float | None:
        """The score that the verdict goes by; None where no answer was compared."""
        if Draft not in record or (self.free_form_by == "similarity" and Similarity not in record):
            return None
        return self.scored(record, record[Draft].answer or "", answer_in(record.solution) or "")

    def threshold(self, record: Record) -> float | None:
        """The score that an answer must exceed; None where only the right one will do."""
        thresholds = {"OCR": self.ocr, "free-form": self.free_form, "regression": self.regression}
        return thresholds.get(record.problem_type)


def _shown(text: str) -> str:
    """The text on one line, shortened, its control characters escaped."""
    return repr(text if len(text) <= SHOWN else text[: SHOWN - 1] + "…")[: SHOWN * 2]
