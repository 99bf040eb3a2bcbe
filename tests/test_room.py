"""What servers say of their room, in their own words, and what is asked instead."""

import json

import pytest

from curate.chat import Message, Request, Text
from curate.errors import TooLongError
from curate.posting import Answer
from curate.room import LEAST, Room


def refused(message, status=400):
    return Answer(status, {}, json.dumps({"error": {"message": message}}).encode())


def request(max_tokens, text="Hello"):
    return Request("draft", (Message("user", (Text(text),)),), max_tokens)


TOLD = {
    "DeepSeek": ("Invalid max_tokens value, the valid range of max_tokens is [1, 8192]", 8192),
    "OpenAI": ("max_tokens is too large: 20000. This model supports at most 16384 completion tokens, whereas", 16384),
    "Anthropic": ("max_tokens: 20000 > 4096, which is the maximum allowed number of output tokens for x", 4096),
    "OpenAI, together": (
        "This model's maximum context length is 20480 tokens. However, you requested 21000 tokens (1000 in the "
        "messages, 20000 in the completion). Please reduce the length of the messages or completion.",
        19480,
    ),
    "older vLLM": (
        "'max_tokens' or 'max_completion_tokens' is too large: 20000. This model's maximum context length is 4096 "
        "tokens and your request has 1000 input tokens (20000 > 4096 - 1000).",
        3096,
    ),
    "vLLM": (
        "This model's maximum context length is 20480 tokens. However, you requested 20000 output tokens and your "
        "prompt contains at least 481 input tokens, for a total of at least 20481 tokens.",
        10000,
    ),
    "vLLM, no prompt has room": ("max_tokens=20000 cannot be greater than max_model_len=4096. Please", 4095),
    "vLLM, in other words": (
        "max_completion_tokens=20000 cannot be greater than max_model_len=max_total_tokens=65536. Please",
        10000,
    ),
}


@pytest.mark.parametrize(("message", "less"), TOLD.values(), ids=TOLD)
@pytest.mark.parametrize("status", [400, 422])
def test_what_fits_is_wanted_instead(status, message, less):
    assert Room().less(refused(message, status), 20000) == less


@pytest.mark.parametrize(
    "message",
    [
        "cannot identify image file",
        "maximum context length is 4096 tokens. However, your messages resulted in 9001 tokens.",
        "This model's maximum context length is 4096 tokens. However, you requested 0 output tokens and your prompt "
        "contains at least 4097 input tokens, for a total of at least 4097 tokens.",
        "This model's maximum context length is 4096 tokens. However, you requested 23500 tokens (3500 in the "
        "messages, 20000 in the completion).",
        "",
        "[" * 10_000,
    ],
)
def test_other_refusals_and_prompts_that_leave_no_room_are_not_asked_again(message):
    assert Room().less(refused(message), 20000) is None


def test_a_server_that_always_refuses_is_asked_a_few_times_only():
    room, wanted, times = Room(), 8192, 0
    while less := room.less(refused(TOLD["vLLM"][0]), wanted):
        assert LEAST <= less < wanted
        wanted, times = less, times + 1
    assert times == 3


@pytest.mark.parametrize("status", [401, 404, 429, 500])
def test_only_refusals_tell_of_room(status):
    assert Room().less(refused(TOLD["DeepSeek"][0], status), 20000) is None


def test_a_small_reply_limit_is_one_all_the_same():
    assert Room().less(refused("max_tokens: 900 > 512, which is the maximum allowed"), 900) == 512


def test_what_is_known_is_not_asked_for_again():
    room = Room()
    assert room.fitted(request(20000)).max_tokens == 20000
    room.less(refused(TOLD["OpenAI"][0]), 20000)
    assert room.fitted(request(20000)).max_tokens == 16384
    assert room.fitted(request(100)).max_tokens == 100
    room.less(refused(TOLD["older vLLM"][0]), 16384)
    assert room.fitted(request(20000, "x" * 4000)).max_tokens == 4096 - 1000
    assert room.fitted(request(20000, "x" * 400_000)).max_tokens == LEAST
    untouched = request(100)
    assert room.fitted(untouched) is untouched


@pytest.mark.parametrize(
    ("message", "most"),
    [
        ("At most 16 image(s) may be provided in one prompt.", 16),
        ("At most 16 images may be provided in one prompt.", 16),
        ("Too many images provided. This model supports up to 5 images", 5),
    ],
)
def test_more_images_than_a_server_takes_are_not_sent_to_it_again(message, most):
    room = Room()
    room.check(1000)
    assert room.less(refused(message), 8192) is None
    assert room.images == most
    room.check(room.images)
    with pytest.raises(TooLongError, match=f"at most {room.images} images"):
        room.check(room.images + 1)
