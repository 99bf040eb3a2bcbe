"""Presets: known servers as data, and how each is told to think."""

import json
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from curate.presets import SETTINGS, Preset, named, presets, switched
from curate.providers.openai import OpenAIProvider

ROOT = Path(__file__).parent.parent
NAMES = (
    "openai", "deepseek", "openrouter", "together", "dashscope", "gemini", "anthropic", "ollama", "llama.cpp",
    "sglang", "lmdeploy", "vllm",
)  # fmt: skip
LOCAL = ("ollama", "llama.cpp", "sglang", "lmdeploy", "vllm")
TEMPLATE = {"chat_template_kwargs": {"enable_thinking": True}}


SERVERS = (ROOT / "docs" / "servers.md").read_text()


def table() -> str:
    """The presets as docs/servers.md shows them; `python -m tests.test_presets` prints it."""
    heads = "`preset =`", "address, key", "pictures, MiB in a request", "thinking is told in"
    heads += "`thinking = true`, `false`", "`effort`", "tried with"
    rows = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for name, told in presets().items():
        key = f"`{told.api_key_env}`" if told.api_key_env else "no key"
        limits = f"{told.images or '?'}, {told.max_payload or OpenAIProvider.model_fields['max_payload'].default:g}"
        switch = ", ".join(said(template) for template in (told.thinking_on, told.thinking_off))
        words = f"{said(told.effort)}: {', '.join(told.efforts)}" if told.effort else "–"
        tried = told.verified or "–"
        cells = (f'`"{name}"`', f"{told.base_url}, {key}", limits, told.reasoning, switch, words, tried)
        rows.append(f"| {' | '.join(cells)} |")
    rows.append("")
    for name, told in presets().items():
        rows.append(f"- **{told.title}** (`{name}`). {told.note} Source: {told.source}.")
    return "\n".join(rows)


def said(template) -> str:
    return f"`{json.dumps(template)}`" if template else "–"


def test_the_document_shows_them_all():
    assert table() in SERVERS


def provider(**options):
    return OpenAIProvider(**{"model": "m", **options})


def refusal(**options):
    with pytest.raises(ValidationError) as caught:
        provider(**options)
    return caught.value.errors()[0]["msg"]


