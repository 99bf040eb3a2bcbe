"""Options by their own texts, and which of them stand in some words."""

import re
from collections.abc import Sequence
from functools import lru_cache

from curate.answers.dress import bare
from curate.answers.labels import named


def flat(text: str) -> str:
    """The text in lower case with single blanks, without the marks around it."""
    return " ".join(text.casefold().split()).strip(" .!?*\"'“”‘’)(")


def option_texts(options: Sequence[str]) -> dict[str, str]:
    """{label: text in lower case}; options without labels are A, B, C, … Nobody changes it."""
    return _option_texts(tuple(options))


@lru_cache(maxsize=8)  # one thinking is read beside the same options, sentence by sentence
def _option_texts(options: tuple[str, ...]) -> dict[str, str]:
    return {label: flat(bare(text)) for label, text in named(options)}


def said_in(words: str, options: dict[str, str]) -> list[str]:
    """The options whose texts stand in these words, each as a whole; not those that are part of a longer one there."""
    likely = {label: text for label, text in options.items() if text in words and (len(text) > 1 or text.isdigit())}
    there = {label: text for label, text in likely.items() if re.search(rf"(?<!\w){re.escape(text)}(?!\w)", words)}
    return [label for label, text in there.items() if not any(text != t and text in t for t in there.values())]
