import pytest

from curate.conclusions import contradicts
from curate.filters.consistency import ConsistencyFilter
from curate.stages.draft import Draft
from tests.records import THINKING, drafted, record, revised

NUMBER = {"problem_type": "numerical", "options": ()}


def judged(thinking, answer="A", **changes):
    return ConsistencyFilter().reason(drafted(record(**changes), thinking, answer))


def test_the_reason_says_both():
    assert judged("So the answer is B.") == "thinking and answer differ: it concludes 'B', answered 'A'"
    assert judged("The answer is 7.", "6", **NUMBER) == "thinking and answer differ: it concludes '7', answered '6'"


def test_a_thinking_that_concludes_with_the_answer_is_kept():
    assert judged(THINKING) is None
    assert judged(THINKING, "B").endswith("it concludes 'A', answered 'B'")


@pytest.mark.parametrize("answer", [None, "", "both", "A or B"])
def test_an_answer_that_says_nothing_is_the_answer_filters_business(answer):
    assert judged("So the answer is B.", answer) is None


@pytest.mark.parametrize("answer", ["many", "", "3 to 5"])
def test_an_answer_that_is_no_number(answer):
    assert judged("So the answer is 8.", answer, **NUMBER) is None


def test_only_what_stands_at_the_end_counts():
    assert judged("So the answer is B. " + "But then I look at the scene once more. " * 30) is None


def test_the_last_thinking_beside_the_drafts_answer():
    assert ConsistencyFilter.needs == (Draft,)
    assert ConsistencyFilter().reason(revised(drafted(record()), "The answer is B.")).startswith("thinking and")
    assert ConsistencyFilter().reason(revised(drafted(record(), "The answer is B."))) is None


def test_a_later_statement_that_cannot_be_read_takes_an_earlier_one_back():
    assert judged("The answer is B. No, the correct answer is that one over there.") is None
    assert judged("The answer is 7. No, the correct answer is as above.", "6", **NUMBER) is None


@pytest.mark.parametrize("said", ["Wait, I saw a mirror.", "However, it is upside down.", "That is wrong."])
def test_what_is_doubted_afterwards_is_no_conclusion(said):
    assert judged("The answer is B.") is not None
    assert judged(f"The answer is B. {said}") is None
    assert judged(f"The answer is 7. {said}", "6", **NUMBER) is None


@pytest.mark.parametrize("kind", ["OCR", "free-form"])
def test_texts_are_not_judged(kind):
    assert judged("So the answer is 5.", "EXIT", problem_type=kind, options=()) is None


def test_a_long_answer_is_shortened():
    reason = judged("The answer is B.", "A. On the table", options=("A. On the table", "B. In the sink"))
    assert reason.endswith("answered 'A. On the table'")


def test_the_reason_names_several_letters():
    assert judged("So the answer is A and B.", "A") == "thinking and answer differ: it concludes 'A, B', answered 'A'"


@pytest.mark.parametrize(
    "unit",
    [
        "the answer is A and ",
        "in total ",
        "so there are 7 ",
        "\\frac{1}{",
        "the answer is ",
        "so ",
        "option A ",
        "A, ",
        "(((",
        "1,000,000",
        "not A ",
        "**",
    ],
)
def test_long_texts_are_judged(unit):
    assert judged(unit * (100_000 // len(unit)), "B") in (
        None,
        "thinking and answer differ: it concludes 'A', answered 'B'",
    )
    judged(unit * (100_000 // len(unit)), "5", **NUMBER)


OPTIONS = ("A. red", "B. blue", "C. green")


@pytest.mark.parametrize(
    "said",
    [
        "Thus B is wrong because the car is red.",
        "So B is wrong and the correct answer is A.",
        "So B is not right; A is.",
        "Therefore option B is excluded and A remains.",
        "So option B is out, and option A remains.",
        "So B is less likely than A.",
        "Hence B fails.",
        "It's unlikely that the answer is B.",
        "So option C describes what happens later.",
    ],
)
def test_what_is_ruled_out_is_not_concluded(said):
    assert contradicts(f"Let me look at it. {said}", "A", "multiple choice", OPTIONS) is None


@pytest.mark.parametrize(
    "said",
    ["So the answer is B.", "Thus B is correct.", "Therefore, option B.", "So B, because the car does not stop."],
)
def test_what_is_concluded_is_not_taken_for_ruled_out(said):
    assert contradicts(f"Let me look at it. {said}", "A", "multiple choice", OPTIONS) == "B"


@pytest.mark.parametrize(("said", "differs"), [("3.3", True), ("2.4", False), ("2.45", False)])
def test_a_regression_must_conclude_near_the_reference_that_stands_behind_it(said, differs):
    thinking = f"I measure it against the table. So the distance is about {said} meters."
    drafted_row = record(problem_type="regression", options=(), solution="<answer>2.4</answer>")
    found = drafted_row.with_output(Draft(thinking=thinking, answer=said))
    reason = ConsistencyFilter().reason(found)
    assert (reason == "thinking and reference differ: it concludes '3.3', not '2.4'") is differs


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("Therefore the car is blue.", "B"),
        ("Thus, her coat must be blue.", "B"),
        ("Hence the ball is clearly blue.", "B"),
        ("This confirms option B.", "B"),
        ("That proves that option B is right.", "B"),
        ("Therefore the other car is blue.", None),
        ("So the car behind it is blue.", None),
        ("Therefore the car is not blue.", None),
        ("Therefore the car is blue or green.", None),
        ("So the car is light blue.", None),
        ("Therefore the car might be blue.", None),
        ("The car is red. So the truck is blue.", None),
        ("Therefore the car is blue. But is it?", None),
        ("This confirms option B is wrong.", None),
        ("This does not confirm option B.", None),
        ("This confirms that option B can be excluded.", None),
        ("This confirms what option B says about the bus.", None),
    ],
)
def test_what_one_thing_is_at_last_and_what_is_confirmed(said, found):
    assert contradicts(f"Let me look at it. {said}", "A", "multiple choice", OPTIONS) == found


@pytest.mark.parametrize(
    ("said", "answer", "same"),
    [
        ("The answer is 50.", "5", False),
        ("The answer is 0.5.", "5", False),
        ("So the answer is 60.", "1", False),
        ("The answer is 50 mm.", "5 cm", True),
        ("The answer is 0.5.", "50%", True),
        ("The answer is 60 seconds.", "1", True),
        ("The answer is 5.02.", "5", True),
    ],
)
def test_numbers_without_a_unit_are_no_other_unit_of_each_other(said, answer, same):
    assert (judged(said, answer, **NUMBER) is None) == same


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("So the answer is twenty-five.", "25"),
        ("So the answer is ninety-nine.", "99"),
        ("The answer is 10⁻³.", "0.001"),
        ("The answer is 10².", "100"),
    ],
)
def test_a_part_of_a_number_is_not_what_is_concluded(said, answer):
    assert judged(said, answer, **NUMBER) is None


