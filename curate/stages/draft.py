"""Draft: a reasoning model that sees no pixels thinks aloud over the caption record (paper, section 3.1)."""

import re
from contextlib import suppress
from typing import Any

from curate import assets
from curate.captions.shorter import shorter
from curate.chat import Ask, Reply, Schema
from curate.errors import TooLongError
from curate.jsonschema import checked_in, loaded
from curate.record import Output, Record, Thought
from curate.stage import Stage
from curate.stages.caption import Caption
from curate.tags import answer_in, joined_thinking, thinking_in
from curate.thoughts import UNCLOSED, unclosed

LETTER = re.compile(r"\s*\(?([A-Z])[).:]")


class Draft(Thought):
    """The model's own thinking, and its answer; None where no `<answer>` was given."""

    thinking: str
    answer: str | None


class StructuredDraft(Output):
    """The reasoning about a question, and its answer."""

    thinking: str
    answer: str


class DraftStage(Stage):
    """Drafts the chain of thought and the answer from the caption record alone, in five human-like steps.

    A record that is too long for the model is shortened to fewer frames, then to fewer fields: see
    `curate.captions.shorter`.

    `structured` asks for the same two things as JSON, for models that do not think by themselves;
    `pattern` is a regular expression that the JSON schema then puts on the thinking, which keeps a small
    model from falling into loops.
    """

    output = Draft
    needs = (Caption,)
    structured: bool = False
    pattern: str | None = None

    def fields(self, record: Record) -> dict[str, str]:
        """The caption record, the question with its options, and how to answer."""
        kind = record.problem_type.replace(" ", "_").replace("-", "_").lower()
        style = "structured" if self.structured else "tagged"
        return {
            "caption": record[Caption].as_json,
            "question": record.question,
            "answer_format": assets.text("prompts", f"draft/answer/{kind}.md"),
            "reply_format": assets.text("prompts", f"draft/reply/{style}.md"),
        }

    async def run(self, record: Record, ask: Ask) -> Output:
        """One request, parsed; where it is too long, another with a shorter record, and so on."""
        try:
            return await super().run(record, ask)
        except TooLongError as error:
            problem = error
        for told in shorter(record[Caption].described):
            with suppress(TooLongError):
                return await self._told(record, told, ask)
        raise problem

    async def _told(self, record: Record, caption: str, ask: Ask) -> Output:
        fields = self.fields(record) | {"caption": caption}
        request = self.compose(self.prompts(record), fields, (), self.shape(record), about=record.medium.sha256)
        return await self.answered(request, record, ask)

    def shape(self, record: Record) -> Schema | None:
        """Thinking first, then the answer in the shape of its problem type."""
        if not self.structured:
            return None
        body = checked_in("draft")
        body["properties"]["answer"] = answer_shape(record)
        if self.pattern:
            body["properties"]["thinking"]["pattern"] = self.pattern
        return Schema("draft", body)

    def parse(self, reply: Reply, record: Record) -> Draft:
        """Thinking from the reply's reasoning, inline tags or JSON; the answer from the final message."""
        if self.structured:
            fields = StructuredDraft.model_validate(loaded(reply.text, parse_int=str, parse_float=str))
            return thought(fields.thinking, answer_in(fields.answer) or fields.answer.strip())
        _, final = thinking_in(reply.text)
        thinking = reply.reasoning.strip() or joined_thinking(reply.text) or ""
        if not thinking and unclosed(reply.text):
            raise ValueError(UNCLOSED)
        return thought(thinking, answer_in(final))


def thought(thinking: str, answer: str | None) -> Draft:
    """A draft that holds a thinking. Raises ValueError where it is empty."""
    if not thinking.strip():
        error = ValueError("no thinking in the reply")
        error.add_note("(structured = true helps a model that does not think)")
        raise error
    return Draft(thinking=thinking.strip(), answer=answer)


def answer_shape(record: Record) -> dict[str, Any]:
    """The JSON schema of an answer: an option's letter, a number, or text."""
    letters = [match[1] for option in record.options if (match := LETTER.match(option))]
    if record.problem_type == "multiple choice" and letters and len(letters) == len(record.options):
        return {"type": "string", "enum": letters}
    if record.problem_type in ("numerical", "regression"):
        return {"type": "number"}
    return {"type": "string"}
