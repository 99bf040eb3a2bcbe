"""What a server's answers to a few small requests say of it: each a row, with what to do about it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from curate.chat import Reply
from curate.checks import nearest
from curate.checkup import Finding
from curate.errors import AskError, AwayError, MediaError, RefusedError, TransientError
from curate.listings import entry
from curate.modes import ENFORCED, MODES, Mode
from curate.posting import Answer
from curate.presets import Preset
from curate.structure import Wish
from curate.thoughts import HIDDEN, place

UNSEEN = "pictures do not count, and it may not look at them"
SHORT = 12  # names that are told in full
_LIMIT = re.compile(r"(?:at most|maximum of|up to|limit(?:ed)?(?: is| of| to)?:?) {0,2}(\d{1,6})\b", re.IGNORECASE)
_RATES = ("limit-requests", "limit-tokens", "remaining-requests", "remaining-tokens")


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of one request, after so many seconds: a reply, or an error; and the answer, where there was one."""

    reply: Reply | None = None
    error: AskError | MediaError | None = None
    answer: Answer | None = None
    seconds: float = 0.0


def lost(error: AskError) -> Finding:
    """That no answer came, or that it wants to be left alone."""
    do = ": start it, or set base_url to where it is" if isinstance(error, AwayError) else ": try again"
    return Finding("server", False, f"{error}{do if isinstance(error, TransientError) else ''}", needed=True)


def preset(told: Preset) -> Finding:
    """Whose server it is thought to be, and what a user must know of it."""
    tried = f"tried with {told.verified}" if told.verified else "as its documents say, not tried"
    facts = {"title": told.title, "verified": told.verified}
    return Finding("preset", True, f"{told.title}, {tried}. {told.note}", facts=facts)


def models(name: str, listed: Sequence[dict[str, Any]] | None) -> Finding:
    """Whether the server lists the model of this name; None: it gives no list."""
    if listed is None:
        return Finding("models", True, "can be reached; does not tell which it serves", facts={"models": None})
    names, known = [model["id"] for model in listed], entry(listed, name) is not None
    near = nearest(name, names)
    told = f"serves {name}, one of {len(names):,}" if known else f"does not list {name!r}"
    if not known:
        told += near if len(names) <= SHORT else near.partition("; known")[0]
    return Finding("models", known, told, facts={"models": len(names), "listed": known})


def answers(heard: Heard, key: str | None) -> Finding:
    """Whether it answers at all; `key` is the variable whose key it took."""
    if heard.reply is None:
        return Finding("answers", False, str(heard.error), needed=True)
    told = f"within {heard.seconds:.1f} s" + (f", and takes the key in {key}" if key else "")
    facts = {"seconds": round(heard.seconds, 3), "key": key, "finish": heard.reply.finish}
    return Finding("answers", True, told, needed=True, facts=facts)


def room(context: int | None, reply: int, prompt: int) -> Finding:
    """Whether a reply and a prompt of so many tokens at most fit into the context."""
    facts = {"context": context, "max_tokens": reply}
    if context is None:
        return Finding("context", True, "its length is not told", facts=facts)
    left = max(context - reply, 0)
    told = f"{context:,} tokens" + (f"; max_tokens = {reply} leaves {left:,} of them for a prompt" if reply else "")
    if left >= prompt:
        return Finding("context", True, told, facts=facts)
    do = "lower max_tokens, window or max_frames, or give the server more"
    return Finding("context", False, f"{told}, and one may take {prompt:,}: {do}", facts=facts)


def reasoning(answer: Answer, reply: Reply) -> Finding:
    """Where the server tells what the model thought."""
    found = place(answer.body)
    if found == HIDDEN:
        told = "counts thinking and does not tell it: set structured = true for draft"
    elif found:
        told = f"tells thinking in {found}"
    else:
        told = "none seen: a model that does not think by itself needs structured = true for draft"
    if reply.cut and not reply.text.strip():
        told = f"{told} (the reply was cut before its text)"
    return Finding("reasoning", True, told, facts={"reasoning": found})


def cache(heard: Heard) -> Finding:
    """Whether the same prompt came out of a cache."""
    if heard.reply is None:
        return Finding("prefix cache", True, f"not told: {heard.error}", facts={"cached_tokens": None})
    cached, prompt = heard.reply.cached_tokens, heard.reply.prompt_tokens
    told = f"asked again, {cached:,} of {prompt:,} tokens came from it"
    if not cached:
        told = "none, or not told (vLLM: --enable-prompt-tokens-details, SGLang: --enable-cache-report)"
    return Finding("prefix cache", True, told, facts={"cached_tokens": cached, "prompt_tokens": prompt})


