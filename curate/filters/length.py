"""Length: a thinking must be neither a remark nor a novel."""

import re
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from curate.answers.texts import CJK
from curate.chat import CHARACTERS
from curate.filter import Filter
from curate.record import ProblemType, Record, Thought

WORD = re.compile(rf"[{CJK}]|[^\s{CJK}]+")
ONE_BY_ONE = re.compile(rf"[{CJK}]")
UNITS = ("words", "tokens")


class Bounds(BaseModel):
    """What one problem type sets anew; what is missing stays as it is for all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_words: int | None = Field(default=None, ge=0)
    max_words: int | None = Field(default=None, ge=1)
    min_tokens: int | None = Field(default=None, ge=0)
    max_tokens: int | None = Field(default=None, ge=1)


class LengthFilter(Filter):
    """Drops thinking of fewer than `min_words` or more than `max_words` words, or so many tokens.

    A word is what stands between blanks; each Chinese, Japanese or Korean character counts as one. Tokens
    are guessed as the rest of this package guesses them: four characters, or one of those, are a token. (What
    a server counted goes for the whole reply, with the answer and all that the thinking was taken out of.)
    `by_type` sets other bounds for a problem type. Nothing is published on length; the bounds only take
    out remarks and runaway texts.
    """

    min_words: int = Field(default=20, ge=0)
    max_words: int = Field(default=2000, ge=1)
    min_tokens: int = Field(default=0, ge=0)
    max_tokens: int | None = Field(default=None, ge=1)
    by_type: dict[ProblemType, Bounds] = Field(default={})

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        for problem_type in (None, *self.by_type):
            for unit in UNITS:
                least, most = self.bounds(unit, problem_type)
                if most is not None and least > most:
                    where = f"by_type.{problem_type!r}: " if problem_type else ""
                    raise ValueError(f"{where}min_{unit} = {least} is above max_{unit} = {most}")
        return self

    def bounds(self, unit: str, problem_type: ProblemType | None) -> tuple[int, int | None]:
        """The least and the most "words" or "tokens" for this problem type (None: for all)."""
        own = self.by_type.get(problem_type) if problem_type else None
        least, most = (getattr(own, f"{end}_{unit}", None) for end in ("min", "max"))
        general: tuple[int, int | None] = getattr(self, f"min_{unit}"), getattr(self, f"max_{unit}")
        return general[0] if least is None else least, general[1] if most is None else most

    def reason(self, record: Record) -> str | None:
        """ "too short: …" or "too long: …"."""
        thinking = record[Thought].thinking
        for unit in UNITS:
            least, most = self.bounds(unit, record.problem_type)
            if least == 0 and most is None:
                continue
            count = len(words(thinking)) if unit == "words" else tokens(thinking)
            if count < least:
                return f"too short: {count} {unit}, min_{unit} = {least}"
            if most is not None and count > most:
                return f"too long: {count} {unit}, max_{unit} = {most}"
        return None


def words(text: str) -> list[str]:
    """The words of a text, in order, with the punctuation that clings to them."""
    return text.split() if text.isascii() else WORD.findall(text)  # the same, and quicker


def tokens(text: str) -> int:
    """How many tokens a model may take for a text: a guess."""
    single = 0 if text.isascii() else sum(1 for _ in ONE_BY_ONE.finditer(text))
    return single + (len(text) - single) // CHARACTERS
