"""Multiple choice: which options say what a text says."""

import re
from collections.abc import Sequence
from functools import cached_property, lru_cache

from curate.answers.dress import bare
from curate.answers.labels import named, parted
from curate.answers.quantities import equal
from curate.answers.symbols import MARK, written
from curate.answers.texts import joined, plain
from curate.answers.wordings import worded

STEMS = ("a ", "an ", "the ", "both ")  # "a cat" beside "cat"; but "A blue" is no "blue"
DEFINITE = ("the ", "an ")
SIGNS = re.compile(r"[%‰$€£¥]")
DIGIT = re.compile(r"\d")
NUMBERED = 60  # characters of an answer that is a number
MEASURE = re.compile(r"[^\w\s]{0,2}\d")
LONGEST = 300  # characters of a formula


@lru_cache(maxsize=8)  # an answer and its reference are read beside the same options
def _texts(options: tuple[str, ...]) -> list[tuple[str, set[str]]]:
    """Labels and texts, plain and without their dress; nobody changes them."""
    return [(label, {plain(text), plain(bare(text))}) for label, text in named(options)]


class Options:
    """The options of a question, by their labels and by what they say."""

    def __init__(self, options: Sequence[str]) -> None:
        self._options = options

    @cached_property
    def texts(self) -> list[tuple[str, set[str]]]:
        """Labels and what stands behind them, in the ways that it may be compared."""
        return _texts(tuple(self._options))

    @cached_property
    def stems(self) -> list[tuple[str, set[str]]]:
        """Texts without their article."""
        said = ((label, [text for text in texts if text.startswith(STEMS)]) for label, texts in self.texts)
        return [(label, {text.partition(" ")[2] for text in texts}) for label, texts in said if texts]

    @cached_property
    def labels(self) -> set[str]:
        """All letters."""
        return {label for label, _ in self.texts}

    @cached_property
    def initials(self) -> set[str]:
        """What texts begin with."""
        return {text[0] for _, texts in self.texts for text in texts if text}

    def saying(self, text: str) -> set[str]:
        """The labels of the options whose text this is, but for its dress, its article and the way it is written."""
        said = plain(text)
        if found := {label for label, texts in self.texts if said and said in texts}:
            asked = text.endswith("?") and not any("?" in option for option in self._options)
            return set() if asked else found
        stem = said.partition(" ")[2] if said.startswith(DEFINITE) else said
        if stem and (self.stems or stem != said):
            known = [*self.stems, *(self.texts if stem != said else ())]
            if found := {label for label, texts in known if stem in texts}:
                return found
        return self._attribute(said) or self._measure(said) or self._formula(text)

    def _attribute(self, said: str) -> set[str]:
        """Options that lack the 的 of an attribute, or have it where the text does not: 蓝色, 蓝色的."""
        if said.isascii() or not said:
            return set()
        other = said[:-1] if said.endswith("的") else f"{said}的"
        return {label for label, texts in self.texts if other in texts}

    def _measure(self, said: str) -> set[str]:
        close = joined(said)
        return {
            label
            for label, texts in (self.texts if MEASURE.match(said) else ())
            if any(close == joined(known) for known in texts)
        }

    def _formula(self, text: str) -> set[str]:
        """Options that are the same formula, written otherwise."""
        if len(text) > LONGEST or not (MARK.search(text) or any(map(MARK.search, self._options))):
            return set()
        said = written(bare(text))
        return {label for label, formula in self._formulas if said and formula == said}

    @cached_property
    def _formulas(self) -> list[tuple[str, str]]:
        return [(label, written(bare(text))) for label, text in named(self._options)]

    def measuring(self, text: str) -> frozenset[str]:
        """The one option that says the same number: "3 people" beside "3", "1/2" beside a fraction in LaTeX."""
        if not any(map(str.isdigit, text)) or len(text) > NUMBERED or parted(text):
            return frozenset()
        signs = set(SIGNS.findall(text))
        likely = [(label, said) for label, said in named(self._options) if DIGIT.search(said)]
        found = [label for label, said in likely if signs.issubset(said) and equal(text, said)]
        return frozenset(found) if len(found) == 1 else frozenset()

    def wording(self, text: str) -> frozenset[str]:
        """The one option that a text says in other words."""
        return frozenset(() if text.endswith("?") else worded(plain(bare(text)), self.texts) or ())
