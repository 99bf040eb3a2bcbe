"""The JSON that is sent, and what is read of the JSON that comes back."""

import json

import pytest

from curate.chat import Message, Reply, Request, Schema, Text
from curate.errors import TransientError
from curate.transport import Load
from curate.wire import counted, read, written
from tests.records import shown

MEDIA = shown((0, 1), (0.0, 1.0))
SAID = {"model": "m", "max_tokens": 9}
ODD = 'a "quoted" \\ back\nslash, ünï, 漢字, \x00, \u2028 and 🎈'


def body(*parts, extra=None, load=None, **changes):
    messages = (Message("system", (Text(ODD),)), Message("user", parts or (Text("Hello?"),)))
    request = Request(**{"stage": "draft", "messages": messages, "max_tokens": 9, **changes})
    return written(request, {MEDIA: load} if load else {}, SAID, extra or {})


def picture(url: str) -> dict[str, object]:
    return {"type": "image_url", "image_url": {"url": url}}


def test_every_text_arrives_as_it_was_said():
    said = json.loads(body(Text(ODD), Text("two")))
    assert said == SAID | {
        "messages": [{"role": "system", "content": ODD}, {"role": "user", "content": f"{ODD}\n\ntwo"}]
    }


def test_half_a_character_travels_as_it_is():
    assert json.loads(body(Text("a\ud800b")))["messages"][1]["content"] == "a\ud800b"


def test_media_stand_among_the_text_as_the_transport_made_them():
    parts = [{"type": "text", "text": ODD}, picture("data:image/jpeg;base64,AA+/=="), picture('file:///a"b.png')]
    said = json.loads(body(Text(ODD), MEDIA, Text("well?"), MEDIA, load=Load(parts, 0)))
    words = [{"type": "text", "text": text} for text in (ODD, "well?")]
    assert said["messages"][1] == {"role": "user", "content": [words[0], *parts, words[1], *parts]}


def test_a_message_of_nothing_but_media_and_one_of_nothing():
    assert json.loads(body(MEDIA, load=Load([picture("data:,")], 0)))["messages"][1]["content"] == [picture("data:,")]
    said = json.loads(body(messages=(Message("user", ()),)))
    assert said["messages"] == [{"role": "user", "content": ""}]


def test_what_the_user_adds_counts_before_all_else():
    extra = {"model": "other", "temperature": 1.0, "messages": [], "tools": {"a": [ODD]}}
    asked = {"schema": Schema("s", {}), "temperature": 0.5, "top_p": 0.1, "seed": 1}
    raw = body(extra=extra, **asked)
    said = json.loads(raw)
    assert raw.count(b'"messages"') == 1, "a name said twice is read differently from server to server"
    shape = {"type": "json_schema", "json_schema": {"name": "s", "schema": {}, "strict": True}}
    assert said == {"max_tokens": 9, "response_format": shape, "top_p": 0.1, "seed": 1, **extra}


def completion(message: object, **beside: object) -> bytes:
    return json.dumps({"choices": [{"message": message, "finish_reason": "stop"}], **beside}).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe\x00",
        b"{",
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b"9" * 5000,
        b"null",
        b'"choices"',
        b'{"choices": {"0": 1}}',
        b'{"choices": [[]]}',
        b'{"choices": [null]}',
        b'{"choices": [{}]}',
        b'{"choices": [{"message": "Hi"}]}',
        b'{"choices": [{"message": {"content": {}}}]}',
        b'{"choices": [{"message": {"content": "Hi", "reasoning": 5}}]}',
        b'{"choices": [{"message": {"content": [{"text": 5}]}}]}',
        b'{"choices": [{"message": {"content": "Hi"}, "finish_reason": 5}]}',
        b'{"error": {"message": "busy"}}',
    ],
)
def test_what_is_no_completion_may_be_asked_again(body):
    with pytest.raises(TransientError, match="no chat completion") as error:
        read(body)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("message", "text", "reasoning"),
    [
        ({}, "", ""),
        ({"content": None, "reasoning": "r"}, "", "r"),
        ({"content": "t", "reasoning_content": "rc", "reasoning": "r"}, "t", "rc"),
        ({"content": "t", "reasoning_content": "", "reasoning": "r"}, "t", "r"),
        ({"content": [{"text": "a"}, {"text": None}, {"type": "image"}, 5, [], {"text": "b"}]}, "ab", ""),
        ({"content": "\ud83c", "reasoning": "\udf88"}, "?", "?"),
        ({"content": "t", "refusal": "No."}, "t", ""),
        ({"content": "t", "tool_calls": [{"deep": [[[]]]}], "refusal": 1}, "t", ""),
    ],
)
def test_a_message_is_read_in_every_shape_that_servers_give_it(message, text, reasoning):
    assert read(completion(message)) == Reply(text=text, reasoning=reasoning)


