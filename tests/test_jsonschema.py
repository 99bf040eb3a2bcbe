import json
import time
from typing import Any, Literal

import pytest
from pydantic import Field

from curate.jsonschema import checked_in, generated, loaded, unfenced, written
from curate.record import Output
from tests import schemas


class Inner(Output):
    """What is inside."""

    title: str
    kind: Literal["a", "b"] = "a"


class Outer(Output):
    """What is outside."""

    one: Inner
    many: tuple[Inner, ...] = ()
    maybe: Inner | None = Field(default=None, description="null where there is none.")


INNER = {
    "type": "object",
    "description": "What is inside.",
    "properties": {"title": {"type": "string"}, "kind": {"type": "string", "enum": ["a", "b"]}},
    "required": ["title", "kind"],
    "additionalProperties": False,
}


def test_a_schema_has_no_references_titles_defaults_or_options():
    assert generated(Outer) == {
        "type": "object",
        "description": "What is outside.",
        "properties": {
            "one": INNER,
            "many": {"type": "array", "items": INNER},
            "maybe": {"anyOf": [INNER, {"type": "null"}], "description": "null where there is none."},
        },
        "required": ["one", "many", "maybe"],
        "additionalProperties": False,
    }


def objects(node: Any) -> list[dict[str, Any]]:
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    here = [node] if isinstance(node, dict) and node.get("type") == "object" else []
    return here + [found for value in inner for found in objects(value)]


@pytest.mark.parametrize("name", schemas.ALL)
def test_the_checked_in_schemas_are_up_to_date(name):
    """After a change of an output: `make schemas`. The diff shows what is bought again."""
    file = schemas.FOLDER / f"{name}.json"
    assert file.read_text(encoding="utf-8") == written(generated(schemas.ALL[name]))
    assert checked_in(name) == generated(schemas.ALL[name])


def test_writing_the_schemas_gives_the_checked_in_files_and_no_others(tmp_path):
    schemas.write(tmp_path)
    made = {p.relative_to(tmp_path): p.read_bytes() for p in tmp_path.rglob("*.json")}
    kept = {p.relative_to(schemas.FOLDER): p.read_bytes() for p in schemas.FOLDER.rglob("*") if p.is_file()}
    assert made == kept


@pytest.mark.parametrize("name", schemas.ALL)
def test_every_object_of_a_schema_needs_all_its_properties_and_no_more(name):
    found = objects(checked_in(name))
    assert found
    for node in found:
        assert node["additionalProperties"] is False
        assert node["required"] == list(node["properties"])
    assert not {"$ref", "$defs", "default"} & set(json.dumps(checked_in(name)).split('"'))


@pytest.mark.parametrize("name", ["draft", "revise"])
def test_the_thinking_comes_before_the_answer(name):
    assert next(iter(checked_in(name)["properties"])) == "thinking"


def test_a_checked_in_schema_is_a_fresh_copy():
    checked_in("draft")["properties"]["answer"] = "spoilt"
    assert checked_in("draft")["properties"]["answer"] == {"type": "string"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": 1}', '{"a": 1}'),
        ('```json\n{"a": 1}\n```', '{"a": 1}'),
        ('  ```JSON\n{"a": 1}\n```\n\n', '{"a": 1}'),
        ('```\n{"a": 1}\n```', '{"a": 1}'),
        ('```{"a": 1}```', '{"a": 1}'),
        ('```json {"a": "```"} ```', '{"a": "```"}'),
        ('{"a": "```"}', '{"a": "```"}'),
        ("```", "```"),
        ("``````", ""),
        ("", ""),
    ],
)
def test_a_fence_around_json_is_taken_off(text, expected):
    assert unfenced(text) == expected


def test_a_fence_full_of_blanks_takes_no_time():
    began = time.process_time()
    unfenced("```json\n{}" + " \n" * 200_000)
    unfenced("```json\n{}" + " \n" * 200_000 + "x```")
    assert time.process_time() - began < 1


def test_json_of_a_model_is_read_with_raw_control_characters_in_its_strings():
    assert loaded('```json\n{"a": "one\ttab\nand line"}\n```') == {"a": "one\ttab\nand line"}
    assert loaded('{"a": 5.0, "b": 5}', parse_float=str, parse_int=str) == {"a": "5.0", "b": "5"}


