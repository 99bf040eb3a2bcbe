import asyncio
import json
from pathlib import Path

import pytest

from curate.captions.video import VideoCaption
from curate.chat import Media, Text
from curate.errors import UnreadableError
from curate.medium import Medium
from curate.plugin import names
from curate.settings import DEFAULT_STEPS
from curate.stage import Stage
from curate.stages.caption import Caption
from curate.stages.draft import Draft
from curate.stages.judge import Judgement, JudgeStage
from curate.timeline import STILL
from tests.asking import Model, media, texts
from tests.records import VIDEO, drafted, record, revised

IMAGE = Medium("6" * 64, "image", Path("media/a.png"), 64, 48, STILL, 0.0, "png")
SECRETS = ("CAPTION-OF-THE-KITCHEN", "REFERENCE-ANSWER")
GOOD = {"seen_reason": "It is there.", "seen": True, "supported_reason": "It leads there.", "supported": True}


def made(medium=VIDEO, answer="DRAFTED-ANSWER", **changes):
    caption = Caption(described=VideoCaption(video_caption=SECRETS[0], frames=()))
    plain = record(medium=medium, data_type=medium.kind, solution=f"<answer>{SECRETS[1]}</answer>", **changes)
    return drafted(plain.with_output(caption), thinking="DRAFTED-THINKING", answer=answer)


@pytest.mark.parametrize("medium", [VIDEO, IMAGE], ids=["video", "image"])
def test_the_request_carries_what_is_judged_and_neither_captions_nor_reference(medium):
    options = ("A. OPTION-ONE", "B. OPTION-TWO")
    asked = revised(made(medium, problem="QUESTION?", options=options), "REVISED-THINKING")
    request = JudgeStage(model="m", fps=2.0, max_pixels=1000).request(asked)
    user = texts(request, "user")
    assert media(request) == [Media(medium, tuple(range(len(medium.times))), 1000)]
    for text in ("QUESTION?", *options, "REVISED-THINKING", "DRAFTED-ANSWER"):
        assert user.count(text) == 1
    everything = texts(request) + json.dumps(request.schema.body)
    assert not any(secret in everything for secret in (*SECRETS, "DRAFTED-THINKING"))
    before, shown, _ = request.messages[1].parts
    assert before == Text({"video": "This is the video.", "image": "This is the picture."}[medium.kind])
    assert isinstance(shown, Media)
    assert list(request.schema.body["properties"]) == ["seen_reason", "seen", "supported_reason", "supported"]


def test_a_draft_without_an_answer_is_judged_as_that():
    assert "(none was given)" in texts(JudgeStage(model="m").request(made(answer=None)), "user")


@pytest.mark.parametrize("text", [json.dumps(GOOD), f"```json\n{json.dumps(GOOD)}\n```"])
def test_a_judgement(text):
    assert asyncio.run(JudgeStage(model="m").run(made(), Model(text))) == Judgement(**GOOD)


@pytest.mark.parametrize(
    "changes",
    [{"seen": None}, {"supported": "perhaps"}, {"seen_reason": 3}, {"mood": "glad"}],
    ids=lambda v: next(iter(v)),
)
def test_a_judgement_that_cannot_be_read_is_asked_again(changes):
    model = Model(json.dumps(GOOD | changes), json.dumps(GOOD))
    assert asyncio.run(JudgeStage(model="m").run(made(), model)) == Judgement(**GOOD)
    with pytest.raises(UnreadableError):
        asyncio.run(JudgeStage(model="m", attempts=1).run(made(), Model(json.dumps(GOOD | changes))))


def test_it_is_off_by_default_and_comes_behind_the_draft():
    assert "judge" in names(Stage)
    assert "judge" not in DEFAULT_STEPS
    assert JudgeStage.needs == (Draft,)
