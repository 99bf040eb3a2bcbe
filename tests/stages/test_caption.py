import asyncio
import hashlib
import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import ValidationError

from curate.captions.image import ImageCaption
from curate.captions.templates import OUTPUTS, SOURCES
from curate.captions.video import VideoCaption
from curate.chat import Reply
from curate.errors import DeclinedError, TooLongError, UnansweredError, UnreadableError
from curate.medium import Medium
from curate.stages.caption import Caption, CaptionStage
from curate.timeline import STILL
from tests.asking import Model, media, texts
from tests.pictures import REPLIES
from tests.records import VIDEO, record, seconds

IMAGE = Medium("6" * 64, "image", Path("media/a.png"), 64, 48, STILL, 0.0, "png")
SECRETS = ("QUESTION-7", "OPTION-A", "OPTION-B", "ANSWER-9", "SOURCE-3", "PATH-2")
PUBLISHED_ELEMENTS = [
    "objects", "actions", "scene", "notable_features", "spatial_relations", "human_attributes",
    "potential_interactions",
]  # fmt: skip


def clip(frames, fps=1.0):
    return replace(VIDEO, times=seconds(*(i / fps for i in range(frames))), fps=fps)


def about(medium, source=SECRETS[4]):
    """A record whose own text must reach no caption request."""
    return record(
        medium=medium,
        data_type=medium.kind,
        problem=SECRETS[0],
        options=SECRETS[1:3],
        solution=f"<answer>{SECRETS[3]}</answer>",
        data_source=source,
        path=f"./{SECRETS[5]}",
    )


def item(caption="A cup.", **changes):
    elements = {
        "objects": ["cup"],
        "actions": [],
        "scene": "kitchen",
        "notable_features": ["red"],
        "spatial_relations": ["cup on table"],
        "human_attributes": None,
        "potential_interactions": [],
    }
    return {"timestamp": "99:99:99", "caption": caption, "key_elements": elements | changes}


def reply(*captions, theme="A kitchen."):
    return json.dumps({"video_caption": theme, "frames": [item(caption) for caption in captions]})


def cut(text=""):
    return Reply(text=text, finish="length")


def run(model, medium, **options):
    return asyncio.run(CaptionStage(model="m", **options).run(about(medium), model))


def shown(model):
    return [media(request)[0].frames for request in model.asked]


def test_one_window_is_one_request():
    model = Model(reply("a", "b", "c"))
    found = run(model, clip(3))
    assert isinstance(found.described, VideoCaption)
    assert [frame.caption for frame in found.described.frames] == ["a", "b", "c"]
    assert shown(model) == [(0, 1, 2)]
    assert "Above are 3 frames of a video, taken at these times: 00:00:00, 00:00:01, 00:00:02." in texts(model.asked[0])
    assert "a list of exactly 3 items" in texts(model.asked[0])
    assert "The video begins here." in texts(model.asked[0])


def test_the_published_fields_and_no_others_reach_the_drafting_model():
    person = {"gender": "female", "clothing": "apron", "posture": "standing"}
    answer = json.dumps({"video_caption": "A kitchen.", "frames": [item(human_attributes=person), item()]})
    described = json.loads(run(Model(answer), clip(2)).as_json)
    assert list(described) == ["video_caption", "frames"]
    for frame in described["frames"]:
        assert list(frame) == ["timestamp", "caption", "key_elements"]
        assert list(frame["key_elements"]) == PUBLISHED_ELEMENTS
    assert described["frames"][0]["key_elements"]["human_attributes"] == person
    assert described["frames"][1]["key_elements"]["human_attributes"] is None


def test_the_schema_asks_for_the_published_fields_one_item_a_frame():
    model = Model(reply("a", "b"))
    run(model, clip(2))
    schema = model.asked[0].schema
    assert schema.name == "caption_video"
    assert list(schema.body["properties"]) == ["video_caption", "frames"]
    frames = schema.body["properties"]["frames"]
    assert (frames["minItems"], frames["maxItems"]) == (2, 2)
    assert list(frames["items"]["properties"]) == ["timestamp", "caption", "key_elements"]
    elements = frames["items"]["properties"]["key_elements"]["properties"]
    assert list(elements) == PUBLISHED_ELEMENTS
    person, nothing = elements["human_attributes"]["anyOf"]
    assert nothing == {"type": "null"}
    assert list(person["properties"]) == ["gender", "clothing", "posture"]
    assert person["properties"]["gender"]["enum"] == ["male", "female", "unknown"]


