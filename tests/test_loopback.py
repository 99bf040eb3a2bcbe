"""The benchmarks' model server says what every stage can read, as late and as faulty as it is told to."""

import json
import socket
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

from benchmarks.loopback import Loopback
from benchmarks.replies import asking
from benchmarks.synthetic import row
from curate.captions.templates import OUTPUTS
from curate.chat import Reply
from curate.jsonschema import checked_in
from curate.stages.caption import image, video
from curate.stages.draft import DraftStage, answer_shape
from curate.stages.revise import ReviseStage
from tests.records import drafted, record

LATENCY = 0.05
SYSTEM = {"caption": "You are an image analyst.", "draft": "You answer a question.", "revise": "You check a thinking."}


@pytest.fixture(scope="module")
def server():
    with Loopback(LATENCY) as running:
        yield running


def body(stage, user="?", shape=None):
    said = {"messages": [{"role": "system", "content": SYSTEM[stage]}, {"role": "user", "content": user}]}
    if shape:
        said["response_format"] = {"type": "json_schema", "json_schema": {"name": stage, "schema": shape}}
    return json.dumps(said).encode()


def posted(server, data):
    with urllib.request.urlopen(f"{server.url}/chat/completions", data) as answer:
        return json.load(answer)


def asked(server, *said, **more):
    message = posted(server, body(*said, **more))["choices"][0]["message"]
    return Reply(text=message["content"], reasoning=message.get("reasoning_content", ""))


@pytest.mark.parametrize("count", [1, 8])
def test_a_video_caption_has_as_many_items_as_were_asked_for(server, count):
    shape = checked_in("caption/video")
    shape["properties"]["frames"] |= {"minItems": count, "maxItems": count}
    assert len(video(asked(server, "caption", shape=shape), count).frames) == count


@pytest.mark.parametrize("template", OUTPUTS)
def test_an_image_caption_fits_its_template(server, template):
    shape = checked_in(f"caption/image/{template}")
    said = json.loads(body("caption", shape=shape))
    said["response_format"]["json_schema"]["name"] = f"caption_{template}"
    message = posted(server, json.dumps(said).encode())["choices"][0]["message"]
    assert image(Reply(text=message["content"]), template)


def test_a_draft_thinks_and_answers(server):
    found = DraftStage(model="m").parse(asked(server, "draft"), record())
    assert found.answer == "A"
    assert len(found.thinking) > 1000


@pytest.mark.parametrize("number", range(5))
def test_a_draft_gives_the_answer_that_its_question_names(server, number):
    questions = record(**{key: row(number, 100)[key] for key in ("problem", "problem_type", "solution")})
    shape = checked_in("draft")
    shape["properties"]["answer"] = answer_shape(questions)
    for style in (DraftStage(model="m"), DraftStage(model="m", structured=True)):
        reply = asked(server, "draft", questions.problem, shape=shape if style.structured else None)
        assert f"<answer>{style.parse(reply, questions).answer}</answer>" == questions.solution


def test_a_revision_stands_in_tags_or_in_json(server):
    for stage, shape in (
        (ReviseStage(model="m"), None),
        (ReviseStage(model="m", structured=True), checked_in("revise")),
    ):
        assert len(stage.parse(asked(server, "revise", shape=shape), drafted(record())).thinking) > 10


def test_no_two_replies_are_alike_and_all_say_what_they_used(server):
    one, other = (posted(server, body("draft")) for _ in range(2))
    assert one["choices"][0]["message"] != other["choices"][0]["message"]
    assert one["usage"]["completion_tokens"] > 100


def test_what_no_stage_says_is_refused(server):
    with pytest.raises(urllib.error.HTTPError, match="400"):
        posted(server, b'{"messages": []}')


def test_requests_in_pieces_and_two_in_one_are_answered_in_turn_each_after_the_latency():
    request = b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body("draft")) + body("draft")
    with Loopback(LATENCY) as server, socket.create_connection(("127.0.0.1", server.port)) as line:
        began = time.monotonic()
        for piece in (request[:20], request[20:100], request[100:] + request):
            line.sendall(piece)
            time.sleep(0.01)
        found = b""
        while found.count(b"completion_tokens") < 2:
            found += line.recv(65536)
        assert time.monotonic() - began >= LATENCY
        assert server.stats()["requests"] == {"draft": 2}
        assert server.stats()["connections"] == 3


def test_many_wait_at_once_and_about_as_many_fail_as_were_asked_for():
    with Loopback(LATENCY, faults=0.2) as server, ThreadPoolExecutor(20) as many:
        kinds = list(many.map(lambda _: outcome(server), range(400)))
        stats = server.stats()
    assert {"429", "503", "hung up"} < set(kinds)
    assert 40 < len(kinds) - kinds.count("answered") == stats["faults"] < 120
    assert stats["requests"] == {"draft": 400}
    assert 1 < stats["most_in_flight"] <= 20


def outcome(server):
    try:
        posted(server, body("draft", asking("B")))
    except urllib.error.HTTPError as error:
        return str(error.code)
    except OSError:
        return "hung up"
    return "answered"
