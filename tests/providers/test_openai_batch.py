"""The provider of batches against a real server on loopback: what is lost, late, refused or killed on the way."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from curate import batchlife, persistence
from curate.batchserver import BatchServer as BatchDoor
from curate.batchstore import BatchStore
from curate.chat import Message, Reply, Request, Schema, Text
from curate.errors import (
    BatchedError,
    CurateError,
    FatalError,
    GoneError,
    RefusedError,
    TooLongError,
)
from curate.provider import House
from curate.providers.openai import OpenAIProvider
from curate.providers.openai_batch import OpenAIBatchProvider
from tests.batching import DONE, GONE, BatchServer, Fate
from tests.moody import Moody, mode_of
from tests.server import Answer, completion, failure

CREATE = ("POST", "/v1/batches")


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    """Waits that are meant for real servers are short."""
    monkeypatch.setattr(batchlife, "SETTLED", 0.1)
    monkeypatch.setattr(batchlife, "MINUTE", 0.1)
    monkeypatch.setattr(persistence, "LONGEST", 0.05)


@pytest.fixture
def server():
    with BatchServer(said) as found:
        yield found


def said(body: dict[str, Any]) -> Answer:
    """The question, answered."""
    return completion(f"re: {body['messages'][-1]['content']}")


def question(text: str, **changes: Any) -> Request:
    return Request(**{"stage": "draft", "messages": (Message("user", (Text(text),)),), "max_tokens": 50, **changes})


class Run:
    """One run in a work folder: its provider, what it was told, and the keys that the journal has."""

    def __init__(self, server: BatchServer, work: Path, kept: Sequence[str] = (), **options: Any) -> None:
        given = {"model": "m", "base_url": server.url, "gather": 0.1, "poll": 0.05, "max_retries": 2, **options}
        self.provider = OpenAIBatchProvider(**given)
        self.told: list[str] = []
        self._house = House(work, lambda key: key in kept)

    async def __aenter__(self) -> OpenAIBatchProvider:
        self.provider.tells(self.told.append)
        self.provider.housed(self._house)
        await self.provider.open(None)
        return self.provider

    async def __aexit__(self, *_: object) -> None:
        await self.provider.close()

    def asked(self, *requests: Request) -> list[Any]:
        """What comes of these, asked together: a reply or an error each."""

        async def go() -> list[Any]:
            async with self as provider:
                return await asyncio.gather(*map(provider.ask, requests), return_exceptions=True)

        return asyncio.run(go())

    def abandoned(self, *requests: Request, when: Callable[[], object] | None = None) -> None:
        """Ask these, and stop as soon as they are submitted, or that is so."""

        async def go() -> None:
            async with self as provider:
                tasks = [asyncio.create_task(provider.ask(request)) for request in requests]
                while not (when() if when else self.told):
                    await asyncio.sleep(0.01)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.run(go())


def keys(*requests: Request, model: str = "m") -> list[str]:
    return [request.key(model) for request in requests]


def texts(found: list[Any]) -> list[str]:
    assert all(isinstance(each, Reply) for each in found), found
    return [each.text for each in found]


A, B, C = question("a"), question("b"), question("c")


def test_requests_travel_together_and_the_replies_are_those_of_the_same_body(server, tmp_path):
    run = Run(server, tmp_path, price_in=1.0)
    found = run.asked(A, B, C)
    assert texts(found) == ["re: a", "re: b", "re: c"]
    assert found[0].cost == pytest.approx(10e-6)
    [batch] = server.batches.values()
    lines = server.lines(batch)
    assert [line["custom_id"] for line in lines] == keys(A, B, C)
    assert {(line["method"], line["url"]) for line in lines} == {("POST", "/v1/chat/completions")}
    body = asyncio.run(OpenAIProvider(model="m").body(A, None))
    assert lines[0]["body"] == json.loads(body)
    assert "batch_0 submitted: 3 requests" in run.told[0]
    assert run.told[1].endswith("3 answered")
    assert not list((tmp_path / "batches").iterdir()), "a file stays"


def test_a_reply_is_the_same_whichever_way_it_is_bought():
    options = {"model": "m", "extra_body": {"top_k": 1}}
    assert OpenAIBatchProvider(**options).identity == OpenAIProvider(**options).identity


def test_no_file_has_more_requests_or_bytes_than_it_may(server, tmp_path):
    (tmp_path / "few").mkdir()
    Run(server, tmp_path / "few", max_requests=2).asked(A, B, C)
    assert [len(server.lines(batch)) for batch in server.batches.values()] == [2, 1]
    server.files.clear()
    server.batches.clear()
    large = [question("x" * 3000 + str(number)) for number in range(5)]
    (tmp_path / "small").mkdir()
    assert len(texts(Run(server, tmp_path / "small", max_file=0.007).asked(*large))) == 5
    inputs = [server.files[batch.file] for batch in server.batches.values()]
    assert len(inputs) == 3
    assert all(len(held) <= 7000 for held in inputs)


def test_what_is_larger_than_a_file_may_be_is_refused_alone(server, tmp_path):
    first, second = Run(server, tmp_path, max_file=0.002).asked(question("x" * 5000), A)
    assert isinstance(first, RefusedError)
    assert "max_file" in str(first)
    assert second.text == "re: a"


def test_the_key_goes_to_every_call_and_into_no_file(server, tmp_path, monkeypatch):
    monkeypatch.setenv("BATCH_KEY", "sk-very-secret-key-1")
    run = Run(server, tmp_path, api_key_env="BATCH_KEY")
    run.asked(A)
    assert {headers["authorization"] for headers in server.headers} == {"Bearer sk-very-secret-key-1"}
    held = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert b"very-secret" not in held + b"".join(server.files.values()) + " ".join(run.told).encode()


@pytest.mark.parametrize("marked", [True, False], ids=["by metadata", "by its file"])
def test_an_answer_that_was_dropped_begins_no_second_batch(server, tmp_path, marked):
    server.marked = marked
    for other in ("one", "two", "three"):  # so that it stands on another page of the list
        Run(server, tmp_path).asked(question(other))
    dropped = iter([DONE])
    server.weather = lambda *call: next(dropped, None) if call == CREATE else None
    assert texts(Run(server, tmp_path).asked(A)) == ["re: a"]
    assert server.posted().count("/v1/batches") == len(server.batches) == 4


@pytest.mark.parametrize("marked", [True, False], ids=["by metadata", "by its file"])
def test_a_run_that_ended_before_it_heard_of_its_batch_finds_it(server, tmp_path, marked):
    server.marked, server.lag = marked, 1.0
    Run(server, tmp_path).abandoned(A, when=lambda: server.batches)
    server.lag = 0.0
    assert texts(Run(server, tmp_path).asked(A)) == ["re: a"]
    assert len(server.batches) == 1


def test_a_run_that_ended_before_its_file_arrived_sends_it_again(server, tmp_path):
    server.weather = lambda method, path: Answer(b"", hang_up=True, delay=0.5) if path == "/v1/files" else None
    Run(server, tmp_path).abandoned(A, when=lambda: server.calls)
    server.weather = lambda *_: None
    assert texts(Run(server, tmp_path).asked(A)) == ["re: a"]
    assert len(server.batches) == 1


def test_a_batch_that_somebody_began_unseen_is_found_on_any_page(server, tmp_path):
    async def go() -> list[Any]:
        door = BatchDoor(server.url, None, 5.0, OpenAIBatchProvider(model="m").faults())
        path = tmp_path / "x.jsonl"
        path.write_bytes(b"{}")
        server.fate = lambda _: Fate("failed")
        files = [await door.upload(path) for _ in range(5)]
        for number, file in enumerate(files):
            await door.create(file, f"mark-{number}")
        found = [
            await door.found(files[0], "other"),
            await door.found("none", "mark-1"),
            await door.found("none", "no"),
        ]
        server.batches["batch_0"].fate = server.batches["batch_1"].fate = Fate()
        found += [await door.found(files[0], "other"), await door.found("none", "mark-1"), await door.found("x", "no")]
        await door.close()
        return [told and told.batch_id for told in found]

    assert asyncio.run(go()) == [None, None, None, "batch_0", "batch_1", None]


@pytest.mark.parametrize("path", ["/v1/files", "/v1/batches"])
@pytest.mark.parametrize("trouble", [GONE, failure(500, "oops"), failure(429, "slow", retry_after="0.05")])
def test_a_server_that_fails_for_a_while_is_asked_again(server, tmp_path, path, trouble):
    troubles = iter([trouble] * 3)
    server.weather = lambda method, at: next(troubles, None) if (method, at) == ("POST", path) else None
    assert texts(Run(server, tmp_path).asked(A, B)) == ["re: a", "re: b"]
    assert set(server.bought.values()) == {1}


def test_looking_and_fetching_are_tried_again_too(server, tmp_path):
    troubles = iter([failure(502, "bad"), GONE] * 3)
    server.weather = lambda method, _: next(troubles, None) if method == "GET" else None
    assert texts(Run(server, tmp_path).asked(A)) == ["re: a"]


def test_a_server_that_stays_away_is_given_up_and_nothing_is_forgotten(server, tmp_path):
    server.fate = lambda _: Fate(delay=0.3)
    server.weather = lambda method, _: failure(503, "gone") if method == "GET" else None
    [gone] = Run(server, tmp_path, patience=0.2).asked(A)
    assert isinstance(gone, GoneError)
    server.weather = lambda *_: None
    again = Run(server, tmp_path)
    assert texts(again.asked(A)) == ["re: a"]
    assert set(server.bought.values()) == {1}
    assert "1 requests wait in batches from before" in again.told[0]


def test_a_server_that_never_answers_is_given_up_after_its_tries(tmp_path):
    with BatchServer() as server:
        pass
    [gone] = Run(server, tmp_path).asked(A)
    assert isinstance(gone, GoneError)


def test_a_pending_batch_is_found_again_also_for_requests_that_only_the_next_run_wants(server, tmp_path):
    server.fate = lambda _: Fate(delay=0.5)
    Run(server, tmp_path).abandoned(A, B)
    run = Run(server, tmp_path)
    assert texts(run.asked(A)) == ["re: a"]
    server.weather = lambda *_: failure(500, "must not be called")
    assert texts(Run(server, tmp_path).asked(B)) == ["re: b"], "what nobody waited for is kept"
    assert len(server.batches) == 1


def test_replies_that_the_journal_has_are_kept_only_there(server, tmp_path):
    Run(server, tmp_path, kept=keys(A)).asked(A, B)
    store = BatchStore(tmp_path)
    assert store.answered() == keys(B)
    assert store.pending() == []
    store.close()


@pytest.mark.parametrize("telling", [True, False], ids=["named", "not named"])
@pytest.mark.parametrize("status", ["expired", "cancelled"])
def test_what_a_batch_leaves_unanswered_is_asked_again(server, tmp_path, status, telling):
    server.fate = lambda number: Fate(status, answered=1, telling=telling) if number == 0 else Fate()
    run = Run(server, tmp_path)
    first, second, third = run.asked(A, B, C)
    assert first.text == "re: a"
    if status == "expired":
        assert [second.text, third.text] == ["re: b", "re: c"], "which counts against nobody"
    else:
        assert all(isinstance(each, BatchedError) for each in (second, third))
        assert texts(Run(server, tmp_path).asked(A, B, C)) == ["re: a", "re: b", "re: c"]
    assert [len(server.lines(batch)) for batch in server.batches.values()] == [3, 2]
    assert set(server.bought.values()) == {1}


def test_a_line_without_an_answer_in_any_file_is_asked_again(server, tmp_path):
    run = Run(server, tmp_path)
    server.fate = lambda _: Fate("completed", answered=1)
    server.extra = (
        b"not json\n" + json.dumps({"custom_id": "0" * 64, "response": {"status_code": 200, "body": 1}}).encode()
    )
    first, second = run.asked(A, B)
    assert first.text == "re: a"
    assert isinstance(second, BatchedError)
    assert "2 lines that answer none of its requests" in run.told[-1]


@pytest.mark.parametrize("bad", [{"response": None, "error": {"message": "oops"}}, {"response": {"status_code": 200}}])
def test_a_good_answer_stands_above_a_bad_one_before_it(server, tmp_path, bad):
    [key] = keys(A)
    server.extra = json.dumps({"custom_id": key, **bad}).encode()
    run = Run(server, tmp_path)
    assert texts(run.asked(A, B)) == ["re: a", "re: b"]
    assert run.told[-1].endswith("2 answered, 1 lines that tell of a request again")
    assert set(server.bought.values()) == {1}


def test_each_request_has_its_own_fault(server, tmp_path):
    faults = {
        "bad": failure(400, "cannot identify image file"),
        "long": failure(400, "This model's maximum context length is 10 tokens"),
        "down": failure(500, "worker died"),
        "many": failure(429, "too many"),
    }
    server.answer = lambda body: faults.get(body["messages"][-1]["content"]) or said(body)
    bad, long, down, many, good = Run(server, tmp_path).asked(*map(question, (*faults, "a")))
    assert type(bad) is RefusedError
    assert isinstance(long, TooLongError)
    assert isinstance(down, BatchedError)
    assert isinstance(many, BatchedError), "the pace is no concern of a batch's"
    assert good.text == "re: a"


def test_a_request_that_failed_is_sent_anew_when_it_is_asked_again(server, tmp_path):
    answers = iter([failure(500, "worker died")])
    server.answer = lambda body: next(answers, None) or said(body)

    async def go() -> Reply:
        async with Run(server, tmp_path) as provider:
            with pytest.raises(BatchedError, match="worker died"):
                await provider.ask(A)
            return await provider.ask(A)

    assert asyncio.run(go()).text == "re: a"
    assert len(server.batches) == 2


def test_a_cut_reply_is_asked_for_again_only_where_there_is_more_room(server, tmp_path):
    server.answer = lambda body: completion("cut", finish="length" if body["max_tokens"] < 100 else "stop")
    Run(server, tmp_path).asked(A)
    more = question("a", max_tokens=200)
    assert more.key("m") == A.key("m")
    [cut], [whole] = Run(server, tmp_path).asked(A), Run(server, tmp_path).asked(more)
    assert (cut.cut, whole.cut) == (True, False)
    assert [server.lines(batch)[0]["body"]["max_tokens"] for batch in server.batches.values()] == [50, 200]


def test_a_server_with_less_room_for_a_reply_is_asked_for_less(server, tmp_path):
    told = failure(400, "max_tokens: 5000 > 4096, which is the maximum allowed")
    server.answer = lambda body: told if body["max_tokens"] > 4096 else said(body)
    assert texts(Run(server, tmp_path).asked(question("a", max_tokens=5000))) == ["re: a"]


def test_no_batch_asks_for_more_than_the_server_says_that_it_has_room_for(server, tmp_path):
    server.pages["/v1/models"] = Answer({"data": [{"id": "m", "max_model_len": 4096}]})
    assert texts(Run(server, tmp_path).asked(question("a", max_tokens=5000))) == ["re: a"]
    [batch] = server.batches.values()
    assert 4000 < server.lines(batch)[0]["body"]["max_tokens"] < 4096


SHAPED = question("a", schema=Schema("shape", {"type": "object", "properties": {}}))


@pytest.mark.parametrize("mood", ["refuses", "ignores"])
def test_a_server_that_keeps_no_schema_is_found_out_before_a_batch_goes_out(server, tmp_path, mood):
    server.answer = Moody(json_schema=mood, structured_outputs=mood)
    run = Run(server, tmp_path)
    found = run.asked(SHAPED, replace(SHAPED, stage="revise"))
    assert all(isinstance(each, Reply) for each in found)
    [batch] = server.batches.values()
    assert sorted(mode_of(line["body"]) for line in server.lines(batch)) == ["json_object"] * 2
    assert server.posted().count("/v1/chat/completions") == 3, "small requests beside the batch"
    assert run.told[0].endswith("JSON is asked for as json_object, with the schema in the prompt (json_mode)")


def test_a_server_that_keeps_the_schema_is_tried_once_and_only_before_it_is_asked(server, tmp_path):
    server.answer = Moody()
    run = Run(server, tmp_path)
    run.asked(SHAPED, replace(SHAPED, stage="revise"))
    [batch] = server.batches.values()
    assert {mode_of(line["body"]) for line in server.lines(batch)} == {"json_schema"}
    assert server.posted().count("/v1/chat/completions") == 1
    Run(server, tmp_path).asked(SHAPED)
    Run(server, tmp_path, json_mode="text").asked(replace(SHAPED, attempt=1))
    assert server.posted().count("/v1/chat/completions") == 1, "what is bought, or told, needs no trial"


@pytest.mark.parametrize("trouble", [failure(404, "unrecognized request URL"), failure(405, "not allowed"), GONE])
def test_a_server_that_has_nothing_but_batches_is_asked_for_the_schema_as_before(server, tmp_path, trouble):
    server.weather = lambda _, path: trouble if path == "/v1/chat/completions" else None
    server.answer = lambda _: completion("{}")
    run = Run(server, tmp_path)
    texts(run.asked(SHAPED, replace(SHAPED, stage="revise")))
    [batch] = server.batches.values()
    assert {mode_of(line["body"]) for line in server.lines(batch)} == {"json_schema"}
    assert server.posted().count("/v1/chat/completions") == 1


def test_lines_that_a_server_finds_wrong_are_refused_and_the_others_asked_again(server, tmp_path):
    wrong = [{"code": "invalid", "message": "image too small", "line": 2}]
    server.fate = lambda number: Fate("failed", errors=wrong) if number == 0 else Fate()
    first, second, third = Run(server, tmp_path).asked(A, B, C)
    assert [first.text, third.text] == ["re: a", "re: c"]
    assert isinstance(second, RefusedError)
    assert "image too small" in str(second)


def test_a_batch_that_fails_as_a_whole_stops_the_run_with_the_servers_words(server, tmp_path):
    limit = [{"code": "billing_hard_limit_reached", "message": "Billing hard limit has been reached", "line": None}]
    server.fate = lambda number: Fate("failed", errors=limit) if number == 0 else Fate()
    [stopped, also] = Run(server, tmp_path).asked(A, B)
    assert isinstance(stopped, FatalError)
    assert isinstance(also, FatalError)
    assert "Billing hard limit" in str(stopped)
    assert texts(Run(server, tmp_path).asked(A, B)) == ["re: a", "re: b"]


def test_no_error_of_a_batch_tells_the_key(server, tmp_path, monkeypatch):
    monkeypatch.setenv("BATCH_KEY", "sk-very-secret-key-1")
    echo = [{"code": "sk-very-secret-key-1", "message": "no access with sk-very-secret-key-1", "line": None}]
    server.fate = lambda _: Fate("failed", errors=echo)
    run = Run(server, tmp_path, api_key_env="BATCH_KEY")
    [stopped] = run.asked(A)
    assert "no access with [key]" in str(stopped)
    assert "very-secret" not in " ".join([str(stopped), *run.told])


def test_a_server_with_too_much_under_way_is_tried_again_with_the_same_file(server, tmp_path):
    full = [{"code": "token_limit_exceeded", "message": "Enqueued token limit reached", "line": None}]
    server.fate = lambda number: Fate("failed", errors=full) if number < 2 else Fate()
    assert texts(Run(server, tmp_path).asked(A, B)) == ["re: a", "re: b"]
    assert len(server.batches) == 3
    assert server.posted().count("/v1/files") == 1


def test_a_server_without_batches_stops_the_run(server, tmp_path):
    server.weather = lambda *_: failure(404, "not found")
    [stopped] = Run(server, tmp_path).asked(A)
    assert isinstance(stopped, FatalError)
    assert "has no batches" in str(stopped)


def test_a_key_that_is_refused_stops_the_run_and_the_same_file_goes_out_later(server, tmp_path):
    server.weather = lambda *_: failure(401, "bad key")
    [stopped] = Run(server, tmp_path).asked(A)
    assert isinstance(stopped, FatalError)
    server.weather = lambda *_: None
    assert texts(Run(server, tmp_path).asked(A)) == ["re: a"]
    assert len(server.batches) == 1


def test_a_batch_of_another_address_is_not_bought_again(server, tmp_path):
    server.fate = lambda _: Fate(delay=60)
    Run(server, tmp_path).abandoned(A)
    with BatchServer(said) as other:
        [stopped] = Run(other, tmp_path).asked(A)
        assert isinstance(stopped, FatalError)
        assert server.url in str(stopped)
        assert "curate batch forget batch_0" in str(stopped)
        assert other.calls == []


def test_a_batch_that_the_server_knows_no_more_stops_the_run(server, tmp_path):
    server.fate = lambda _: Fate(delay=60)
    Run(server, tmp_path).abandoned(A)
    server.batches.clear()
    [stopped] = Run(server, tmp_path).asked(A)
    assert isinstance(stopped, FatalError)
    assert "curate batch forget batch_0" in str(stopped)
    assert server.posted().count("/v1/batches") == 1


def test_answers_that_the_server_has_no_more_stop_the_run_which_says_how_to_give_them_up(server, tmp_path):
    server.weather = lambda _, path: failure(404, "no such file") if path.endswith("/content") else None
    [stopped] = Run(server, tmp_path).asked(A)
    assert isinstance(stopped, FatalError)
    assert "no longer has output-batch_0" in str(stopped)
    assert "`curate batch forget batch_0`" in str(stopped)


def test_a_file_that_is_too_large_for_the_server_says_which_setting_bounds_it(server, tmp_path):
    server.weather = lambda _, path: failure(413, "too large") if path == "/v1/files" else None
    [stopped] = Run(server, tmp_path).asked(A)
    assert isinstance(stopped, FatalError)
    assert str(stopped).endswith("HTTP 413: too large; its file has 206 B: lower max_file")


def test_how_long_a_server_is_waited_for_is_told_in_seconds_where_it_is_short(server, tmp_path):
    troubles = iter([failure(502, "bad")] * 3)
    server.weather = lambda method, _: next(troubles, None) if method == "POST" else None
    run = Run(server, tmp_path, patience=8)
    assert texts(run.asked(A)) == ["re: a"]
    assert run.told[0].endswith("trying again, up to 8 s")


def test_two_models_of_one_name_share_their_batches(server, tmp_path):
    async def go() -> list[Reply]:
        first, second = Run(server, tmp_path), Run(server, tmp_path)
        second._house = first._house
        async with first as one, second as other:
            return await asyncio.gather(one.ask(A), other.ask(B))

    assert [reply.text for reply in asyncio.run(go())] == ["re: a", "re: b"]
    assert len(server.batches) == 1


def test_a_model_that_begins_later_spares_the_files_and_failures_of_another(server, tmp_path):
    server.answer = lambda body: failure(500, "worker died") if body["model"] == "m" else said(body)

    async def go() -> list[Any]:
        first, second = Run(server, tmp_path, gather=0.6), Run(server, tmp_path, model="n")
        second._house = first._house
        async with first as one, second as other:
            filling = asyncio.create_task(one.ask(A))
            await asyncio.sleep(0.3)
            reply = await other.ask(B)
            return [reply, *await asyncio.gather(filling, return_exceptions=True)]

    reply, failed = asyncio.run(go())
    assert reply.text == "re: b"
    assert isinstance(failed, BatchedError)
    assert len(server.batches) == 2


def test_a_file_that_was_torn_on_the_disk_is_asked_anew(server, tmp_path):
    server.weather = lambda *_: failure(401, "bad key")
    Run(server, tmp_path).asked(A)
    [file] = (tmp_path / "batches").glob("*.jsonl")
    file.write_bytes(file.read_bytes()[:-20])
    (tmp_path / "batches" / "left.jsonl.part").write_bytes(b"half")
    server.weather = lambda *_: None
    assert texts(Run(server, tmp_path).asked(A)) == ["re: a"]
    assert not list((tmp_path / "batches").iterdir())


def test_hostile_bodies_are_faults_of_their_requests(server, tmp_path):
    odd = iter([Answer({"choices": "none"}), Answer({"error": {"message": "inside a 200"}}), Answer({})])
    server.answer = lambda _: next(odd)
    for found in Run(server, tmp_path).asked(A, B, C):
        assert isinstance(found, BatchedError), found


def test_a_canary_is_answered_at_once(server, tmp_path):
    async def go() -> Reply:
        async with Run(server, tmp_path) as provider:
            return await provider.ask_now(A)

    assert asyncio.run(go()).text == "re: a"
    assert server.calls == [("GET", "/v1/models"), ("POST", "/v1/chat/completions")]


def test_nothing_is_sent_and_nothing_made_before_the_first_request(server, tmp_path):
    Run(server, tmp_path).asked()
    assert server.calls == []
    assert list(tmp_path.iterdir()) == []


def test_bodies_are_made_a_few_at_a_time(server, tmp_path, monkeypatch):
    making = most = 0

    async def body(self: OpenAIBatchProvider, request: Request, eyes: object, mode: str) -> bytes:
        nonlocal making, most
        making += 1
        most = max(most, making)
        await asyncio.sleep(0.01)
        making -= 1
        return json.dumps({"messages": [{"role": "user", "content": request.stage}]}).encode()

    monkeypatch.setattr(OpenAIBatchProvider, "body", body)
    assert len(texts(Run(server, tmp_path).asked(*(question(str(n)) for n in range(60))))) == 60
    assert 1 < most <= 16
    assert len(server.batches) == 1


def test_errors_of_a_store_that_cannot_serve_are_told(tmp_path, server):
    (tmp_path / "batches.sqlite").write_bytes(b"no database" * 100)
    [told] = Run(server, tmp_path).asked(A)
    assert isinstance(told, CurateError)
    assert "batches.sqlite" in str(told)
