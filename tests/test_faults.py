"""What a server's refusal means, and what is shown of it."""

import asyncio
import json
import os
import resource
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from curate.errors import CrampedError, FatalError, RefusedError, ThrottledError, TooLongError, TransientError
from curate.faults import SHOWN, SIFTED, Faults, retry_after
from curate.posting import Answer, Direct

SECRET = "sk-very-secret"
FAULTS = Faults("http://host/v1", "m", 60.0, "MY_KEY", SECRET)


def refused(status, body, **headers):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return FAULTS.refused(Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, raw))


def error(message="", **said):
    return {"error": {"message": message, **said}}


TOO_LONG = {
    "OpenAI": (400, error("Your input is too much.", type="invalid_request_error", code="context_length_exceeded")),
    "vLLM": (400, error("You passed 9000 tokens.", type="BadRequestError", param="input_tokens", code=400)),
    "older vLLM": (400, {"object": "error", "message": "This model's maximum context length is 8192 tokens."}),
    "llama.cpp": (400, error("the request does not fit", type="exceed_context_size_error", n_prompt_tokens=9)),
    "Anthropic's": (400, error("prompt is too long: 210000 tokens > 200000 maximum")),
    "SGLang": (400, {"message": "Input length (9000 tokens) exceeds what is allowed"}),
    "Mistral": (422, {"detail": "The prompt exceeds the context window"}),
    "a list": (422, {"detail": [{"msg": "input is too long"}]}),
    "plain": (400, b"This model's maximum context length is 8192 tokens."),
    "bare": (400, {"error": "the context size is exceeded"}),
    "vLLM, with pictures": (
        400,
        error("The decoder prompt (length 42781) is longer than the maximum model length of 40960."),
    ),
    "vLLM, with the reply": (
        400,
        error(
            "'max_tokens' or 'max_completion_tokens' is too large: 8192. This model's maximum context length is 32768"
            " tokens and your request has 27211 input tokens.",
            param="max_tokens",
        ),
    ),
    "TGI": (422, {"error": "`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs` tokens"}),
    "Groq": (400, error("Please reduce the length of the messages or completion.")),
    "xAI": (400, error("This model's maximum prompt length is 131072 but the request contains 200000 tokens.")),
    "Moonshot": (400, error("Your request exceeded model token limit: 8192")),
    "vLLM, with too many pictures": (400, error("At most 4 image(s) may be provided in one prompt.")),
    "vLLM, in other words": (400, error("At most 16 images may be provided in one prompt.", code=400)),
    "Groq, with too many pictures": (
        400,
        error("Too many images provided. This model supports up to 5 images", type="invalid_request_error"),
    ),
    "older vLLM, with no room for a shorter reply": (
        400,
        error(
            "'max_tokens' or 'max_completion_tokens' is too large: 8192. This model's maximum context length is 1500"
            " tokens and your request has 894 input tokens (8192 > 1500 - 894).",
            param="max_tokens",
        ),
    ),
    "OpenAI, beyond a minute's tokens": (
        429,
        error(
            "Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 34012. The input or output"
            " tokens must be reduced in order to run successfully.",
            type="tokens",
            code="rate_limit_exceeded",
        ),
    ),
    "a large payload": (413, b"<html>Request Entity Too Large</html>"),
}


@pytest.mark.parametrize(("status", "body"), TOO_LONG.values(), ids=TOO_LONG)
def test_a_prompt_that_is_too_long_is_told_from_other_refusals(status, body):
    assert type(refused(status, body)) is TooLongError


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, error("cannot identify image file", param="messages")),
        (400, error("max_tokens is too large: 99999", param="max_tokens", code="invalid_value")),
        (418, error("maximum context length")),
        (405, b"Method Not Allowed"),
        (400, b"[1]"),
        (400, b'{"error": {"message": {"deep": 1}, "code": 7}}'),
        (400, b"[" * 100_000),
        (422, b""),
    ],
)
def test_every_other_refusal_is_one(status, body):
    found = refused(status, body)
    assert type(found) is RefusedError
    assert str(found).startswith(f"HTTP {status}: ")


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (401, "refuses the key (401): check MY_KEY"),
        (403, "forbids it (403): check MY_KEY, and what its account may use from here"),
    ],
)
def test_a_key_that_is_refused_stops_everything_and_the_server_is_quoted(status, told):
    found = refused(status, error(f"no such key {SECRET}"))
    assert type(found) is FatalError
    assert str(found) == f"http://host/v1 {told}; it says: no such key [key]"


@pytest.mark.parametrize(
    "body",
    [
        error("Your chosen model requires moderation and your input was flagged", metadata={"reasons": ["violence"]}),
        error("Forbidden", code="content_policy_violation"),
        {"detail": "blocked by the content filter"},
    ],
)
def test_a_question_that_a_provider_will_not_have_costs_that_question(body):
    found = refused(403, body)
    assert type(found) is RefusedError
    assert str(found).startswith("HTTP 403: ")


