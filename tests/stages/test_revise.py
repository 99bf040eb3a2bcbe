import asyncio
import json
from pathlib import Path

import pytest

from curate.captions.video import VideoCaption
from curate.chat import Media, Reply, Text
from curate.errors import UnreadableError
from curate.medium import Medium
from curate.record import Thought
from curate.stages.caption import Caption
from curate.stages.draft import Draft
from curate.stages.revise import ReviseStage, Revision
from curate.timeline import STILL
from tests.asking import Model, media, texts
from tests.records import VIDEO, drafted, record, seconds

IMAGE = Medium("6" * 64, "image", Path("media/a.png"), 64, 48, STILL, 0.0, "png")
SECRETS = ("CAPTION-OF-THE-KITCHEN", "DRAFTED-ANSWER", "REFERENCE-ANSWER")


def made(medium=VIDEO, **changes):
    caption = Caption(described=VideoCaption(video_caption=SECRETS[0], frames=()))
    plain = record(medium=medium, data_type=medium.kind, solution=f"<answer>{SECRETS[2]}</answer>", **changes)
    return drafted(plain.with_output(caption), thinking="DRAFTED-THINKING", answer=SECRETS[1])


def parsed(reply, **options):
    found = Reply(text=reply) if isinstance(reply, str) else reply
    return ReviseStage(model="m", **options).parse(found, made()).thinking


@pytest.mark.parametrize(
    ("reply", "thinking"),
    [
        ("<think>I look.</think>", "I look."),
        ("Sure:\n<think>\nI look.\nAgain.\n</think>\nDone. <answer>A</answer>", "I look.\nAgain."),
        ("I look.</think>", "I look."),
        # A server that parses reasoning has taken the tags and their text out of the message.
        (Reply(text="", reasoning="I look."), "I look."),
        (Reply(text="\n", reasoning=" I look.\n"), "I look."),
        # A reviser that thinks by itself: its own thoughts are not the revision.
        (Reply(text="<think>I look.</think>", reasoning="Let me compare."), "I look."),
    ],
)
def test_the_thinking_is_what_stands_between_the_tags(reply, thinking):
    assert parsed(reply) == thinking


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "I look.",
        "<think> </think>",
        Reply(text="I look.", reasoning="Let me compare."),
        Reply(text="", reasoning=" "),
    ],
)
def test_a_reply_without_tags_is_asked_again(reply):
    model = Model(reply, "<think>I look.</think>")
    assert asyncio.run(ReviseStage(model="m").run(made(), model)) == Revision(thinking="I look.")
    assert [request.attempt for request in model.asked] == [0, 1]
    with pytest.raises(UnreadableError, match=r"^no <think> in the reply$"):
        asyncio.run(ReviseStage(model="m", attempts=1).run(made(), Model(reply)))


def test_a_thinking_that_is_never_closed_is_called_that():
    with pytest.raises(UnreadableError, match=r"^the thinking in the reply is never closed$"):
        asyncio.run(ReviseStage(model="m", attempts=1).run(made(), Model("<think>I look.")))


def test_a_cut_revision_is_never_taken():
    with pytest.raises(UnreadableError, match="cut at max_tokens = 8192"):
        asyncio.run(
            ReviseStage(model="m", attempts=1).run(made(), Model(Reply(text="I look.</think>", finish="length")))
        )


@pytest.mark.parametrize(
    ("text", "thinking"),
    [
        ('{"thinking": " I look. "}', "I look."),
        ('```json\n{"thinking": "I look."}\n```', "I look."),
        ('{"thinking": "I\tlook\nagain."}', "I\tlook\nagain."),
    ],
)
def test_a_structured_revision(text, thinking):
    assert parsed(text, structured=True) == thinking


@pytest.mark.parametrize(
    "text",
    ["", "<think>I look.</think>", '{"thinking": ""}', '{"thinking": "x", "answer": "A"}', '"I look."', "[" * 100_000],
)
def test_a_structured_revision_that_cannot_be_read(text):
    with pytest.raises(UnreadableError):
        asyncio.run(ReviseStage(model="m", structured=True, attempts=1).run(made(), Model(text)))


@pytest.mark.parametrize("structured", [False, True])
@pytest.mark.parametrize("medium", [VIDEO, IMAGE], ids=["video", "image"])
def test_the_request(medium, structured):
    options = ("A. OPTION-ONE", "B. OPTION-TWO")
    asked = made(medium, problem="QUESTION?", options=options)
    request = ReviseStage(model="m", structured=structured, fps=2.0, max_pixels=1000).request(asked)
    user = texts(request, "user")
    assert media(request) == [Media(medium, tuple(range(len(medium.times))), 1000)]
    assert [user.count(text) for text in ("QUESTION?", *options, "DRAFTED-THINKING")] == [1, 1, 1, 1]
    assert ("between <think> and </think>" in user) is not structured
    assert ("one JSON object" in user) is structured
    before, shown, after = request.messages[1].parts
    assert before == Text({"video": "This is the video.", "image": "This is the picture."}[medium.kind])
    assert isinstance(shown, Media)
    assert "DRAFTED-THINKING" in after.text
    everything = texts(request) + (json.dumps(request.schema.body) if request.schema else "")
    assert not any(secret in everything for secret in SECRETS)
    assert ("video" in texts(request, "system")) is (medium.kind == "video")


def test_at_most_32_frames_unless_set():
    long = Medium("7" * 64, "video", Path("b.mp4"), 64, 48, seconds(*range(100)), 1.0, "h264")
    assert len(media(ReviseStage(model="m").request(made(long)))[0].frames) == 32
    assert len(media(ReviseStage(model="m", max_frames=50).request(made(long)))[0].frames) == 50


def test_the_last_draft_is_revised():
    again = made().with_output(Draft(thinking="SECOND-DRAFT", answer="B"))
    user = texts(ReviseStage(model="m").request(again), "user")
    assert "SECOND-DRAFT" in user
    assert "DRAFTED-THINKING" not in user


def test_the_schema_holds_the_thinking_alone():
    assert ReviseStage(model="m").shape(made()) is None
    schema = ReviseStage(model="m", structured=True, pattern="^Let .*").shape(made())
    assert schema.name == "revise"
    assert list(schema.body["properties"]) == ["thinking"]
    assert schema.body["properties"]["thinking"]["pattern"] == "^Let .*"


def test_the_answer_stays_the_drafts():
    after = made().with_output(Revision(thinking="I look."))
    assert after[Draft].answer == "DRAFTED-ANSWER"
    assert after[Thought].thinking == "I look."
    assert ReviseStage.needs == (Draft,)
    with pytest.raises(KeyError, match="Draft"):
        ReviseStage(model="m").request(record())
