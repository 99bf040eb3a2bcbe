"""The provenance of a row that was walked: from its trail and from what the journal says of its replies."""

from collections.abc import Mapping, Sequence

from curate.filter import Filter
from curate.journal import Journal, Spent
from curate.provenance import Call, Judgement, Provenance
from curate.provider import public
from curate.standings import Standing
from curate.walk import Walked


def traced(walked: Walked, journal: Journal, prompts: Mapping[str, str], filters: Sequence[Filter]) -> Provenance:
    """Where the row comes from; `prompts` is {stage: hash of its prompts}, `filters` are among the steps.

    Raises StoreError.
    """
    outcome = walked.outcome
    grades = (judge.graded(outcome.record) for judge in filters if outcome.record)
    stood = Standing.of(outcome, b"")
    return Provenance(
        outcome=stood.kind,
        step=stood.step,
        reason=stood.reason,
        score=next((grade for grade in grades if grade is not None), None),
        found=outcome.record.outputs if outcome.record else (),
        judgements=tuple(Judgement(step=t.step, reason=t.reason) for t in walked.trail if t.output is None),
        calls=tuple(_call(spent, prompts) for spent in journal.behind(walked.used)),
    )


def _call(spent: Spent, prompts: Mapping[str, str]) -> Call:
    return Call(
        stage=spent.stage,
        model=public(spent.model),
        prompts=prompts.get(spent.stage, ""),
        replies=spent.calls,
        prompt_tokens=spent.prompt_tokens,
        completion_tokens=spent.completion_tokens,
        cached_tokens=spent.cached_tokens,
        cost=spent.cost,
    )
