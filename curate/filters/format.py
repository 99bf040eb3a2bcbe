"""Format: a row's target must be what the format reward of the trainers asks for."""

import re
import unicodedata

from curate.filter import Filter
from curate.record import Record, Thought
from curate.tags import TAG, in_format, process

# All control characters but \n, \t and \r before \n, what turns the direction of writing, what stands for a broken
# character, and halves of surrogate pairs, which no encoder takes.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffd\ud800-\udfff]")
UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))  # they hide a tag from a search
# Tags of another kind, and what chat templates and trainers put in place of turns and media.
LIKE_TAGS = re.compile(
    r"(?:<|＜|&lt;)/?(?:think(?:ing)?|thoughts?|reason(?:ing)?|reflection|scratchpad|answer)\b"
    r"|\[/?(?:think|answer|inst)\]|<\|[\w-]{1,40}\|>|<(?:image|video|audio)>|</s>",
    re.IGNORECASE,
)
CLOSING = frozenset(".!?…\"'”’»)]}*`$~。！？」』）】")
PAIRED = ("```", "$$")
# A last word that ends a thinking without a mark: a number with its unit, a label, a word in capitals, a formula.
WHOLE = re.compile(
    r"[\s(=](?:\S*\d\S*(?:\s(?:[ckm]?m|k?g|m?s|min|hr?|ft|in|lbs?|oz|[mk]ph|[ap]m)[²³]?)?|\S*[²³%°]|[A-Z]{1,20}"
    r"|\\[a-z]+\{.*\})$"
)
ITEM = re.compile(r"\s{0,8}(?:[-*•]|\d{1,2}[.)]|[A-Z][.:)])\s\S")


class FormatFilter(Filter):
    """Drops thinking that is empty, cut off, holds tags, marks of a chat or control characters, or has no format.

    The training target is `<think>…</think>`, a newline and `<answer>…</answer>`, each tag once.
    A thinking counts as cut off where it ends in the midst of a sentence (in neither punctuation, a closing bracket or
    quote, a symbol such as "✅", a number, a word in capitals nor a list), or leaves a code block or a formula open.
    """

    def reason(self, record: Record) -> str | None:
        """The first rule that the thinking breaks."""
        thinking = record[Thought].thinking
        if not thinking.strip():
            return "empty thinking"
        shown = thinking if thinking.isascii() else thinking.translate(UNSEEN)
        if tag := any(mark in shown for mark in "<＜[&") and (TAG.search(shown) or LIKE_TAGS.search(shown)):
            return f"tags inside the thinking: {tag[0]!r}"
        if control := CONTROL.search(thinking.replace("\r\n", "\n") if "\r" in thinking else thinking):
            return f"control character: {control[0]!r} at character {control.start()}"
        if cut := truncated(thinking):
            return f"truncated: {cut}"
        return None if in_format(f"{process(thinking)}\n{record.solution}") else "not in the format"


def truncated(thinking: str) -> str | None:
    """How a thinking betrays that its end is missing, or None. It must not be blank."""
    text = thinking.rstrip()
    for mark in PAIRED:
        if text.count(mark) % 2:
            return f"{mark} is never closed"
    last = text.rstrip("\ufe0e\ufe0f")[-1:]
    if last in CLOSING or unicodedata.category(last or " ") in ("So", "Sk"):
        return None
    line = text[text.rfind("\n") + 1 :]
    return None if WHOLE.search(line[-80:]) or ITEM.match(line) else f"ends in {text[-30:]!r}"
