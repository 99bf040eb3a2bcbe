"""Revise: a model that sees the medium corrects the draft against it (paper, section 3.1)."""

from pydantic import Field

from curate import assets
from curate.chat import Reply, Schema
from curate.jsonschema import checked_in, loaded
from curate.record import Output, Record, Thought
from curate.stage import ShowingStage
from curate.stages.draft import Draft
from curate.tags import sole_thinking
from curate.thoughts import UNCLOSED, unclosed


class Revision(Thought):
    """The thinking, corrected against what is visible; the answer stays the draft's."""

    thinking: str


class StructuredRevision(Output):
    """The corrected reasoning."""

    thinking: str


class ReviseStage(ShowingStage):
    """Corrects the draft's thinking against the real frames; it sees neither captions nor answers.

    `structured` asks for the thinking as JSON, for models that do not keep to tags; `pattern` is a
    regular expression that the JSON schema then puts on it.
    """

    output = Revision
    needs = (Draft,)
    max_frames: int = Field(default=32, ge=1)
    structured: bool = False
    pattern: str | None = None

    def fields(self, record: Record) -> dict[str, str]:
        """The question with its options, and the draft's thinking."""
        style = "structured" if self.structured else "tagged"
        return {
            "question": record.question,
            "thinking": record[Draft].thinking,
            "reply_format": assets.text("prompts", f"revise/reply/{style}.md"),
        }

    def shape(self, record: Record) -> Schema | None:
        """The thinking and nothing else."""
        if not self.structured:
            return None
        body = checked_in("revise")
        if self.pattern:
            body["properties"]["thinking"]["pattern"] = self.pattern
        return Schema("revise", body)

    def parse(self, reply: Reply, record: Record) -> Revision:
        """The text between the tags. Raises ValueError where there is none, or more than one."""
        if self.structured:
            thinking = StructuredRevision.model_validate(loaded(reply.text)).thinking
        else:
            inline = sole_thinking(reply.text)
            # A server that parses reasoning takes the tags out of the text and leaves nothing else.
            thinking = inline or ("" if reply.text.strip() else reply.reasoning)
        if not thinking.strip():
            raise ValueError(UNCLOSED if unclosed(reply.text) else "no <think> in the reply")
        return Revision(thinking=thinking.strip())
