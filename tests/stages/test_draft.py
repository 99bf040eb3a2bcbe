import asyncio
import json
from pathlib import Path

import pytest

from curate.captions.image import ImageCaption, ImageMetadata, SceneContext
from curate.captions.video import VideoCaption
from curate.chat import Reply
from curate.errors import TooLongError, UnreadableError
from curate.medium import Medium
from curate.record import Thought
from curate.stages.caption import Caption
from curate.stages.draft import Draft, DraftStage
from curate.timeline import STILL
from tests.asking import Model, media, texts
from tests.records import VIDEO, record
from tests.test_shorter import film

IMAGE = Medium("6" * 64, "image", Path("media/a.png"), 64, 48, STILL, 0.0, "png")
SENTINEL = "REFERENCE-ANSWER-9"
FORMATS = {
    "multiple choice": "Answer with the letter of the right option only.",
    "numerical": "Answer with the number only, without a unit.",
    "OCR": "Answer with the text as it is written there, word for word, and nothing else.",
    "free-form": "Answer in one or a few plain sentences, or fewer words where they suffice.",
    "regression": "Answer with the number only, without a unit; estimate it as closely as you can.",
}
SEEN = {
    "video": VideoCaption(video_caption="CAPTION-OF-THE-KITCHEN", frames=()),
    "image": ImageCaption(
        image_caption="CAPTION-OF-THE-KITCHEN",
        metadata=ImageMetadata(
            objects=(), text=(), scene_context=SceneContext(environment="x", activity="y"), relations=()
        ),
    ),
}


def captioned(medium=VIDEO, **changes):
    made = record(medium=medium, data_type=medium.kind, solution=f"<answer>{SENTINEL}</answer>", **changes)
    return made.with_output(Caption(described=SEEN[medium.kind]))


def parsed(reply, **options):
    found = Reply(text=reply) if isinstance(reply, str) else reply
    return DraftStage(model="m", **options).parse(found, captioned())


@pytest.mark.parametrize(
    ("reply", "thinking", "answer"),
    [
        (Reply(text="<answer>A</answer>", reasoning="I look."), "I look.", "A"),
        (Reply(text="So:\n<answer> A </answer>", reasoning=" I look.\n"), "I look.", "A"),
        ("<think>I look.</think><answer>A</answer>", "I look.", "A"),
        ("<think>\nI look.\n</think>\n\nSo <answer>A</answer>.", "I look.", "A"),
        ("I look.\n</think>\n<answer>A</answer>", "I look.", "A"),
        (Reply(text="<think>I look.</think><answer>A</answer>", reasoning=" \n"), "I look.", "A"),
        # What the server calls reasoning wins; the answer is that of the message.
        (Reply(text="<think>Short.</think><answer>B</answer>", reasoning="Long."), "Long.", "B"),
        # The last answer of the final message; one inside the thinking is none.
        ("<think>I look.</think><answer>A</answer>, or rather <answer>B</answer>", "I look.", "B"),
        ("<think>Is it <answer>A</answer>?</think>I think <answer>B</answer>", "Is it <answer>A</answer>?", "B"),
        ("<think>Is it <answer>A</answer>?</think>I cannot tell.", "Is it <answer>A</answer>?", None),
        (Reply(text="", reasoning="<answer>A</answer>"), "<answer>A</answer>", None),
        ("<think>I look.</think>A", "I look.", None),
        ("<think>I look.</think><answer>A", "I look.", None),
        ("<think>I look.</think><answer></answer>", "I look.", ""),
        ("<think>I look.</think><answer>5.0</answer>", "I look.", "5.0"),
        ("<think>I look.</think><answer>1,000</answer>", "I look.", "1,000"),
        ("<think>I look.</think><answer>two\nlines</answer>", "I look.", "two\nlines"),
    ],
)
def test_thinking_and_answer(reply, thinking, answer):
    assert parsed(reply) == Draft(thinking=thinking, answer=answer)


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "<answer>A</answer>",
        "I look. <answer>A</answer>",
        "<think> </think><answer>A</answer>",
        Reply(text="<answer>A</answer>", reasoning="\n"),
    ],
)
def test_a_reply_without_thinking_is_asked_again(reply):
    good = Reply(text="<answer>A</answer>", reasoning="I look.")
    model = Model(reply, good)
    assert asyncio.run(DraftStage(model="m").run(captioned(), model)) == Draft(thinking="I look.", answer="A")
    assert [request.attempt for request in model.asked] == [0, 1]
    with pytest.raises(UnreadableError, match="structured = true"):
        asyncio.run(DraftStage(model="m", attempts=1).run(captioned(), Model(reply)))


