"""The openai provider against a real server on loopback, with each of its clients."""

import asyncio
import base64
import io
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from math import ceil
from pathlib import Path
from typing import get_args
from urllib.parse import unquote, urlsplit

import av
import pytest
from PIL import Image
from pydantic import ValidationError

from curate.chat import Media, Message, Reply, Request, Schema, Text
from curate.errors import (
    AwayError,
    FatalError,
    MediaError,
    RefusedError,
    SettingsError,
    ThrottledError,
    TooLongError,
    TransientError,
)
from curate.frame import Frame
from curate.media.eyes import Eyes
from curate.providers.openai import OpenAIProvider, merged
from curate.transport import Way
from tests.media.media_samples import encode, medium, number
from tests.records import shown
from tests.server import Answer, ModelServer, completion, failure

CLIENTS = get_args(OpenAIProvider.model_fields["client"].annotation)
CHOSEN = {}


@pytest.fixture(autouse=True, params=CLIENTS)
def client(request, monkeypatch):
    """Every test runs with every client; both must look alike from outside."""
    monkeypatch.setitem(CHOSEN, "client", request.param)
    return request.param


class FakeEyes:
    async def frames(self, media: Media) -> tuple[Frame, ...]:
        return tuple(Frame(i, t, 8, 8, f"jpeg {i}".encode()) for i, t in zip(media.frames, media.times, strict=True))

    async def film(self, media: Media) -> bytes:
        return f"film of {media.frames}".encode()

    async def lines(self, media: Media) -> tuple[str, ...]:
        raise AssertionError("a provider with eyes reads no lines")


def request(*parts: Text | Media, **changes: object) -> Request:
    messages = (Message("system", (Text("Be brief."),)), Message("user", parts or (Text("Hello?"),)))
    return Request(**{"stage": "draft", "messages": messages, "max_tokens": 50, **changes})


def ask(
    server: ModelServer, asked: Request | None = None, eyes: FakeEyes | Eyes | None = None, **options: object
) -> Reply:
    async def go() -> Reply:
        provider = OpenAIProvider(**{"model": "m", "base_url": server.url, **CHOSEN, **options})
        await provider.open(eyes or FakeEyes())
        try:
            return await provider.ask(asked or request())
        finally:
            await provider.close()

    return asyncio.run(go())


def media(kind: str = "video") -> Media:
    return shown((0, 30, 75), (0.0, 1.2, 75.0), kind=kind)


def test_what_is_said_and_what_comes_back():
    with ModelServer(lambda _: completion("Hi", reasoning="hm")) as server:
        reply = ask(server, request(Text("one"), Text("two")), price_in=1.0, price_out=2.0)
    assert reply == Reply(
        text="Hi",
        reasoning="hm",
        model="served",
        prompt_tokens=10,
        completion_tokens=5,
        cached_tokens=4,
        cost=20e-6,
    )
    said = server.asked[0]
    assert said == {
        "model": "m",
        "max_tokens": 50,
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "one\n\ntwo"},
        ],
    }


def test_frames_travel_as_jpeg_each_behind_its_time():
    with ModelServer(lambda _: completion("Hi")) as server:
        ask(server, request(Text("look"), media(), Text("well?")))
    parts = server.asked[0]["messages"][1]["content"]
    assert [part["type"] for part in parts] == ["text", *["text", "image_url"] * 3, "text"]
    assert [part["text"] for part in parts if part["type"] == "text"] == [
        "look",
        "Frame at 00:00:00:",
        "Frame at 00:00:01:",
        "Frame at 00:01:15:",
        "well?",
    ]
    urls = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
    prefix = "data:image/jpeg;base64,"
    assert [base64.b64decode(url.removeprefix(prefix)) for url in urls] == [b"jpeg 0", b"jpeg 30", b"jpeg 75"]


def test_an_image_has_no_time():
    with ModelServer(lambda _: completion("Hi")) as server:
        ask(server, request(media("image")))
    assert {part["type"] for part in server.asked[0]["messages"][1]["content"]} == {"image_url"}


WAYS = get_args(Way)
TRUTH = {"num_frames": -1, "fps": 25.0, "frames_indices": [0, 30, 1875], "duration": 75.04}
TAKEN = {"video_backend": "opencv"}
UNTHINNED = {"mm_processor_kwargs": {"do_sample_frames": False}}


