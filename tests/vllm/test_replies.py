"""What a real vLLM answers: JSON that fits, thinking apart from it, tokens found in its cache, refusals."""

import asyncio
from collections.abc import Awaitable, Callable

from curate.chat import Message, Reply, Request, Schema, Text
from curate.errors import RefusedError, TooLongError
from curate.jsonschema import checked_in, loaded
from curate.providers.openai import OpenAIProvider
from curate.stages.caption import video
from tests.vllm.place import BRIEF, SHORT, biased
from tests.vllm.serving import Server

FRAMES = 2


def request(text: str, **changes: object) -> Request:
    fields = {"stage": "draft", "messages": (Message("user", (Text(text),)),), "max_tokens": 60, "temperature": 1.0}
    return Request(**fields | changes)


def asked(server: Server, work: Callable[[OpenAIProvider], Awaitable[object]], **options: object) -> object:
    """What becomes of this work with the server's provider."""

    async def go() -> object:
        provider = OpenAIProvider(model=server.model, base_url=server.url, **options)
        await provider.open(None)
        try:
            return await work(provider)
        finally:
            await provider.close()

    return asyncio.run(go())


def replies(server: Server, requests: list[Request], **options: object) -> list[Reply]:
    """The replies to all of these at once."""

    async def all_of_them(provider: OpenAIProvider) -> list[Reply]:
        return list(await asyncio.gather(*map(provider.ask, requests)))

    return asked(server, all_of_them, **options)


def test_json_fits_its_schema_though_the_model_is_noise(older):
    body = checked_in("caption/video")
    body["properties"]["frames"] |= {"minItems": FRAMES, "maxItems": FRAMES}
    wanted = [request(f"Clip {n}.", schema=Schema("caption", body), max_tokens=2000) for n in range(8)]
    found = replies(older, wanted, extra_body={"logit_bias": biased(older.model, **SHORT)})
    assert [reply.cut for reply in found] == [False] * 8
    assert [len(video(reply, FRAMES).frames) for reply in found] == [FRAMES] * 8


def test_thinking_comes_apart_from_the_answer_and_is_kept_where_it_is_cut(thinker):
    body = {"logit_bias": biased(thinker.model, **BRIEF)}
    ended = replies(thinker, [request(f"Question {n}?", max_tokens=1500) for n in range(4)], extra_body=body)
    assert all(reply.reasoning for reply in ended)
    assert any(reply.text and not reply.cut for reply in ended)
    assert not any("think>" in reply.text for reply in ended)
    [cut] = replies(thinker, [request("Question?", max_tokens=12)])
    assert (cut.text, cut.cut) == ("", True)
    assert cut.reasoning


def test_thinking_can_be_switched_off_and_then_json_fits_too(thinker):
    shape = {"type": "object", "properties": {"letter": {"enum": ["A", "B"]}}, "required": ["letter"]}
    body = {"chat_template_kwargs": {"enable_thinking": False}}
    [reply] = replies(thinker, [request("A or B?", schema=Schema("s", shape))], extra_body=body)
    assert reply.reasoning == ""
    assert loaded(reply.text)["letter"] in ("A", "B")


def test_what_stands_before_is_found_in_the_servers_cache_and_told(older):
    shared = "The same long instructions stand before every question. " * 40
    [first] = replies(older, [request(shared)])
    [second] = replies(older, [request(f"{shared} Another question.")])
    assert first.cached_tokens < second.cached_tokens
    assert second.prompt_tokens - second.cached_tokens < 200


def test_too_long_a_prompt_and_a_picture_that_is_none_are_told_apart_and_cost_nobody_else(older):
    picture = {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,AAAA"}}

    async def all_of_them(provider: OpenAIProvider) -> list[object]:
        tasks = [provider.ask(request("word " * 9000)), *(provider.ask(request(f"{n}")) for n in range(4))]
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        bad = await provider.tried({"messages": [{"role": "user", "content": [picture]}], "max_tokens": 1})
        return [*answers, provider.faults().refused(bad)]

    long, *fine, unreadable = asked(older, all_of_them)
    assert isinstance(long, TooLongError)
    assert all(isinstance(reply, Reply) for reply in fine)
    assert isinstance(unreadable, RefusedError)
    assert not isinstance(unreadable, TooLongError)


def test_a_server_that_does_not_trust_requests_refuses_to_be_told_how_to_read_films(thinker):
    said = {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 1}
    told = said | {"media_io_kwargs": {"video": {"num_frames": -1}}}

    async def both(provider: OpenAIProvider) -> list[int]:
        return [(await provider.tried(body)).status for body in (said, told)]

    assert asked(thinker, both) == [200, 400]
