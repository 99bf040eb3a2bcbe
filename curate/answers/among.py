"""Multiple choice: a text that may choose, read among the options of its question."""

import re
from collections.abc import Sequence

from curate.answers.asides import HEDGED, beside, explains, unsure
from curate.answers.reasons import names, reasoned
from curate.answers.rivals import speaks_for_another
from curate.answers.sayings import Options

LETTER = re.compile(r"(?:\(([a-z])\)|\[([a-z])\]|\{([a-z])\}|([a-z]))", re.IGNORECASE)
ENDED = re.compile(r"[\s.。):,，;!、]*")
PARTED = re.compile(
    r"(?:(?<=[)\]])|[.。、):：])\s?|\s?[-–—]\s|[–—]|\n|,?\s(?=(?:because|since)\b)|,\s(?=as\b)|\s(?=\()"
)
LISTED = re.compile(r"(?:both|all of|all)\s|[(\[{](?=[^()\[\]{}]{2,}[)\]}]$)", re.IGNORECASE)
WORD = re.compile(r"[A-Za-z0-9]")


DRESS = " \n*`'’‘"
TWICE = re.compile(r"(\d{1,9}),\1")  # "5,5" is no "5"
IF = re.compile(r"\b(?:if|unless|either)\b|\?", re.IGNORECASE)


RUN = re.compile(r"[A-Z](?: ?[A-Z]){1,25}")
# What parts several choices; the first that leaves nothing but choices counts, since options may hold the others.
BETWEEN = [
    re.compile(rf"\s?(?:{signs})(?=\S)", re.IGNORECASE)
    for signs in (
        r"[;；\n]\s?",
        r"[,;&/+|、，；\n]\s?",
        r",\s?(?:and|as well as)\s|[,;&/+|、，；\n和与及]\s?|\s(?:and|as well as)\s",
    )
]
BESIDE = re.compile(r"(?<=[)\]])\s?(?=[(\[])|(?<=\S)\s(?=[(\[]?[A-Z][).:])")  # "(A)(C)", "A. red C. blue"


class Among:
    """Reads texts as choices among these options."""

    def __init__(self, options: Sequence[str]) -> None:
        self._options = Options(options)

    def letters(self, text: str) -> frozenset[str]:
        """What a text chooses that says nothing else."""
        one = self._one(text)
        if one and self._own(text, one):
            return frozenset(one)
        several = self._several(text.strip(f"{DRESS}.。\n"))
        if not (one or several) and (begun := text.strip(DRESS))[:1].casefold() in self._options.initials:
            one = reasoned(begun, self._options.texts)
        return several or frozenset(one or ())

    def otherwise(self, text: str) -> frozenset[str]:
        """The one option whose number, or whose text in other words, a text says."""
        return self._options.measuring(text) or self._options.wording(text)

    def turned(self, choice: frozenset[str], behind: str) -> bool:
        """Whether what stands behind the statement of one choice speaks for another."""
        return len(choice) == 1 and speaks_for_another(behind, next(iter(choice)), self._options.texts)

    def closing(self, reason: str, label: str) -> frozenset[str]:
        """The option of a letter that a text closes with, unless its reason is in doubt or speaks for another."""
        found = self.letters(label)
        doubted = unsure(reason) or IF.search(reason) or self.turned(found, reason)
        return frozenset() if doubted else found

    def _one(self, text: str) -> str | None:
        text = text.strip(DRESS)
        match = LETTER.match(text)
        label: str | None = next(filter(None, match.groups())).upper() if match else None
        lone = match is not None and ENDED.fullmatch(text, match.end()) is not None
        if lone and label in self._options.labels:
            return label
        said = self._options.saying(text)
        if lone and not said:
            return label
        if said:
            return said.pop() if len(said) == 1 else None
        return label if match and label and self._goes_on(label, text, match.end()) else None

    def _goes_on(self, label: str, text: str, at: int) -> bool:
        """Whether what follows a label is its own option's text, or an explanation: no second label, no denial."""
        parted = PARTED.match(text, at)
        behind = text[parted.end() if parted else at :]
        rest = behind.strip(f"{DRESS}()")
        if said := self._options.saying(rest):
            return label in said and bool(parted or not WORD.match(text, at))
        if not (parted and explains(rest)) or self._hedged(label, rest, "(" in text[at : at + 2]):
            return False
        return not speaks_for_another(rest, label, self._options.texts)

    def _hedged(self, label: str, rest: str, in_brackets: bool) -> bool:
        """Whether what stands behind a label, and behind its option's text, leaves the choice in doubt."""
        if unsure(rest):
            return True
        low = rest.casefold()
        known = [*self._options.texts, *self._options.stems]
        own = [len(text) for one, texts in known if one == label for text in texts if text and low.startswith(text)]
        if not (own or in_brackets):
            return False
        behind = rest[max(own, default=0) :]
        near = beside(behind)
        return behind.startswith("?") or HEDGED.search(near) is not None or names(near, label, known)

    def _several(self, text: str) -> frozenset[str]:
        """The letters, where every part of the text is a choice and there are two at least."""
        if TWICE.fullmatch(text):
            return frozenset()
        if listed := LISTED.match(text):
            text = text[listed.end() :].rstrip(")]}" if text[listed.end() - 1] in "([{" else "")
        run = text.replace(" ", "")
        if RUN.fullmatch(text) and len(set(run)) == len(run):
            return frozenset(run) if self._options.labels.issuperset(run) else frozenset()
        for between in BETWEEN:
            found = [self._one(part) for part in between.split(text, maxsplit=26)]
            if len(found) > 1 and all(found):
                return frozenset(name for name in found if name)
        parts = BESIDE.split(text, maxsplit=26)
        found = [self._one(part) for part in parts]
        if len(parts) > 1 and all(name and self._own(part, name) for part, name in zip(parts, found, strict=True)):
            return frozenset(name for name in found if name)
        return frozenset()

    def _own(self, text: str, label: str) -> bool:
        """Whether a text is this label, this option's text, or the two together, and nothing else."""
        text = text.strip(DRESS)
        match = LETTER.match(text)
        if match and ENDED.fullmatch(text, match.end()):
            return True
        parted = PARTED.match(text, match.end()) if match else None
        return label in self._options.saying(text) or bool(
            parted and label in self._options.saying(text[parted.end() :])
        )
