"""Where a row comes from: what was asked of whom, what was found, and how it was judged."""

from curate.record import Output


class Call(Output):
    """What one stage got from one model for a row: replies, tokens, USD. `prompts` is the hash of its prompts.

    A caption that several rows share counts in each of them.
    """

    stage: str
    model: str
    prompts: str
    replies: int
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    cost: float


class Judgement(Output):
    """What a filter said: a reason to drop the row, or None."""

    step: str
    reason: str | None = None


class Provenance(Output):
    """The story of one record.

    `score` is how right the last draft's answer is, in [0, 1], as the steps measure it; None where they do not.
    `outcome` is kept, rejected, failed or owed, at `step` and for `reason`; `found` holds what the stages
    found last, each by its own type.
    """

    outcome: str
    step: str
    reason: str
    score: float | None = None
    found: tuple[Output, ...]
    judgements: tuple[Judgement, ...]
    calls: tuple[Call, ...]
