"""The engine: records through steps, each to its own end."""

import asyncio
from collections.abc import AsyncIterator
from typing import ClassVar

import pytest

from curate.chat import Ask, Reply, Request
from curate.engine import Asked, Judged, Step, Tally, Walk, stream, walk
from curate.errors import (
    FatalError,
    MediaError,
    RefusedError,
    TransientError,
    UnansweredError,
)
from curate.filter import Filter
from curate.record import Failed, Kept, Output, Owed, Record, Rejected
from curate.stages.caption import Caption
from curate.stages.draft import Draft, DraftStage
from curate.stages.revise import ReviseStage, Revision
from tests.records import THINKING, record
from tests.stages.test_draft import captioned


class Right(Filter):
    """The answer is right."""

    wanted: ClassVar[str] = "A"

    def reason(self, record: Record) -> str | None:
        """Wrong answers only."""
        return None if record[Draft].answer == self.wanted else f"wrong: said {record[Draft].answer}"


class Calm(Filter):
    """No thought shouts."""

    def reason(self, record: Record) -> str | None:
        """Shouts only."""
        return "shouting" if record.outputs[-1].thinking.isupper() else None


class Script:
    """Replies in turn; an exception in their place is raised."""

    def __init__(self, *replies: str | Exception) -> None:
        self.replies = list(replies)
        self.asked: list[Request] = []

    async def __call__(self, request: Request) -> Reply:
        self.asked.append(request)
        said = self.replies[min(len(self.asked), len(self.replies)) - 1]
        if isinstance(said, Exception):
            raise said
        return Reply(text=said)


def answer(letter: str) -> str:
    return f"<think>{THINKING}</think><answer>{letter}</answer>"


def drafting(ask: Ask, **options: object) -> Asked:
    return Asked("draft", DraftStage(model="m", **options), ask)


def revising(ask: Ask, **options: object) -> Asked:
    return Asked("revise", ReviseStage(model="m", **options), ask)


RIGHT, CALM = Judged("answer", Right()), Judged("calm", Calm())


def outcome(*steps: Step, item: Record | Rejected | None = None) -> tuple[object, Tally]:
    tally = Tally()
    return asyncio.run(walk(item or captioned(), steps, tally)), tally


def test_a_record_that_passes_every_step_is_kept_with_all_outputs():
    kept, tally = outcome(drafting(Script(answer("A"))), RIGHT, revising(Script(f"<think>{THINKING}</think>")), CALM)
    assert isinstance(kept, Kept)
    assert [type(o) for o in kept.record.outputs] == [Caption, Draft, Revision]
    assert dict(tally.passed) == {"draft": 1, "answer": 1, "revise": 1, "calm": 1}
    assert tally.seen == 1


def test_a_wrong_answer_is_never_sent_to_revise():
    revise = Script("<think>x</think>")
    dropped, tally = outcome(drafting(Script(answer("B"))), RIGHT, revising(revise), CALM)
    assert isinstance(dropped, Rejected)
    assert (dropped.step, dropped.reason, dropped.detail) == ("answer", "wrong", "said B")
    assert dropped.record[Draft].answer == "B"
    assert dropped.row["problem_id"] == 7
    assert revise.asked == []
    assert tally.rejected == {("answer", "wrong"): 1}
    assert tally.passed["draft"] == 1
    assert tally.passed["revise"] == 0


def test_a_row_rejected_before_the_steps_stays_so():
    row = Rejected({"problem_id": 3}, "input", "no medium")
    dropped, tally = outcome(drafting(Script(answer("A"))), item=row)
    assert dropped is row
    assert tally.rejected == {("input", "no medium"): 1}


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        (TransientError("HTTP 503"), Failed, "no answer from the server"),
        (RefusedError("HTTP 400"), Failed, "refused by the server"),
        (MediaError("decoder crashed", "signal 11", lasting=False), Failed, "decoder crashed"),
        (MediaError("damaged", "frame 3"), Rejected, "damaged"),
    ],
)
def test_a_bad_record_is_data_not_a_crash(error, kind, reason):
    ended, tally = outcome(drafting(Script(error)), RIGHT)
    assert isinstance(ended, kind)
    assert (ended.step, ended.reason) == ("draft", reason)
    assert (tally.failed if kind is Failed else tally.rejected) == {("draft", reason): 1}


def test_unreadable_replies_end_as_failed_after_the_attempts():
    script = Script("no thinking at all")
    ended, _ = outcome(drafting(script, attempts=2), RIGHT)
    assert isinstance(ended, Failed)
    assert ended.reason == "unreadable reply"
    assert "thinking" in ended.detail
    assert [r.attempt for r in script.asked] == [0, 1]


def test_what_the_journal_does_not_hold_is_owed():
    ended, tally = outcome(drafting(Script(UnansweredError("HTTP 500"))), RIGHT)
    assert isinstance(ended, Owed)
    assert (ended.step, ended.failure) == ("draft", "HTTP 500")
    assert tally.owed == {"draft": 1}


