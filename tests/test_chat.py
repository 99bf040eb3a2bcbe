from dataclasses import FrozenInstanceError, replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from curate.chat import Media, Message, Reply, Request, Schema, Text
from tests.records import VIDEO, seconds, shown

# Replies are bought under this key. If it changes, every journal in the world is bought again.
GOLDEN = "e17c2f53d72ddfc8220f8f2596e577279c0b01d2066e4048089ee884dea09ae5"
PLAIN = "efe08c23fc754ef9f2d79cfa992094fefd6f16179dba03bed1ca4095d7ea1874"

MEDIA = shown((0, 25), (0.0, 1.0), 401408, sha256="5" * 64, path=Path("media/a.mp4"))
SCHEMA = Schema("draft", {"type": "object", "properties": {"thinking": {}, "answer": {}}})


def request(**changes):
    said = {
        "stage": "caption",
        "messages": (
            Message("system", (Text("You look, ünd say."),)),
            Message("user", (Text("Before."), MEDIA, Text("After."))),
        ),
        "max_tokens": 512,
        "schema": SCHEMA,
        "temperature": 0.2,
        "top_p": 0.9,
        "seed": 7,
    }
    return Request(**(said | changes))


def told(*parts, system="You look, ünd say."):
    return (Message("system", (Text(system),)), Message("user", parts))


def test_the_key_is_what_it_was_when_the_first_answer_was_bought():
    assert request().key("gpt-4o-mini") == GOLDEN
    plain = Request(stage="draft", messages=(Message("user", (Text("Why?"),)),), max_tokens=1)
    assert plain.key("m") == PLAIN


def with_media(**changes):
    return {"messages": told(Text("Before."), replace(MEDIA, **changes), Text("After."))}


def with_medium(**changes):
    return with_media(medium=replace(MEDIA.medium, **changes))


CHANGES = {
    "system text": {"messages": told(Text("Before."), MEDIA, Text("After."), system="You look.")},
    "text before": {"messages": told(Text("Before"), MEDIA, Text("After."))},
    "text after": {"messages": told(Text("Before."), MEDIA, Text("After!"))},
    "order of parts": {"messages": told(MEDIA, Text("Before."), Text("After."))},
    "parts joined": {"messages": told(Text("Before.After."), MEDIA)},
    "roles": {"messages": told(Text("Before."), MEDIA, Text("After."))[::-1]},
    "no medium": {"messages": told(Text("Before."), Text("After."))},
    "two media": {"messages": told(Text("Before."), MEDIA, MEDIA, Text("After."))},
    "content": with_medium(sha256="6" * 64),
    "frames": with_media(frames=(0, 24)),
    "fewer frames": with_media(frames=(0,)),
    "max_pixels": with_media(max_pixels=401407),
    "size": with_media(size=(56, 28)),
    "no schema": {"schema": None},
    "schema": {"schema": Schema("draft", {"type": "object", "properties": {"thinking": {}}})},
    "order of properties": {
        "schema": Schema("draft", {"type": "object", "properties": {"answer": {}, "thinking": {}}})
    },
    "temperature": {"temperature": 0.3},
    "no temperature": {"temperature": None},
    "top_p": {"top_p": 0.8},
    "seed": {"seed": 8},
    "attempt": {"attempt": 1},
    "sample": {"sample": 1},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_key_changes_with_all_that_changes_the_answer(change):
    assert request(**change).key("m") != request().key("m")


def test_the_key_changes_with_the_model():
    assert request().key("m") != request().key("m2")


def test_all_these_changes_have_keys_of_their_own():
    keys = {request(**change).key("m") for change in CHANGES.values()}
    assert len(keys) == len(CHANGES)


@pytest.mark.parametrize(
    "change",
    [
        {"max_tokens": 1},
        {"stage": "other"},
        with_medium(path=Path("elsewhere/b.mp4")),
        with_medium(times=seconds(*(i * 0.041 for i in range(26)))),
        {"schema": replace(SCHEMA, name="other")},
    ],
    ids=["max_tokens", "stage", "path", "times", "name of the schema"],
)
def test_the_key_stays_where_the_answer_does(change):
    assert request(**change).key("m") == request().key("m")


def test_text_that_looks_like_a_medium_is_no_medium():
    fake = Text('{"sha256":"' + "5" * 64 + '","frames":[0,25],"max_pixels":401408}')
    assert request(messages=told(fake)).key("m") != request(messages=told(MEDIA)).key("m")


@pytest.mark.parametrize("text", ["", "\ud800", "\x00", "ü" * 10_000])
def test_any_text_has_a_key(text):
    key = request(messages=told(Text(text))).key("m")
    assert len(bytes.fromhex(key)) == 32


def test_media_of_a_medium_has_the_true_times_of_its_frames():
    media = Media(VIDEO, (1, 3), 784)
    assert (media.kind, media.times) == ("video", (0.5, 1.5))
    assert media.part(1, 2) == Media(VIDEO, (3,), 784)


def test_a_request_is_frozen():
    with pytest.raises(FrozenInstanceError):
        request().stage = "other"


@pytest.mark.parametrize(("finish", "cut"), [("stop", False), ("length", True), ("content_filter", False), ("", False)])
def test_only_the_token_limit_cuts(finish, cut):
    assert Reply(text="x", finish=finish).cut is cut


def test_a_prompt_may_take_as_much_as_its_text_and_its_frames():
    assert request(messages=told(Text("abcd"), MEDIA, Text("ab"), system="")).prompt_guess == 2 * 500 + 1.5


def test_a_reply_of_a_version_that_guessed_nothing_is_read():
    assert not Reply.model_validate_json('{"text":"x","prompt_tokens":3,"cost":0.5}').guessed


def test_a_reply_survives_the_journal_and_ignores_what_a_later_version_adds():
    counts = {"prompt_tokens": 3, "cached_tokens": 1, "cost": 0.5, "guessed": True}
    reply = Reply(text="ü", reasoning="r", finish="length", model="m", **counts)
    assert Reply.model_validate_json(reply.model_dump_json()) == reply
    assert Reply.model_validate({"text": "x", "of_the_future": 1}) == Reply(text="x")
    with pytest.raises(ValidationError):
        reply.text = "other"
