import asyncio
from dataclasses import replace
from itertools import product
from pathlib import Path
from string import Template
from typing import get_args

import pytest
from pydantic import ValidationError

from curate import assets, flashcards
from curate.captions.templates import SOURCES
from curate.captions.video import VideoCaption
from curate.chat import Media, Reply, Request, Text
from curate.errors import DeclinedError, RefusedError, TooLongError, TransientError, UnansweredError, UnreadableError
from curate.medium import Medium
from curate.modes import worded
from curate.plugin import find, names
from curate.record import Output, ProblemType, Thought
from curate.stage import CutError, ShowingStage, Stage
from curate.stages.caption import Caption
from curate.structure import probe
from curate.timeline import STILL
from tests.asking import Model, media, texts
from tests.records import VIDEO, drafted, record, seconds, shown

IMAGE = Medium("6" * 64, "image", Path("media/a.png"), 64, 48, STILL, 0.0, "png")
TYPES = get_args(ProblemType)


class Word(Output):
    text: str


class WordStage(Stage):
    """Asks for one word, with the prompts of draft."""

    output = Word

    def prompts(self, record):
        return "draft/video"

    def fields(self, record):
        return {
            "caption": "seen",
            "question": record.problem,
            "answer_format": "One word.",
            "reply_format": "Only it.",
        }

    def parse(self, reply, record):
        if " " in reply.text:
            raise ValueError(f"more\nthan one word: {reply.text}")
        return Word(text=reply.text)


class LookStage(ShowingStage):
    """Shows frames, with the prompts of revise."""

    output = Word

    def prompts(self, record):
        return f"revise/{record.medium.kind}"

    def fields(self, record):
        return {"question": record.problem, "thinking": "I look.", "reply_format": "Only it."}

    def parse(self, reply, record):
        return Word(text=reply.text)


def old(text, finish="stop"):
    return Reply(text=text, finish=finish, replayed=True)


def run(model, **options):
    return asyncio.run(WordStage(model="m", **options).run(record(), model))


def attempts(model):
    return [request.attempt for request in model.asked]


def test_a_readable_reply_is_asked_for_once():
    model = Model("word")
    assert run(model) == Word(text="word")
    assert attempts(model) == [0]


def test_an_unreadable_reply_is_asked_again_as_a_new_request():
    model = Model("two words", "word")
    assert run(model) == Word(text="word")
    assert attempts(model) == [0, 1]
    first, second = model.asked
    assert replace(second, attempt=0) == first
    assert second.key("m") != first.key("m")


def test_the_model_is_told_what_was_wrong_with_its_last_reply_and_that_is_no_part_of_the_key():
    replies = ("two words", "more than two", "word")
    model = Model(*replies)
    assert run(model) == Word(text="word")
    assert [asked.fault for asked in model.asked] == ["", *(f"more than one word: {said}" for said in replies[:2])]
    for asked in model.asked:
        assert asked.key("m") == replace(asked, fault="").key("m")


def test_what_was_wrong_with_a_reply_of_an_earlier_run_is_told_too():
    model = Model(old("a b"), "word")
    run(model)
    assert model.asked[1].fault == "more than one word: a b"


def test_a_model_is_not_told_of_a_limit_that_it_did_not_set():
    model = Model("a b", Reply(text="wor", finish="length"), "word")
    run(model)
    assert [asked.fault for asked in model.asked] == ["", "more than one word: a b", ""]


def test_what_is_meant_for_the_user_is_not_told_to_the_model():
    class Advised(WordStage):
        def parse(self, reply, record):
            error = ValueError("no word")
            error.add_note("(set more)")
            raise error

    model = Model("a", "b")
    with pytest.raises(UnreadableError, match=r"^no word \(set more\)$"):
        asyncio.run(Advised(model="m", attempts=2).run(record(), model))
    assert model.asked[1].fault == "no word"


@pytest.mark.parametrize("most", [1, 2, 3])
def test_attempts_bound_what_is_asked_and_the_last_problem_is_told_in_one_line(most):
    model = Model(*(f"two words{n}" for n in range(5)))
    with pytest.raises(UnreadableError, match=f"^more than one word: two words{most - 1}$"):
        run(model, attempts=most)
    assert attempts(model) == list(range(most))


def test_a_long_problem_is_told_in_short():
    with pytest.raises(UnreadableError) as caught:
        run(Model("x " * 5000), attempts=1)
    assert len(str(caught.value)) <= 300


def test_unreadable_replies_of_earlier_runs_count_for_nothing():
    model = Model(old("a b"), old("a b"), old("a b"), "a b", "a b", "word")
    assert run(model, attempts=3) == Word(text="word")
    assert attempts(model) == [0, 1, 2, 3, 4, 5]


