import asyncio
import json
import random
import re

import pytest

from curate.captions.video import VideoCaption
from curate.chat import Reply
from curate.errors import UnreadableError
from curate.stages.blind import Blind, BlindStage, ordered
from curate.stages.caption import Caption
from tests.asking import media, texts
from tests.records import drafted, record

OPTIONS = ("A. ON THE TABLE", "B. IN THE SINK", "C. IN HER HAND", "D. ON THE FLOOR")
SECRETS = ("CAPTION-OF-THE-KITCHEN", "DRAFTED-THINKING")


def made(**changes):
    caption = Caption(described=VideoCaption(video_caption=SECRETS[0], frames=()))
    plain = record(**({"options": OPTIONS, "solution": "<answer>C</answer>"} | changes))
    return drafted(plain.with_output(caption), thinking=SECRETS[1], answer="A")


class Knowing:
    """A model that always chooses the option with this text, whatever its letter is."""

    def __init__(self, text):
        self.text = text
        self.asked = []

    async def __call__(self, request):
        self.asked.append(request)
        found = re.search(rf"(?m)^(.)\. {self.text}$", texts(request, "user"))
        return Reply(text=f"<answer>{found[1] if found else self.text}</answer>")


def tried(model, asked=None, **options):
    return asyncio.run(BlindStage(model="m", **options).run(asked or made(), model))


def test_it_sees_neither_the_medium_nor_anything_that_came_of_it():
    model = Knowing("IN HER HAND")
    tried(model)
    for request in model.asked:
        assert media(request) == []
        assert request.schema is None
        assert not any(secret in texts(request) for secret in SECRETS)
        assert texts(request).count("Where does the cup end up?") == 1
        assert [texts(request).count(option.partition(" ")[2]) for option in OPTIONS] == [1] * 4
    assert BlindStage.needs == ()


@pytest.mark.parametrize(("text", "right"), [("IN HER HAND", 4), ("ON THE TABLE", 0)])
def test_a_choice_is_graded_by_the_option_that_stands_behind_its_letter(text, right):
    assert tried(Knowing(text)) == Blind(right=right, tries=4)


class KnowingSeveral(Knowing):
    """A model that always chooses the options with these texts."""

    async def __call__(self, request):
        self.asked.append(request)
        found = (re.search(rf"(?m)^(.)\. {text}$", texts(request, "user")) for text in self.text)
        return Reply(text=f"<answer>{', '.join(match[1] for match in found)}</answer>")


@pytest.mark.parametrize(
    ("said", "right"),
    [
        (("ON THE TABLE", "IN HER HAND"), 4),
        (("IN HER HAND", "ON THE TABLE"), 4),
        (("ON THE TABLE", "IN THE SINK"), 0),
        (("ON THE TABLE",), 0),
    ],
)
def test_several_letters_are_graded_by_their_options(said, right):
    assert tried(KnowingSeveral(said), made(solution="<answer>A, C</answer>")) == Blind(right=right, tries=4)


def test_one_who_always_says_the_same_letter_is_not_always_right():
    class Stubborn(Knowing):
        async def __call__(self, request):
            self.asked.append(request)
            return Reply(text="<answer>A</answer>")

    assert 0 < tried(Stubborn(""), blind_tries=32).right < 20


def test_the_orders_differ_and_are_always_the_same():
    first, again, other = Knowing("X"), Knowing("X"), Knowing("X")
    tried(first, blind_tries=8)
    tried(again, blind_tries=8)
    tried(other, blind_tries=8, shuffle=1)
    asked = [[texts(request) for request in model.asked] for model in (first, again, other)]
    assert asked[0] == asked[1] != asked[2]
    assert len(set(asked[0])) > 4
    assert len({request.key("m") for request in first.asked}) == 8


def test_more_tries_keep_the_replies_of_fewer():
    few, many = Knowing("X"), Knowing("X")
    tried(few, blind_tries=2)
    tried(many, blind_tries=4)
    assert [r.key("m") for r in few.asked] == [r.key("m") for r in many.asked[:2]]


@pytest.mark.parametrize(
    ("kind", "solution", "answer", "right"),
    [
        ("numerical", "3", "3.0", 2),
        ("numerical", "3", "4", 0),
        ("regression", "10", "9", 2),
        ("regression", "10", "5", 0),
        ("OCR", "EXIT", "EXIT", 2),
        ("free-form", "the big cat sleeps", "the big cat", 2),
        ("free-form", "the big cat sleeps", "a dog", 0),
    ],
)
def test_other_answers_are_graded_by_their_type(kind, solution, answer, right):
    asked = made(problem_type=kind, options=(), solution=f"<answer>{solution}</answer>")
    model = Knowing(answer)
    assert tried(model, asked, blind_tries=2) == Blind(right=right, tries=2)
    assert len({request.key("m") for request in model.asked}) == 2
    assert f"<answer>{solution}</answer>" not in texts(model.asked[0])


def test_a_reply_without_an_answer_is_asked_again():
    class Late(Knowing):
        async def __call__(self, request):
            await super().__call__(request)
            return Reply(text="<answer>A</answer>" if request.attempt else "I cannot tell.")

    assert tried(Late(""), blind_tries=1).tries == 1
    with pytest.raises(UnreadableError, match="no <answer> in the reply"):
        tried(Late(""), blind_tries=1, attempts=1)


def order(**changes):
    return ordered(made(**changes), random.Random(3))


def test_options_inside_the_problem_are_shuffled_where_they_have_lines_of_their_own():
    inside = order(problem="\n".join(["Where?", "Options:", *OPTIONS]))
    apart = order(problem="Where?")
    assert inside == apart
    assert sorted(apart.labels.values()) == sorted(apart.labels) == list("ABCD")
    assert apart.question.startswith("Where?\nOptions:\nA. ")


@pytest.mark.parametrize(
    "changes",
    [
        {"problem": f"Where: {' '.join(OPTIONS)}?"},
        {"options": ("red", "blue")},
        {"options": ("A. red", "A. blue")},
        {"options": ("A. red",)},
        {"options": (), "problem_type": "numerical"},
    ],
    ids=["in the text", "no labels", "one label", "one option", "none"],
)
def test_what_cannot_be_shuffled_is_asked_as_it_is(changes):
    assert order(**changes) == (made(**changes).question, {})


def test_what_an_option_says_is_no_template():
    hostile = ("A. $answer_format ${question}", "B. \\1 {0} %s")
    model = Knowing("X")
    tried(model, made(options=hostile, solution="<answer>A</answer>"))
    assert all(option.partition(" ")[2] in texts(request) for request in model.asked for option in hostile)


def test_an_estimate_counts_all_tries():
    assert BlindStage(model="m", blind_tries=3, attempts=2).most("video") == 6
    assert json.loads(Blind(right=1, tries=2).model_dump_json()) == {"right": 1, "tries": 2}