def sent(way: str, media: Media, **options: object) -> dict[str, object]:
    """The body that the server receives of a request about this medium."""
    with ModelServer(lambda _: completion("Hi")) as server:
        ask(server, request(Text("look"), media, Text("well?")), video=way, **options)
    (body,) = server.asked
    return body


def steady() -> Media:
    """Frames of a clip of 1876 frames, 25 a second."""
    return shown((0, 30, 1875), (0.0, 1.2, 75.0), path=Path("/data/a b/50%.mp4"))


@pytest.mark.parametrize(
    ("way", "url", "extra"),
    [
        (
            "jpeg_sequence",
            "data:video/jpeg;base64,anBlZyAw,anBlZyAzMA==,anBlZyAxODc1",
            {"media_io_kwargs": {"video": TRUTH | {"total_num_frames": 2812}}},
        ),
        (
            "mp4",
            f"data:video/mp4;base64,{base64.b64encode(b'film of (0, 30, 1875)').decode()}",
            {"media_io_kwargs": {"video": TAKEN | {"num_frames": -1}}} | UNTHINNED,
        ),
        (
            "file",
            "file:///data/a%20b/50%25.mp4",
            {"media_io_kwargs": {"video": TAKEN | {"num_frames": 3}}} | UNTHINNED,
        ),
    ],
)
def test_a_video_travels_as_one_part_and_what_is_said_of_it_beside_the_messages(way, url, extra):
    body = sent(way, steady())
    assert body == {
        "model": "m",
        "max_tokens": 50,
        "messages": [
            {"role": "system", "content": "Be brief."},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "look"},
                    {"type": "video_url", "video_url": {"url": url}},
                    {"type": "text", "text": "well?"},
                ],
            },
        ],
        **extra,
    }


def test_images_need_nothing_said_of_them():
    assert sent("images", steady()).keys() == {"model", "max_tokens", "messages"}


def test_an_uneven_clip_travels_as_a_sequence_in_milliseconds():
    uneven = shown((0, 1, 2, 3), (0.0, 0.013, 2.777, 3.5))
    said = sent("jpeg_sequence", uneven)["media_io_kwargs"]["video"]
    assert [i / said["fps"] for i in said["frames_indices"]] == pytest.approx([0.0, 0.013, 2.777, 3.5])


@pytest.mark.parametrize("way", WAYS)
def test_an_image_is_an_image_in_every_transport(way):
    body = sent(way, shown((0,), (0.0,), kind="image", path=Path("/data/ü.png")))
    url = "file:///data/%C3%BC.png" if way == "file" else "data:image/jpeg;base64,anBlZyAw"
    assert body["messages"][1]["content"][1] == {"type": "image_url", "image_url": {"url": url}}
    assert body.keys() == {"model", "max_tokens", "messages"}


@pytest.mark.parametrize("way", ["jpeg_sequence", "mp4", "file"])
def test_the_users_extra_body_wins(way):
    mine = {"media_io_kwargs": {"video": {"num_frames": 5}}, "top_k": 3}
    body = sent(way, steady(), extra_body=mine)
    assert body["media_io_kwargs"]["video"]["num_frames"] == 5
    assert body["top_k"] == 3
    assert mine == {"media_io_kwargs": {"video": {"num_frames": 5}}, "top_k": 3}
    assert body.get("mm_processor_kwargs") == (None if way == "jpeg_sequence" else {"do_sample_frames": False})


@pytest.mark.parametrize("way", WAYS)
def test_a_payload_too_large_is_never_sent(way):
    with ModelServer() as server, pytest.raises(MediaError) as caught:
        ask(server, request(steady()), video=way, max_payload=1e-6)
    assert (caught.value.reason, caught.value.lasting, server.asked) == ("payload too large", False, [])


@pytest.mark.parametrize("way", WAYS)
def test_the_payload_is_what_travels_of_a_medium(way):
    provider = OpenAIProvider(model="m", video=way)
    parts = sent(way, steady())["messages"][1]["content"]
    urls = [part[part["type"]]["url"] for part in parts if part["type"] != "text"]
    assert asyncio.run(provider.payload(steady(), FakeEyes())) == sum(map(len, urls))
    with pytest.raises(MediaError, match="payload too large"):
        asyncio.run(OpenAIProvider(model="m", video=way, max_payload=1e-6).payload(steady(), FakeEyes()))