def test_a_long_clip_takes_windows_each_told_the_last_record_before_it():
    model = Model(reply("a", "b", theme="One."), reply("c", "d", theme="Two."), reply("e", theme="One."))
    found = run(model, clip(5), window=2)
    assert shown(model) == [(0, 1), (2, 3), (4,)]
    assert [frame.caption for frame in found.described.frames] == list("abcde")
    assert found.described.video_caption == "One. Two."
    first, second, third = (texts(request, "user") for request in model.asked)
    assert "The video begins here." in first
    for told, before, count, times in [
        (second, ("b", "00:00:01"), 2, "00:00:02, 00:00:03"),
        (third, ("d", "00:00:03"), 1, "00:00:04"),
    ]:
        assert "The video begins here." not in told
        record_before = json.loads(told.split("was recorded as: ")[1].splitlines()[0])
        assert (record_before["caption"], record_before["timestamp"]) == before
        assert record_before["key_elements"] == item()["key_elements"]
        assert f"Above are {count} frames of a video, taken at these times: {times}." in told
    counts = [request.schema.body["properties"]["frames"] for request in model.asked]
    assert [(c["minItems"], c["maxItems"]) for c in counts] == [(2, 2), (2, 2), (1, 1)]


def test_a_window_shows_the_times_of_its_own_frames():
    model = Model(reply("a", "b"), reply("c", "d"))
    run(model, clip(4, fps=0.5), window=2)
    assert [media(request)[0].times for request in model.asked] == [(0.0, 2.0), (4.0, 6.0)]


def test_the_first_window_is_what_the_stage_would_ask_first():
    stage, model = CaptionStage(model="m", window=2), Model(reply("a", "b"), reply("c"))
    asyncio.run(stage.run(about(clip(3)), model))
    assert stage.request(about(clip(3))) == model.asked[0]


def test_a_cut_reply_halves_its_window():
    model = Model(cut(), cut(), reply("a"), reply("b"), cut(), reply("c"), reply("d", "e"))
    found = run(model, clip(5), window=16)
    assert shown(model) == [(0, 1, 2, 3, 4), (0, 1), (0,), (1,), (2, 3, 4), (2,), (3, 4)]
    assert [frame.caption for frame in found.described.frames] == list("abcde")
    stamps = [frame.timestamp for frame in found.described.frames]
    assert stamps == ["00:00:00", "00:00:01", "00:00:02", "00:00:03", "00:00:04"]
    told = [texts(request, "user") for request in model.asked]
    for index, before in {3: "a", 4: "b", 5: "b", 6: "c"}.items():
        assert f'"caption":"{before}"' in told[index]
    assert all("The video begins here." in text for text in told[:3])
    assert "Above are 2 frames" in told[6]
    assert all(request.attempt == 0 for request in model.asked)


def test_a_prompt_that_is_too_long_halves_its_window_down_to_one_frame():
    long = TooLongError("HTTP 400: maximum context length")
    model = Model(long, long, reply("a"), reply("b"), reply("c", "d", "e"))
    found = run(model, clip(5), window=16)
    assert shown(model) == [(0, 1, 2, 3, 4), (0, 1), (0,), (1,), (2, 3, 4)]
    assert [frame.caption for frame in found.described.frames] == list("abcde")
    with pytest.raises(TooLongError):
        run(Model(long, long, long), clip(4), window=4)


def test_only_the_window_that_was_cut_is_halved():
    model = Model(reply("a", "b"), cut(), reply("c"), reply("d"), reply("e", "f"))
    run(model, clip(6), window=2)
    assert shown(model) == [(0, 1), (2, 3), (2,), (3,), (4, 5)]


def test_timestamps_are_the_true_ones_whatever_the_model_wrote():
    found = run(Model(reply("a", "b", "c")), clip(3, fps=0.01), fps=0.01)
    assert [frame.timestamp for frame in found.described.frames] == ["00:00:00", "00:01:40", "00:03:20"]