def test_a_reply_of_an_earlier_run_is_as_good_as_a_new_one():
    model = Model(old("a b"), old("word"))
    assert run(model, attempts=1) == Word(text="word")
    assert model.left == 0


def test_new_attempts_are_bounded_however_many_old_ones_there_are():
    model = Model(*[old("a b")] * 7, "a b", "a b", "word")
    with pytest.raises(UnreadableError):
        run(model, attempts=2)
    assert attempts(model) == list(range(9))


@pytest.mark.parametrize("unreadable", [0, 1, 2])
def test_a_record_is_owed_as_long_as_attempts_are_left(unreadable):
    with pytest.raises(UnansweredError, match="not asked yet"):
        run(Model(*[old("a b")] * unreadable, UnansweredError()), attempts=3)


@pytest.mark.parametrize("unreadable", [3, 4])
def test_a_record_whose_attempts_were_used_up_is_unreadable_where_nothing_is_asked(unreadable):
    with pytest.raises(UnreadableError, match="more than one word"):
        run(Model(*[old("a b")] * unreadable, UnansweredError()), attempts=3)


@pytest.mark.parametrize("error", [RefusedError("too long"), TransientError("busy"), KeyError("a bug")])
def test_any_other_error_passes_through_at_once(error):
    model = Model(error, "word")
    with pytest.raises(type(error)):
        run(model)
    assert model.left == 1


def test_a_cut_reply_is_unreadable_even_where_it_could_be_parsed():
    model = Model(Reply(text="wor", finish="length"), "word")
    assert run(model) == Word(text="word")
    with pytest.raises(UnreadableError, match="cut at max_tokens = 9"):
        run(Model(Reply(text="wor", finish="length")), attempts=1, max_tokens=9)


def cut(text="wor", tokens=0):
    return Reply(text=text, finish="length", completion_tokens=tokens)


def limits(model):
    return [request.max_tokens for request in model.asked]


def test_a_cut_reply_is_asked_for_with_more_room_up_to_a_limit():
    model = Model(cut(), cut(), cut(), cut(), "word")
    assert run(model, max_tokens=100, attempts=5) == Word(text="word")
    assert limits(model) == [100, 200, 400, 400, 400]
    assert attempts(model) == [0, 1, 2, 3, 4]


def test_a_reply_that_an_earlier_run_had_cut_with_all_its_room_is_not_bought_again():
    earlier = [Reply(text="wor", finish="length", replayed=True)] * 3
    model = Model(*earlier, "word")
    with pytest.raises(UnreadableError, match=r"^cut at max_tokens = 400; raise max_tokens or room to ask again$"):
        run(model, max_tokens=100)
    assert (limits(model), model.left) == ([100, 200, 400], 1)
    model = Model(*earlier, "word")
    assert run(model, max_tokens=100, room=8) == Word(text="word")
    assert limits(model) == [100, 200, 400, 800]


def test_only_what_was_cut_gets_more_room():
    model = Model("a b", cut(), "a b", "word")
    run(model, max_tokens=100, attempts=4)
    assert limits(model) == [100, 100, 200, 200]


@pytest.mark.parametrize(("room", "expected"), [(1, [100, 100, 100]), (1.5, [100, 150, 150]), (8, [100, 200, 400])])
def test_how_much_more_room_is_a_setting(room, expected):
    model = Model(cut(), cut(), cut())
    with pytest.raises(UnreadableError, match=f"^cut at max_tokens = {expected[-1]}$"):
        run(model, max_tokens=100, attempts=3, room=room)
    assert limits(model) == expected


def test_a_reply_that_ended_long_before_its_limit_is_told_so():
    with pytest.raises(UnreadableError, match=r"^cut after 89 tokens: the model has no room for max_tokens = 100$"):
        run(Model(cut(tokens=89)), max_tokens=100, attempts=1)
    with pytest.raises(UnreadableError, match=r"^cut at max_tokens = 100$"):
        run(Model(cut(tokens=90)), max_tokens=100, attempts=1)


def counted(prompt, completion):
    return Reply(text="wor", finish="length", prompt_tokens=prompt, completion_tokens=completion)


def test_a_reply_that_more_room_makes_no_longer_has_too_long_a_prompt():
    """Some servers lower the limit to what their context leaves beside the prompt, and do not tell."""
    model = Model(counted(3900, 196), counted(3900, 196), "word")
    with pytest.raises(TooLongError, match=r"^cut after 196 tokens: the model has no room for max_tokens = 2000$"):
        run(model, max_tokens=1000)
    assert limits(model) == [1000, 2000]


def guessed(prompt, completion):
    return counted(prompt, completion).model_copy(update={"guessed": True})