def test_only_frames_that_the_server_picks_itself_are_another_model_and_need_a_word():
    for way in ("images", "jpeg_sequence", "mp4"):
        exact = OpenAIProvider(model="m", video=way)
        assert (exact.identity, exact.notice, exact.shows_parts) == ("m", None, True)
    picks = OpenAIProvider(model="m", video="file", extra_body={"top_k": 3})
    assert picks.identity == 'm (picks frames itself) {"top_k": 3}'
    assert picks.notice.startswith('m reads the clips itself (video = "file")')
    assert "\n" not in picks.notice
    assert not picks.shows_parts


@pytest.mark.parametrize("options", [{"video": "gif"}, {"max_payload": 0}, {"max_payload": -1}])
def test_a_transport_that_cannot_work_is_refused(options):
    with pytest.raises(ValidationError):
        OpenAIProvider(model="m", **options)


@pytest.mark.parametrize("way", WAYS)
def test_a_real_clip_travels_over_http(way, tmp_path):
    clip = medium(encode(tmp_path / "a real #1.mp4", [40 * i for i in range(40)]))
    eyes = Eyes(workers=1)
    try:
        body = sent(way, Media(clip, (0, 7, 20, 39), 10**6), eyes=eyes)
    finally:
        eyes.close()
    urls = [part[part["type"]]["url"] for part in body["messages"][1]["content"] if part["type"] != "text"]
    if way == "file":
        (url,) = urls
        assert Path(unquote(urlsplit(url).path)).read_bytes() == clip.path.read_bytes()
        return
    payloads = [base64.b64decode(part) for url in urls for part in url.partition(";base64,")[2].split(",")]
    assert numbers(way, payloads) == [0, 7, 20, 39]


class LargeEyes(FakeEyes):
    async def frames(self, media: Media) -> tuple[Frame, ...]:
        return tuple(Frame(i, 0.0, 8, 8, bytes([i]) * 400_000) for i in media.frames)

    async def film(self, media: Media) -> bytes:
        return b"film" * 10**6


@pytest.mark.parametrize("way", ["images", "jpeg_sequence", "mp4"])
def test_megabytes_arrive_whole(way):
    """Made ready in a thread, and sent piece by piece."""
    frames = tuple(range(10))
    body = sent(way, shown(frames, tuple(map(float, frames))), eyes=LargeEyes())
    urls = [part[part["type"]]["url"] for part in body["messages"][1]["content"] if part["type"] != "text"]
    found = [base64.b64decode(part) for url in urls for part in url.partition(";base64,")[2].split(",")]
    assert found == ([b"film" * 10**6] if way == "mp4" else [bytes([i]) * 400_000 for i in frames])


def numbers(way: str, payloads: list[bytes]) -> list[int]:
    """What the frames spell, as another program reads them."""
    if way == "mp4":
        with av.open(io.BytesIO(*payloads)) as film:
            return [number(frame.to_ndarray(format="rgb24")) for frame in film.decode(video=0)]
    sizes = [Image.open(io.BytesIO(jpeg)).size for jpeg in payloads]
    return [number(Frame(0, 0.0, *size, jpeg)) for size, jpeg in zip(sizes, payloads, strict=True)]


def test_the_schema_and_the_sampling_are_sent():
    schema = Schema("shape", {"type": "object", "properties": {"b": {}, "a": {}}})
    asked = request(schema=schema, temperature=0.5, top_p=0.9, seed=7, attempt=2, sample=3)
    with ModelServer(lambda _: completion("{}")) as server:
        ask(server, asked, token_limit="max_completion_tokens", extra_body={"top_k": 5})
    said = server.asked[0]
    assert said["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "shape", "schema": schema.body, "strict": True},
    }
    assert list(said["response_format"]["json_schema"]["schema"]["properties"]) == ["b", "a"]
    assert (said["temperature"], said["top_p"], said["top_k"]) == (0.5, 0.9, 5)
    assert said["seed"] == 7 + 2 + 3000
    assert said["max_completion_tokens"] == 50
    assert "max_tokens" not in said


