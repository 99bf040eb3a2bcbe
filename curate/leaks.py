"""What gives away that something was read instead of seen: rules for English text (arXiv 2505.12434, section 3.1)."""

import re
from collections.abc import Callable, Iterator
from functools import cache

from curate.carriers import in_the_scene
from curate.clocks import on_a_clock, played
from curate.handed import HANDED
from curate.hints import Hinted
from curate.stills import AMOUNT, FRAMES, NUMBERED, ROUGHLY, SECONDS, SEQUENCES, WORDS, hung
from curate.telltales import SOURCES, Rule

BEHIND = "|".join(
    rf"(?<=\b{word} second)" for word in ("at", "around", "by", "from", "until", "after", "during", "over")
)
PRECEDED = "|".join(
    rf"(?<=\b{word} the )"
    for word in ("at", "by", "around", "until", "from", "in", "of", "near", "during", "before", "after", "within")
)
AGO = "|".join(rf"(?<=\b{word} seconds in)" for word in f"{WORDS}|fifteen|twenty|thirty".split("|"))
PLACED = r" ?(?:\d{2,4}|\d{0,4}\.\d{1,4})"
POINT = r"(?! (?:later|long|per|of|intervals?|each|apart|have|has|are|pass|passed|before|earlier|faster|slower|left)\b)"

SHAPE = (
    r"(?:triangle|polygon|pentagon|hexagon|heptagon|octagon|circle|semicircle|ellipse|rectangle|square|parallelogram"
    r"|quadrilateral|trapezoid|trapezium|rhombus|kite|star|curve|graph|parabola|region|points?|set)"
)

