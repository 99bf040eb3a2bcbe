"""How JSON is asked for, and what a server makes of that, over real HTTP with a server of each kind."""

import asyncio
import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from curate.chat import Message, Reply, Request, Schema, Text
from curate.errors import AskError, AwayError, RefusedError, TransientError
from curate.frame import Frame
from curate.jsonschema import loaded
from curate.modes import MODES, asking
from curate.providers.openai import OpenAIProvider
from curate.structure import PROBE, Structure, bare, blames, found, probe
from tests.moody import REFUSAL, Moody, fitting, mode_of, probes, real, said
from tests.records import shown
from tests.server import Answer, ModelServer, completion, failure, sensible, stage_of
from tests.workplace import Workplace, picture, row

SCHEMA = Schema(
    "seen",
    {
        "type": "object",
        "properties": {"what": {"type": "string"}, "where": {"type": "string", "enum": ["left", "right"]}},
        "required": ["what", "where"],
        "additionalProperties": False,
    },
)
FITS = fitting(SCHEMA.body)
ASKED = Request("caption", (Message("system", (Text("Look."),)), Message("user", (Text("What?"),))), 500, SCHEMA)
AGAIN = replace(ASKED, attempt=1, fault="where: Field required")
IGNORES: dict[str, Any] = dict.fromkeys(MODES[:3], "ignores")
REFUSES: dict[str, Any] = dict.fromkeys(MODES[:3], "refuses")


def told(*missed: str, mode: str) -> str:
    beside = ", with the schema in the prompt" if mode in ("json_object", "text") else ""
    return f"the server does not keep to {' or '.join(missed)}: JSON is asked for as {mode}{beside} (json_mode)"


class Session:
    """A provider in front of one server: what it was told, and what came of each request."""

    def __init__(self, answer: Callable[[dict[str, Any]], Answer], **options: Any) -> None:
        self.server = ModelServer(answer)
        self.options = options
        self.lines: list[str] = []

    def ask(self, *requests: Request, at_once: bool = False) -> list[Reply | AskError]:
        async def one(provider: OpenAIProvider, request: Request) -> Reply | AskError:
            try:
                return await provider.ask(request)
            except AskError as error:
                return error

        async def go() -> list[Reply | AskError]:
            with self.server:
                provider = OpenAIProvider(model="m", base_url=self.server.url, **self.options)
                provider.tells(self.lines.append)
                await provider.open(None)  # type: ignore[arg-type]
                try:
                    if at_once:
                        return await asyncio.gather(*(one(provider, request) for request in requests))
                    return [await one(provider, request) for request in requests]
                finally:
                    await provider.close()

        return asyncio.run(go())

    @property
    def probes(self) -> list[str]:
        return probes(self.server.asked)

    @property
    def real(self) -> list[str]:
        return real(self.server.asked)


def read(reply: Reply | AskError) -> Any:
    assert isinstance(reply, Reply), reply
    return loaded(reply.text)


@pytest.mark.parametrize("mode", MODES)
def test_each_way_of_asking_says_what_it_must_and_nothing_else(mode):
    session = Session(Moody(), json_mode=mode)
    session.ask(ASKED)
    [body] = session.server.asked
    shape = {"type": "json_schema", "json_schema": {"name": "seen", "schema": SCHEMA.body, "strict": True}}
    fields = {
        "json_schema": {"response_format": shape},
        "structured_outputs": {"structured_outputs": {"json": SCHEMA.body}},
        "json_object": {"response_format": {"type": "json_object"}},
        "text": {},
    }
    assert asking(SCHEMA, mode) == fields[mode]
    assert body == {"model": "m", "max_tokens": 500, "messages": body["messages"]} | fields[mode]
    in_words = json.dumps(SCHEMA.body, separators=(",", ":")) in said(body)
    assert in_words == (mode in ("json_object", "text"))
    assert said(body).startswith("What?"), "what requests have in common stays in front"
    assert "JSON" in said(body) or mode != "json_object", "OpenAI refuses json_object where nobody says JSON"
    assert session.probes == session.lines == []


@pytest.mark.parametrize("mode", MODES)
def test_without_a_schema_nothing_is_said_of_json(mode):
    session = Session(Moody(), json_mode=mode)
    session.ask(replace(ASKED, schema=None))
    [body] = session.server.asked
    assert body.keys() == {"model", "max_tokens", "messages"}
    assert said(body) == "What?"


def test_a_server_that_keeps_to_the_schema_is_never_tried():
    session = Session(Moody())
    assert [read(reply) for reply in session.ask(*[ASKED] * 5)] == [FITS] * 5
    assert session.real == ["json_schema"] * 5
    assert session.probes == session.lines == []