def test_the_key_comes_from_the_named_variable_only(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-for-this-server")
    monkeypatch.setenv("MY_KEY", "sk-mine")
    with ModelServer(lambda _: completion("Hi")) as server:
        ask(server)
        ask(server, api_key_env="MY_KEY")
    assert [headers.get("authorization") for headers in server.headers] == [None] * 2 + ["Bearer sk-mine"] * 2


def test_a_variable_that_is_not_set_stops_before_anything_is_sent(monkeypatch):
    monkeypatch.delenv("MY_KEY", raising=False)
    with ModelServer() as server, pytest.raises(SettingsError, match="MY_KEY is not set"):
        ask(server, api_key_env="MY_KEY")
    assert server.asked == []


KEYS = (
    *("api_key", "X-Api-Key", "authorization", "hf_token", "token", "bearer", "openai_key", "azureApiKey", "auth"),
    *("subscription_key", "session_token", "github_token", "secret_access_key"),
)


@pytest.mark.parametrize(
    "options",
    [
        {"api_key_env": "sk-0123456789"},
        {"base_url": "localhost:8000"},
        {"base_url": "https://me:sk-0123@host/v1"},
        {"base_url": "https://host/v1?key=sk-0123"},
        {"base_url": "https://host:99999/v1"},
        {"base_url": "https://a..b/v1"},
        {"base_url": "https://[::1/v1"},
        *({"extra_body": {name: "sk-0123"}} for name in KEYS),
        {"extra_body": {"headers": ["Authorization: Bearer sk-0123"]}},
        {"extra_body": {"note": "sk-0123456789abcdefghij"}},
        {"extra_body": {"metadata": {"client_secret": "sk-0123"}}},
        {"extra_body": {"tools": [{"auth": {"password": "sk-0123"}}]}},
    ],
)
def test_a_key_or_a_bare_host_in_the_settings_is_refused(options):
    with pytest.raises(ValidationError) as error:
        OpenAIProvider(model="m", **options)
    assert all("sk-" not in fault["msg"] for fault in error.value.errors())


def test_no_other_field_of_an_extra_body_is_taken_for_a_key():
    plain = {"max_completion_tokens": 5, "prompt_cache_key": "a", "tokenizer": "b", "stop_token_ids": [1], "user": "me"}
    nested = {"chat_template_kwargs": {"enable_thinking": False}, "logit_bias": [{"token_id": 3}, "token"]}
    nested["guided_json"] = {"type": "object", "properties": {"token": {"type": "string"}, "api_key": {}}}
    assert OpenAIProvider(model="m", extra_body=plain | nested).extra_body == plain | nested


def test_the_extra_body_is_part_of_the_identity_and_the_address_is_not():
    plain = OpenAIProvider(model="m", base_url="http://a/v1")
    assert plain.identity == OpenAIProvider(model="m", base_url="http://b/v1", concurrency=9).identity == "m"
    assert OpenAIProvider(model="m", extra_body={"top_k": 5}).identity != "m"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, RefusedError),
        (401, FatalError),
        (403, FatalError),
        (404, FatalError),
        (408, TransientError),
        (402, FatalError),
        (409, TransientError),
        (413, TooLongError),
        (422, RefusedError),
        (425, TransientError),
        (429, ThrottledError),
        (500, TransientError),
        (502, TransientError),
        (503, TransientError),
        (504, TransientError),
        (529, ThrottledError),
    ],
)
def test_every_status_means_what_it_deserves_and_is_sent_once(status, expected):
    with ModelServer(lambda _: failure(status, "sorry\nabout that")) as server:
        with pytest.raises(expected) as error:
            ask(server)
        assert len(server.asked) == 1
    assert type(error.value) is expected
    assert "\n" not in str(error.value)


def test_an_empty_account_stops_the_run():
    answer = Answer({"error": {"message": "no credit", "code": "insufficient_quota"}}, 429)
    with ModelServer(lambda _: answer) as server, pytest.raises(FatalError, match="cannot serve"):
        ask(server)


def test_retry_after_is_read_as_seconds_and_as_a_date():
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    found = []
    for value in ("7", "0.5", soon, "-3", "soon"):
        with ModelServer(lambda _, value=value: failure(429, "slow", Retry_After=value)) as server:
            with pytest.raises(TransientError) as error:
                ask(server)
            found.append(error.value.retry_after)
    assert found[:2] == [7.0, 0.5]
    assert 25 < found[2] <= 30
    assert found[3:] == [None, None]


def test_no_error_shows_the_key(monkeypatch):
    monkeypatch.setenv("MY_KEY", "sk-very-secret")
    for status in (200, 400, 401, 500):
        answer = failure(status, "your key sk-very-secret is bad")
        with ModelServer(lambda _, answer=answer: answer) as server:
            with pytest.raises((RefusedError, FatalError, TransientError)) as error:
                ask(server, api_key_env="MY_KEY")
            assert "very-secret" not in str(error.value)
            assert error.value.__cause__ is None


