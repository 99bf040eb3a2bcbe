"""The option that the last sentence of a chain of thought names, where nothing before it states an answer."""

import re

from curate.answers.dress import bare
from curate.statements import DOUBT, final_sentence
from curate.wording import flat, said_in

DRAWN = (
    r"(?:so|therefore|thus|hence|overall|consequently|accordingly|ultimately|in conclusion|as a result"
    r"|in the end|in short|in summary|all in all|that means|this means(?: that)?|my conclusion is(?: that)?)"
)
CONCLUDING = re.compile(rf"{DRAWN}\b", re.IGNORECASE)
FIRST = re.compile(r"\bfirst\W*$")  # "it was the child who came first" doubts nothing
NEAR = 200  # characters before it, in which nothing else may be named
# "It isn't B but C": what is denied, and what is said instead.
NOT_BUT = re.compile(
    r"\b(?:(?:is|are|was|were|does|do|did)(?:n['’]t| not)|it['’]s not|not) ([^.,;!?]{1,60}?),? but "
    r"(?:rather |instead )?",
    re.IGNORECASE,
)
# "Therefore the car is blue": one thing, which is no other than the one that was asked about, and nothing behind it.
PLAINLY = re.compile(
    rf"{DRAWN},? (?:(?:he|she|they|it|this|that|these|those)"
    r"|(?:the|his|her|its|their) (?!(?:other|second|third|last|next|previous|remaining|left|right|rest|background|first"
    r"|same|one|latter|former|whole|question|option|choice|statement)\b)[a-z]{2,20}) (?:is|are|was|were|must be"
    r"|has to be|have to be) (?:clearly |indeed |therefore |actually |simply |made (?:out )?of )?$"
)
PRAISED = re.compile(
    rf"(?:{DRAWN},? )?(?:the )?(.{{1,80}}?) (?:is|must be|seems|would be) the (?:(?:only )?(?:right|correct|best"
    r"|likeliest|most \w{3,12}) )?(?:answer|option|choice)$"
)
# "The child it is", "therefore it was the child who opened it", "the child is the one who opened it"
POINTED_AT = re.compile(
    rf"(?:{DRAWN},? )?(?:the )?(.{{1,80}}?) it (?:is|must be|was)$"
    rf"|{DRAWN},? it (?:is|was|must be|must have been|has to be) (?:the )?(.{{1,80}}?) who .{{1,80}}$"
    rf"|(?:{DRAWN},? |(?:given|based on|from|considering) [^.;]{{1,60}}, )"
    r"(?:the )?(.{1,80}?) (?:is|was|must be) the one (?:who|that|which)\b.{1,80}$"
)
# Behind what is seen, all of it, or the clues: "everything points to cooking".
CLUES = (
    r"(?:everything|all(?: of)? (?:this|that|it|these|those)|all|this|that|these|which|(?:all |all of )?"
    r"(?:the|these|those|his|her|their|its) (?:[a-z]{2,15} ){0,3}(?:evidence|clues?|cues?|signs?|facts?|details?"
    r"|observations?|movements?|actions?|behaviou?r|setting|context|scene|pose|posture|gestures?|tools?|outfit|clothing))"
)
SPEAKS_FOR = re.compile(
    rf"(?:(?:so|thus|overall|together|taken together|in the end),? )?{CLUES}(?: here| in the scene| i (?:see|saw))? "
    r"(?:all |clearly |strongly |best |most likely |only |together )?(?:points? (?:to|towards?)|suggests?|supports?"
    r"|indicates?|speaks? for|adds? up to|amounts? to|match(?:es)?|fits?|confirms?|(?:is|are) consistent with"
    r"|corresponds? to|implies|imply)(?: that)?"
    r"(?: (?:he|she|it|they|the (?:man|woman|boy|girl|child|person|people)) (?:is|are|was|were))? (?:the |an? )?"
)
TURNED = re.compile(
    r"\b(?:before|after|while|than|without|instead|from|until|when|neither|nor|no|which|who|where|except|unlike"
    r"|besides|nothing|never|hardly|stops?|stopped|finish(?:es|ed)|too|other|another|else|others|opposite)\b"
)
# "So the lamp goes to the priest."
INDIRECT = re.compile(r"\b(?:to|of|by|with|behind|beside|near|like|for)(?: the| an?)? $")
SAYING = re.compile(r"\b(?:is|are|was|were|must|means?|makes|get|count|have)\b")
# A label at the end of a conclusion, apart from it: "so he swims, option C".
APART = re.compile(
    r"(?:[,;:–—-]\s?|\()(?:which\sis\s|that\sis\s|i\.e\.,?\s|so\s|hence\s|thus\s|making\sit\s)?(?:the\s)?"
    r"(?:(?:correct|right|best)\s)?(?:option|choice|answer)\s(?:is\s)?\(?([A-Z])\)?\)?[.!]?$"
)
ALONE = re.compile(r"[(\[]?(?:(?:option|choice|answer)\s)?[(\[]?([A-Z])[)\].:]*", re.IGNORECASE)
OTHER = re.compile(r"\b(?:option|choice|answer)s?\s\(?([A-Z])(?!\w)|\(([A-Z])\)|(?<![\w’'.])([B-HJ-Z])(?![\w’'])")
AGAINST = re.compile(
    r"\b(?:rul(?:es?|ed|ing)\sout|exclud\w{1,4}|eliminat\w{1,4}|contradict\w{0,4}|conflicts?|unlike|except|wrong|incorrect"
    r"|false|instead|rather|than|but|though|although|whereas|while|no|none|nothing|nobody|never|neither|nor|without"
    r"|against|cannot|can['’]t|reject\w{0,4}|dismiss\w{0,4}|missing|fails?|or)\b",
    re.IGNORECASE,
)


