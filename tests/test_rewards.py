"""Cases computed by hand from the definitions in arXiv 2505.12434, section 4."""

import math
import subprocess
import sys

import numpy as np
import pytest

from curate.layouts.easyr1 import EasyR1Layout
from curate.layouts.verl import VerlLayout
from curate.rewards import (
    accuracy_reward,
    accurate,
    claim,
    consistency,
    easyr1_score,
    format_reward,
    formatted,
    text_of,
    total,
    total_reward,
    verl_score,
)
from tests.records import record

GOOD = "<think>The man turns left.</think>\n<answer>{}</answer>"


@pytest.mark.parametrize(
    ("completion", "expected"),
    [
        ("<think>a</think><answer>A</answer>", 1.0),
        ("<think>a\nb</think>\n\n<answer>\nA\n</answer>", 1.0),
        ("  <think>a</think> <answer>A</answer>\n", 1.0),
        ("<think>a</think> so <answer>A</answer>", 0.0),
        ("Well. <think>a</think><answer>A</answer>", 0.0),
        ("<think>a</think><answer>A</answer> Done.", 0.0),
        ("<answer>A</answer><think>a</think>", 0.0),
        ("<answer>A</answer>", 0.0),
        ("<think>a</think>", 0.0),
        ("<think>a<answer>A</answer>", 0.0),
        ("A", 0.0),
        ("", 0.0),
        # the paper's pattern lets these pass, since its dots run over further tags
        ("<think>a</think><answer>A</answer><answer>B</answer>", 0.0),
        ("<think><think>a</think><answer>A</answer>", 0.0),
    ],
)
def test_format(completion, expected):
    assert formatted(completion) == expected


@pytest.mark.parametrize(
    ("problem_type", "answer", "reference", "options", "expected"),
    [
        ("multiple choice", "B", "B", ("A. red", "B. blue"), 1.0),
        ("multiple choice", "B. blue", "B", ("A. red", "B. blue"), 1.0),
        ("multiple choice", "A", "B", ("A. red", "B. blue"), 0.0),
        ("numerical", "1,000", "1000.0", (), 1.0),
        ("numerical", "7", "8", (), 0.0),
        ("OCR", "NO PARKING", "NO PARKING HERE", (), 2 / 3),  # one word of three is missing
        ("OCR", "a b c", "x", (), 0.0),  # an error rate of 3, clipped
        # R1 = 2·3/7, R2 = 2·2/5, RL = 2·3/7
        ("free-form", "the big cat", "the big cat sleeps", (), (6 / 7 + 4 / 5 + 6 / 7) / 3),
        ("regression", "4", "5", (), 0.8),
        ("regression", "-5", "5", (), 0.0),  # a relative error of 2, clipped
    ],
)
def test_accuracy(problem_type, answer, reference, options, expected):
    solution = f"<answer>{reference}</answer>"
    assert accurate(GOOD.format(answer), solution, problem_type, options) == pytest.approx(expected)
    assert accurate(GOOD.format(answer), reference, problem_type, options) == pytest.approx(expected)


def test_missing_tags_are_never_right_also_on_both_sides():
    assert accurate("A", "A", "multiple choice") == 0.0
    assert accurate("", "", "free-form") == 0.0
    assert accurate("<answer></answer>", "<answer></answer>", "free-form") == 0.0


def test_the_last_answer_counts():
    assert accurate("<answer>A</answer> no: <answer>B</answer>", "<answer>B</answer>", "multiple choice") == 1.0


@pytest.mark.parametrize(
    ("form", "accuracy", "semantic", "expected"),
    [(1, 1, 0.5, 2.5), (1, 0, 0.5, 1), (0, 0.25, 0.5, 0.75), (0, 0, 1, 0), (1, 1, 1, 3)],
)
def test_the_sum(form, accuracy, semantic, expected):
    assert total(form, accuracy, semantic) == expected


@pytest.mark.parametrize(("cosine", "expected"), [(0.25, 0.5), (0.5, 1.0), (0.9, 1.0), (0.0, 0.0), (-0.3, 0.0)])
def test_semantic_consistency(cosine, expected):
    assert consistency(cosine) == expected


def test_a_completion_that_is_none_is_told():
    with pytest.raises(TypeError, match=r"completions\[1\] must be a text or messages, not None"):
        accuracy_reward(["", ""], ["", None], solution=["5", "5"], problem_type=["numerical", "OCR"])


