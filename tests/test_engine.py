"""The engine: records through steps, each to its own end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import ClassVar

import pytest

from curate.chat import Ask, Reply, Request
from curate.engine import Ended, Engine
from curate.errors import (
    CrowdedError,
    FatalError,
    MediaError,
    RefusedError,
    TooLongError,
    TransientError,
    UnansweredError,
)
from curate.filter import Filter
from curate.filters.answer import AnswerFilter
from curate.intake import Entry
from curate.record import Failed, Kept, Output, Owed, Record, Rejected
from curate.stages.caption import Caption
from curate.stages.draft import Draft, DraftStage
from curate.stages.revise import ReviseStage, Revision
from curate.stages.similarity import Similarity, SimilarityStage
from curate.standings import Standing
from curate.steps import Asked, Judged, Parked, Step, Way
from curate.tally import Tally
from curate.walk import Walk, walked
from tests.asking import texts
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


class Graded(Right):
    """The answer is right, and that is a grade."""

    grades = True


GRADED = Judged("right", Graded())
RIGHT, CALM = Judged("answer", Right()), Judged("calm", Calm())


def outcome(*steps: Step, item: Record | Rejected | None = None) -> tuple[object, Tally]:
    tally = Tally()
    return asyncio.run(walked(item or captioned(), Way(steps), tally)).outcome, tally


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


def comparing(ask: Ask) -> Asked:
    return Asked("similarity", SimilarityStage(model="m"), ask)


FREE = {"problem_type": "free-form", "options": (), "solution": "<answer>A</answer>"}
NEAR = Judged("answer", AnswerFilter(free_form_by="similarity"))


def test_a_filter_sends_back_past_a_stage_that_would_only_say_the_same_again():
    draft, compare = Script(answer("B"), answer("C"), answer("A")), Script("0.1", "0.2", "0.9")
    item = captioned().model_copy(update=FREE)
    kept, tally = outcome(drafting(draft, tries=4), comparing(compare), NEAR, item=item)
    assert isinstance(kept, Kept)
    assert (kept.record[Draft].answer, kept.record[Similarity].score) == ("A", 0.9)
    assert [request.sample for request in draft.asked] == [0, 1, 2]
    assert [(texts(request), request.sample) for request in compare.asked] == [("B\nA", 0), ("C\nA", 0), ("A\nA", 0)]
    assert dict(tally.passed) == {"draft": 1, "similarity": 1, "answer": 1}


def test_a_record_sent_back_so_waits_for_the_stage_that_is_asked_again():
    crowded = [True]

    async def ask(request: Request) -> Reply:
        if request.sample and crowded:
            raise CrowdedError
        return Reply(text=answer("B"))

    item = captioned().model_copy(update=FREE)
    steps = (drafting(ask, tries=2), comparing(Script("0.1")), NEAR)
    assert asyncio.run(walked(item, Way(steps), Tally())) == Parked(0)


def test_a_filter_before_any_stage_has_nobody_to_send_back():
    dropped, _ = outcome(RIGHT, item=captioned().with_output(Draft(thinking=THINKING, answer="B")))
    assert isinstance(dropped, Rejected)


def test_the_trail_tells_every_step_also_of_tries_that_failed():
    walk = Walk(captioned(), Way((drafting(Script(answer("B"), answer("A")), tries=2), RIGHT)), Tally())
    asyncio.run(walk.run())
    assert [(t.step, getattr(t.output, "answer", None), t.reason) for t in walk.trail] == [
        ("draft", "B", None),
        ("answer", None, "wrong: said B"),
        ("draft", "A", None),
        ("answer", None, None),
    ]


def item(number: int) -> Entry:
    row = captioned(problem_id=number) if number % 5 else Rejected({"problem_id": number}, "input", "no medium")
    return Entry(number, b"", row)


async def items(number: int, started: list[int] | None = None) -> AsyncIterator[Entry]:
    for n in range(number):
        if started is not None:
            started.append(n)
        yield item(n)


async def again(number: int) -> Entry:
    return item(number)


def stream(entries: AsyncIterator[Entry], steps: tuple[Step, ...], tally: Tally, width: int) -> AsyncIterator[Ended]:
    return Engine(Way(steps), tally, width, again).stream(entries)


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
        return [e async for e in stream(items(50), (drafting(ask), RIGHT), tally, 7)]

    tally = Tally()
    ended = asyncio.run(go())
    assert (
        sorted(e.entry.number for e in ended) == sorted(e.walked.outcome.problem_id for e in ended) == list(range(50))
    )
    assert tally.seen == 50
    assert 1 < most <= 7


def test_a_stream_reads_no_further_ahead_than_its_width():
    started: list[int] = []

    async def never(_: Request) -> Reply:
        await asyncio.Event().wait()
        raise AssertionError

    async def go() -> None:
        ends = stream(items(1000, started), (drafting(never),), Tally(), 10)
        task = asyncio.create_task(anext(ends))
        await task  # a row that was rejected at the input comes first
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(_all(ends), 0.1)

    asyncio.run(go())
    assert len(started) < 20


async def _all(ends: AsyncIterator[object]) -> list[object]:
    return [end async for end in ends]


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

    async def mixed() -> AsyncIterator[Entry]:
        for n in range(5):
            yield Entry(n, b"", captioned(problem="seven?" if n == 3 else "six?"))

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


def test_a_prompt_that_is_too_long_is_a_reasoned_rejection():
    ended, tally = outcome(drafting(Script(*[TooLongError("HTTP 400: 9000 tokens")] * 3)), RIGHT)
    assert isinstance(ended, Rejected)
    assert (ended.step, ended.reason, ended.detail) == ("draft", "prompt too long", "HTTP 400: 9000 tokens")
    assert tally.rejected == {("draft", "prompt too long"): 1}


def test_all_samples_are_asked_for_and_the_first_that_passes_goes_on():
    script = Script(answer("B"), answer("A"), answer("A"), answer("C"))
    kept, tally = outcome(drafting(script, samples=4), GRADED, CALM)
    assert isinstance(kept, Kept)
    assert kept.record[Draft].answer == "A"
    assert kept.record.pass_rate == 0.5
    assert sorted(r.sample for r in script.asked) == [0, 1, 2, 3]
    assert dict(tally.passed) == {"draft": 1, "right": 1, "calm": 1}


def test_where_no_sample_is_right_the_record_is_rejected_with_a_rate_of_nothing():
    dropped, _ = outcome(drafting(Script(answer("B")), samples=3), GRADED)
    assert isinstance(dropped, Rejected)
    assert dropped.record.pass_rate == 0.0


def test_a_sample_that_cannot_be_read_counts_as_wrong():
    script = Script("nothing", answer("A"))
    kept, _ = outcome(drafting(script, samples=2, attempts=1), GRADED)
    assert isinstance(kept, Kept)
    assert kept.record.pass_rate == 0.5


def test_without_a_filter_that_grades_there_is_no_rate():
    kept, _ = outcome(drafting(Script(answer("A")), samples=2), RIGHT)
    assert kept.record.pass_rate is None


def journal_of(*known: int) -> Callable[[Request], Awaitable[Reply]]:
    """A journal that holds a right answer under these samples."""

    async def kept(request: Request) -> Reply:
        if request.sample not in known:
            raise UnansweredError
        return Reply(text=answer("A"), replayed=True)

    return kept


@pytest.mark.parametrize(("known", "kind"), [((), Rejected), ((1,), Kept), ((2,), Rejected)])
def test_a_sample_that_was_bought_counts_whatever_the_settings_say_now(known, kind):
    script = Script(answer("B"))
    ended, tally = outcome(replace(drafting(script), kept=journal_of(*known)), RIGHT)
    assert isinstance(ended, kind)
    assert len(script.asked) == 1
    assert tally.passed["draft"] == 1


def test_a_rejection_for_a_reason_that_is_retried_is_asked_about_once_more():
    for reason, asked in (("wrong", 2), ("another", 1)):
        script, tally = Script(answer("B")), Tally()
        way = Way((drafting(script), RIGHT), anew=lambda dropped, _, reason=reason: dropped == reason)
        ended = asyncio.run(walked(captioned(), way, tally)).outcome
        assert isinstance(ended, Rejected)
        assert [r.sample for r in script.asked] == list(range(asked))
        assert tally.passed["draft"] == 1


def test_a_record_that_meets_a_crowd_is_parked_and_counts_nowhere():
    tally = Tally()
    steps = (drafting(Script(answer("A"))), RIGHT, revising(Script(CrowdedError())))
    assert asyncio.run(walked(captioned(), Way(steps), tally)) == Parked(2)
    assert tally.seen == 0
    assert not any(tally.passed.values())


def test_parked_records_come_back_when_their_model_is_free_and_hold_up_nobody():
    """The second model takes one record at a time; the first is done with all of them long before it."""
    drafted: list[int] = []
    revised: list[int] = []
    put_off: list[int] = []
    busy = False

    async def draft(request: Request) -> Reply:
        drafted.append(len(revised))
        return Reply(text=answer("A"))

    async def revise(request: Request) -> Reply:
        nonlocal busy
        if busy:
            raise CrowdedError
        busy = True
        await asyncio.sleep(0.002)
        busy = False
        revised.append(1)
        put_off.append(tally.parked["revise"])
        return Reply(text=f"<think>{THINKING}</think>")

    async def go() -> list[Ended]:
        steps = (drafting(draft), replace(revising(revise), busy=lambda: busy))
        return await _all(stream(items(50), steps, tally, 4))

    tally = Tally()
    ended = asyncio.run(go())
    assert sorted(e.entry.number for e in ended) == list(range(50))
    assert len(revised) == tally.passed["revise"] == 40
    assert drafted[39] < 40, "the last was drafted while others still waited for revise"
    assert 20 < max(put_off) < 40
    assert (put_off[-1], tally.parked["revise"], tally.parked["draft"]) == (0, 0, 0)
    assert tally.seen == 50


def test_rows_that_stood_are_counted_and_not_walked():
    async def stood() -> AsyncIterator[Entry]:
        yield Entry(0, b"", Standing("kept"))
        yield Entry(1, b"", Standing("rejected", "answer", "wrong"))
        yield Entry(2, b"", Standing("rejected", "input", "no medium"))

    tally = Tally()
    ended = asyncio.run(_all(stream(stood(), (drafting(Script(answer("A"))), RIGHT), tally, 4)))
    assert [(e.entry.number, e.walked) for e in ended] == [(0, None), (1, None), (2, None)]
    assert dict(tally.passed) == {"draft": 2, "answer": 1}
    assert tally.rejected == {("answer", "wrong"): 1, ("input", "no medium"): 1}
    assert tally.seen == 3


def test_a_record_that_a_filter_sends_back_waits_for_the_stage_and_not_for_the_filter():
    """Or it would be parked for ever: nobody waits for a filter, so none ever becomes free."""
    crowded = [True]

    async def ask(request: Request) -> Reply:
        if request.sample and crowded:
            crowded.clear()
            raise CrowdedError
        return Reply(text=answer("A" if request.sample else "B"))

    tally = Tally()
    assert asyncio.run(walked(captioned(), Way((drafting(ask, tries=2), RIGHT)), tally)) == Parked(0)
    assert not any(tally.passed.values())
    crowded.append(True)

    async def go() -> list[Ended]:
        return await asyncio.wait_for(_all(stream(items(10), (drafting(ask, tries=2), RIGHT), tally, 4)), 10)

    assert len(asyncio.run(go())) == 10
    assert tally.passed["answer"] == 8