@pytest.mark.parametrize("said", [{"code": "insufficient_quota"}, {"type": "insufficient_quota"}])
def test_an_empty_account_is_no_busy_server(said):
    assert type(refused(429, error("no credit", **said))) is FatalError
    assert type(refused(429, error("slow down", code="rate_limit_exceeded"))) is ThrottledError
    assert type(refused(429, error("Rate limit reached: Limit 30000, Used 29000, Requested 2000"))) is ThrottledError


@pytest.mark.parametrize(
    ("status", "headers", "kind", "seconds"),
    [
        (429, {}, ThrottledError, None),
        (429, {"retry_after": "7"}, ThrottledError, 7.0),
        (429, {"retry_after": "7", "retry_after_ms": "250"}, ThrottledError, 0.25),
        (529, {"retry_after": "3"}, ThrottledError, 3.0),
        (503, {"retry_after": "3"}, ThrottledError, 3.0),
        (503, {"retry_after": "soon"}, ThrottledError, None),
        (503, {}, TransientError, None),
        (502, {"retry_after": "3"}, TransientError, 3.0),
        (408, {}, TransientError, None),
    ],
)
def test_a_busy_server_is_told_from_a_broken_one(status, headers, kind, seconds):
    found = refused(status, error("busy"), **headers)
    assert (type(found), found.retry_after) == (kind, seconds)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("", None),
        ("-3", None),
        ("nan", None),
        ("inf", None),
        ("1e999", None),
        ("0", 0.0),
        ("1e3", 1000.0),
        ("soon", None),
        ("99999999 x", None),
    ],
)
def test_odd_wishes_to_wait_are_no_wishes(value, seconds):
    assert retry_after({"retry-after": value}) == seconds
    assert retry_after({"retry-after-ms": "soon", "retry-after": "2"}) == 2.0


def test_a_date_is_so_many_seconds_away():
    now = datetime.now(UTC)
    assert 20 < retry_after({"retry-after": format_datetime(now + timedelta(seconds=30), usegmt=True)}) <= 30
    assert retry_after({"retry-after": format_datetime(now - timedelta(seconds=30), usegmt=True)}) is None


def test_geminis_errors_stand_in_a_list():
    line = "Expected one of either `reasoning_effort` or custom `thinking_config`; found both."
    assert str(refused(400, [error(line, code=400, status="INVALID_ARGUMENT")])) == f"HTTP 400: {line}"
    assert isinstance(refused(429, [error("Quota exceeded")]), ThrottledError)
    assert str(refused(400, [])) == "HTTP 400: []"


@pytest.mark.parametrize("status", [301, 400, 401, 402, 404, 413, 429, 500])
@pytest.mark.parametrize("wrap", [error, str.encode])
def test_what_is_shown_is_one_short_line_without_the_key(status, wrap):
    text = f"the key {SECRET}\n is bad; " + "so it goes " * 1000 + SECRET
    found = str(refused(status, wrap(text)))
    assert "very-secret" not in found
    assert "\n" not in found
    assert len(found) < SHOWN + 100


@pytest.mark.parametrize("wrap", [error, str.encode])
def test_no_half_of_the_key_stands_where_the_text_is_cut(wrap):
    for before in ("x" * (SHOWN - 5), " " * (SIFTED - 5), " " * (4 * SHOWN - 5)):
        assert "sk-" not in str(refused(400, wrap("no" + before + SECRET)))


NO_COMPLETION = TransientError("no chat completion")


@pytest.mark.parametrize("body", [error("Provider overloaded"), {"error": "Provider overloaded", "choices": None}])
def test_an_error_in_place_of_a_reply_is_told_in_the_servers_own_words(body):
    found = FAULTS.unread(Answer(200, {"retry-after": "7"}, json.dumps(body).encode()), NO_COMPLETION)
    assert (type(found), found.retry_after) == (TransientError, 7.0)
    assert str(found) == "the server's reply is an error: Provider overloaded"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"error": {"code": 5}}', b'{"error": " "}'])
def test_a_reply_that_is_neither_stays_no_completion(body):
    assert FAULTS.unread(Answer(200, {}, body), NO_COMPLETION) is NO_COMPLETION


def test_the_faults_themselves_do_not_show_the_key():
    assert SECRET not in repr(FAULTS)


def test_a_process_that_may_open_no_more_files_is_told_so_and_is_no_outage():
    async def lost():
        client, (soft, hard) = Direct("http://127.0.0.1:1/v1", None, 5.0), resource.getrlimit(resource.RLIMIT_NOFILE)
        free = os.open(os.devnull, os.O_RDONLY)
        os.close(free)
        resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))
        try:
            await client.post(b"{}")
        except client.errors as error:
            return FAULTS.lost(error)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            await client.close()

    found = asyncio.run(lost())
    assert (type(found), str(found)) == (
        CrampedError,
        "Too many open files: lower `concurrency`, or raise `ulimit -n`",
    )