@pytest.mark.parametrize(
    "second", [counted(3900, 500), guessed(3900, 196), Reply(text="wor", finish="length"), counted(10, 2000)]
)
def test_a_reply_that_grows_with_its_room_is_only_cut(second):
    """Some servers do not count the tokens of the reasoning, or count nothing."""
    assert run(Model(counted(3900, 196), second, "word"), max_tokens=1000) == Word(text="word")


LONG = TooLongError("HTTP 400: At most 4 image(s) may be provided in one prompt.")


def look(model, frames, **options):
    times = seconds(*map(float, range(frames)))
    medium = replace(VIDEO, times=times, fps=1.0, width=1920, height=1080)
    return asyncio.run(LookStage(model="m", **options).run(record(medium=medium), model))


def frames(model):
    return [media(request)[0].frames for request in model.asked]


def test_too_long_a_prompt_shows_half_the_frames_as_if_that_were_the_setting():
    model, lower = Model(LONG, "word"), Model("word")
    assert look(model, 12) == Word(text="word")
    look(lower, 12, max_frames=6)
    assert [len(shown) for shown in frames(model)] == [12, 6]
    assert model.asked[1].key("m") == lower.asked[0].key("m")


@pytest.mark.parametrize(
    ("count", "expected"), [(32, [32, 16, 8]), (5, [5, 2, 1]), (2, [2, 1]), (1, [1])], ids=lambda value: str(value)
)
def test_a_quarter_of_the_frames_is_the_least(count, expected):
    model = Model(*[LONG] * 5)
    with pytest.raises(TooLongError):
        look(model, count)
    assert [len(shown) for shown in frames(model)] == expected


def test_pairs_of_frames_stay_pairs():
    model = Model(*[LONG] * 5)
    with pytest.raises(TooLongError):
        look(model, 12, processor="qwen2.5-vl")
    counts = [len(shown) for shown in frames(model)]
    assert counts[0] == 12
    assert all(count % 2 == 0 for count in counts)
    assert counts[-1] >= 2


def test_a_picture_is_never_shown_less_of():
    model = Model(LONG)
    with pytest.raises(TooLongError):
        asyncio.run(LookStage(model="m").run(record(medium=IMAGE, data_type="image"), model))


@pytest.mark.parametrize(
    ("refused", "told"),
    [
        (Reply(text="I cannot  do this.", finish="refusal"), "^the model declines: 'I cannot do this.'$"),
        (Reply(text="", finish="content_filter"), r"^a filter ended the reply \(content_filter\)$"),
        (Reply(text="wor", finish="content_filter: SAFETY"), r"^a filter ended the reply \(.*SAFETY\): 'wor'$"),
    ],
)
def test_a_reply_that_was_refused_is_asked_for_again_and_then_declined(refused, told):
    with pytest.raises(DeclinedError, match=told):
        run(Model(refused, refused), attempts=2)
    assert run(Model(refused, "word"))


def test_who_declines_to_the_last_has_declined():
    class Shy(WordStage):
        def parse(self, reply, record):
            raise DeclinedError("no") if reply.text == "no" else ValueError("odd")

    def ask(*replies):
        asyncio.run(Shy(model="m").run(record(), Model(*replies)))

    with pytest.raises(DeclinedError, match=r"^no$"):
        ask("?", "no", "no")
    with pytest.raises(UnreadableError, match=r"^odd$"):
        ask("no", "no", "?")


def test_a_cut_reply_goes_back_to_a_caller_that_can_ask_for_less():
    stage = WordStage(model="m")
    model = Model("a b", Reply(text="wor", finish="length"), "word")

    def parse(reply):
        return stage.parse(reply, record())

    with pytest.raises(CutError):
        asyncio.run(stage.read(stage.request(record()), model, parse, split_if_cut=True))
    assert attempts(model) == [0, 1]


def test_the_request_carries_the_stages_settings():
    stage = WordStage(model="m", temperature=0.3, top_p=0.5, seed=4, max_tokens=77)
    request = stage.request(record())
    assert (request.stage, request.temperature, request.top_p, request.seed) == ("test-stage", 0.3, 0.5, 4)
    assert (request.max_tokens, request.schema, request.attempt, request.sample) == (77, None, 0, 0)
    assert [message.role for message in request.messages] == ["system", "user"]


@pytest.mark.parametrize(
    "options",
    [{"attempts": 0}, {"tries": 0}, {"max_tokens": 0}, {"temperature": 2.1}, {"top_p": 0}, {"model": None}],
)
def test_options_that_cannot_work(options):
    with pytest.raises(ValidationError):
        WordStage(**({"model": "m"} | options))


