"""Rows with everything that is known of where they come from, for whoever checks or mixes a set."""

from curate.answers.score import score
from curate.layout import Layout, QuestionColumns
from curate.provenance import Call, Judgement, Provenance
from curate.record import Output, Record, Thought
from curate.stages.caption import Caption
from curate.stages.draft import Draft
from curate.tags import answer_in, process


class Finding(Output):
    """What a stage found, as JSON in its own form."""

    kind: str
    output: str


class FullPrompt(QuestionColumns):
    """A question, its answer, and its story: what was found, how it was judged, who was asked.

    `medium` is the sha256 of the file. `caption` is the record of it as JSON, `draft` a thinking, `answer` the
    draft's and `score` how right that is, 0.0 to 1.0; `revision` is the last thinking where it is not the draft's.
    None stands for what was not asked for or not answered.
    """

    solution: str
    path: str
    data_source: str
    medium: str
    pass_rate: float | None = None
    outcome: str
    step: str
    reason: str
    caption: str | None = None
    draft: str | None = None
    answer: str | None = None
    score: float | None = None
    revision: str | None = None
    others: tuple[Finding, ...]
    judgements: tuple[Judgement, ...]
    calls: tuple[Call, ...]


class FullRow(FullPrompt):
    """The same with the thinking that the SFT set has under `process`."""

    process: str


class FullLayout(Layout):
    """All columns of the input, and the provenance of each row: models, prompts, verdicts, tokens, what was found."""

    sft = FullRow
    rl = FullPrompt
    traced = True

    def row(self, record: Record) -> Output:
        """The record's own columns and its story, which it carries as its last output."""
        told = record[Provenance]
        columns = record.row | {"path": self.path(record), "medium": record.medium.sha256}
        columns |= {name: getattr(told, name) for name in ("outcome", "step", "reason", "judgements", "calls")}
        columns |= _found(record, told) | {"pass_rate": record.pass_rate}
        if Thought in record:
            return FullRow(process=process(record[Thought].thinking), **columns)
        return FullPrompt(**columns)


def _found(record: Record, told: Provenance) -> dict[str, object]:
    """The columns for what the stages found."""
    story = record.model_copy(update={"outputs": told.found})
    columns: dict[str, object] = {}
    if Caption in story:
        columns["caption"] = story[Caption].as_json
    if Draft in story:
        draft, last = story[Draft], story[Thought]
        reference = answer_in(record.solution) or ""
        plain = score(record.problem_type, draft.answer, reference, record.options)
        right = plain if told.score is None else told.score  # without an answer filter, as it would measure by default
        columns |= {"draft": draft.thinking, "answer": draft.answer, "score": right}
        columns["revision"] = None if last is draft else last.thinking
    others = (output for output in told.found if not isinstance(output, Caption | Thought))
    columns["others"] = tuple(Finding(kind=type(o).__name__, output=o.model_dump_json()) for o in others)
    return columns