def test_timestamps_are_strictly_increasing_at_four_frames_a_second_too():
    windows = [reply(*"abc")] * 3
    found = run(Model(*windows), clip(9, fps=4.0), fps=4.0, window=3)
    stamps = [frame.timestamp for frame in found.described.frames]
    assert stamps[:5] == ["00:00:00.000", "00:00:00.250", "00:00:00.500", "00:00:00.750", "00:00:01.000"]
    assert all(a < b for a, b in pairwise(stamps))


@pytest.mark.parametrize(
    "unreadable",
    [
        reply("a"),
        reply("a", "b", "c"),
        json.dumps({"video_caption": "x", "frames": [item(), item(objects="cup")]}),
        json.dumps({"video_caption": "x", "frames": [item(), item(mood="glad")]}),
        json.dumps({"video_caption": "x", "frames": [item(), item(human_attributes={"gender": "robot"})]}),
        json.dumps({"frames": [item(), item()]}),
        json.dumps([item(), item()]),
        "I see a kitchen.",
        "",
        "null",
        "[" * 100_000,
    ],
)
def test_a_reply_that_does_not_fit_is_asked_again(unreadable):
    model = Model(unreadable, reply("a", "b"))
    assert len(run(model, clip(2)).described.frames) == 2
    assert [request.attempt for request in model.asked] == [0, 1]


def test_a_wrong_number_of_items_is_named():
    with pytest.raises(UnreadableError, match=r"^1 items for 2 frames$"):
        run(Model(reply("a")), clip(2), attempts=1)


@pytest.mark.parametrize("wrapped", ["```json\n{}\n```", "```\n{}```", "\n\n{}\n"])
def test_a_code_fence_does_no_harm(wrapped):
    found = run(Model(wrapped.replace("{}", reply("a"))), clip(1))
    assert found.described.frames[0].caption == "a"


def test_raw_tabs_and_newlines_inside_strings_do_no_harm():
    found = run(Model(reply("TAB").replace("TAB", "one\ttwo\nthree")), clip(1))
    assert found.described.frames[0].caption == "one\ttwo\nthree"


def test_half_a_character_is_asked_again():
    model = Model(reply("x").replace('"x"', '"\\ud83d"'), reply("y"))
    assert run(model, clip(1)).described.frames[0].caption == "y"


def test_what_is_not_answered_leaves_the_record_owed():
    with pytest.raises(UnansweredError):
        run(Model(reply("a", "b"), UnansweredError()), clip(3), window=2)


def test_one_frame_whose_reply_is_cut_again_and_again_is_unreadable():
    model = Model(cut(), cut(), cut())
    with pytest.raises(UnreadableError, match="cut at max_tokens = 32768"):
        run(model, clip(1))
    assert shown(model) == [(0,)] * 3


PICTURE = REPLIES["general"]


def test_an_image_has_the_general_template():
    model = Model("```json\n" + json.dumps(PICTURE) + "\n```")
    found = run(model, IMAGE)
    assert isinstance(found.described, ImageCaption)
    assert json.loads(found.as_json) == PICTURE
    (request,) = model.asked
    assert media(request)[0].frames == (0,)
    assert request.schema.name == "caption_image"
    metadata = request.schema.body["properties"]["metadata"]["properties"]
    assert list(request.schema.body["properties"]) == ["image_caption", "metadata"]
    assert list(metadata) == ["objects", "text", "scene_context", "relations"]
    assert list(metadata["objects"]["items"]["properties"]) == ["id", "type", "color", "size", "bbox"]
    assert list(metadata["relations"]["items"]["properties"]) == ["subject", "predicate", "object"]
    assert "image analyst" in texts(request, "system")
    assert "video" not in texts(request)


def test_an_image_whose_reply_does_not_fit_or_was_cut_is_asked_again():
    model = Model(reply("a"), cut(json.dumps(PICTURE)), json.dumps(PICTURE))
    assert run(model, IMAGE).described.image_caption == PICTURE["image_caption"]
    assert [request.attempt for request in model.asked] == [0, 1, 2]