@pytest.mark.parametrize("cosine", [math.nan, math.inf, -math.inf])
def test_what_is_no_cosine_is_no_reward(cosine):
    with pytest.raises(ValueError, match=f"the cosine must be a number from -1 to 1, not {cosine}"):
        consistency(cosine)


ROW = {"solution": ["5"], "problem_type": ["numerical"], "options": [None]}


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"solution": [None]}, TypeError, r"solution\[0\] must be a text, not None"),
        ({"solution": [5]}, TypeError, r"solution\[0\] must be a text, not 5"),
        ({"solution": ["5", "6"]}, ValueError, "solution has 2 rows, completions has 1"),
        ({"problem_type": []}, ValueError, "problem_type has 0 rows, completions has 1"),
        ({"options": []}, ValueError, "options has 0 rows, completions has 1"),
        (
            {"problem_type": ["maths"]},
            ValueError,
            r"problem_type\[0\] is 'maths', not one of multiple choice, numerical",
        ),
        ({"problem_type": [None]}, ValueError, r"problem_type\[0\] is None"),
        ({"options": [[1]]}, TypeError, r"options\[0\] must be a list of texts or None, not \[1\]"),
        ({"options": ["A. red"]}, TypeError, r"options\[0\] must be a list of texts or None, not 'A. red'"),
    ],
)
def test_a_wrong_call_names_the_argument_and_the_row(changes, error, said):
    assert accuracy_reward([""], [GOOD.format(5)], **ROW) == [1.0]
    with pytest.raises(error, match=f"accuracy_reward: {said}"):
        accuracy_reward([""], [GOOD.format(5)], **ROW | changes)


@pytest.mark.parametrize(
    ("completion", "expected"),
    [
        (
            "<think>The question asks so. A man turns. Left.</think><answer>A</answer>",
            "A man turns. Left.",
        ),
        ("<think>a man turns</think><answer>A</answer>", "a man turns"),
        ("<think>Only this.</think><answer>A</answer>", "Only this."),
        ("no tags. at all", "at all"),
    ],
)
def test_the_claim_is_the_thinking_behind_its_first_full_stop(completion, expected):
    assert claim(completion) == expected


def test_each_row_has_its_own_problem_type():
    rewards = accuracy_reward(
        prompts=["", "", "", ""],
        completions=[GOOD.format(answer) for answer in ("A", "5.0", "4", "red")],
        solution=["<answer>A</answer>", "<answer>5</answer>", "<answer>5</answer>", "<answer>B</answer>"],
        problem_type=["multiple choice", "numerical", "regression", "multiple choice"],
        options=[None, [], [], ["A. blue", "B. red"]],
        completion_ids=[[1], [2], [3], [4]],
        trainer_state=object(),
    )
    assert rewards == [1.0, 1.0, pytest.approx(0.8), 1.0]


def test_the_whole_batch_and_a_semantic_part_asked_only_where_it_counts():
    asked = []

    def semantic(prompts, completions, *, path, trainer_state, **columns):
        asked.append((prompts, completions, path, trainer_state))
        return [0.5] * len(completions)

    completions = [GOOD.format("A"), GOOD.format("B"), "<answer>A</answer>"]
    columns = {
        "solution": ["<answer>A</answer>"] * 3,
        "problem_type": ["multiple choice"] * 3,
        "path": ["./0.mp4", "./1.mp4", "./2.mp4"],
        "trainer_state": "state",
    }
    rewards = total_reward(semantic)(prompts=["p0", "p1", "p2"], completions=completions, **columns)
    assert rewards == [2.5, 1.0, 1.5]
    assert asked == [(["p0", "p2"], [completions[0], completions[2]], ["./0.mp4", "./2.mp4"], "state")]
    assert total_reward()(["", "", ""], completions, **columns) == [2.0, 1.0, 1.0]


def test_a_semantic_reward_may_leave_out_what_it_does_not_need():
    reward = total_reward(lambda completions, **columns: [0.5] * len(completions))
    assert reward(["p"], [GOOD.format("B")], solution=["B"], problem_type=["multiple choice"]) == [2.5]


def test_nobody_is_asked_where_nothing_is_right():
    def semantic(prompts, completions, **columns):
        raise AssertionError

    rewards = total_reward(semantic)(
        [""], [GOOD.format("B")], solution=["<answer>A</answer>"], problem_type=["multiple choice"]
    )
    assert rewards == [1.0]


