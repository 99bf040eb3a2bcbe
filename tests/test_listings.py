"""What servers say of their models, as each of them says it."""

import asyncio
import json

import pytest

from curate.errors import AwayError
from curate.listings import context, entry, length, listed
from curate.posting import Answer

BASE = "http://host/v1"
VLLM = {"object": "list", "data": [{"id": "Qwen/Qwen3-VL-8B", "object": "model", "max_model_len": 32768}]}
OPENROUTER = {"data": [{"id": "qwen/qwen3-vl", "context_length": 131072}]}
LLAMA = {"models": [], "data": [{"id": "tiny", "meta": {"n_ctx": 2048, "n_ctx_train": 8192}}]}
TOGETHER = [{"id": "Qwen/Qwen3-VL-8B", "context_length": 4096}]
GEMINI = {"data": [{"id": "models/gemini-x"}]}
OLLAMA = {"data": [{"id": "llava:latest"}]}
RUNNING = {"models": [{"name": "other", "context_length": 1}, {"name": "llava:latest", "context_length": 4096}]}
PROPS = {"default_generation_settings": {"n_ctx": 2048}}


def raw(said):
    return json.dumps(said).encode()


def room(name, said, pages):
    asked = []

    async def get(url):
        asked.append(url)
        found = pages.get(url.removeprefix("http://host"))
        if isinstance(found, Exception):
            raise found
        return Answer(200 if found is not None else 404, {}, raw(found if found is not None else {"error": "no"}))

    found = entry(listed(raw(said)), name) if said is not None else None
    return asyncio.run(context(get, BASE, found, name)), asked


@pytest.mark.parametrize(
    ("name", "said", "pages", "tokens", "asked"),
    [
        ("Qwen/Qwen3-VL-8B", VLLM, {}, 32768, 0),
        ("qwen/qwen3-vl", OPENROUTER, {}, 131072, 0),
        ("Qwen/Qwen3-VL-8B", TOGETHER, {}, 4096, 0),
        ("tiny", LLAMA, {}, 2048, 0),
        ("tiny", None, {"/props": PROPS}, 2048, 1),
        ("llava", OLLAMA, {"/api/ps": RUNNING}, 4096, 2),
        ("llava", OLLAMA, {"/api/ps": {"models": []}}, None, 2),
        ("gemini-x", GEMINI, {}, None, 2),
        ("x", None, {"/props": AwayError("gone")}, None, 1),
        ("x", None, {"/props": [], "/api/ps": {"models": {"name": "x"}}}, None, 2),
    ],
)
def test_the_context_as_each_server_tells_it(name, said, pages, tokens, asked):
    found, urls = room(name, said, pages)
    assert found == tokens
    assert urls == ["http://host/props", "http://host/api/ps"][:asked]


@pytest.mark.parametrize(
    "odd", [{"max_model_len": -1}, {"max_model_len": "many"}, {"meta": 7}, {"context_length": True}]
)
def test_an_odd_length_is_none(odd):
    assert length({"id": "x", **odd}) is None
    assert length(None) is None


def test_a_model_is_found_under_the_names_that_servers_give_it():
    assert entry(listed(raw(GEMINI)), "gemini-x") == {"id": "models/gemini-x"}
    assert entry(listed(raw(OLLAMA)), "llava") == {"id": "llava:latest"}
    assert entry(listed(raw(VLLM)), "Qwen") is None


def test_what_is_no_model_is_left_out():
    assert listed(raw({"data": [7, {"id": 7}, {"id": "x"}, None, {"id": "x" * 201}]})) == [{"id": "x"}]
    assert len(listed(raw({"data": [{"id": str(n)} for n in range(10_001)]}))) == 10_000


@pytest.mark.parametrize("body", [b"", b"null", b'{"data": {}}', b'"x"', b"[" * 100_000])
def test_what_is_no_list_is_said(body):
    with pytest.raises(ValueError, match="no list of models"):
        listed(body)
