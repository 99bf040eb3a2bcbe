"""Multiple choice: whether what is said beside a choice speaks for another option: "B. The man swims."."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from curate.answers.likeness import TOKEN, tokens

READ = 300  # characters behind a choice in which its reason stands; what comes later is a story
NAME = r"[(\[]?([A-Z])[)\]]?(?![\w'’])"
# A letter that is stated behind a choice: "Final: C", "he swims, C", "because option C", "option C is right",
# "matches option C".
STATED = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?:[:：=→]|(?<![A-Z)\]]),|(?i:\b(?:so|thus|hence|therefore|is|choose|pick|be|because|since|as)\b))\s?(?i:option\s)?{NAME}(?=[\s.。!*]*$)",
        rf"(?<!\w)(?i:options?\s)?{NAME}\s(?i:is|seems|must\sbe)\s(?i:clearly\s|actually\s)?"
        r"(?i:the\s)?(?i:right|correct|true|best|answer)\b(?!\s(?:there|next|behind|in|at|before|after|side)\b)",
        rf"(?i:\b(?:match(?:es)?|fits?|supports?|confirms?|points?\sto|means|shows|is|as\sin)\s(?:option|answer|choice)\s){NAME}",
    )
)
LINE = re.compile(r"[\n;；]|[.。!?！？](?=\s|$)|(?<=[。！？])")
CLAUSE = re.compile(r"[,，、:()]|\s[-–—]\s|[–—]|\b(?:but|while|whereas|because|since|so|though|although)\b")
# Before an option's text in its clause, or right behind it, these deny or only weigh it.
DENYING = re.compile(
    r"\b(?:not|never|no|none|nobody|nothing|neither|nor|cannot|without|instead|rather|unlike|than|before|after|until|stop\w*"
    r"|if|could|may|might|would|wrong|incorrect|false|fail\w*|exclud\w+|eliminat\w+|ruled|except)\b|n['’]t\b|[不没非未]"
)
DENIED = re.compile(
    r"\s?(?:(?:is|are|was|were|does|do|did|can|has|have)(?=\b|n['’]t))?\s?(?:(?:clearly|also|both|all|be|been)\s)*"
    r"(?:not|never|nowhere|n['’]t|wrong|incorrect|false|excluded|eliminated|ruled|out|impossible|unlikely|absent|gone|[不没错])"
)
EMPTY = re.compile(
    r"(?:a|an|the|he|she|it|they|we|i|you|his|her|its|their|this|that|these|those|there|is|are|was|were|be|been|being|am"
    r"|do|does|did|has|have|had|will|s|t|of)"
)
LITTLE = frozenset({"yes", "no", "none"})  # "he has no hat" is no answer
LETTER = re.compile(r"[a-z]")
ARTICLES = ("the ", "a ", "an ")
TOWARDS = frozenset(
    {"to", "at", "with", "by", "for", "toward", "towards", "against", "like"}
)  # "gives it to the child"


class Word(NamedTuple):
    """A word of some weight: its stem, and where it stands."""

    stem: str
    start: int
    end: int


class Said(NamedTuple):
    """An option's text: the stems of its words, and whether it names a thing ("the child")."""

    stems: tuple[str, ...]
    thing: bool


def speaks_for_another(rest: str, label: str, options: Sequence[tuple[str, set[str]]]) -> bool:
    """Whether a text states another option's letter, or says another option's text and not its own.

    Texts are compared by the stems of their words ("he swims" says "Swimming"), each as a whole; what is denied or only
    weighed is not said. `options` are labels and texts as `plain` has them.
    """
    rest = rest[:READ]
    if ({name for name, _ in options} - {label}).intersection(stated(rest)):
        return True
    own = _texts(said for name, said in options if name == label)
    rivals = _texts(said for name, said in options if name != label) - own
    lines = [(line, _words(line)) for line in LINE.split(rest.casefold())]
    return any(_says(*line, text, own) for line in lines for text in rivals) and not any(
        _says(*line, text, rivals) for line in lines for text in own
    )


def stated(text: str) -> Iterator[str]:
    """Letters that are stated as the answer: at the end of a line, or as right."""
    for line in LINE.split(text):
        for pattern in STATED:
            yield from (match[1] for match in pattern.finditer(line))


def _texts(options: Iterable[set[str]]) -> set[Said]:
    """The texts that can be found in another: more than a letter or a "no"."""
    texts = {
        Said(tuple(word.stem for word in _words(one)), one.startswith(ARTICLES)) for said in options for one in said
    }
    return {text for text in texts if not LITTLE.issuperset(text.stems) and not LETTER.fullmatch(" ".join(text.stems))}


def _words(text: str) -> list[Word]:
    found = (match for match in TOKEN.finditer(text) if not EMPTY.fullmatch(match[0]))
    return [Word(tokens(match[0])[0], *match.span()) for match in found]


def _says(line: str, words: list[Word], text: Said, others: Collection[Said]) -> bool:
    """Whether a line says this text outright: not denied, not as a part of another one, nor as one who is there."""
    stems = [word.stem for word in words]
    if all(map(str.isdigit, text.stems)) and [stem for stem in stems if stem.isdigit()] != list(text.stems):
        return False  # ("2 on the left and 3 on the right": a reason's numbers are no answers)
    longer = [other.stems for other in others if len(other.stems) > len(text.stems)]
    within = {at + off for other in longer for at in _places(stems, other) for off in range(len(other))}
    return any(
        at not in within
        and not _denied(line, words[at].start, words[at + len(text.stems) - 1].end)
        and not (text.thing and at and stems[at - 1] in TOWARDS)
        for at in _places(stems, text.stems)
    )


def _places(words: Sequence[str], part: Sequence[str]) -> list[int]:
    """Where a text stands in another, word for word."""
    return [at for at in range(len(words) - len(part) + 1) if list(words[at : at + len(part)]) == list(part)]


def _denied(line: str, start: int, end: int) -> bool:
    begin = max((match.end() for match in CLAUSE.finditer(line, 0, start)), default=0)
    return DENYING.search(line, begin, start) is not None or DENIED.match(line, end) is not None