@pytest.mark.parametrize("opening", ["<think>", "\n<THINK>", "<thinking>", "◁think▷"])
def test_a_thinking_that_is_never_closed_is_called_that(opening):
    model = Model(f"{opening}I look. <answer>A</answer>")
    with pytest.raises(UnreadableError, match=r"^the thinking in the reply is never closed$"):
        asyncio.run(DraftStage(model="m", attempts=1).run(captioned(), model))


def test_thinking_in_two_pairs_of_tags_is_one():
    assert parsed("<think>First.</think>\n<think>Then.</think><answer>A</answer>") == Draft(
        thinking="First.\n\nThen.", answer="A"
    )


def test_a_cut_draft_is_never_taken():
    cut = Reply(text="<think>I look.</think><answer>A</answer>", finish="length")
    with pytest.raises(UnreadableError, match="cut"):
        asyncio.run(DraftStage(model="m", attempts=1).run(captioned(), Model(cut)))


@pytest.mark.parametrize(
    ("text", "thinking", "answer"),
    [
        ('{"thinking": " I look. ", "answer": " A "}', "I look.", "A"),
        ('```json\n{"thinking": "I look.", "answer": "A"}\n```', "I look.", "A"),
        ('{"thinking": "I\tlook\nagain.", "answer": "A"}', "I\tlook\nagain.", "A"),
        ('{"thinking": "I look.", "answer": 5.0}', "I look.", "5.0"),
        ('{"thinking": "I look.", "answer": 5}', "I look.", "5"),
        ('{"thinking": "I look.", "answer": 0.10}', "I look.", "0.10"),
        ('{"thinking": "I look.", "answer": -1e3}', "I look.", "-1e3"),
        ('{"thinking": "I look.", "answer": 12345678901234567890123}', "I look.", "12345678901234567890123"),
        ('{"answer": "", "thinking": "I look."}', "I look.", ""),
    ],
)
def test_a_structured_draft(text, thinking, answer):
    assert parsed(text, structured=True) == Draft(thinking=thinking, answer=answer)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<think>I look.</think><answer>A</answer>",
        '{"thinking": "I look."}',
        '{"thinking": "", "answer": "A"}',
        '{"thinking": " \\n", "answer": "A"}',
        '{"thinking": "I look.", "answer": null}',
        '{"thinking": "I look.", "answer": true}',
        '{"thinking": "I look.", "answer": NaN}',
        '{"thinking": "I look.", "answer": ["A"]}',
        '{"thinking": "I look.", "answer": "A", "mood": "glad"}',
        '{"thinking": "\\ud83d", "answer": "A"}',
        '["I look.", "A"]',
        "[" * 100_000,
    ],
)
def test_a_structured_draft_that_cannot_be_read(text):
    with pytest.raises(ValueError, match=r"."):
        parsed(text, structured=True)
    with pytest.raises(UnreadableError):
        asyncio.run(DraftStage(model="m", structured=True, attempts=1).run(captioned(), Model(text)))


@pytest.mark.parametrize("structured", [False, True])
@pytest.mark.parametrize("medium", [VIDEO, IMAGE], ids=["video", "image"])
@pytest.mark.parametrize("kind", FORMATS)
def test_the_request(kind, medium, structured):
    options = ("A. OPTION-ONE", "B. OPTION-TWO") if kind == "multiple choice" else ()
    made = captioned(medium, problem="QUESTION?", problem_type=kind, options=options)
    request = DraftStage(model="m", structured=structured).request(made)
    user = texts(request, "user")
    assert user.count(made[Caption].as_json) == 1
    assert user.count("QUESTION?") == 1
    assert FORMATS[kind] in user
    assert not any(text in user for other, text in FORMATS.items() if text not in FORMATS[kind])
    assert [user.count(option) for option in options] == [1] * len(options)
    assert ("between <answer> and </answer>" in user) is not structured
    assert ("one JSON object" in user) is structured
    assert "Ponder this deeply" in user
    assert all(f"{n}. " in texts(request, "system") for n in range(1, 6))
    other = {"video": "picture", "image": "video"}[medium.kind]
    assert other not in texts(request, "system").replace("the picture of", "")
    assert media(request) == []
    schema = json.dumps(request.schema.body) if request.schema else ""
    assert SENTINEL not in texts(request) + schema