@pytest.mark.parametrize(
    "body",
    [b"<html>gateway</html>", b"", b"[]", b"{}", b'{"choices": []}', b'{"choices": [{"message": {"content": 5}}]}'],
)
def test_a_body_that_is_no_completion_may_be_asked_again(body):
    with ModelServer(lambda _: Answer(body)) as server, pytest.raises(TransientError):
        ask(server)


def test_an_error_in_place_of_a_completion_is_told_in_its_own_words():
    overloaded = ModelServer(lambda _: failure(200, "Provider overloaded"))
    with overloaded as server, pytest.raises(TransientError, match="Provider overloaded") as error:
        ask(server)
    assert type(error.value) is TransientError


def test_a_dropped_connection_and_a_silent_server_may_be_asked_again():
    dropped = ModelServer(lambda _: Answer(b"", hang_up=True))
    with dropped as server, pytest.raises(TransientError, match="dropped the connection"):
        ask(server)
    silent = ModelServer(lambda _: Answer(b"{}", delay=2.0))
    with silent as server, pytest.raises(TransientError, match="within 1 s"):
        ask(server, timeout=1.0)


def test_a_server_that_is_down_is_named():
    with ModelServer() as server:
        pass
    with pytest.raises(AwayError, match=r"cannot reach http://127\.0\.0\.1:\d+/v1: Connection refused"):
        ask(server)


@pytest.mark.parametrize("usage", [None, [], {"prompt_tokens": None, "completion_tokens": -1}, {"prompt_tokens": "9"}])
def test_an_odd_usage_never_costs_a_reply(usage):
    answer = completion("Hi")
    answer.body["usage"] = usage
    answer.body["model"] = 5
    with ModelServer(lambda _: answer) as server:
        reply = ask(server)
    assert (reply.text, reply.model) == ("Hi", "")


@pytest.mark.parametrize("usage", [None, {"prompt_tokens": 0, "completion_tokens": 0}, {"prompt_tokens": None}])
def test_tokens_that_nobody_tells_are_guessed_and_have_their_price(usage):
    answer = completion("x" * 40, reasoning="y" * 40)
    answer.body["usage"] = usage
    with ModelServer(lambda _: answer) as server:
        reply = ask(server, request(Text("z" * 31), media()), price_in=1.0, price_out=2.0)
    assert (reply.prompt_tokens, reply.completion_tokens, reply.guessed) == (1500 + 10, 20, True)
    assert reply.cost == pytest.approx((1510 + 2 * 20) / 1e6)


def test_tokens_that_the_server_tells_are_no_guess():
    with ModelServer(lambda _: completion("Hi")) as server:
        assert not ask(server).guessed


def test_content_in_parts_is_joined_and_half_a_character_is_replaced():
    parts = [{"type": "text", "text": "one "}, {"type": "other"}, "?", {"type": "text", "text": "two"}]
    with ModelServer(lambda _: completion(parts)) as server:
        assert ask(server).text == "one two"
    with ModelServer(lambda _: completion("a\ud800b", reasoning="\udfff")) as server:
        reply = ask(server)
    assert (reply.text, reply.reasoning) == ("a?b", "?")


def test_content_null_and_cut_replies_come_as_they_are():
    with ModelServer(lambda _: completion(None, finish="length", reasoning_content="so f")) as server:
        reply = ask(server)
    assert (reply.text, reply.reasoning, reply.cut) == ("", "so f", True)


def test_what_a_transport_says_and_the_extra_body_are_merged_table_by_table():
    ours = {
        "media_io_kwargs": {"video": {"num_frames": -1, "fps": 25.0}},
        "mm_processor_kwargs": {"do_sample_frames": False},
    }
    theirs = {"media_io_kwargs": {"video": {"fps": 1.0}}, "mm_processor_kwargs": {"max_pixels": 9}, "top_k": 20}
    assert merged(ours, theirs) == {
        "media_io_kwargs": {"video": {"num_frames": -1, "fps": 1.0}},
        "mm_processor_kwargs": {"do_sample_frames": False, "max_pixels": 9},
        "top_k": 20,
    }
    assert merged({"a": {"b": 1}}, {"a": None}) == {"a": None}