def test_the_servers_that_people_use_have_one():
    assert tuple(presets()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_model_and_a_preset_make_a_provider(name):
    made, told = provider(preset=name), named(name)
    for setting in SETTINGS:
        if setting in OpenAIProvider.model_fields and getattr(told, setting) is not None:
            assert getattr(made, setting) == getattr(told, setting)
    assert made.identity == "m", "where a server is, is no part of what its model is"
    assert made.base_url.startswith("http://localhost:" if name in LOCAL else "https://")
    assert (made.api_key_env is None) == (name in LOCAL)
    assert re.fullmatch(r"[A-Z]+_API_KEY", made.api_key_env or "X_API_KEY")


@pytest.mark.parametrize("name", NAMES)
def test_every_preset_says_what_it_rests_on(name):
    told = named(name)
    assert told.source
    assert told.note.endswith(".")
    assert bool(told.verified) == (name in ("llama.cpp", "vllm")), "those that could be tried here"
    assert bool(told.effort) == bool(told.efforts)


def test_what_stands_beside_a_preset_counts():
    made = provider(preset="openai", base_url="http://127.0.0.1:1/v1", token_limit="max_tokens", api_key_env="MINE")
    assert (made.base_url, made.token_limit, made.api_key_env) == ("http://127.0.0.1:1/v1", "max_tokens", "MINE")
    assert made.max_payload == named("openai").max_payload


def test_openai_is_told_its_limit_in_the_field_that_all_its_models_know():
    assert provider(preset="openai").token_limit == "max_completion_tokens"
    assert provider().token_limit == "max_tokens"


def test_an_unknown_preset_names_the_nearest_one():
    assert refusal(preset="deepsek") == "Value error, unknown preset 'deepsek'; did you mean 'deepseek'?"
    assert "known: anthropic, dashscope" in refusal(preset="xyzzy")
    assert "unknown preset 7" in refusal(preset=7)


SAID = {
    ("openai", "thinking", False): {"reasoning_effort": "none"},
    ("openai", "effort", "high"): {"reasoning_effort": "high"},
    ("deepseek", "thinking", False): {"thinking": {"type": "disabled"}},
    ("deepseek", "effort", "max"): {"reasoning_effort": "max"},
    ("openrouter", "thinking", True): {"reasoning": {"enabled": True}},
    ("openrouter", "effort", "low"): {"reasoning": {"effort": "low"}},
    ("together", "thinking", False): {"reasoning": {"enabled": False}},
    ("dashscope", "thinking", True): {"enable_thinking": True},
    ("gemini", "effort", "low"): {"reasoning_effort": "low"},
    ("anthropic", "thinking", True): {"thinking": {"type": "adaptive"}},
    ("ollama", "thinking", False): {"reasoning_effort": "none"},
    ("llama.cpp", "thinking", True): TEMPLATE,
    ("sglang", "thinking", True): TEMPLATE,
    ("lmdeploy", "thinking", True): TEMPLATE,
    ("vllm", "thinking", True): TEMPLATE,
    (None, "thinking", True): TEMPLATE,
    (None, "effort", "medium"): {"reasoning_effort": "medium"},
}


@pytest.mark.parametrize(("name", "option", "value"), SAID)
def test_thinking_and_effort_are_said_in_the_servers_own_words(name, option, value):
    made = provider(preset=name, **{option: value})
    assert made.extra == SAID[name, option, value]


@pytest.mark.parametrize(("name", "option", "value"), SAID)
def test_they_are_the_same_model_as_by_hand(name, option, value):
    """Whoever wrote the fields into extra_body before buys nothing again."""
    by_hand = provider(extra_body=SAID[name, option, value])
    assert provider(preset=name, **{option: value}).identity == by_hand.identity


def test_both_together():
    assert provider(preset="deepseek", thinking=True, effort="low").extra == {
        "thinking": {"type": "enabled"},
        "reasoning_effort": "low",
    }
    assert provider(preset="openrouter", thinking=True, effort="low").extra == {
        "reasoning": {"enabled": True, "effort": "low"}
    }
    assert provider(preset="openai", thinking=True, effort="low").extra == {"reasoning_effort": "low"}


def test_gemini_takes_an_effort_beside_thoughts_in_one_place_only():
    thinking = {"include_thoughts": True, "thinking_level": "low"}
    made = provider(preset="gemini", thinking=True, effort="low")
    assert made.extra == {"extra_body": {"google": {"thinking_config": thinking}}}
    assert "$effort" in str(named("gemini").both), "the template stays one"


def test_the_users_own_fields_count_before_it():
    made = provider(thinking=False, extra_body={"chat_template_kwargs": {"enable_thinking": True, "x": 1}, "top_k": 3})
    assert made.extra == {"chat_template_kwargs": {"enable_thinking": True, "x": 1}, "top_k": 3}


def test_without_either_nothing_is_said():
    assert switched(None, None, None) == {}
    assert provider(preset="vllm").extra == {}
    assert provider(extra_body={"b": 1, "a": 2}).identity == 'm {"a": 2, "b": 1}'


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"preset": "anthropic", "effort": "low"}, "preset 'anthropic' has no switch for effort: leave it out, or"),
        ({"preset": "dashscope", "effort": "low"}, "preset 'dashscope' has no switch for effort"),
        ({"preset": "together", "effort": "minimal"}, "does not know effort = 'minimal'; known: low, medium, high"),
        ({"thinking": False, "effort": "low"}, "thinking = false asks for no thinking, effort says how much"),
        ({"thinking": True, "effort": "none"}, 'thinking = true asks for thinking, effort = "none" for none'),
    ],
)
def test_what_a_server_has_no_words_for_is_a_mistake(options, told):
    assert told in refusal(**options)


def test_a_server_without_a_switch_for_thinking_says_so(monkeypatch):
    dumb = Preset(title="x", base_url="http://x/v1", reasoning="", verified="", source="x", note="x.")
    known = presets() | {"dumb": dumb}
    monkeypatch.setattr("curate.presets.presets", lambda: known)
    assert "preset 'dumb' has no switch for thinking" in refusal(preset="dumb", thinking=False)
    assert "preset 'dumb' has no switch for effort" in refusal(preset="dumb", effort="low")
    assert provider(preset="dumb").base_url == "http://x/v1"


def test_no_thinking_at_no_effort_is_no_contradiction():
    assert provider(preset="openai", thinking=False, effort="none").extra == {"reasoning_effort": "none"}


if __name__ == "__main__":
    print(table())  # noqa: T201 - this is what it is for