LATEX = r"Since \frac{1}{2} of {x, y} is left"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('Sure, here it is:\n```json\n{"a": 1}\n```\nAnything else?', {"a": 1}),
        ('```\n{"a": 1}', {"a": 1}),
        ('{"a": 1} and more', {"a": 1}),
        ('The record: {"a": {"b": [1]}}.', {"a": {"b": [1]}}),
        (f'{LATEX}: {{"a": 1}} with {{x}}', {"a": 1}),
        ('\ufeff{"a": 1}', {"a": 1}),
        ('{"a": 1}\x00\x1b', {"a": 1}),
        ('\x07 {"a": 1,\x00 }', {"a": 1}),
        ('<think>Is it {"a": 2}?</think>\n{"a": 1}', {"a": 1}),
        ('Is it {"a": 2}?</think>```json\n{"a": 1}\n```', {"a": 1}),
        ('{"a": "</think>"}', {"a": "</think>"}),
        ('```json\n{"a": "```",}\n```', {"a": "```"}),
        ('{"a": [1, 2,],}', {"a": [1, 2]}),
        ("Here: {'a': 'it is', 'b': None}", {"a": "it is", "b": None}),
        ('see [1]: {"a": 1}', {"a": 1}),
        ('{"a": "\\ud83d\\ude00",}', {"a": "😀"}),
        ('{"a": 1, "a": 2}', {"a": 2}),
        ('```json\n{"a": 1,}\n```\nwith {x}', {"a": 1}),
        ("{ }", {}),
        ("[1, 2]", [1, 2]),
    ],
)
def test_json_among_words_and_with_small_faults_is_read(text, value):
    assert loaded(text) == value


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "no JSON object"),
        ("no JSON", "no JSON object"),
        (LATEX, "broken or not closed"),
        ('<think>{"a": 1}</think>', "no JSON object"),
        ('{"a": 1', "broken or not closed: Expecting ',' delimiter: line 1 column 8"),
        ('```json\n{"a": 1,\n```', "not closed"),
        ('{"a": {"b": 1}', "not closed"),
        ('I mean {"a": {"b": 1}', "not closed"),
        ('{"frames": [{"a": 1}, {"a": 2}]', "not closed"),
        ('{"a": 1}\n{"a": 2}', "more JSON"),
        ('First {"a": 1}, no: {"a": 2}.', "more JSON"),
        ('```json\n{"a": 1}\n```\nor\n```json\n{"a": 2}\n```', "more JSON"),
        ('{"a": 1}, "b": 2}', "more JSON"),
        ('Here: [{"a": 1}]', "more JSON"),
        ('{"a": 1}}', "more JSON"),
        ('{"a": [1, 2}', "broken"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, "nested too deeply"),
        ("so " + '{"a":' * 900 + "1" + "}" * 899, "nested too deeply|not closed"),
        ('{"a": "\\ud83d",}', "surrogates"),
        ('{"a": "\\ud83d"}', "surrogates"),
        ('{"a": ' + "9" * 5000 + "}", "."),
    ],
    ids=lambda value: value[:30],
)
def test_what_nobody_can_tell_or_ends_too_early_is_a_value_error(text, fault):
    with pytest.raises(ValueError, match=fault) as caught:
        loaded(text)
    assert not isinstance(caught.value, RecursionError)


def test_numbers_keep_their_form_as_far_as_they_are_sound():
    for text in ('{"a": 5.10, "b": 7}', 'So: {"a": 5.10, "b": 7}.'):
        assert loaded(text, parse_float=str, parse_int=str) == {"a": "5.10", "b": "7"}
    assert loaded('{"a": 5.10, "b": 7,}', parse_float=str, parse_int=str) == {"a": "5.1", "b": "7"}


LONG = 2_000_000


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "text",
    [
        "</think>" * (LONG // 8),
        "```" * (LONG // 3),
        '{"' * (LONG // 2),
        "{ " * (LONG // 2) + "}",
        "{" + " " * LONG + ",}",
        '{"a":' * (LONG // 5),
        '{"a": "' + "x" * LONG + "}",
        '{"a": 1},' * (LONG // 9),
        '{"a": "' + "\\" * LONG + '",}',
        '{"a": ' + "9" * LONG + ",}",
        "so {'a': " + "[" * LONG + "}",
    ],
    ids=lambda text: f"{text[:4]}…{text[-3:]}",
)
def test_megabytes_of_nonsense_are_refused_at_once(text):
    with pytest.raises(ValueError, match=r"."):
        loaded(text)