def shape(mode: Mode | AskError, wish: Wish) -> Finding:
    """How JSON can be asked for so that the server keeps to it; `wish` is the setting `json_mode`."""
    if isinstance(mode, AskError):
        return Finding("JSON", False, f"not told: {mode}", facts={"json_mode": None})
    kept = f"{mode} is kept to" if mode in ENFORCED else "no schema is kept to"
    how = "" if mode in ENFORCED else f", {mode} is what works, with the schema in the prompt"
    facts = {"json_mode": mode, "set": wish}
    if wish not in ("auto", mode) and MODES.index(wish) < MODES.index(mode):
        return Finding("JSON", False, f'{kept}{how}: set json_mode = "{mode}", or "auto"', facts=facts)
    return Finding("JSON", True, f"{kept}{how}", facts=facts)


def blind(heard: Heard) -> Finding:
    """That it takes no picture at all."""
    what = "it takes none" if isinstance(heard.error, RefusedError) else "whether it takes any is not told"
    told = f"its stages show it frames, and {what}: {heard.error}"
    return Finding("images", False, told, needed=True, facts={"images": 0})


def images(one: Reply, heard: Heard, count: int, beside: int) -> Finding:
    """Whether it takes `count` pictures in a request, and counts tokens for them; `one` is its reply to one. Text of
    `beside` characters goes with each.
    """
    if heard.reply is None:
        found = _LIMIT.search(str(heard.error))
        limit = int(found[1]) if found else None
        what = f"{limit} in a request at most" if limit is not None else f"not {count} in a request"
        do = f"set window and max_frames to {limit or 'less'}, or raise the server's limit; it says: {heard.error}"
        told = f"{what}, and the stages send up to {count}: {do}"
        return Finding("images", False, told, needed=True, facts={"images": limit})
    each = (heard.reply.prompt_tokens - one.prompt_tokens) / (count - 1)
    facts = {"images": count, "tokens_each": round(each, 1)}
    if each < 1:
        told = f"{count} of them take no more tokens than one ({heard.reply.prompt_tokens:,}): it may not look at them"
        return Finding("images", False, told, facts=facts)
    if each < beside:
        told = f"{count} in a request, {each:.0f} tokens each, as the words between them take alone: {UNSEEN}"
        return Finding("images", False, told, facts=facts)
    return Finding("images", True, f"{count} in a request, {each:.0f} tokens each at the size tried", facts=facts)


def video(heard: Mapping[int, Heard], single: Reply, wanted: bool) -> Finding:
    """Whether so many JPEGs travel as one video, by their number, and all of them count; `wanted`: they are to.
    `single` is its reply to one picture.
    """
    for one in heard.values():
        if one.reply is None:
            do = 'takes no JPEG sequence: keep video = "images", or start vLLM with --trust-request-mm-kwargs'
            if not isinstance(one.error, RefusedError):
                do = "not told whether it takes a JPEG sequence"
            told = f"{do}; it says: {one.error}"
            return Finding("video", not wanted, told, wanted, {"jpeg_sequence": False})
    tokens = {count: one.reply.prompt_tokens for count, one in heard.items() if one.reply}
    told = "a JPEG sequence of " + " and ".join(f"{count} takes {said:,} tokens" for count, said in tokens.items())
    facts = {"jpeg_sequence": len(set(tokens.values())) == len(tokens), "tokens": list(tokens.values())}
    if facts["jpeg_sequence"]:
        return Finding("video", True, told, facts=facts)
    if max(tokens.values()) <= single.prompt_tokens:
        return Finding("video", False, f"{told}, no more than one picture: {UNSEEN}", wanted, facts)
    return Finding("video", not wanted, f'{told}: it drops some; keep video = "images"', wanted, facts)


def rates(headers: Mapping[str, str]) -> Finding | None:
    """The limits that an answer's headers tell; None where they tell none."""
    found = {name: headers[f"x-ratelimit-{name}"][:40] for name in _RATES if headers.get(f"x-ratelimit-{name}")}
    told = ", ".join(f"{name.replace('-', ' ')} {value}" for name, value in found.items())
    return Finding("rates", True, told, facts=dict(found)) if found else None
