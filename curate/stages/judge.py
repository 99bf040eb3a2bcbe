"""Judge: a model that sees the medium says whether a thinking holds (optional; LLM as a judge).

Its verdict is about the last thinking before it. The method has no such stage; it stands here for who wants one.
"""

from pydantic import Field

from curate.chat import Reply, Schema
from curate.jsonschema import checked_in, loaded
from curate.record import Output, Record, Thought
from curate.stage import ShowingStage
from curate.stages.draft import Draft


class Judgement(Output):
    """What a reader who sees the same makes of the reasoning. Each reason comes before its verdict."""

    seen_reason: str = Field(
        description="In one or two sentences: which steps agree with what is visible, which do not."
    )
    seen: bool = Field(description="true if every step that matters follows from what is visible.")
    supported_reason: str = Field(description="In one or two sentences: where the reasoning leads.")
    supported: bool = Field(description="true if the reasoning leads to this answer and to no other.")


class JudgeStage(ShowingStage):
    """Judges the thinking against the real frames: does it follow from them, and does it support the answer.

    The model gets the frames, the question with its options, the thinking and the drafted answer, never the
    reference answer nor the caption record.
    """

    output = Judgement
    needs = (Draft,)
    max_frames: int = Field(default=32, ge=1)

    def fields(self, record: Record) -> dict[str, str]:
        """The question with its options, the last thinking, and the drafted answer."""
        return {
            "question": record.question,
            "thinking": record[Thought].thinking,
            "answer": record[Draft].answer or "(none was given)",
        }

    def shape(self, record: Record) -> Schema | None:
        """Two verdicts, each behind its reason."""
        return Schema("judge", checked_in("judge"))

    def parse(self, reply: Reply, record: Record) -> Judgement:
        """The verdicts. Raises ValueError where one is missing."""
        return Judgement.model_validate(loaded(reply.text))
