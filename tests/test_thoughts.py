"""Where replies keep their thinking."""

import json

import pytest

from curate.thoughts import HIDDEN, apart, place


def body(message, **usage):
    return json.dumps({"choices": [{"message": message}], "usage": usage}).encode()


@pytest.mark.parametrize(
    ("message", "text", "thinking"),
    [
        ({"content": "A"}, "A", ""),
        ({"content": None, "reasoning": "hm"}, "", "hm"),
        ({"content": "A", "reasoning_content": "hm"}, "A", "hm"),
        ({"content": "A", "reasoning_content": None, "reasoning": "hm"}, "A", "hm"),
        ({"content": "A", "reasoning_content": "one", "reasoning": "two"}, "A", "one"),
        ({"content": [{"type": "text", "text": "A"}, {"type": "text", "text": "B"}]}, "AB", ""),
        # OpenRouter: where a model tells its thinking in pieces, some of which cannot be read
        (
            {
                "content": "A",
                "reasoning": None,
                "reasoning_details": [
                    {"type": "reasoning.summary", "summary": "First. "},
                    {"type": "reasoning.encrypted", "data": "xyz"},
                    {"type": "reasoning.text", "text": "Then.", "signature": None},
                ],
            },
            "A",
            "First. Then.",
        ),
        ({"content": "A", "reasoning": "hm", "reasoning_details": [{"text": "hm"}]}, "A", "hm"),
        ({"content": "A", "reasoning_details": "odd"}, "A", ""),
        ({"content": "A", "reasoning_details": [7, {"text": 7}]}, "A", ""),
        # Gemini: a summary in tags of its own
        ({"content": "<thought>\nI look.\n</thought>\nA"}, "A", "I look."),
        ({"content": "  <thought>I look.</thought>"}, "", "I look."),
        ({"content": "<thought>I look."}, "<thought>I look.", ""),
        ({"content": "A <thought>late</thought> B"}, "A <thought>late</thought> B", ""),
        ({"content": "<thought>t</thought>A", "reasoning": "r"}, "<thought>t</thought>A", "r"),
        ({"content": "<think>hm</think>A"}, "<think>hm</think>A", ""),
        # Tags of other models, in any case, with and without the opening one
        ({"content": "<Think>hm</Think>A"}, "A", "hm"),
        ({"content": "\n<THINK>hm</think>\nA"}, "A", "hm"),
        ({"content": "<thinking>hm</thinking>A"}, "A", "hm"),
        ({"content": "<reasoning>hm</reasoning>A"}, "A", "hm"),
        ({"content": "<seed:think>hm</seed:think>A"}, "A", "hm"),
        ({"content": "◁think▷hm◁/think▷A"}, "A", "hm"),
        ({"content": "[THINK]hm[/THINK]A"}, "A", "hm"),
        ({"content": "hm</thinking>\nA"}, "A", "hm"),
        ({"content": "hm◁/think▷A"}, "A", "hm"),
        ({"content": "hm</THINK>A"}, "A", "hm"),
        ({"content": "<thinking>one</thinking>\n<thinking>two</thinking>A"}, "A", "one\n\ntwo"),
        ({"content": "<thinking></thinking>A"}, "A", ""),
        ({"content": "<thinking>m</thinking><think>hm</think>A"}, "<think>hm</think>A", "m"),
        ({"content": "hm</think>A</thinking>"}, "hm</think>A</thinking>", ""),
        ({"content": "<think>a </thinking> b</think>A"}, "<think>a </thinking> b</think>A", ""),
        ({"content": '{"text": "</thinking>"}'}, '{"text": "</thinking>"}', ""),
        # Mistral and others: thinking as a part of the content
        ({"content": [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "A"}]}, "A", "hm"),
        ({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"text": "A"}]}, "A", "hm"),
        ({"content": [{"type": "reasoning", "text": "hm"}, {"type": "text", "text": "A"}]}, "A", "hm"),
        ({"content": "a\ud800b", "reasoning": "\ud800"}, "a?b", "?"),
    ],
)
def test_text_and_thinking_are_told_apart(message, text, thinking):
    assert apart(message) == (text, thinking)


@pytest.mark.parametrize("message", [{"content": 7}, {"content": "A", "reasoning": 7}])
def test_what_is_no_text_is_said(message):
    with pytest.raises(ValueError, match="expected text, found int"):
        apart(message)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (body({"content": "A"}), ""),
        (body({"content": "A", "reasoning": "hm"}), "reasoning"),
        (body({"content": "A", "reasoning_content": "hm"}), "reasoning_content"),
        (body({"content": "A", "reasoning_details": [{"text": "hm"}]}), "reasoning_details"),
        (body({"content": "<thought>hm</thought>A"}), "<thought> tags in its text"),
        (body({"content": "<think>hm</think>A"}), "<think> tags in its text"),
        (body({"content": "hm</think>A"}), "<think> tags in its text"),
        (body({"content": "<think>cut"}), "<think> tags in its text"),
        (body({"content": "<Thinking>hm</Thinking>A"}), "<Thinking> tags in its text"),
        (body({"content": "hm◁/think▷A"}), "◁think▷ tags in its text"),
        (body({"content": [{"type": "thinking", "thinking": "hm"}]}), "thinking parts of its content"),
        (body({"content": ""}, completion_tokens_details={"reasoning_tokens": 64}), HIDDEN),
        (body({"content": "A"}, completion_tokens_details={"reasoning_tokens": 0}), ""),
        (body({"content": "A"}, completion_tokens_details={"reasoning_tokens": "many"}), ""),
        (b"", ""),
        (b"[]", ""),
        (b'{"choices": []}', ""),
        (b'{"choices": [{"message": null}]}', ""),
        (b'{"choices": [{"message": {"content": 7}}]}', ""),
        (b"[" * 100_000, ""),
    ],
)
def test_the_place_of_the_thinking(said, told):
    assert place(said) == told