KINDS = [
    pytest.param({"json_schema": "ignores"}, "structured_outputs", id="old vLLM"),
    pytest.param({"json_schema": "refuses"}, "structured_outputs", id="refuses the first"),
    pytest.param({"json_schema": "ignores", "structured_outputs": "ignores"}, "json_object", id="ignores two"),
    pytest.param({"json_schema": "refuses", "structured_outputs": "refuses"}, "json_object", id="DeepSeek"),
    pytest.param({"json_schema": "refuses", "structured_outputs": "ignores"}, "json_object", id="DeepSeek, lenient"),
    pytest.param(IGNORES, "text", id="ignores all"),
    pytest.param(REFUSES, "text", id="refuses all"),
]


@pytest.mark.parametrize(("moods", "mode"), KINDS)
def test_the_first_way_that_the_server_keeps_is_found_once_told_once_and_used_from_then_on(moods, mode):
    session = Session(Moody(**moods))
    first, *others = session.ask(ASKED, AGAIN, *[ASKED] * 4)
    tried = list(MODES[: min(MODES.index(mode) + 1, 3)])
    assert session.probes == tried
    assert session.lines == [told(*MODES[: MODES.index(mode)], mode=mode)]
    assert [read(reply) for reply in others] == [FITS] * 5
    refused = moods["json_schema"] == "refuses"
    assert session.real == ["json_schema"] + [mode] * (5 + refused)
    if refused:
        assert read(first) == FITS, "what was refused is sent again at once: no attempt is lost"
    else:
        assert isinstance(first, Reply)
        assert first.text == Moody().prose, "a reply that is paid for is handed on"


def test_many_requests_at_once_are_kept_waiting_by_one_look():
    session = Session(Moody(**IGNORES))
    session.ask(*[ASKED] * 12, at_once=True)
    assert session.probes == list(MODES[:3])
    assert session.real == ["json_schema"] + ["text"] * 11, "one goes ahead, and the others are asked as is found out"
    assert len(session.lines) == 1


@pytest.mark.parametrize("first", [failure(503, "busy"), completion(json.dumps(FITS))])
def test_nobody_waits_for_longer_than_the_first_request_takes(first):
    firsts, under_way, most = iter([replace(first, delay=0.2)]), 0, []
    lock = threading.Lock()

    def slow(body: dict[str, Any]) -> Answer:
        nonlocal under_way
        with lock:
            answer, under_way = next(firsts, None), under_way + 1
            most.append(under_way)
        time.sleep(answer.delay if answer else 0.2)
        with lock:
            under_way -= 1
        return replace(answer, delay=0.0) if answer else completion(json.dumps(FITS))

    session = Session(slow)
    session.ask(*[ASKED] * 6, at_once=True)
    assert most[:2] == [1, 1], "the first is alone"
    assert max(most) == 5, "then all others go out together"
    assert session.probes == []


def test_who_wants_no_schema_or_a_way_of_its_own_waits_for_nobody():
    under_way = threading.Barrier(4, timeout=10)

    def meeting(body: dict[str, Any]) -> Answer:
        under_way.wait()
        return completion("{}")

    plain = replace(ASKED, schema=None)
    Session(meeting).ask(plain, plain, plain, ASKED, at_once=True)
    Session(meeting, json_mode="json_schema").ask(*[ASKED] * 4, at_once=True)


@pytest.mark.parametrize("wrong", ["I cannot say.", '```json\n{"what": "cup"}\n```', '{"what": "cup"'])
def test_a_weak_model_under_a_schema_that_works_is_asked_as_before(wrong):
    replies = iter([wrong])

    def weak(body: dict[str, Any]) -> Answer:
        told = Moody()(body)
        return completion(next(replies, None) or json.dumps(fitting(SCHEMA.body))) if not is_probe(body) else told

    session = Session(weak)
    first, second, *_ = session.ask(ASKED, AGAIN, AGAIN, ASKED)
    assert isinstance(first, Reply)
    assert first.text == wrong
    assert read(second) == FITS
    assert session.probes == ["json_schema"]
    assert session.real == ["json_schema"] * 4
    assert session.lines == []


def is_probe(body: dict[str, Any]) -> bool:
    return bool(probes([body]))


def test_json_that_is_whole_but_of_another_shape_is_reason_enough_to_look_when_it_is_asked_again():
    """A model that was merely told to write JSON: its reply is read, does not fit, and comes back with that."""
    session = Session(Moody(**IGNORES, prose='{"seen": "a cup"}'))
    session.ask(ASKED, AGAIN, ASKED)
    assert session.real == ["json_schema", "text", "text"]
    assert session.probes == list(MODES[:3])