@pytest.mark.parametrize(
    "message",
    [
        {"content": None, "refusal": " I cannot describe this.\n"},
        {"content": "", "refusal": "I cannot describe this."},
        {"content": [{"type": "refusal", "refusal": "I cannot describe this."}], "refusal": None},
    ],
)
def test_the_words_of_a_refusal_are_the_reply(message):
    reply = read(completion(message))
    assert (reply.text, reply.finish, reply.refused) == ("I cannot describe this.", "refusal", True)


@pytest.mark.parametrize(
    ("finish", "refused"),
    [("content_filter", True), ("content_filter: RECITATION", True), ("stop", False), ("length", False), (None, False)],
)
def test_what_a_filter_ended_was_refused(finish, refused):
    body = json.dumps({"choices": [{"message": {"content": ""}, "finish_reason": finish}]}).encode()
    assert read(body).refused is refused


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
        ({"prompt_tokens": 3, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 1}}, (3, 2, 1)),
        ({"prompt_tokens": 3, "completion_tokens": 2, "prompt_tokens_details": None}, (3, 2, 0)),
        ({"prompt_tokens": 1.5, "completion_tokens": 2**63, "prompt_tokens_details": [1]}, (0, 0, 0)),
        ({"prompt_tokens": "3", "completion_tokens": -1}, (0, 0, 0)),
        (
            {"prompt_tokens": 12.0, "completion_tokens": 2.0, "prompt_tokens_details": {"cached_tokens": 1.0}},
            (12, 2, 1),
        ),
        ({"prompt_tokens": 12.5, "completion_tokens": 2.0}, (0, 2, 0)),
        ({"prompt_tokens": 3, "completion_tokens": [2]}, (3, 0, 0)),
        ({"prompt_tokens": float("nan"), "completion_tokens": float("inf")}, (0, 0, 0)),
        ({"prompt_tokens": True, "completion_tokens": 1e300}, (0, 0, 0)),
        ("many", (0, 0, 0)),
    ],
)
def test_counts_are_taken_where_they_make_sense(usage, counts):
    reply = read(completion({"content": "t"}, usage=usage))
    assert (reply.prompt_tokens, reply.completion_tokens, reply.cached_tokens) == counts


ASKED = Request("draft", (Message("user", (Text("abcde"), MEDIA)),), 9)  # 2 frames and 5 characters


@pytest.mark.parametrize(
    ("reply", "counts", "guessed"),
    [
        (Reply(text="t", prompt_tokens=3, completion_tokens=2), (3, 2), False),
        (Reply(text="abcde", reasoning="abcd"), (1002, 3), True),
        (Reply(text="abcde", prompt_tokens=3), (3, 2), True),
        (Reply(text="", reasoning="a", prompt_tokens=3), (3, 1), True),
        (Reply(text="abcde", completion_tokens=7), (1002, 7), True),
        (Reply(text="", prompt_tokens=3), (3, 0), False),
    ],
)
def test_tokens_that_the_server_does_not_tell_are_guessed(reply, counts, guessed):
    found = counted(reply, ASKED)
    assert (found.prompt_tokens, found.completion_tokens, found.guessed) == (*counts, guessed)
    assert (found.text, found.reasoning) == (reply.text, reply.reasoning)


@pytest.mark.parametrize(("model", "name"), [("m-2026", "m-2026"), (None, ""), (["m"], ""), ("\ud800", "?")])
def test_a_models_name_is_taken_where_it_is_one(model, name):
    assert read(completion({"content": "t"}, model=model)).model == name


def test_a_reply_without_an_end_has_stopped():
    body = {"choices": [{"message": {"content": "t"}, "finish_reason": None}, "never read"]}
    assert read(json.dumps(body).encode()).finish == "stop"