def concluded(tail: str, options: dict[str, str]) -> str | None:
    """The label of the one option that the last sentence of a text concludes with, by its label or its own text."""
    final = final_sentence(tail)
    if final.endswith(("?", "？")):
        return None
    said = bare(final)
    if denial := NOT_BUT.search(said):
        return _instead(denial[1], said[denial.end() :], options)
    if DOUBT.search(FIRST.sub("", said)):
        return None
    return _labelled(said, options) or _worded(said, tail.removesuffix(final), options)


def _instead(denied: str, rest: str, options: dict[str, str]) -> str | None:
    """The option that is all that is said instead of another, of "not B but C"."""
    label, words = ALONE.fullmatch(rest.rstrip(".! ")), flat(rest)
    if label and label[1] in options and (ALONE.fullmatch(denied) or OTHER.search(denied)):
        return label[1]
    exact = _named_by(words, options)
    other = set(said_in(flat(denied), options)) - set(exact)
    return exact[0] if len(exact) == 1 and other else None


def _named_by(words: str, options: dict[str, str]) -> list[str]:
    """The options whose whole text these words are, but for an article."""
    return [label for label, text in options.items() if text.removeprefix("the ") == words.removeprefix("the ")]


def _labelled(said: str, options: dict[str, str]) -> str | None:
    """The option whose label is all that is said, or stands at the end of what is."""
    if alone := ALONE.fullmatch(said):
        return alone[1] if alone[1] in options else None
    at_end = APART.search(said)
    if at_end is None or at_end[1] not in options:
        return None
    before = said[: at_end.start()]
    named = {label for match in OTHER.finditer(before) for label in match.groups() if label in options}
    worded = said_in(flat(before), options)
    firm = CONCLUDING.match(said) or worded or SAYING.search(before)
    return None if not firm or AGAINST.search(before) or named - {at_end[1]} or set(worded) - {at_end[1]} else at_end[1]


def _worded(final: str, before: str, options: dict[str, str]) -> str | None:
    """The option whose own text is what the last sentence says, praises, points at, or ends in."""
    said = flat(final)
    for match in filter(None, (PRAISED.fullmatch(said), POINTED_AT.fullmatch(said))):
        words = next(filter(None, match.groups()))
        exact = _named_by(words, options)
        if len(exact) == 1 and said_in(said, options) == exact:
            return exact[0]
    ends = [label for label, text in options.items() if text and said.endswith(f" {text}")]
    named = said_in(said, options)
    if len(ends) != 1 or named != ends:
        return None
    return ends[0] if _ended(said, options[ends[0]], ends[0], before, options) else None


def _ended(said: str, text: str, label: str, before: str, options: dict[str, str]) -> bool:
    """Whether a sentence that ends in an option's text concludes with it."""
    lead = said[: -len(text)]
    if SPEAKS_FOR.fullmatch(lead):
        return True
    if not CONCLUDING.match(said):
        return False
    if " " in text:
        return not any(turns.search(lead) for turns in (TURNED, INDIRECT, AGAINST))
    return PLAINLY.match(lead) is not None and set(said_in(flat(before[-NEAR:]), options)) <= {label}