def test_the_general_template_still_asks_what_it_asked_before_there_were_eight():
    """Else every image that was captioned by then is bought again."""
    request = CaptionStage(model="m").request(about(IMAGE))
    said = json.dumps([texts(request), request.schema.body])
    assert hashlib.sha256(said.encode()).hexdigest()[:16] == "1e2aff51fb742501"


@pytest.mark.parametrize("template", OUTPUTS)
def test_an_image_is_recorded_with_the_template_of_its_source(template):
    stage, model = CaptionStage(model="m"), Model(json.dumps(REPLIES[template]))
    found = asyncio.run(stage.run(about(IMAGE, SOURCES[template][0]), model))
    assert type(found.described) is OUTPUTS[template]
    assert json.loads(found.as_json) == REPLIES[template]
    (request,) = model.asked
    system, user = texts(request, "system"), texts(request, "user")
    metadata = request.schema.body["properties"]["metadata"]["properties"]
    assert list(metadata) == list(REPLIES[template]["metadata"])
    # Every field that the schema asks for is explained, down to the innermost.
    assert all(f"`{field}`" in system for field in fields(request.schema.body))
    assert "`image_caption`: one or two sentences, 20 to 30 words" in system
    assert "- End the caption with [Uncertain] when your confidence is below 0.6 or less than half of" in system
    assert "one JSON object" in system
    assert "one JSON object with `image_caption` and `metadata`" in user
    assert "video" not in texts(request)


def fields(schema):
    """The names of all fields of a JSON schema."""
    inner = schema.get("properties", {})
    return [*inner, *(name for part in (*inner.values(), schema.get("items", {})) if part for name in fields(part))]


def test_each_template_is_a_request_of_its_own():
    stage = CaptionStage(model="m")
    requests = [stage.request(about(IMAGE, names[0])) for names in SOURCES.values()]
    assert len({request.key("m") for request in requests}) == 8
    assert len({texts(request, "system") for request in requests}) == 8
    assert len({json.dumps(request.schema.body) for request in requests}) == 8
    assert requests[0].schema.name == "caption_image"
    assert requests[5].schema.name == "caption_image_chart"


def test_sources_of_one_template_share_the_request():
    stage = CaptionStage(model="m")
    first, second = (stage.request(about(IMAGE, source)) for source in ("DVQA", "plot_qa"))
    assert first.key("m") == second.key("m")


def test_the_reply_of_another_template_is_asked_again():
    stage, model = CaptionStage(model="m"), Model(json.dumps(PICTURE), json.dumps(REPLIES["chart"]))
    found = asyncio.run(stage.run(about(IMAGE, "DVQA"), model))
    assert json.loads(found.as_json) == REPLIES["chart"]
    assert [request.attempt for request in model.asked] == [0, 1]


def test_the_settings_choose_another_template():
    stage = CaptionStage(model="m", templates={"my-source": "chart", "CLEVR": "general"})
    plain = CaptionStage(model="m")
    for source, same in (("My Source", "DVQA"), ("clevr_val", "made"), ("UniGeo", "UniGeo")):
        request, expected = stage.request(about(IMAGE, source)), plain.request(about(IMAGE, same))
        assert request == expected
    found = stage.parse(Reply(text=json.dumps(REPLIES["chart"])), about(IMAGE, "my_source"))
    assert json.loads(found.as_json) == REPLIES["chart"]


def test_the_source_of_a_video_changes_nothing():
    stage = CaptionStage(model="m", templates={"made": "chart"})
    requests = [stage.request(about(clip(3), source)) for source in ("made", "CLEVR", "")]
    assert requests[0] == requests[1] == requests[2]
    assert requests[0].schema.name == "caption_video"


@pytest.mark.parametrize("medium", [clip(5), IMAGE], ids=["video", "image"])
def test_no_caption_request_knows_the_question(medium):
    replies = [reply("a", "b"), reply("c", "d"), reply("e")] if medium.kind == "video" else [json.dumps(PICTURE)]
    model = Model(*replies)
    run(model, medium, window=2)
    for request in model.asked:
        everything = texts(request) + json.dumps(request.schema.body)
        assert not any(secret in everything for secret in SECRETS)