def test_options_that_stand_in_the_problem_already_are_not_said_twice():
    options = ("A. OPTION-ONE", "B. OPTION-TWO")
    problem = "QUESTION?\nOptions:\n" + "\n".join(options)
    user = texts(DraftStage(model="m").request(captioned(problem=problem, options=options)), "user")
    assert [user.count(option) for option in options] == [1, 1]


def shape(structured=True, **changes):
    schema = DraftStage(model="m", structured=structured).shape(captioned(**changes))
    return schema and schema.body["properties"]["answer"]


@pytest.mark.parametrize(
    ("kind", "options", "expected"),
    [
        ("multiple choice", ("A. x", "B. y"), {"type": "string", "enum": ["A", "B"]}),
        ("multiple choice", ("(A) x", "B) y", " C: z"), {"type": "string", "enum": ["A", "B", "C"]}),
        ("multiple choice", ("x", "B. y"), {"type": "string"}),
        ("multiple choice", (), {"type": "string"}),
        ("numerical", (), {"type": "number"}),
        ("regression", (), {"type": "number"}),
        ("OCR", (), {"type": "string"}),
        ("free-form", ("A. x",), {"type": "string"}),
    ],
)
def test_a_structured_answer_has_the_shape_of_its_problem_type(kind, options, expected):
    assert shape(problem_type=kind, options=options) == expected


def test_free_text_has_no_schema_and_structure_names_thinking_first():
    assert DraftStage(model="m").shape(captioned()) is None
    schema = DraftStage(model="m", structured=True, pattern="^Let .*").shape(captioned())
    assert schema.name == "draft"
    assert list(schema.body["properties"]) == ["thinking", "answer"]
    assert schema.body["properties"]["thinking"]["pattern"] == "^Let .*"
    assert "pattern" not in DraftStage(model="m", structured=True).shape(captioned()).body["properties"]["thinking"]


def test_a_draft_needs_a_caption_and_is_a_thought():
    assert DraftStage.needs == (Caption,)
    assert issubclass(Draft, Thought)
    with pytest.raises(KeyError, match="Caption"):
        DraftStage(model="m").request(record())


def test_a_structured_answer_may_come_in_its_tags_all_the_same():
    stage = DraftStage(model="m", structured=True)
    reply = Reply(text=json.dumps({"thinking": "So it goes.", "answer": "It is <answer> B </answer>"}))
    assert stage.parse(reply, captioned()).answer == "B"


def test_a_record_too_long_for_the_model_is_shortened_until_it_fits():
    whole = record().with_output(Caption(described=film(40)))
    long = TooLongError("HTTP 400: maximum context length")
    model = Model(long, long, long, Reply(text="<answer>A</answer>", reasoning="I look."))
    found = asyncio.run(DraftStage(model="m").run(whole, model))
    assert found == Draft(thinking="I look.", answer="A")
    told = [texts(request, "user") for request in model.asked]
    assert [text.count('"timestamp"') for text in told] == [40, 20, 10, 8]
    assert len({request.key("m") for request in model.asked}) == 4
    assert whole[Caption].as_json in told[0]
    model = Model(*[long] * 6)
    with pytest.raises(TooLongError):
        asyncio.run(DraftStage(model="m").run(whole, model))
    assert model.left == 0


def test_a_shorter_record_is_asked_for_with_the_same_attempts():
    whole = record().with_output(Caption(described=film(10)))
    model = Model(TooLongError("long"), "no thinking", Reply(text="<answer>A</answer>", reasoning="I look."))
    asyncio.run(DraftStage(model="m").run(whole, model))
    assert [request.attempt for request in model.asked] == [0, 0, 1]


def test_a_record_that_leaves_no_room_for_a_reply_is_shortened():
    whole = record().with_output(Caption(described=film(40)))
    cut = Reply(text="", reasoning="Let me", finish="length", prompt_tokens=4000, completion_tokens=96)
    model = Model(cut, cut, Reply(text="<answer>A</answer>", reasoning="I look."))
    found = asyncio.run(DraftStage(model="m", max_tokens=2500).run(whole, model))
    assert found == Draft(thinking="I look.", answer="A")
    assert [texts(request, "user").count('"timestamp"') for request in model.asked] == [40, 40, 20]
