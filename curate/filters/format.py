"""Format: a row's target must be what the format reward of the trainers asks for."""

import re
import unicodedata

from curate.filter import Filter
from curate.record import Record, Thought
from curate.tags import TAG, in_format, process

# All control characters but \n and \t, and halves of surrogate pairs, which no encoder takes.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
CLOSING = frozenset(".!?…\"'”’»)]}*`$~。！？」』）】")
PAIRED = ("```", "$$")


class FormatFilter(Filter):
    """Drops thinking that is empty, cut off, holds tags or control characters, or breaks the format.

    The training target is `<think>…</think>`, a newline and `<answer>…</answer>`, each tag once.
    A thinking counts as cut off where it ends in neither punctuation, a closing bracket or quote nor
    a symbol such as "✅", or leaves a code block or a formula open.
    """

    def reason(self, record: Record) -> str | None:
        """The first rule that the thinking breaks."""
        thinking = record[Thought].thinking
        if not thinking.strip():
            return "empty thinking"
        if tag := TAG.search(thinking):
            return f"tags inside the thinking: {tag[0]!r}"
        if control := CONTROL.search(thinking):
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
    return f"ends in {text[-30:]!r}"
