"""Length: a thinking must be neither a remark nor a novel."""

from typing import Self

from pydantic import Field, model_validator

from curate.filter import Filter
from curate.prose import words
from curate.record import Record, Thought


class LengthFilter(Filter):
    """Drops thinking of fewer than `min_words` or more than `max_words` words.

    A word is what stands between blanks; each Chinese, Japanese or Korean character counts as one.
    Nothing is published on length; the bounds only take out remarks and runaway texts.
    """

    min_words: int = Field(default=20, ge=0)
    max_words: int = Field(default=2000, ge=1)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min_words > self.max_words:
            raise ValueError(f"min_words = {self.min_words} is above max_words = {self.max_words}")
        return self

    def reason(self, record: Record) -> str | None:
        """ "too short: …" or "too long: …"."""
        count = len(words(record[Thought].thinking))
        if count < self.min_words:
            return f"too short: {count} words, min_words = {self.min_words}"
        if count > self.max_words:
            return f"too long: {count} words, max_words = {self.max_words}"
        return None
