"""Similarity: how near a free-form answer is to the reference, by an embedding model (paper, section 3.1)."""

from typing import ClassVar

from pydantic import Field

from curate.answers.texts import MAX_TEXT
from curate.chat import Ask, Message, Reply, Request, Text
from curate.record import Output, Record
from curate.stage import Stage
from curate.stages.draft import Draft
from curate.tags import answer_in


class Similarity(Output):
    """How alike the answer and the reference are, in [0, 1]; None where nobody was asked."""

    score: float | None = Field(ge=0, le=1)


class SimilarityStage(Stage):
    """Compares the drafted answer of free-form rows with the reference, by an embedding model.

    Rows of other types, and answers that are missing or above 20,000 characters, cost nothing. The score is
    the cosine between the two texts, negative ones 0: that is what the paper filters open-ended rows by (it
    names neither the model nor a threshold).
    """

    output = Similarity
    needs = (Draft,)
    embeds: ClassVar[bool] = True
    settled: ClassVar[bool] = True

    def fields(self, record: Record) -> dict[str, str]:
        """None: an embedding model gets the two texts and no prompt."""
        return {}

    def concerns(self, record: Record) -> bool:
        """Free-form rows only."""
        return record.problem_type == "free-form"

    def request(self, record: Record) -> Request:
        """The answer and the reference, each a message of its own."""
        said = (Text(" ".join(text.split())) for text in _texts(record))
        return Request(self.name(), tuple(Message("user", (text,)) for text in said), max_tokens=1)

    def parse(self, reply: Reply, record: Record) -> Similarity:
        """The cosine in the reply, which a provider has made. Raises ValueError where it is none."""
        return Similarity(score=max(float(reply.text), 0.0))  # in this order NaN stays NaN, which no score may be

    async def run(self, record: Record, ask: Ask) -> Similarity:
        """One request about the rows that it concerns and that have two texts to compare."""
        comparable = all(text.strip() and len(text) <= MAX_TEXT for text in _texts(record))
        if not comparable or not self.concerns(record):
            return Similarity(score=None)
        request = self.request(record)
        return await self.read(request, ask, lambda reply: self.parse(reply, record))


def _texts(record: Record) -> tuple[str, str]:
    return record[Draft].answer or "", answer_in(record.solution) or ""