@pytest.mark.parametrize(
    "answer",
    [
        failure(400, "cannot identify image file"),
        failure(400, "This model's maximum context length is 4096 tokens; the schema takes 900"),
        failure(413, "response_format too large"),
        failure(401, "no key for response_format"),
        failure(429, "too many json_schema requests"),
        failure(503, "overloaded"),
    ],
)
def test_what_is_refused_for_another_reason_is_no_reason_to_look(answer):
    session = Session(lambda _: answer)
    [error] = session.ask(ASKED)
    assert isinstance(error, AskError)
    assert len(session.server.asked) == 1


@pytest.mark.parametrize(
    "refusal",
    [
        failure(400, "This response_format type is unavailable now"),
        failure(400, "Invalid schema for response_format 'seen'"),
        failure(400, "This model does not support response format `json_schema`"),
        failure(400, "Failed to parse grammar"),
        failure(400, "'response_format.type' must be 'text'"),
        failure(400, "Unrecognized request argument supplied: response_format"),
        failure(500, "Input should be 'text' or 'json_object': body.response_format.type"),
        Answer({"detail": [{"loc": ["body", "response_format"], "msg": "Extra inputs are not permitted"}]}, 422),
        Answer({"error": {"message": "response_format is not supported", "code": 400}}, 200),
    ],
    ids=lambda answer: json.dumps(answer.body)[:60],
)
def test_refusals_as_servers_word_them(refusal):
    session = Session(Moody(json_schema="refuses", structured_outputs="refuses", refusal=refusal))
    replies = session.ask(ASKED, ASKED)
    assert [read(reply) for reply in replies] == [FITS] * 2
    assert session.real == ["json_schema", "json_object", "json_object"]
    assert session.probes == list(MODES[:3])


def test_a_schema_that_is_refused_alone_is_asked_for_in_another_way_and_others_as_before():
    refusal = failure(400, "Invalid schema for response_format 'seen': 'enum' is not permitted")

    def picky(body: dict[str, Any]) -> Answer:
        shape = body.get("response_format", {}).get("json_schema", {})
        if shape.get("name") == "seen" or "structured_outputs" in body:
            return refusal
        return Moody()(body)

    other = replace(ASKED, schema=Schema("other", SCHEMA.body))
    session = Session(picky)
    replies = session.ask(ASKED, other, ASKED, other)
    assert [read(reply) for reply in replies] == [FITS] * 4
    assert session.real == ["json_schema", "json_object", "json_schema", "json_object", "json_schema"]
    assert session.probes == ["json_schema", "structured_outputs", "json_object"]
    assert session.lines == [
        told("structured_outputs", mode="json_object"),
        "the server refuses the schema 'seen' as json_schema: JSON is asked for as json_object, with the schema in "
        "the prompt (json_mode)",
    ]


def test_one_request_that_is_refused_in_every_way_changes_nothing_for_the_others():
    """Whatever it says of itself: a bad picture whose name holds the word."""
    bad = replace(ASKED, messages=(Message("user", (Text("BAD"),)),))

    def strict(body: dict[str, Any]) -> Answer:
        return failure(400, "cannot read schema.png") if "BAD" in said(body) else Moody()(body)

    session = Session(strict)
    first, second = session.ask(bad, ASKED)
    assert isinstance(first, RefusedError)
    assert read(second) == FITS
    assert session.real == [*MODES, "json_schema"]
    assert session.lines == []


def test_a_server_that_fails_now_and_then_with_such_words_is_asked_as_before():
    failures = iter([failure(500, "schema worker crashed")])

    def shaky(body: dict[str, Any]) -> Answer:
        return (None if is_probe(body) else next(failures, None)) or Moody()(body)

    session = Session(shaky)
    first, second = session.ask(ASKED, ASKED)
    assert isinstance(first, TransientError), "it is for whoever retries"
    assert read(second) == FITS
    assert session.probes == ["json_schema"]
    assert session.real == ["json_schema"] * 2
    assert session.lines == []


@pytest.mark.parametrize("mode", MODES)
def test_a_way_that_the_settings_name_is_never_doubted(mode):
    session = Session(Moody(**REFUSES), json_mode=mode)
    first, second = session.ask(ASKED, AGAIN)
    assert session.real == [mode] * 2
    assert session.probes == session.lines == []
    assert all(isinstance(reply, Reply if mode == "text" else RefusedError) for reply in (first, second))


def test_who_puts_a_way_of_his_own_into_the_extra_body_has_chosen():
    own = {"response_format": {"type": "json_object"}}
    session = Session(Moody(**IGNORES), extra_body=own)
    session.ask(ASKED, AGAIN)
    assert session.real == ["json_object"] * 2
    assert session.probes == []