def test_a_reply_that_a_server_has_no_room_for_is_wanted_shorter():
    said = (
        "This model's maximum context length is 4096 tokens. However, you requested {0} output tokens and your prompt"
    )

    def answer(body):
        if body["max_tokens"] > 3000:
            return failure(400, said.format(body["max_tokens"]) + " contains at least 1 input tokens")
        return completion("ok")

    with ModelServer(answer) as server:
        assert ask(server, request(max_tokens=8192)).text == "ok"
    assert [body["max_tokens"] for body in server.asked] == [8192, 4095, 2047]


def test_what_a_server_has_told_of_its_room_is_kept_in_mind():
    said = (
        "max_tokens is too large: 8192. This model supports at most 4096 completion tokens, whereas you provided 8192."
    )

    def answer(body):
        return failure(400, said) if body["max_tokens"] > 4096 else completion("ok")

    async def go(server):
        provider = OpenAIProvider(model="m", base_url=server.url, **CHOSEN)
        await provider.open(FakeEyes())
        for _ in range(3):
            assert (await provider.ask(request(max_tokens=8192))).text == "ok"
        await provider.close()

    with ModelServer(answer) as server:
        asyncio.run(go(server))
    assert [body["max_tokens"] for body in server.asked] == [8192, 4096, 4096, 4096]


async def three(server, **options):
    provider = OpenAIProvider(model="m", base_url=server.url, **CHOSEN, **options)
    await provider.open(FakeEyes())
    await asyncio.gather(*(provider.ask(request(max_tokens=8192)) for _ in range(3)))
    await provider.close()


def test_the_context_is_read_from_the_servers_list_of_models_before_anything_is_asked():
    with ModelServer(lambda _: completion("ok")) as server:
        server.pages["/v1/models"] = Answer({"data": [{"id": "m", "max_model_len": 4096}]}, delay=0.1)
        asyncio.run(three(server))
    assert server.paths == ["/v1/models", *["/v1/chat/completions"] * 3]
    assert {body["max_tokens"] for body in server.asked} == {4096 - ceil(request().prompt_guess)}


@pytest.mark.parametrize(
    "page",
    [Answer({"data": [{"id": "m"}, {"id": "other", "max_model_len": 10}]}), Answer(b"[" * 9999), failure(401, "no")],
)
def test_a_list_of_models_that_says_nothing_of_the_context_changes_nothing(page):
    with ModelServer(lambda _: completion("ok")) as server:
        server.pages["/v1/models"] = page
        asyncio.run(three(server))
    assert [body["max_tokens"] for body in server.asked] == [8192] * 3


def test_a_server_that_never_lists_its_models_is_not_waited_for(monkeypatch):
    monkeypatch.setattr("curate.served.SOON", 0.1)
    with ModelServer(lambda _: completion("ok")) as server:
        server.pages["/v1/models"] = Answer({"data": [{"id": "m", "max_model_len": 4096}]}, delay=1.0)
        asyncio.run(three(server))
    assert [body["max_tokens"] for body in server.asked] == [8192] * 3


def test_a_prompt_that_leaves_no_room_is_too_long():
    said = (
        "This model's maximum context length is 4096 tokens. However, you requested 8192 output tokens and your prompt"
    )
    server = ModelServer(lambda _: failure(400, f"{said} contains at least 4000 input tokens"))
    with server, pytest.raises(TooLongError, match="maximum context length is 4096"):
        ask(server, request(max_tokens=8192))
    assert len(server.asked) == 3


def test_media_travel_another_way_until_the_provider_is_opened_anew():
    async def go() -> None:
        for way in ("images", None):
            await provider.open(FakeEyes())
            assert provider.way == "jpeg_sequence"
            provider.travel(way or provider.way)
            await provider.ask(request(Text("look"), steady()))
            await provider.close()

    with ModelServer(lambda _: completion("Hi")) as server:
        provider = OpenAIProvider(model="m", base_url=server.url, video="jpeg_sequence", **CHOSEN)
        before = provider.identity
        asyncio.run(go())
    assert provider.identity == before
    kinds = [[part["type"] for part in body["messages"][1]["content"]] for body in server.asked]
    assert kinds == [["text", *["text", "image_url"] * 3], ["text", "video_url"]]
    assert ["media_io_kwargs" in body for body in server.asked] == [False, True]


def test_whoever_is_asked_by_address_is_said_to_see_unless_it_is_set_otherwise():
    assert OpenAIProvider(model="m").wants_canary
    assert not OpenAIProvider(model="m", canary=False).wants_canary
