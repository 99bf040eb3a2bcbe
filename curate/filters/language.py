"""Language: a thinking must be in one language, and in the right one."""

import re
from functools import cache
from importlib.util import find_spec
from typing import Any, Self

from pydantic import Field, model_validator

from curate.filter import Filter
from curate.record import Record, Thought
from curate.scripts import SCRIPTS, foreign
from curate.stages.draft import Draft

PIECE = 400  # characters judged at once, so that a text that changes its language on the way is found, too
LEAST = 120  # letters below which no language is told: short texts are misjudged
SURE = 0.95  # py3langid's confidence below which nothing is said; a piece of prose in its language has 0.99 and more
AROUND = 20

QUOTED = re.compile(
    r"\"[^\"\n]{0,300}\"|“[^”\n]{0,300}”|‘[^’\n]{0,300}’|'[^'\n]{0,100}'|«[^»\n]{0,300}»|`[^`\n]{0,300}`"
    r"|「[^」\n]{0,300}」|『[^』\n]{0,300}』|《[^》\n]{0,300}》|\([^()\n]{0,100}\)|（[^（）\n]{0,100}）"
)
SHOWN = re.compile(
    r"\b(?:says?|said|reads?|reading|written|writes|shows?|signs?|banner|characters?|texts?|label(?:l?ed)?|words?|"
    r"letters?|kanji|symbols?|title[ds]?|called|named|subtitles?|logo)\b[^.!?\n]{0,60}$",
    re.IGNORECASE,
)
SHOWN_BEHIND = re.compile(
    r"[»”\"']? (?:texts?|characters?|signs?|letters|writing|script|means|stands for)\b", re.IGNORECASE
)
WORD = re.compile(r"[a-z']+")
# An English text has a quarter to a half of these; no other language comes near a fifth.
ENGLISH = frozenset({
    "the", "and", "to", "of", "that", "it", "with", "this", "as", "at", "by", "from", "they", "which", "be", "are",
    "has", "have", "not", "but", "or", "for", "his", "her", "its", "he", "she", "there", "what", "so", "then", "i",
    "is", "on", "my", "would", "could", "who", "one", "if", "their",
})  # fmt: skip
ENOUGH = 0.2


class LanguageFilter(Filter):
    """Drops thinking that slips into another script, or is not in `language` (an ISO 639-1 code).

    What the question says, what was answered, and what stands in quotation marks or brackets or behind "the
    sign says" is text on screen, and free. `max_foreign` is the share of letters in other scripts that may be
    left. The language itself is told by py3langid (`pip install 'curate[language]'`), piece by piece; pieces
    that are English by their commonest words, if that is the language, never reach it.
    """

    language: str = "en"
    max_foreign: float = Field(default=0.0, ge=0, le=1)

    @model_validator(mode="after")
    def _can_be_told(self) -> Self:
        if self.language not in SCRIPTS:
            raise ValueError(f"unknown language {self.language!r}; known: {', '.join(sorted(SCRIPTS))}")
        if find_spec("py3langid") is None:
            raise ValueError("telling languages apart needs py3langid: pip install 'curate[language]'")
        return self

    def reason(self, record: Record) -> str | None:
        """ "mixed scripts: …" or "wrong language: …"."""
        thinking = record[Thought].thinking
        if slip := self.slip(thinking, record):
            return f"mixed scripts: {thinking[max(slip.start() - AROUND, 0) : slip.end() + AROUND]!r}"
        text = QUOTED.sub(" ", thinking)
        for piece in (text[start : start + PIECE] for start in range(0, len(text), PIECE)):
            if (self.language == "en" and is_english(piece)) or sum(map(str.isalpha, piece)) < LEAST:
                continue
            found, sure = identifier().classify(piece)
            if found != self.language and sure >= SURE:
                return f"wrong language: {found} in {piece[:60]!r}"
        return None

    def slip(self, thinking: str, record: Record) -> re.Match[str] | None:
        """The first run of letters in another script that is no quotation, where these are too many."""
        runs = list(foreign(thinking, self.language))
        if not runs:
            return None
        asked = f"{record.question} {record[Draft].answer if Draft in record else ''}".casefold()
        quotes = [match.span() for match in QUOTED.finditer(thinking)]
        slips = [run for run in runs if not _shown(run, asked, quotes)]
        letters = sum(map(str.isalpha, thinking))
        return slips[0] if sum(len(slip[0]) for slip in slips) > self.max_foreign * letters else None


def _shown(run: re.Match[str], asked: str, quotes: list[tuple[int, int]]) -> bool:
    """Whether this is text on screen, or the question's own."""
    if run[0].casefold() in asked or any(start < run.start() < end for start, end in quotes):
        return True
    if SHOWN_BEHIND.match(run.string, run.end()):
        return True
    return SHOWN.search(run.string[max(run.start() - 80, 0) : run.start()]) is not None


def is_english(text: str) -> bool:
    """Whether this is English beyond doubt, by its commonest words."""
    words = WORD.findall(text.lower())
    return sum(word in ENGLISH for word in words) >= ENOUGH * max(len(words), 1)


@cache
def identifier() -> Any:
    """py3langid's model, read once; its confidences are probabilities over all its languages."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