@pytest.mark.parametrize("trouble", [failure(503, "busy"), failure(429, "slow down"), Answer({}, hang_up=True)])
def test_a_server_that_answers_no_probe_is_tried_another_time(trouble):
    troubles = iter([trouble])

    def shaky(body: dict[str, Any]) -> Answer:
        return (next(troubles, None) if is_probe(body) else None) or Moody(**IGNORES)(body)

    session = Session(shaky)
    first, second, third = session.ask(ASKED, AGAIN, AGAIN)
    assert isinstance(first, Reply), "what is paid for is not lost"
    assert [read(second), read(third)] == [FITS] * 2
    assert session.probes == ["json_schema", *MODES[:3]]
    assert session.real == ["json_schema", "text", "text"]


def test_a_cut_reply_is_no_reason_to_look_and_a_cut_probe_tells_nothing_against_the_server():
    session = Session(lambda body: completion("So, let me think about", finish="length"))
    session.ask(ASKED)
    assert session.probes == []
    thinks = Session(lambda body: completion(None if is_probe(body) else "Hm.", "length" if is_probe(body) else "stop"))
    thinks.ask(ASKED, AGAIN)
    assert thinks.probes == ["json_schema"]
    assert thinks.real == ["json_schema"] * 2
    assert thinks.lines == []
    refuses = Moody(json_schema="refuses")
    lower = Session(lambda body: completion("Hm.", "length") if is_probe(body) else refuses(body))
    assert read(*lower.ask(ASKED)) == FITS
    assert lower.probes == list(MODES[:3])
    assert lower.real == ["json_schema", "text"], "but it is no word for a way that nothing was answered in before"


def test_a_refusal_is_no_reason_to_look_and_a_refused_probe_tells_nothing_against_the_server():
    refused = completion(None, refusal="I cannot do this.")
    session = Session(lambda body: refused)
    session.ask(ASKED)
    assert session.probes == []
    shy = Session(lambda body: refused if is_probe(body) else completion("Hm."))
    shy.ask(ASKED, AGAIN)
    assert (shy.probes, shy.real, shy.lines) == (["json_schema"], ["json_schema"] * 2, [])


@pytest.mark.parametrize("reason", ["a system message is needed", "maximum context length is 1024 tokens"])
def test_a_probe_that_is_refused_for_another_reason_leaves_the_way_that_was_answered(reason):
    def small(body: dict[str, Any]) -> Answer:
        return failure(400, reason) if is_probe(body) else completion("Hm.")

    session = Session(small)
    session.ask(ASKED, AGAIN)
    assert session.real == ["json_schema"] * 2
    assert session.probes == ["json_schema"]


def test_a_model_that_thinks_aloud_before_the_json_keeps_to_the_schema():
    def thinking(body: dict[str, Any]) -> Answer:
        answer = Moody()(body).body
        assert isinstance(answer, dict)
        return completion(f"<think>{{x}} so</think>\n{answer['choices'][0]['message']['content']}")

    session = Session(thinking)
    assert [read(reply) for reply in session.ask(ASKED, ASKED)] == [FITS] * 2
    assert session.probes == ["json_schema"]
    assert session.real == ["json_schema"] * 2


def test_no_model_answers_a_probe_so_by_itself():
    body = probe("json_schema")
    asked = said({"messages": body["messages"]})
    assert not set(asked.lower().split()) & {"lantern", "vermilion-7", "ochre-3", "json"}
    assert fitting(PROBE.body) == {"lantern": "vermilion-7"}


def test_a_probe_is_small_bounded_and_said_in_the_servers_words():
    session = Session(Moody(**IGNORES), token_limit="max_completion_tokens", extra_body={"think": False})
    session.ask(ASKED)
    for body in session.server.asked[1:]:
        assert is_probe(body)
        assert body["max_completion_tokens"] == 500, "no more than the stage may have"
        assert body["think"] is False
        assert len(json.dumps(body)) < 1500


@pytest.mark.parametrize(
    ("moods", "mode"), [*KINDS, pytest.param({}, "json_schema", id="vLLM")]
)  # fmt: skip
def test_what_a_server_keeps_can_be_found_without_any_row(moods, mode):
    async def go(url: str) -> str:
        provider = OpenAIProvider(model="m", base_url=url)
        await provider.open(None)  # type: ignore[arg-type]
        try:
            return await found(provider)
        finally:
            await provider.close()

    with ModelServer(Moody(**moods)) as server:
        assert asyncio.run(go(server.url)) == mode
    assert real(server.asked) == []
    with pytest.raises(AwayError):
        asyncio.run(go(server.url))