def test_completions_as_messages():
    said = [{"role": "assistant", "content": GOOD.format("A")}]
    typed = [{"role": "assistant", "content": [{"type": "text", "text": GOOD.format("A")}]}]
    tool = [{"role": "tool", "content": "<answer>B</answer>"}, {"role": "assistant", "content": None}]
    assert text_of(typed) == text_of(said) == GOOD.format("A")
    assert format_reward(["", "", ""], [said, typed, tool]) == [1.0, 1.0, 0.0]


@pytest.mark.parametrize(
    ("said", "kind", "answer", "options", "expected"),
    [
        (GOOD.format("A"), "multiple choice", "A", ("A. red", "B. blue"), (2.0, 1.0, 1.0)),
        (GOOD.format("blue"), "multiple choice", "A", ("A. red", "B. blue"), (1.0, 1.0, 0.0)),
        ("<answer>5.0</answer>", "numerical", "5", (), (1.0, 0.0, 1.0)),
        (GOOD.format("3"), "regression", "4", (), (1.75, 1.0, 0.75)),
    ],
)
def test_verl_is_told_the_score_and_its_parts(said, kind, answer, options, expected):
    solved = record(problem_type=kind, options=options, solution=f"<answer>{answer}</answer>")
    row = VerlLayout().row(solved).model_dump()
    row["extra_info"]["options"] = np.array(row["extra_info"]["options"], dtype=object)  # as verl reads Parquet
    told = verl_score(row["data_source"], said, row["reward_model"]["ground_truth"], extra_info=row["extra_info"], n=1)
    assert (told["score"], told["format"], told["accuracy"]) == expected


def test_easyr1_is_told_the_scores_of_a_batch_each_by_its_own_type():
    solved = [
        record(options=("A. red", "B. blue"), solution="<answer>A</answer>"),
        record(problem_type="numerical", options=(), solution="<answer>5</answer>"),
        record(problem_type="regression", options=(), solution="<answer>4</answer>"),
    ]
    said = [GOOD.format("A. red"), "<answer>5.0</answer>", GOOD.format("3")]
    inputs = [
        {"response": text, "response_length": 9, "ground_truth": EasyR1Layout().row(each).reference}
        for text, each in zip(said, solved, strict=True)
    ]
    assert easyr1_score(inputs) == [
        {"overall": 2.0, "format": 1.0, "accuracy": 1.0},
        {"overall": 1.0, "format": 0.0, "accuracy": 1.0},
        {"overall": 1.75, "format": 1.0, "accuracy": 0.75},
    ]


@pytest.mark.parametrize(
    ("reference", "error", "told"),
    [
        ("A", ValueError, r"ground_truth\[0\] is no JSON object: data.answer_key must be 'reference': 'A'"),
        ("5", ValueError, r"ground_truth\[0\] is no JSON object"),
        (None, ValueError, r"ground_truth\[0\] is no JSON object"),
        ('{"answer": "A", "problem_type": "riddle"}', ValueError, r"problem_type\[0\] is 'riddle'"),
        ('{"problem_type": "OCR"}', TypeError, r"solution\[0\] must be a text, not None"),
    ],
)
def test_easyr1_with_another_column_is_told(reference, error, told):
    with pytest.raises(error, match=f"^easyr1_score: {told}"):
        easyr1_score([{"response": GOOD.format("A"), "ground_truth": reference}])


@pytest.mark.parametrize("info", [None, {}, {"problem_type": "riddle"}])
def test_verl_without_a_problem_type_is_told(info):
    with pytest.raises(ValueError, match=r"^verl_score: problem_type\[0\] is .*, not one of multiple choice"):
        verl_score("Kitchen", GOOD.format("A"), "A", info)


def test_an_unknown_problem_type_is_told():
    with pytest.raises(ValueError, match="unknown problem type 'mcq': one of multiple choice, numerical"):
        accurate(GOOD.format("A"), "A", "mcq")


def test_columns_of_another_length_are_told():
    with pytest.raises(ValueError, match="solution has 1 rows, completions has 2"):
        accuracy_reward(["", ""], ["a", "b"], solution=["A"], problem_type=["OCR", "OCR"])


def test_importing_loads_nothing_heavy():
    heavy = {"jiwer", "rapidfuzz", "snowballstemmer", "sympy", "math_verify", "numpy", "pyarrow", "av", "aiohttp"}
    script = f"import sys, curate.rewards; print(sorted({heavy!r} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