def test_two_questions_about_one_clip_are_one_request():
    stage = CaptionStage(model="m")
    other = record(medium=clip(3), problem="Something else?", problem_id=8, problem_type="free-form", options=())
    assert stage.request(about(clip(3))).key("m") == stage.request(other).key("m")


@pytest.mark.parametrize("count", [1, 3])
def test_one_reply_can_be_parsed_by_itself(count):
    stage = CaptionStage(model="m")
    found = stage.parse(Reply(text=reply(*"abc"[:count])), about(clip(count)))
    assert isinstance(found, Caption)
    assert [f.timestamp for f in found.described.frames] == ["00:00:00", "00:00:01", "00:00:02"][:count]
    assert stage.parse(Reply(text=json.dumps(PICTURE)), about(IMAGE)).described.metadata.relations[0].object == "table"


def test_a_window_holds_at_least_one_frame():
    with pytest.raises(ValidationError):
        CaptionStage(model="m", window=0)


def test_windows_are_even_where_a_processor_pairs_frames():
    with pytest.raises(ValidationError, match="window must be even for processor 'qwen3-vl', which pairs frames"):
        CaptionStage(model="m", processor="qwen3-vl", window=15)
    assert CaptionStage(model="m", processor="qwen3-vl", window=16).window == 16


def test_a_window_is_what_each_request_shows():
    stage = CaptionStage(model="m", window=2)
    shown = stage.shows(about(clip(5)))
    assert [media.frames for media in shown] == [(0, 1), (2, 3), (4,)]
    assert stage.objection(shows_parts=True) is None
    assert "set window = 128" in (stage.objection(shows_parts=False) or "")
    assert CaptionStage(model="m", window=128).objection(shows_parts=False) is None


def test_a_record_among_words_and_with_small_faults_is_read():
    """What a server writes that keeps to no schema: a fence, a comma too many, a raw tab, words around it."""
    fenced = reply("a\tb", "c").replace("\\t", "\t").replace("]}", "],}", 1)
    model = Model(f"Here is the record:\n```json\n{fenced}\n```\nTell me if you need {{more}}.")
    assert [frame.caption for frame in run(model, clip(2)).described.frames] == ["a\tb", "c"]
    assert model.left == 0


@pytest.mark.parametrize(
    ("spoilt", "fault"),
    [
        (reply("a"), "1 items for 2 frames"),
        (reply("a", "b", "c"), "3 items for 2 frames"),
        (reply("a", "b")[:-1], "the JSON is broken or not closed"),
        (reply("a", "b")[:-2], "the JSON is broken or not closed"),
        (f"```json\n{reply('a', 'b')[:-2]}\n```", "the JSON is broken or not closed"),
        (reply("a", "b") + reply("c", "d"), "more JSON behind the end of the object"),
        (json.dumps({"frames": [item(), item()]}), "video_caption: Field required"),
        (json.dumps([json.loads(reply("a", "b"))]), "Input should be"),
        ("I see a kitchen.", "no JSON object in the reply"),
    ],
)
def test_a_record_of_another_number_of_frames_or_cut_short_is_asked_again_with_what_was_wrong(spoilt, fault):
    model = Model(spoilt, reply("a", "b"))
    assert len(run(model, clip(2)).described.frames) == 2
    first, second = model.asked
    assert first.fault == ""
    assert fault in second.fault


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", '"NaN"'])
def test_what_is_no_number_is_no_place_in_a_picture(number):
    """Written as null, it could not be read again."""
    sound = REPLIES["general"]
    spoilt = json.dumps(sound | {"metadata": sound["metadata"] | {"text": [{"content": "A", "bbox": [0.5]}]}})
    model = Model(spoilt.replace("0.5", number), json.dumps(sound))
    run(model, IMAGE)
    assert "number" in model.asked[1].fault


