"""A model that refuses whatever it is asked stops the run early; one that refuses some requests does not."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest

from curate.chat import Media, Message, Reply, Request, Text
from curate.errors import FatalError, RefusedError, TooLongError
from curate.refusals import ENOUGH, trusting
from tests.records import VIDEO
from tests.server import failure, sensible, stage_of
from tests.workplace import picture

NO = RefusedError("HTTP 400: 'max_tokens' is not supported with this model")
TOLD = (
    f"FatalError: reasoner has refused the first {ENOUGH} requests of draft, all in the same words: {NO}; "
    "once that is mended, or to go on all the same, run again"
)


def about(number: int, medium: int | None = None, stage: str = "draft") -> Request:
    """A question of this number, about this medium."""
    media = () if medium is None else (Media(replace(VIDEO, sha256=f"{medium:064x}"), (0,), 100),)
    return Request(stage, (Message("user", (*media, Text(f"question {number}"))),), 80)


def ends(requests: Iterable[Request], found: Iterable[Exception | None], trusted: Sequence[str] = ()) -> list[str]:
    """How a model that gives these answers (None: a reply) ends these requests, one after another."""
    answers = iter(found)

    async def model(request: Request) -> Reply:
        if error := next(answers):
            raise error
        return Reply(text="yes")

    async def go() -> list[str]:
        ask, told = trusting(model, "reasoner", trusted), []
        for request in requests:
            try:
                told.append((await ask(request)).text)
            except (RefusedError, FatalError) as error:
                told.append(f"{type(error).__name__}: {error}")
        return told

    return asyncio.run(go())


def test_what_refuses_all_that_it_is_asked_stops_the_run():
    found = ends(map(about, range(ENOUGH)), [NO] * ENOUGH)
    assert found == [f"RefusedError: {NO}"] * (ENOUGH - 1) + [TOLD]


def test_what_has_answered_refuses_requests_for_what_they_are():
    found = ends(map(about, range(3 * ENOUGH)), [NO, None, *[NO] * (3 * ENOUGH - 2)])
    assert found == [f"RefusedError: {NO}", "yes", *[f"RefusedError: {NO}"] * (3 * ENOUGH - 2)]


def test_another_stage_of_the_same_model_is_no_answer_to_this_one():
    others = [about(n, stage="caption") for n in range(5)]
    found = ends([*others, *map(about, range(ENOUGH))], [None] * 5 + [NO] * ENOUGH)
    assert found[-1] == TOLD


def test_whoever_runs_again_knows_of_it_and_goes_on():
    found = ends(map(about, range(3 * ENOUGH)), [NO] * (3 * ENOUGH), trusted=["draft"])
    assert set(found) == {f"RefusedError: {NO}"}


def test_quick_refusals_do_not_overtake_slow_answers():
    async def model(request: Request) -> Reply:
        if request.attempt % 2:
            raise NO
        await asyncio.sleep(0.05)
        return Reply(text="yes")

    async def go() -> list[object]:
        ask = trusting(model, "reasoner", [])
        requests = (replace(about(n), attempt=n) for n in range(6 * ENOUGH))
        return await asyncio.gather(*map(ask, requests), return_exceptions=True)

    assert {type(found) for found in asyncio.run(go())} == {Reply, RefusedError}


def test_an_answer_that_overtakes_the_first_refusals_speaks_for_the_model():
    async def model(request: Request) -> Reply:
        if request.attempt == ENOUGH:
            return Reply(text="yes")
        await asyncio.sleep(0.05)
        raise NO

    async def go() -> list[object]:
        ask = trusting(model, "reasoner", [])
        requests = (replace(about(n), attempt=n) for n in range(ENOUGH + 1))
        return await asyncio.gather(*map(ask, requests), return_exceptions=True)

    assert [type(found) for found in asyncio.run(go())] == [RefusedError] * ENOUGH + [Reply]


def test_many_questions_about_one_clip_that_is_refused_are_one():
    found = ends((about(n, medium=n % (ENOUGH - 1)) for n in range(5 * ENOUGH)), [NO] * (5 * ENOUGH))
    assert set(found) == {f"RefusedError: {NO}"}


def test_a_picture_whose_every_draft_is_refused_stops_no_run(place, server):
    def moderated(body):
        return failure(403, "your input was flagged") if stage_of(body) == "draft" else sensible(body)

    server.answer = moderated
    ran = place.questions([picture(n) for n in range(ENOUGH + 5)]).run("run", "--json")
    assert (ran.code, ran.steps("failed")) == (1, {"draft": {"refused by the server": ENOUGH + 5}})


def test_many_questions_about_one_medium_that_is_not_shown_are_one():
    drafts = [replace(about(n), about=f"{n % (ENOUGH - 1):064x}") for n in range(5 * ENOUGH)]
    assert set(ends(drafts, [NO] * len(drafts))) == {f"RefusedError: {NO}"}
    drafts = [replace(about(n), about=f"{n % ENOUGH:064x}") for n in range(ENOUGH)]
    assert ends(drafts, [NO] * len(drafts))[-1] == TOLD


@pytest.mark.parametrize(
    "errors",
    [
        [TooLongError("HTTP 400: too many tokens")] * 50,
        [RefusedError(f"HTTP 400: no {chr(97 + n % 20)}") for n in range(20 * (ENOUGH - 1))],
    ],
)
def test_prompts_that_are_too_long_and_various_refusals_stop_nothing(errors):
    assert not [told for told in ends(map(about, range(len(errors))), errors) if told.startswith("Fatal")]
