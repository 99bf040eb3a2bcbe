"""The embeddings provider against a real server on loopback."""

import asyncio

import pytest

from curate.chat import Message, Reply, Request, Text
from curate.errors import AwayError, FatalError, SettingsError, ThrottledError, TransientError
from curate.providers.embeddings import EmbeddingsProvider
from tests.server import Answer, ModelServer, failure

ASKED = Request("similarity", (Message("user", (Text("a cat"),)), Message("user", (Text("a dog"),))), 1)


def embedded(*vectors, **more):
    return Answer({"data": [{"index": i, "embedding": v} for i, v in enumerate(vectors)], **more})


def ask(url, **options):
    async def go():
        provider = EmbeddingsProvider(model="e", base_url=url, max_retries=0, **options)
        await provider.open(None)
        try:
            return await provider.ask(ASKED)
        finally:
            await provider.close()

    return asyncio.run(go())


def test_what_is_said_and_what_comes_back(monkeypatch):
    monkeypatch.setenv("EMBED_KEY", "sk-1")
    usage = {"prompt_tokens": 1000, "total_tokens": 1000}
    with ModelServer(lambda _: embedded([1, 0], [1, 1], usage=usage, model="e-1")) as server:
        reply = ask(server.url, api_key_env="EMBED_KEY", price_in=2.0, extra_body={"dimensions": 2})
    assert reply == Reply(text="0.707107", model="e-1", prompt_tokens=1000, cost=0.002)
    said = {"model": "e", "input": ["a cat", "a dog"], "encoding_format": "float", "dimensions": 2}
    assert server.asked == [said]
    assert server.paths == ["/v1/embeddings"]
    assert server.headers[0]["authorization"] == "Bearer sk-1"


def test_tokens_that_the_server_does_not_tell_are_guessed():
    with ModelServer(lambda _: embedded([1, 0], [1, 1])) as server:
        reply = ask(server.url)
    assert (reply.prompt_tokens, reply.guessed) == (3, True)


@pytest.mark.parametrize(
    ("answer", "error", "told"),
    [
        (failure(401, "no"), FatalError, "refuses the key"),
        (failure(404, "no model e"), FatalError, "cannot serve model 'e'"),
        (failure(429, "slow down"), ThrottledError, "slow down"),
        (failure(500, "oops"), TransientError, "HTTP 500: oops"),
        (embedded([1, 0]), TransientError, "holds no two embeddings"),
        (
            Answer({"error": {"message": "out of memory"}}),
            TransientError,
            "is an error: out of memory",
        ),
        (Answer({}, hang_up=True), TransientError, "dropped the connection"),
    ],
)
def test_faults(answer, error, told):
    with ModelServer(lambda _: answer) as server, pytest.raises(error, match=told):
        ask(server.url)


def test_a_server_that_is_away():
    with pytest.raises(AwayError, match="cannot reach"):
        ask("http://127.0.0.1:9/v1")


def test_a_key_that_is_not_set(monkeypatch):
    monkeypatch.delenv("EMBED_KEY", raising=False)
    with pytest.raises(SettingsError, match="EMBED_KEY is not set"):
        ask("http://127.0.0.1:9/v1", api_key_env="EMBED_KEY")


def test_what_changes_its_answers_is_its_identity():
    assert EmbeddingsProvider(model="e", base_url="http://a/v1").identity == "e"
    assert EmbeddingsProvider(model="e", extra_body={"dimensions": 8}).identity == 'e {"dimensions": 8}'