DECLINED = [
    "I cannot see the video. Please provide the frames.",
    "The video is not available to me.",
    "Please upload the image.",
    "No video was provided",
    "Unable to process the video.",
    "The video is not available.",
    "Sorry, no image has been attached.",
    "The image could not be loaded, so nothing can be described.",
    "Cannot access the provided video content.",
    "No video provided.",
    "[No image provided]",
    "There is no video in our conversation",
    "I'm not able to describe this image because of what it shows.",
    "抱歉，我无法查看图片，请提供视频。",
    "Lo siento, no puedo ver la imagen.",
]
LITERAL = [
    "A woman cooks in a kitchen and pours milk.",
    'A clerk holds a sign that says "Please send me the picture."',
    "You can see a man who waits for the bus.",
    "The image is not sharp: a man waits for the bus.",
    "The video is not available message stands on a television screen in a bar.",
    "A chat window in which an assistant writes 'I can't help with that request'",
    "屏幕上写着请上传图片，一个女孩看着它。",
    "No image hangs on the white wall behind the woman.",
    "Unable to open the jar, a boy asks his mother for help.",
]


def themed(theme, kind):
    if kind == "image":
        return json.dumps(PICTURE | {"image_caption": theme})
    return json.dumps(json.loads(reply("a")) | {"video_caption": theme})


@pytest.mark.parametrize("kind", ["video", "image"])
@pytest.mark.parametrize("theme", DECLINED)
def test_a_record_that_asks_for_the_medium_is_asked_again_and_then_is_no_caption(kind, theme):
    medium = clip(1) if kind == "video" else IMAGE
    model = Model(*[themed(theme, kind)] * 3)
    with pytest.raises(DeclinedError, match="the model declines: "):
        run(model, medium)
    assert [request.attempt for request in model.asked] == [0, 1, 2]
    assert run(Model(themed(theme, kind), themed(LITERAL[0], kind)), medium)


def told(captions, theme="A cup on a table.", **changes):
    frames = [item(caption, **changes) for caption in captions]
    return json.dumps({"video_caption": theme, "frames": frames})


@pytest.mark.parametrize(
    "refused",
    [
        "I'm sorry, but I cannot view this frame.",
        "Please provide the video frame.",
        "No frame was provided.",
        "请提供图片。",
    ],
)
def test_a_record_whose_frames_refuse_is_no_caption(refused):
    for captions in ([refused] * 4, [refused] * 3 + ["A cup."], [refused] * 2 + ["", "A cup."]):
        model = Model(*[told(captions)] * 3)
        with pytest.raises(DeclinedError, match=rf"^the model declines in {captions.count(refused)} of 4 frames: "):
            run(model, clip(4))
        assert len(model.asked) == 3
    assert run(Model(told([refused] * 2 + ["A cup."] * 2)), clip(4))


BARE = {"objects": [], "actions": [], "scene": "", "notable_features": [], "spatial_relations": []}


@pytest.mark.parametrize(
    "empty",
    [told([""] * 4, ""), told(["N/A"] * 4, "..."), told([" "] * 4, **BARE), told(["none", "", "", "A cup."], "")],
)
def test_a_record_that_says_nothing_is_asked_again(empty):
    model = Model(empty, told(["A cup."] * 4))
    assert run(model, clip(4))
    assert "of 4 frames say nothing" in model.asked[1].fault
    with pytest.raises(UnreadableError, match="frames say nothing"):
        run(Model(empty), clip(4), attempts=1)


def test_frames_that_name_what_they_show_need_no_caption():
    assert run(Model(told([""] * 4)), clip(4))


@pytest.mark.parametrize("empty", ["", " - ", "N/A"])
def test_a_picture_of_which_nothing_is_said_is_asked_about_again(empty):
    model = Model(themed(empty, "image"), themed("A cup.", "image"))
    assert run(model, IMAGE)
    assert model.asked[1].fault == "image_caption: says nothing"


@pytest.mark.parametrize("kind", ["video", "image"])
@pytest.mark.parametrize("theme", LITERAL)
def test_what_is_written_or_said_in_the_medium_is_no_refusal(kind, theme):
    assert run(Model(themed(theme, kind)), clip(1) if kind == "video" else IMAGE)


def test_a_refusal_in_plain_words_is_one_and_other_words_are_unreadable():
    with pytest.raises(DeclinedError, match="share the video"):
        run(Model("Sure! Please share the video so that I can describe it."), clip(1), attempts=1)
    with pytest.raises(UnreadableError):
        run(Model("A cat sits there."), clip(1), attempts=1)
