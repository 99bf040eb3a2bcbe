import re
import time
from itertools import product

import pytest

from curate.tags import (
    ANY,
    TAG,
    answer_in,
    in_format,
    joined_thinking,
    process,
    sole_thinking,
    solution,
    thinking_in,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<think>I look.</think>Done.", ("I look.", "Done.")),
        ("<think>\nI\nlook.\n</think>\n\n<answer>A</answer>", ("I\nlook.", "\n\n<answer>A</answer>")),
        ("I look.</think>Done.", ("I look.", "Done.")),  # the opening tag was the prompt's last
        ("Sure! <think>I look.</think>", ("I look.", "")),
        ("<think></think>Done.", ("", "Done.")),
        ("<think>never closed", (None, "<think>never closed")),
        ("no tags", (None, "no tags")),
        ("", (None, "")),
    ],
)
def test_thinking(text, expected):
    assert thinking_in(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<think>I look.</think>", "I look."),
        ("Sure! <think>I look.</think> Done.", "I look."),
        ("<think></think>\n<think>I look.</think>", "I look."),
        ("What do they want?</think>\n\n<think>I look.</think>\n", "I look."),  # a model's own reasoning comes first
        ("<think>What do they want?</think><think>I look.</think>", "I look."),
        ("<think>I look.</think><think> </think>", "I look."),
        ("<think>What do they want?</think><think>I look.</think><answer>A</answer>", "I look."),
        ("<think> <think>I look.</think>", "I look."),
        ("<think>never closed", None),
        ("", None),
    ],
)
def test_the_one_thinking_of_a_text(text, expected):
    assert sole_thinking(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<think>A.</think>\n<think>B.</think><answer>A</answer>", "A.\n\nB."),
        ("<think>A.</think><think> </think><think>C.</think> Done.", "A.\n\nC."),
        ("<think></think>\n<think>I look.</think>", "I look."),
        ("<think>I look.</think>", "I look."),
        ("I look.</think>Done.", "I look."),
        ("none", None),
        ("<think>" * 20_000, None),
    ],
)
def test_thinking_in_several_pairs_is_joined(text, expected):
    assert joined_thinking(text) == expected


@pytest.mark.parametrize(
    "text", ["<think>A</think> no, <think>B</think>", "<think>A</think><think>B</think> C</think>"]
)
def test_words_between_two_thinkings_are_never_lost(text):
    with pytest.raises(ValueError, match="more than one <think>"):
        joined_thinking(text)


@pytest.mark.parametrize(
    "text",
    [
        "<think>A. </think> B. So it is A.</think>",
        "<think>draft</think> Note: it is B <think>corrected</think>",
        "<think>A<think>B</think>",
        "<think>A</think><think>B</think><think>C</think>",
        "<think>A</think> <think>never closed",
    ],
)
def test_where_a_thinking_would_be_lost_nobody_chooses(text):
    with pytest.raises(ValueError, match="more than one <think>"):
        sole_thinking(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<answer>A</answer>", "A"),
        ("<answer>\n A \n</answer>.", "A"),
        ("<answer>A</answer> no, <answer>B</answer>", "B"),
        ("<answer>two\nlines</answer>", "two\nlines"),
        ("<answer></answer>", ""),
        ("inside <answer> tags, so <answer>B</answer>", "B"),
        ("<answer>A</answer> and <answer>", "A"),
        ("<answer>A", None),
        ("A</answer>", None),
        ("A", None),
        ("", None),
        ("<answer>a < b and $x</answer>", "a < b and $x"),
    ],
)
def test_the_last_complete_answer_counts(text, expected):
    assert answer_in(text) == expected


def test_a_text_full_of_open_tags_takes_no_time():
    began = time.process_time()
    assert answer_in("<answer>" * 20_000) is None
    assert time.process_time() - began < 1


def test_what_the_sets_hold_reads_back():
    assert process("I look.") == "<think>I look.</think>"
    assert solution("A") == "<answer>A</answer>"
    assert thinking_in(process("I look.") + "\n" + solution("A")) == ("I look.", "\n<answer>A</answer>")
    assert answer_in(solution("A")) == "A"


@pytest.mark.parametrize("tag", ["<think>", "</think>", "<answer>", "</answer>"])
def test_any_tag_is_found(tag):
    assert ANY.search(f"a{tag}b")
    assert not ANY.search("a <thinking> b")


def test_an_empty_pair_before_the_real_one_is_passed_over_however_many_there_are():
    assert thinking_in("<think>\n\n</think>\n<think>So.</think> done") == ("So.", " done")
    assert thinking_in("<think></think> done") == ("", " done")
    assert thinking_in("</think>" * 5000 + "end") == ("", "end")


WHOLE = re.compile(r"<think>.*?</think>\s*<answer>.*?</answer>", re.DOTALL)
PIECES = ("<think>", "</think>", "<answer>", "</answer>", "</ THINK>", "a", "\n ", "")


def test_the_format_is_what_the_trainers_reward_asks_for_with_each_tag_once():
    """Against the pattern of their format reward, over all that can be made of these pieces."""
    found = 0
    for pieces in product(PIECES, repeat=6):
        text = "".join(pieces)
        expected = len(TAG.findall(text)) == 4 and WHOLE.fullmatch(text) is not None
        assert in_format(text) is expected, text
        found += expected
    assert found > 50