TIMED = re.compile(r"[0-9][ -]?(?:s|secs?|seconds?|mins?|minutes?)\b")
MINUTES = re.compile(r"[0-9] ?m(?:ins?)? ?[0-9]")
IN_BRACKETS = tuple(f"{bracket}{digit}" for bracket in "([" for digit in "0123456789.")
COUNTED = re.compile(r":\d")
TIMES: tuple[Rule, ...] = (
    (
        COUNTED,
        r"[0-9](?<!\w.)[0-9]?:\d{2}:\d{2}(?:[.,]\d{1,3})?\b",
        r"[0-9](?<![\d:.].)[0-9]?:[0-5]\d(?:\.\d{1,3})?(?![\d:]| ?[ap]\.?m\b| ?o['’]clock)",
    ),
    (
        TIMED,
        rf"\b(?:at|until|by|around|about) {ROUGHLY}{AMOUNT} ?(?:{SECONDS})\b{POINT}",
        rf"from(?<=\bfrom) {AMOUNT} ?(?:{SECONDS})? ?(?:to|-|–) ?{AMOUNT} ?(?:{SECONDS})\b",
        rf"[0-9](?<!\w.)[0-9.]{{0,6}}[ -]?(?:{SECONDS})(?: in(?:,|(?:to)? the (?:video|clip)\b)|[ -]?point\b)",
        rf"after(?<=\bafter) {AMOUNT} ?(?:s|secs?|seconds)\b(?! (?:in|of|on|at)\b)",
        rf"between(?<=\bbetween) {AMOUNT} ?(?:{SECONDS})? ?and {AMOUNT} ?(?:{SECONDS})\b",
        r"[(\[]\d{1,4}(?:\.\d{1,3})?s[)\]]",
    ),
    (MINUTES, r"\b(?:at|by|around|until) \d{1,3} ?m(?:ins?)? ?\d{1,2} ?s(?:ecs?)?\b"),
    (IN_BRACKETS, rf"[(\[]{AMOUNT} ?s?(?:ec)? ?(?:-|–|to) ?{AMOUNT} ?(?:s|secs?|seconds?)[)\]]"),
    (
        ("t=", "t ="),
        r"\bt ?= ?\d{1,4}(?:\.\d{1,3})? ?s?:",
        r"\b(?:at|around|by|near|until|from) t ?= ?\d{1,3}(?:\.\d{1,3})? ?(?:s|secs?|seconds?)\b",
    ),
    (("minute",), rf"\b(?:at|around|by|near|until|from) (?:the )?minutes? (?:\d{{1,3}}|{WORDS})\b(?!:)"),
    (
        ("mark",),
        r"(?<![\d:.])\d{1,2}:[0-5]\d[ -]mark\b",
        r"\b[\w.-]{1,20}[ -](?:s|secs?|seconds?|mins?|minutes?) ?-?marks?\b",
        r"(?<![\w.])\d{1,4}(?:\.\d{1,3})?(?:s|secs?|m|mins?)[ -]mark\b",
    ),
    (
        ("marks",),
        rf"(?<![\w.]){AMOUNT}(?:st|nd|rd|th)? ?(?:and|to|or|-|–) ?{AMOUNT}(?:st|nd|rd|th)?[ -](?:{SECONDS})[ -]marks\b",
    ),
    (
        ("video's", "video’s", "clip's", "clip’s", "footage's", "footage’s", "recording's", "recording’s"),
        rf"(?:video|clip|footage|recording)['’]s (?:\d{{1,4}}(?:st|nd|rd|th)|{NUMBERED}) (?:second|minute)\b",
    ),
    (
        ("second of the", "minute of the"),
        rf"\b(?:\d{{1,4}}(?:st|nd|rd|th)|{NUMBERED}) (?:second|minute) of the (?:video|clip|footage|recording)\b",
    ),
    (
        ("second",),
        rf"second(?:{BEHIND})s? (?:\d{{1,4}}|{WORDS})\b",
        rf"seconds (?:\d{{1,4}}|{WORDS}) ?(?:and|to|through|-|–) ?(?:\d{{1,4}}|{WORDS})\b",
        rf"the (?:{PRECEDED})"
        r"(?P<before>)\d{1,3}(?:st|nd|rd|th) second\b"
        r"(?! (?:of|after) (?:its|his|her|their|the) (?!video\b|clip\b|footage\b))",
        rf"seconds in(?:{AGO})(?P<before>)(?:,|to the (?:video|clip|footage)\b)",
        rf"\b(?:at|until|around) {ROUGHLY}(?:five|ten|fifteen|twenty|thirty|forty|fifty|sixty) seconds\b{POINT}",
    ),
    (
        ("stamp",),
        r"\b(?:the|these|those|this|that|each|its|their|with) time ?-?stamps?\b|\btime ?-?stamps? \d"
        r"|(?<![\d:.])\d{1,2}:[0-5]\d time ?-?stamp\b",
    ),
)
BOXES: tuple[Rule, ...] = (
    (
        ("bounding",),
        r"(?<!\ba )\bbounding[ -]?box(?:es)?\b"
        rf"(?! (?:of|for|around) (?:the|this|that|a|an|its|each|all) (?:[\w-]{{1,12}} )?{SHAPE}s?\b)",
    ),
    (("bbox",), r"\bbbox(?:es)?\b"),
    # How Qwen's models write a place in the picture.
    (("<",), r"<(?:\|?(?:box|ref|quad|object_ref|point)(?:_start|_end)?\|?)>"),
    (
        ("coordinate",),
        r"\b(?:pixel|image|normali[sz]ed) coordinates?\b",
        r"\b(?:located|placed|positioned|sits?|sitting) at (?:the )?coordinates?\b",
        r"\bcoordinates? of the (?:[\w-]{1,12} ){0,2}(?:cube|sphere|cylinder|ball|person|man|woman|boy|girl|dog|cat|car"
        r"|table|chair|sofa|bed|lamp)s?\b",
    ),
    # Two of them behind a box, or by name; fractions where geometry has whole numbers.
    (
        IN_BRACKETS,
        rf"box(?<![\w-]...)(?:es)?\b[^.!?;()\[\]]{{0,40}}[(\[]{PLACED} ?, ?{PLACED} ?[)\]]",
        r"coordinates?\b[^.!?;()\[\]]{0,40}[(\[] ?0?\.\d{1,4} ?, ?0?\.\d{1,4} ?[)\]]",
        r"(?:corner|center|centre) (?:is|lies|sits)(?: (?:at|around|near|about))? "
        r"[(\[] ?0?\.\d{1,4} ?, ?0?\.\d{1,4} ?[)\]]",
    ),
    (("x=", "y=", "x =", "y ="), r"box(?<![\w-]...)(?:es)?\b[^.!?;()\[\]=]{0,40}\b[xy] ?= ?\d{2,4}\b"),
    (("pixel",), r"at pixels? [(\[]?\d"),
    (("detected",), r"detected box(?:es)?\b"),
    (
        ("(x", "[x"),
        r"(?<!\bpoint )(?<!\bsolution )(?<!\bvertex )(?<!\borigin )"
        r"[(\[]x ?[=:] ?(?:\d{2,4}|0?\.\d{1,4}) ?, ?y ?[=:] ?(?:\d{2,4}|0?\.\d{1,4}) ?[)\]]",
    ),
    # Four numbers in brackets, at least one of them a fraction or beyond 99, or behind "at": a box, hardly a list.
    (
        ("[", "("),
        r"(?<!\w)(?<!vector )(?<!quaternion )(?<!colour )(?<!color )"
        r"[\[(](?:(?=[^\])]{0,40}(?:\d{3}|\.\d))|(?<=\bat .)|(?<=\bwithin .)|(?<=\bregion .)|(?<=\bbox .))"
        r" ?\d{0,4}\.?\d{1,4}(?: ?, ?\d{0,4}\.?\d{1,4}){3} ?[\])]",
    ),
)
REASONS = (
    ("names its source", in_the_scene, (*SOURCES, *HANDED)),
    ("numbers a frame", played, FRAMES),
    ("numbers a frame", hung, SEQUENCES),
    ("exact time", on_a_clock, TIMES),
    ("bounding box", in_the_scene, BOXES),
)
"""What is given away, how to tell that it stands in the scene itself, and the rules."""


@cache
def rules() -> Hinted[tuple[str, Callable[[re.Match[str]], bool], tuple[re.Pattern[str], ...]]]:
    """All rules by what they give away, made ready for the first text: a command may never come to one."""
    return Hinted(
        (hint, (reason, seen, tuple(map(re.compile, patterns))))
        for reason, seen, rules in REASONS
        for hint, *patterns in rules
    )


def lowered(text: str) -> str:
    """The text in lower case, every character at its place: the few whose lower case is longer stay as they are."""
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(c if len(c.lower()) > 1 else c.lower() for c in text)


def leaks(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    """Every leak in a lower-case text whose white space is single blanks, and what it gives away."""
    for reason, seen, patterns in rules().likely(text):
        for pattern in patterns:
            yield from ((reason, match) for match in pattern.finditer(text) if not seen(match))


def said(match: re.Match[str]) -> str:
    """The words that give something away; with the word before them where the rule has a group `before`."""
    if "before" not in match.re.groupindex:
        return match[0].strip()
    return match.string[match.string.rfind(" ", 0, max(match.start() - 1, 0)) + 1 : match.end()]