def test_what_was_wrong_is_said_at_the_very_end_and_cannot_break_out():
    fault = 'where: "x" is no $choice\\ of {these}\n'
    asked = replace(AGAIN, fault=fault, messages=(Message("user", (Text("Look"), shown((0,), (0.0,), kind="image"))),))

    class Eyes:
        async def frames(self, media: Any) -> Any:
            return (Frame(0, 0.0, 8, 8, b"jpeg"),)

    async def go(url: str) -> None:
        provider = OpenAIProvider(model="m", base_url=url, json_mode="text")
        await provider.open(Eyes())  # type: ignore[arg-type]
        try:
            await provider.ask(asked)
        finally:
            await provider.close()

    with ModelServer(Moody()) as server:
        asyncio.run(go(server.url))
    [body] = server.asked
    parts = body["messages"][0]["content"]
    assert [part["type"] for part in parts] == ["text", "image_url", "text", "text"]
    assert json.dumps(SCHEMA.body, separators=(",", ":")) in parts[2]["text"]
    assert fault in parts[3]["text"]


@pytest.mark.parametrize(
    ("text", "looks"),
    [
        ('{"a": 1}', True),
        (' \n{"a": {}}\n', True),
        ("{}", True),
        ("```json\n{}\n```", False),
        ("", False),
        ("{", False),
    ],
)
def test_what_looks_like_bare_json(text, looks):
    assert bare(text) is looks


def test_only_errors_about_the_request_are_blamed_on_how_it_asks():
    assert blames(RefusedError(REFUSAL))
    assert blames(TransientError(REFUSAL))
    assert not blames(RefusedError("HTTP 400: unsupported image format"))


def test_nothing_is_known_at_first():
    async def never(request: Request, mode: str) -> Reply:
        raise AssertionError

    for wish in ("auto", *MODES):
        structure = Structure(OpenAIProvider(model="m"), wish, print)  # type: ignore[arg-type]
        assert structure.mode(SCHEMA) == ("json_schema" if wish == "auto" else wish)


def kinds(moody: Moody) -> Callable[[dict[str, Any]], Answer]:
    """A server whose captioner is like this; the other stages are sensible."""

    def answer(body: dict[str, Any]) -> Answer:
        return moody(body) if is_probe(body) or stage_of(body) == "caption" else sensible(body)

    return answer


@pytest.mark.parametrize(("moods", "mode"), [kind for kind in KINDS if kind.id in ("DeepSeek", "ignores all")])
def test_a_whole_run_on_a_server_that_keeps_to_no_schema(place: Workplace, server: ModelServer, moods, mode):
    server.answer = kinds(Moody(**moods))
    place.questions([row(1), row(2), picture(3)])
    ran = place.run("run", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["sets"] == {"sft": 3, "rl": 3}
    assert sum(line.count("JSON is asked for as") for line in ran.lines) == 1
    assert f"captioner: {told(*MODES[: MODES.index(mode)], mode=mode)}" in ran.err
    tried = probes(server.asked)
    assert tried == list(MODES[: min(MODES.index(mode) + 1, 3)])
    before = len(server.asked)
    assert place.run("run").code == 0
    assert len(server.asked) == before, "a finished run sends nothing, and tries nothing"


def test_a_reply_that_does_not_fit_is_asked_again_with_what_was_wrong(place: Workplace, server: ModelServer):
    """First half a record, then the sound one, from the same server."""
    spoilt: set[str] = set()

    def careless(body: dict[str, Any]) -> Answer:
        answer = sensible(body)
        if mode_of(body) != "json_schema" or is_probe(body) or body["response_format"]["json_schema"]["name"] in spoilt:
            return Moody()(body) if is_probe(body) else answer
        spoilt.add(body["response_format"]["json_schema"]["name"])
        return completion('{"image_caption": "A sign."}' if "image" in spoilt else '{"video_caption": "A clip."}')

    server.answer = careless
    place.questions([row(1)])
    ran = place.run("run", "--json")
    assert ran.code == 0, ran.err
    first, again = [body for body in server.asked if not is_probe(body) and mode_of(body) == "json_schema"]
    assert "could not be used" not in json.dumps(first)
    assert (
        "could not be used. What was wrong with it: frames: Field required"
        in again["messages"][-1]["content"][-1]["text"]
    )
    assert first["messages"][1]["content"] == again["messages"][1]["content"][:-1], "the rest is found in its cache"
    assert probes(server.asked) == ["json_schema"]
    assert "JSON is asked for" not in ran.err