@pytest.mark.parametrize("error", [FatalError("401"), ZeroDivisionError()])
def test_a_mistake_in_the_settings_and_a_bug_stop_the_run(error):
    with pytest.raises(type(error)):
        outcome(drafting(Script(error)))


def test_another_draft_only_while_the_answer_is_wrong():
    script = Script(answer("B"), answer("C"), answer("A"), answer("D"))
    kept, tally = outcome(drafting(script, tries=4), RIGHT, CALM)
    assert isinstance(kept, Kept)
    assert kept.record[Draft].answer == "A"
    assert [o for o in kept.record.outputs if isinstance(o, Draft)] == [kept.record[Draft]]
    assert [r.sample for r in script.asked] == [0, 1, 2]
    assert dict(tally.passed) == {"draft": 1, "answer": 1, "calm": 1}
    assert not tally.rejected


def test_the_tries_come_to_an_end():
    script = Script(answer("B"))
    dropped, tally = outcome(drafting(script, tries=3), RIGHT)
    assert isinstance(dropped, Rejected)
    assert len(script.asked) == 3
    assert tally.passed["draft"] == 1
    assert tally.passed["answer"] == 0


def test_a_filter_sends_back_the_stage_right_before_it_and_no_other():
    draft, revise = Script(answer("A")), Script("<think>LOUD</think>", "<think>calm</think>")
    kept, tally = outcome(drafting(draft, tries=5), RIGHT, revising(revise, tries=2), CALM)
    assert isinstance(kept, Kept)
    assert kept.record[Revision].thinking == "calm"
    assert (len(draft.asked), len(revise.asked)) == (1, 2)
    assert dict(tally.passed) == {"draft": 1, "answer": 1, "revise": 1, "calm": 1}


def test_a_filter_before_any_stage_has_nobody_to_send_back():
    dropped, _ = outcome(RIGHT, item=captioned().with_output(Draft(thinking=THINKING, answer="B")))
    assert isinstance(dropped, Rejected)


def test_the_trail_tells_every_step_also_of_tries_that_failed():
    walked = Walk(captioned(), (drafting(Script(answer("B"), answer("A")), tries=2), RIGHT), Tally())
    asyncio.run(walked.run())
    assert [(t.step, getattr(t.output, "answer", None), t.reason) for t in walked.trail] == [
        ("draft", "B", None),
        ("answer", None, "wrong: said B"),
        ("draft", "A", None),
        ("answer", None, None),
    ]


async def items(number: int, started: list[int] | None = None) -> AsyncIterator[Record | Rejected]:
    for n in range(number):
        if started is not None:
            started.append(n)
        yield captioned(problem_id=n) if n % 5 else Rejected({"problem_id": n}, "input", "no medium")


def test_a_stream_gives_every_outcome_once_and_bounds_what_is_on_its_way():
    busy, most = 0, 0

    async def ask(_: Request) -> Reply:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0.001)
        busy -= 1
        return Reply(text=answer("A"))

    async def go() -> list[object]:
        return [o async for o in stream(items(50), (drafting(ask), RIGHT), tally, 7)]

    tally = Tally()
    outcomes = asyncio.run(go())
    ids = sorted(o.problem_id if isinstance(o, Rejected) else o.record.problem_id for o in outcomes)
    assert ids == list(range(50))
    assert tally.seen == 50
    assert 1 < most <= 7


def test_a_stream_reads_no_further_ahead_than_its_width():
    started: list[int] = []

    async def never(_: Request) -> Reply:
        await asyncio.Event().wait()
        raise AssertionError

    async def go() -> None:
        walked = stream(items(1000, started), (drafting(never),), Tally(), 10)
        task = asyncio.create_task(anext(walked))
        await task  # a row that was rejected at the input comes first
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(_all(walked), 0.1)

    asyncio.run(go())
    assert len(started) < 20


async def _all(walked: AsyncIterator[object]) -> list[object]:
    return [o async for o in walked]


def test_a_fault_that_ends_the_run_cancels_the_others():
    cancelled = []

    async def ask(request: Request) -> Reply:
        if len(cancelled) == 0 and "seven" in request.messages[1].parts[0].text:
            await asyncio.sleep(0.01)
            raise FatalError("401")
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append(request)
            raise
        raise AssertionError

    async def mixed() -> AsyncIterator[Record | Rejected]:
        for n in range(5):
            yield captioned(problem="seven?" if n == 3 else "six?")

    async def go() -> None:
        with pytest.raises(FatalError):
            await _all(stream(mixed(), (drafting(ask),), Tally(), 10))

    asyncio.run(go())
    assert len(cancelled) == 4


def test_the_record_itself_never_changes():
    first = record()
    second = first.with_output(Draft(thinking=THINKING, answer="A"))
    assert first.outputs == ()
    assert isinstance(second[Output], Draft)
