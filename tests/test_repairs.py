"""What of broken JSON is read, and as what; what is refused. Nothing is invented, left out or moved."""

import json
import re

import pytest

from curate.captions.video import VideoCaption
from curate.jsonschema import loaded
from curate.repairs import MOST, repaired

REPAIRED = [
    ('{"a": [1, 2,], }', {"a": [1, 2]}),
    ('{"a": 1 "b": 2}', {"a": 1, "b": 2}),
    ('{"a": "x"\n"b": "y"}', {"a": "x", "b": "y"}),
    ('{"a": [1 2 3]}', {"a": [1, 2, 3]}),
    ("{'a': 'x', 'b': 'it is'}", {"a": "x", "b": "it is"}),
    ("{'a': True, 'b': False, 'c': None}", {"a": True, "b": False, "c": None}),
    ("{a: 1, b_2: 'x'}", {"a": 1, "b_2": "x"}),
    ("{“a”: “b”}", {"a": "b"}),
    ('{"a": "a sign says "STOP" in red", "b": 2}', {"a": 'a sign says "STOP" in red', "b": 2}),
    ('{"a": "x, "b": "y"}', {"a": "x", "b": "y"}),
    ('{"a": "one\nline\tmore",}', {"a": "one\nline\tmore"}),
    (r'{"a": "C:\dir\x",}', {"a": r"C:\dir\x"}),
    (r'{"a": "\alpha\n+ \"q\" \t",}', {"a": '\\alpha\n+ "q" \t'}),
    (r'{"a": "caf\u00e9",}', {"a": "café"}),
    ('{"a": "", "b": [], "c": {},}', {"a": "", "b": [], "c": {}}),
    ('{"a": [0.10, 5.0, 1e3, -2, .5],}', {"a": [0.1, 5.0, 1000.0, -2, 0.5]}),
    ('{"a": "it reads {EXIT]",}', {"a": "it reads {EXIT]"}),
    ('{"a": "5", "b": "null",}', {"a": "5", "b": "null"}),
    ('{"a": {"b": 1}, "c": [{"x": 1}, {"y": 2},],}', {"a": {"b": 1}, "c": [{"x": 1}, {"y": 2}]}),
]
REFUSED = [
    "",
    "{",
    "}",
    "no JSON",
    '{"a": 1',
    '{"a": "cut of',
    '{"a": "cut of}',
    '{"a": "}',
    '{"a": "a set {1, 2}',
    '{"a": [1, 2',
    '{"a": [1, 2}',
    '{"frames": [{"t": 1}, {"t": 2}}',
    '{"frames": [{"t": 1}, {"t": 2}',
    '{"frames": [{"t": 1}, {"t": 2}]',
    '{"frames": [{"t": 1}, {"t": 2}, ...]}',
    '{"frames": [{"t": 1}, "and so on for the other frames": ...]}',
    '{"a": 1}}',
    '{"a": 1}{"b": 2}',
    '{"a": }',
    '{"a": , "b": 1}',
    '{"a"}',
    '{"a" 1}',
    '{"a": "x" "y"}',
    '{"a": 1, "a": 2,}',
    '{"a": "x"; "b": "y"}',
    '{"a": 1, // no person\n "b": 2}',
    '{"a": 1,000}}',
]


@pytest.mark.parametrize(("text", "value"), REPAIRED)
def test_what_is_put_right(text, value):
    found = repaired(text)
    assert found == value
    assert repr(found) == repr(value), "numbers, constants and texts are what they are"


@pytest.mark.parametrize("text", REFUSED)
def test_what_nobody_can_put_right(text):
    with pytest.raises(ValueError, match=r"^the JSON is broken or not closed$"):
        repaired(text)


def frame(number):
    elements = {
        "objects": ["cup", f"box {number}"],
        "actions": [],
        "scene": "a kitchen, seen from {above}",
        "notable_features": ["red [dark]"],
        "spatial_relations": ["cup on table"],
        "human_attributes": {"gender": "unknown", "clothing": 'a shirt with "7"', "posture": "it's bent"},
        "potential_interactions": ["pour: milk"],
    }
    return {"timestamp": f"00:00:0{number}", "caption": f"Frame {number} shows a cup.", "key_elements": elements}


RECORD = {"video_caption": "A cup in a kitchen.", "frames": [frame(1), frame(2)]}
TEXTS = [json.dumps(RECORD), json.dumps(RECORD, indent=1)]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(
    ("before", "after"), [("", ""), ("```json\n", "\n```"), ("Here it is: ", " That is all {so far}.")]
)
def test_a_record_that_was_cut_anywhere_is_refused(text, before, after):
    """Whatever stands around it: a reply that ends too early is never completed, nor read as its beginning."""
    for end in range(len(text)):
        with pytest.raises(ValueError, match=r"."):
            VideoCaption.model_validate(loaded(before + text[:end] + after))
    assert loaded(before + text + after) == RECORD


def faults(text):
    """The text with one small fault, at every place where it can be: a kind, and how it reads then."""
    for found in re.finditer(r",", text):
        yield "a comma missing", text[: found.start()] + text[found.end() :]
    for found in re.finditer(r"[}\]]", text):
        yield "a comma too many", text[: found.start()] + "," + text[found.start() :]
    for found in re.finditer(r'\\"', text):
        yield "a quote bare", text[: found.start()] + text[found.start() + 1 :]
    for found in re.finditer(r'(?<!\\)"', text):
        yield "a quote missing", text[: found.start()] + text[found.end() :]
    for found in re.finditer(r"[{}\[\]]", text):
        yield "a bracket missing", text[: found.start()] + text[found.end() :]


def test_a_record_with_one_fault_anywhere_is_read_as_it_was_meant_or_not_at_all():
    read, all_of = dict.fromkeys(dict(faults(TEXTS[0])), 0), dict.fromkeys(dict(faults(TEXTS[0])), 0)
    for kind, text in faults(TEXTS[0]):
        all_of[kind] += 1
        try:
            caption = VideoCaption.model_validate(loaded(text))
        except ValueError:
            continue
        words = [re.sub(r"[\W_]+", "", json.dumps(value)) for value in (caption.model_dump(mode="json"), RECORD)]
        assert words[0] == words[1], (kind, text)
        assert len(caption.frames) == 2
        read[kind] += 1
    assert read.pop("a bracket missing") == 8, "of those in a text alone: nobody knows where others stood"
    assert read.pop("a comma too many") == all_of["a comma too many"]
    assert all(read.values()), read


def test_a_text_that_is_too_long_is_not_looked_at():
    with pytest.raises(ValueError, match=r"too long \(100,006 characters\) to be repaired"):
        repaired("{'a':" + "1" * MOST + "}")


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("before", "unit", "after"),
    [
        ("[[`#]", "“:", '"a":}'),
        ("", ":“", '”"\\.}'),
        ("{//\\u00(", '{"a":(”":', "*/'}"),
        ("", 'e"a":[', "}"),
        ("", "{", "}"),
        ("", '"“', "}"),
        ("", 'a}"a":', '"```”/*:}'),
    ],
)
def test_what_is_made_to_take_long_takes_no_longer(before, unit, after):
    """Each would take minutes: the library looks at every character thousands of times."""
    with pytest.raises(ValueError, match="broken"):
        repaired("{" + before + unit * ((MOST - 50) // len(unit)) + after)