@pytest.mark.parametrize(
    "said",
    [
        "B is the answer.",
        "B is correct.",
        "Answer is B",
        "**B**",
        "So it drives on, option B.",
        "Everything points to blue.",
        "Only B is consistent with what we see.",
        "It isn't A, so it's B.",
        "So it isn't A but B.",
        "It is not red but blue.",
        "Therefore it is blue.",
        "Blue it is.",
        "So it was the blue who won.",
        "因此答案是B。",
        "所以选B。",
    ],
)
def test_a_last_sentence_names_an_option(said):
    assert contradicts(f"Let me look at it. {said}", "A", "multiple choice", OPTIONS) == "B"


@pytest.mark.parametrize(
    "said",
    [
        "B is right next to the tree.",
        "Only B is consistent with it, but it is too far away.",
        "This rules out the car, option B.",
        "Nothing points to blue.",
        "The scene shows blue.",
        "This implies that the truck is blue.",
        "So it was blue that squeaked.",
        "Her brother, option B.",
        "So it cannot be blue.",
        "B is correct?",
        "If it is dark, B is correct.",
        "所以不选B。",
        "答案不是B。",
    ],
)
def test_a_last_sentence_that_names_an_option_in_vain(said):
    assert contradicts(f"Let me look at it. {said}", "A", "multiple choice", OPTIONS) is None


def test_a_text_of_several_words_at_the_end_must_be_what_is_concluded():
    options = ("A. mowing the lawn", "B. the old priest")
    assert contradicts("I look. So he must be mowing the lawn.", "B", "multiple choice", options) == "A"
    assert contradicts("I look. So the hose rules out mowing the lawn.", "B", "multiple choice", options) is None
    assert contradicts("I look. Hence the lamp goes to the old priest.", "A", "multiple choice", options) is None


def test_a_number_among_options_that_are_numbers():
    options = ("A. 3", "B. 5", "C. 9")
    assert contradicts("I look. So there are 9 birds.", "B", "multiple choice", options) == "C"
    assert contradicts("I look. 5 + 4 = 9.", "B", "multiple choice", options) is None
    assert (
        contradicts("I look. So there are 9 birds.", "B", "multiple choice", ("A. 3", "B. five or six", "C. 9")) is None
    )


@pytest.mark.parametrize(
    "said",
    [
        "Therefore, 9.",
        "So the total number is 9.",
        "The number of birds is 9.",
        "So there are nine people.",
        "2 + 7 = 9.",
        "So I count 9.",
        "So 9 birds it is.",
        "Hence, the area is $9$ square units.",
        "So he jumps 9 times in total.",
        "答案是9。",
    ],
)
def test_a_last_sentence_ends_in_a_number(said):
    assert contradicts(f"I count them one by one. {said}", "5", "numerical", ()) == "9"


@pytest.mark.parametrize(
    "said",
    [
        "5 + 4 = 9.",
        "So there are 9 on the left.",
        "So there are 9 rows.",
        "I count 9 men.",
        "So each of them has 9.",
        "So 9 of the 14 remain.",
        "So there are at least 9 in total.",
    ],
)
def test_a_number_on_the_way_is_no_conclusion(said):
    assert contradicts(f"I count them one by one. {said}", "5", "numerical", ()) is None