@pytest.mark.parametrize("options", [{"fps": 0}, {"fps": 241}, {"max_frames": 0}, {"max_pixels": 783}])
def test_frames_that_cannot_be_shown(options):
    with pytest.raises(ValidationError):
        LookStage(model="m", **options)


def test_frames_are_sampled_as_set_and_stand_where_the_prompt_says():
    request = LookStage(model="m", fps=2.0, max_frames=3, max_pixels=1000).request(record())
    before, shown, after = request.messages[1].parts
    assert shown == Media(VIDEO, (0, 1, 3), 1000)
    assert before == Text("This is the video.")
    assert after.text.startswith("The question was:\nWhere does the cup end up?")


def test_no_empty_text_is_sent_where_a_prompt_begins_with_the_medium():
    request = find(Stage, "caption")(model="m").request(record())
    assert isinstance(request.messages[1].parts[0], Media)
    assert all(part.text for part in request.messages[1].parts if isinstance(part, Text))


HOSTILE = "$media ${media} $caption $question $x {braces} {0} %s \\1 $$ $"


@pytest.mark.parametrize("made", [WordStage, LookStage])
def test_hostile_text_stands_in_the_prompt_as_it_is(made):
    stage = made(model="m")
    request, plain = stage.request(record(problem=HOSTILE)), stage.request(record(problem="PLAIN"))
    assert HOSTILE in texts(request)
    assert texts(request).replace(HOSTILE, "PLAIN") == texts(plain)
    assert media(request) == media(plain)


def stages():
    """Every stage with every shape of its reply."""
    for name in names(Stage):
        cls = find(Stage, name)
        yield cls(model="m")
        if "structured" in cls.model_fields:
            yield cls(model="m", structured=True)


def every_record():
    """A record of every medium, problem type and template of an image, with all that any stage needs."""
    caption = Caption(described=VideoCaption(video_caption="A kitchen.", frames=()))
    kinds = [(medium, kind, "Kitchen") for medium, kind in product((VIDEO, IMAGE), TYPES)]
    kinds += [(IMAGE, TYPES[0], names[0]) for names in SOURCES.values()]
    for medium, kind, source in kinds:
        plain = record(medium=medium, data_type=medium.kind, problem_type=kind, data_source=source)
        yield drafted(plain.with_output(caption))


CASES = [
    pytest.param(
        stage,
        made,
        id="-".join(
            (stage.name(), str(getattr(stage, "structured", "")), made.data_type, made.problem_type, made.data_source)
        ),
    )
    for stage, made in product(stages(), every_record())
]


@pytest.mark.parametrize(("stage", "made"), [case for case in CASES if not case.values[0].embeds])
def test_every_stage_fills_exactly_the_placeholders_of_its_prompts(stage, made):
    folder = stage.prompts(made)
    templates = [Template(assets.text("prompts", f"{folder}/{name}.md")) for name in ("system", "user")]
    asked = {found for template in templates for found in template.get_identifiers()}
    assert set(stage.fields(made)) == asked - {"media"}
    assert all(template.is_valid() for template in templates)
    # What stands for the frames stands once, alone, in the user's turn of the stages that show any.
    assert "media" not in templates[0].get_identifiers()
    assert templates[1].template.split().count("$media") == len(stage.media(made))


@pytest.mark.parametrize(("stage", "made"), CASES)
def test_every_request_is_whole(stage, made):
    request = stage.request(made)
    assert isinstance(request, Request)
    assert request.stage == stage.name()
    assert "$" not in texts(request)
    assert len(media(request)) == len(stage.media(made))
    assert all(isinstance(value, str) and value for value in stage.fields(made).values())


NO_STAGE = ("prompts/doctor/",)  # what else is asked with; tests/test_servers.py reaches all of it


def test_no_prompt_and_no_schema_is_an_orphan(monkeypatch):
    reached = set()
    read = assets.text

    def text(kind, name):
        reached.add(f"{kind}/{name}")
        return read(kind, name)

    monkeypatch.setattr(assets, "text", text)
    for stage, made in product(stages(), every_record()):
        worded(replace(stage.request(made), fault="what was wrong"), "text")
    probe("json_schema")
    for kind in ("video", "image"):
        flashcards.request(find(Stage, "revise")(model="m"), shown((0, 1), (0.0, 1.0), kind=kind), 1)
    root = Path(__file__).parent.parent
    there = {f.relative_to(root).as_posix() for kind in ("prompts", "schemas") for f in (root / kind).rglob("*.*")}
    assert {name for name in there if not name.startswith(NO_STAGE)} == reached


def test_every_stage_says_what_it_makes_and_needs():
    for stage in stages():
        assert issubclass(stage.output, Output)
        assert all(issubclass(need, Output) for need in stage.needs)
    assert issubclass(find(Stage, "revise").output, Thought)
