"""Blind: a model that sees nothing answers the question; what it gets right needs no eyes.

In one public count, 44 % of Video-R1-260k could be answered from the text alone; a model that is trained on such
questions learns not to look.
"""

import random
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from pydantic import Field

from curate import assets
from curate.answers.choices import letters
from curate.answers.labels import labelled
from curate.answers.score import score
from curate.chat import Ask, Reply, Request
from curate.cuts import sparing
from curate.medium import Kind
from curate.record import Output, Record
from curate.stage import Stage
from curate.tags import answer_in


class Blind(Output):
    """How many of so many blind tries were right."""

    right: int
    tries: int


class Order(NamedTuple):
    """A question as one try asks it; `labels` are the options' own labels, by the letters that they have there."""

    question: str
    labels: dict[str, str]


class BlindStage(Stage):
    """Asks the question without the medium, `blind_tries` times, each with the options in another order.

    The orders are drawn from `shuffle` and the question, so that they are always the same. Options that stand in
    the middle of the problem's own text stay where they are. An answer of text or a regression is right above
    `right_above`. The reference answer grades the replies and is in no prompt.
    """

    output = Blind
    blind_tries: int = Field(default=4, ge=1, le=64)
    shuffle: int = 0
    right_above: float = Field(default=0.6, ge=0, lt=1)

    def prompts(self, record: Record) -> str:
        """One pair of prompts for every medium."""
        return self.name()

    def fields(self, record: Record) -> dict[str, str]:
        """The question as it stands in the row, how to answer, and what is not shown."""
        kind = record.problem_type.replace(" ", "_").replace("-", "_").lower()
        return {
            "question": record.question,
            "answer_format": assets.text("prompts", f"draft/answer/{kind}.md"),
            "medium": {"video": "video", "image": "picture"}[record.medium.kind],
        }

    def rounds(self) -> int:
        """One for each try."""
        return self.blind_tries

    def most(self, kind: Kind) -> int:
        """Replies that a record takes at most."""
        return super().most(kind) * self.blind_tries

    def parse(self, reply: Reply, record: Record) -> Blind:
        """One try, asked as the row has it. Raises ValueError where it gives no answer."""
        return self.tried(reply, record, {})

    async def run(self, record: Record, ask: Ask) -> Blind:
        """All tries, one after the other, added up."""
        right = 0
        for number in range(self.blind_tries):
            order = ordered(record, random.Random(f"{self.shuffle} {number} {record.question}"))  # noqa: S311
            request = self.asked(record, number, order.question)
            grade = partial(self.tried, record=record, labels=order.labels)
            right += (await sparing(partial(self.read, request, parse=grade), ask)).right
        return Blind(right=right, tries=self.blind_tries)

    def asked(self, record: Record, number: int, question: str) -> Request:
        """The request of one try; tries of the same words differ in their seed, so that each is a reply of its own."""
        request = self.compose(self.prompts(record), self.fields(record) | {"question": question}, (), None)
        return replace(request, seed=(self.seed or 0) + number)

    def tried(self, reply: Reply, record: Record, labels: dict[str, str]) -> Blind:
        """What one try came to. Raises ValueError where there is no answer between the tags."""
        answer = answer_in(reply.text)
        if answer is None:
            raise ValueError("no <answer> in the reply")
        if labels:
            chosen = letters(answer, [f"{new}. {text_of(record.options, old)}" for new, old in labels.items()])
            answer = ", ".join(sorted(labels[new] for new in chosen)) if chosen <= set(labels) else ""
        scored = score(record.problem_type, answer, answer_in(record.solution) or "", record.options)
        exact = record.problem_type in ("multiple choice", "numerical")
        return Blind(right=int(scored == 1.0 if exact else scored > self.right_above), tries=1)


def ordered(record: Record, chance: random.Random) -> Order:
    """The question with its options in an order by chance, labelled anew; as it is where that cannot be done."""
    options = labelled(record.options) or []
    lines = [line for line in record.problem.splitlines() if line.strip() not in map(str.strip, record.options)]
    problem = "\n".join(lines).rstrip()
    unlabelled = len({label for label, _ in options}) < len(record.options)
    if len(record.options) < 2 or unlabelled or any(option.strip() in problem for option in record.options):
        return Order(record.question, {})
    chance.shuffle(options)
    labels = {chr(ord("A") + place): label for place, (label, _) in enumerate(options)}
    said = [f"{new}. {text}" for new, (_, text) in zip(labels, options, strict=True)]
    heading = [] if problem.endswith("Options:") else ["Options:"]
    return Order("\n".join([problem, *heading, *said]), labels)


def text_of(options: tuple[str, ...], label: str) -> str:
    """The text of the option with this label."""
    return dict(labelled(options) or ()).get(label, "")
