import re

import pytest

from curate.filters.format import FormatFilter, truncated
from tests.records import THINKING, drafted, record, revised


def judged(thinking, **changes):
    return FormatFilter().reason(drafted(record(**changes), thinking))


def test_a_sound_thinking_makes_a_target_that_the_trainers_reward():
    assert judged(THINKING) is None
    target = f"<think>{THINKING}</think>\n{record().solution}"
    assert re.fullmatch(r"<think>.*?</think>\s*<answer>.*?</answer>", target, re.DOTALL)


@pytest.mark.parametrize(
    "ending",
    [
        "It is red.", "Is it red?", "It is red!", "It is…", 'She says "red."', "It is “red”", "(It is red)",
        "[red]", "**Red**", "*red*", "so x = `5`", "$$x = 5$$", "so $x = 5$", "```\nred\n```",
        "它是红色的。", "是吗？", "真的！",
        "It is red. ✅", "It is red. ☀️", "It is red.  \n\n", "a → b.",
    ],
)  # fmt: skip
def test_an_ended_thinking(ending):
    assert judged(f"I look at the cup.\n{ending}") is None


@pytest.mark.parametrize(
    "ending",
    [
        "and then the",
        "It is red,",
        "It is:",
        "1. red\n2",
        "red -",
        "red (",
        "它是红",
        "```\nred.",
        "$$x = 5.",
        "e\u0301",
    ],
)
def test_a_cut_thinking(ending):
    assert judged(f"I look at the cup.\n{ending}").startswith("truncated: ")


@pytest.mark.parametrize("tag", ["<think>", "</think>", "<answer>A</answer>", "</ANSWER>", "< / think >", "<answer/>"])
def test_tags_inside(tag):
    assert judged(f"I look at {tag} the cup.").startswith("tags inside the thinking: '<")


@pytest.mark.parametrize("thinking", ["", "  \n\t "])
def test_an_empty_thinking(thinking):
    assert judged(thinking) == "empty thinking"


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\r", "\x0b", "\x7f", "\x85"])
def test_control_characters(character):
    reason = judged(f"I look{character} at the cup.")
    assert reason == f"control character: {character!r} at character 6"


def test_half_a_character():
    broken = drafted(record()).model_copy()
    broken.outputs[-1].__dict__["thinking"] = "I look\ud83d at the cup."
    assert FormatFilter().reason(broken) == "control character: '\\ud83d' at character 6"


@pytest.mark.parametrize("thinking", ["One line.\n\tAnd another.", "if a < b and c > d, I think > answer."])
def test_what_only_looks_like_a_fault(thinking):
    assert judged(thinking) is None


@pytest.mark.parametrize(
    "solution",
    ["A", "<answer>A</answer><answer>B</answer>", "<think>x</think><answer>A</answer>", "<answer>A"],
)
def test_a_solution_that_breaks_the_format(solution):
    assert judged(THINKING, solution=solution) == "not in the format"


def test_the_last_thinking_counts():
    both = revised(drafted(record(), "cut off in the"), THINKING)
    assert FormatFilter().reason(both) is None
    assert FormatFilter().reason(revised(drafted(record()), "cut off in the")).startswith("truncated")


@pytest.mark.parametrize(
    "mark",
    [
        *("<thi\u200bnk>", "<an\u00adswer>", "＜think＞", "&lt;/think&gt;", "<think id=1>", "<thinking>", "<answer"),
        *("<thought>", "</reasoning>", "<reflection>"),
        *("[/think]", "<|im_end|>", "<|THINK|>", "<video>", "<image>", "</s>", "[INST]"),
    ],
)
def test_no_disguise_hides_a_tag_or_a_mark_of_a_chat(mark):
    assert judged(f"{THINKING} {mark} So it is B.").startswith("tags inside the thinking: ")


@pytest.mark.parametrize(
    "text", ["Here x < 3 and y > 4.", "He types <b>bold</b> & more.", "A 👨\u200d👩\u200d👧 [1] waves.", "One\r\ntwo."]
)
def test_what_only_looks_like_a_mark_is_kept(text):
    assert judged(f"{THINKING} {text}") is None


@pytest.mark.parametrize("character", ["\u202e", "\u2066", "\ufffd"])
def test_what_turns_or_breaks_the_writing_is_dropped(character):
    assert judged(f"{THINKING} It{character} is B.").startswith("control character: ")


@pytest.mark.parametrize(
    "thinking",
    [
        *(
            "Half of 24 is 12. So the area is 12",
            "So the text is EXIT",
            "So the answer is A",
            "so x = 4",
            "it is 12 cm²",
        ),
        *("that is 50%", "Then:\n- A: walk\n- B: take, open, cut", "Hence it takes 12 min"),
    ],
)
def test_an_end_without_a_mark_is_an_end(thinking):
    assert truncated(thinking) is None


@pytest.mark.parametrize(
    "thinking", ["The man walks to the", "There are 12 people in the", "He takes the 3 red", "1. red\n2"]
)
def test_the_midst_of_a_sentence_is_no_end(thinking):
    assert truncated(thinking)
