"""Rows that stand for others in the report: what a reviewer needs of each, in bounded lengths."""

import ast
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import islice
from typing import Any

from curate.prose import Change, changes, similarity
from curate.record import Record, Thought
from curate.tags import answer_in

QUESTION, OPTION, ANSWER, THINKING = 600, 160, 300, 600  # characters
OPTIONS = 10
LONG = {"same": 240, "gone": 480, "new": 480}  # characters of one piece of a difference
DIFFED = 12_000  # characters of each thinking that are compared
PIECES = 60  # of a difference
QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
SHORTEST = 3  # characters of a quotation that is looked for
ELLIPSIS = "…"


def example(item: object, record: Record | None, detail: str, unseen: str) -> dict[str, Any]:
    """A row as an example: `record` is what became of it, with all that the stages found, else `item` is the raw row.

    `unseen` says why its medium cannot be shown where it has no `record`.
    `thinking` is a passage of the last thinking, cut in three: before, the words that `detail` quotes, and after.
    """
    told = _question(record.row if record is not None else item)
    thoughts = [output for output in record.outputs if isinstance(output, Thought)] if record is not None else []
    answers = [getattr(thought, "answer", None) for thought in thoughts]
    answer = next((answer for answer in answers if isinstance(answer, str)), None)
    return told | {
        "medium": record.medium.sha256 if record is not None else None,
        "unseen": unseen if record is None else "",
        "detail": detail,
        "answer": None if answer is None else cut(answer, ANSWER),
        "thinking": list(passage(thoughts[-1].thinking, detail)) if thoughts else None,
    }


def revision(record: Record) -> dict[str, Any]:
    """A record whose first thinking another one took the place of: what is gone and what is new."""
    thoughts = [output.thinking for output in record.outputs if isinstance(output, Thought)]
    pieces = shortened(changes(thoughts[0][:DIFFED], thoughts[-1][:DIFFED]))
    told = {"medium": record.medium.sha256, "unseen": "", "kept": round(similarity(thoughts[0], thoughts[-1]), 3)}
    return _question(record.row) | told | {"pieces": [list(piece) for piece in pieces]}


def _question(row: object) -> dict[str, Any]:
    """What is asked about what, from a row that may be anything."""
    fields = row if isinstance(row, Mapping) else {}
    number = fields.get("problem_id")
    options = fields.get("options")
    shown = list(options) if isinstance(options, list | tuple) else []
    reference = fields.get("solution")
    return {
        "problem_id": number if isinstance(number, int) and abs(number) < 2**63 else None,
        "problem_type": _text(fields.get("problem_type"), ANSWER),
        "data_source": _text(fields.get("data_source"), ANSWER),
        "path": _text(fields.get("path"), ANSWER),
        "question": _text(fields.get("problem"), QUESTION),
        "options": [_text(option, OPTION) for option in shown[:OPTIONS]] + [ELLIPSIS] * (len(shown) > OPTIONS),
        "reference": _text((answer_in(reference) or reference) if isinstance(reference, str) else None, ANSWER),
    }


def cut(text: str, most: int) -> str:
    """At most so many characters of a text, with a sign where it goes on."""
    return text if len(text) <= most else f"{text[: most - 1]}{ELLIPSIS}"


def passage(thinking: str, detail: str) -> tuple[str, str, str]:
    """The passage that a reason's detail is about: before its quotation, that, and after; else the thinking's end."""
    text = " ".join(thinking.split())
    lower = text.lower()
    for match in QUOTED.finditer(detail):
        quoted = ""
        with suppress(ValueError, SyntaxError):
            quoted = " ".join(str(ast.literal_eval(match[0])).split())
        at = lower.find(quoted.lower()) if len(quoted) >= SHORTEST and len(lower) == len(text) else -1
        if at >= 0:
            return _around(text, at, at + min(len(quoted), THINKING // 2))
    return _around(text, len(text), len(text))


def shortened(pieces: Iterable[Change]) -> list[Change]:
    """The first pieces of a difference, without the middle where they are long."""
    return [Change(kind, _middle_out(text, LONG[kind])) for kind, text in islice(pieces, PIECES)]


def _around(text: str, start: int, end: int) -> tuple[str, str, str]:
    first = max(start - (THINKING - (end - start)) // 2, 0) if start < len(text) else max(start - THINKING, 0)
    last = min(first + THINKING, len(text))
    before, after = text[first:start], text[end:last]
    before = f"{ELLIPSIS} {before.partition(' ')[2] or before}" if first else before
    after = f"{after.rpartition(' ')[0] or after} {ELLIPSIS}" if last < len(text) else after
    return before, text[start:end], after


def _middle_out(text: str, most: int) -> str:
    """The beginning and the end of a long text, cut between words where there are any near."""
    if len(text) <= most:
        return text
    before, after = text[: most // 2], text[-most // 2 :]
    return f"{before.rpartition(' ')[0] or before} {ELLIPSIS} {after.partition(' ')[2] or after}"


def _text(value: object, most: int) -> str:
    return cut(value, most) if isinstance(value, str) else "" if value is None else cut(repr(value)[: most + 1], most)
