"""What gives away that something was read instead of seen: rules for English text (arXiv 2505.12434, section 3.1)."""

import re
from collections.abc import Iterator
from functools import cache

from curate.carriers import in_the_scene
from curate.clocks import on_a_clock, played
from curate.hints import Hinted
from curate.telltales import SOURCES, Rule

NUMBERED = "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth"
WORDS = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
BEHIND = "|".join(
    rf"(?<=\b{word} second)" for word in ("at", "around", "by", "from", "until", "after", "during", "over")
)
AGO = "|".join(rf"(?<=\b{word} seconds in)" for word in f"{WORDS}|fifteen|twenty|thirty".split("|"))
IN_FRAME = "|".join(rf"(?<=\b{word} frame)" for word in ("in", "at", "from", "by", "of", "to", "until"))
SECONDS = "s|secs?|seconds?|mins?|minutes?"
AMOUNT = r"\d{1,4}(?:\.\d{1,3})?"
ROUGHLY = r"(?:about |around |roughly |approximately |exactly |the )?"
POINT = r"(?! (?:later|long|per|of|intervals?|each|apart|have|has|are|pass|passed|before|earlier|faster|slower|left)\b)"

COMIC = r"(?:comic|cartoon|strip|storyboard|film ?strip|manga|graphic novel)"
SHAPE = (
    r"(?:triangle|polygon|pentagon|hexagon|heptagon|octagon|circle|semicircle|ellipse|rectangle|square|parallelogram"
    r"|quadrilateral|trapezoid|trapezium|rhombus|kite|star|curve|graph|parabola|region|points?|set)"
)

TIMED = re.compile(r"[0-9][ -]?[sm]")
COUNTED = re.compile(r":\d")
FRAMES: tuple[Rule, ...] = (
    (
        ("frame",),
        r"frame(?<=\bframe)(?<!door frame)(?<!window frame)(?<!picture frame)(?<!photo frame)(?<!bed frame)"
        r"(?<!bike frame) ?(?:#|no\.?|number|:)? ?#?\d{1,5}\b"
        rf"(?! (?:of|in) (?:the|this|a|his|her) (?:[\w-]{{1,12}} )?{COMIC}\b)",
        r"frames?(?<!picture frame)(?<!window frame)(?<!door frame) (?:provided|supplied|described|listed|captioned)\b"
        r"(?! (?:by|on|with)\b)",
        rf"frames? (?:at|around|from) {ROUGHLY}{AMOUNT} ?(?:{SECONDS})\b",
        r"frames?(?:(?<=sampled frame)|(?<=sampled frames)|(?<=annotated frame)|(?<=annotated frames))(?P<before>)\b",
        r"frames?(?: numbered| numbers) \d",
        r"frames #?\d{1,5} ?(?:,|-|–|to|and|through|&) ?#?\d{1,5}\b",
        rf"frame(?:{IN_FRAME})(?P<before>) (?:number )?(?:{WORDS})\b",
        rf"\b(?:{NUMBERED}|\d{{1,4}}(?:st|nd|rd|th)) (?:video |sampled |given )?frame\b"
        rf"(?! (?:(?:of|in) (?:the|this|a) {COMIC}"
        r"|(?:on|hangs|hung|holds|is hung)(?: (?:on|upon))? (?:the|his|her|a) )\b)",
    ),
)
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
        r"at t(?<=\bat t) ?= ?\d{1,3}(?:\.\d{1,3})? ?(?:s|secs?|seconds?)\b",
        rf"after(?<=\bafter) {AMOUNT} ?(?:s|secs?|seconds)\b(?! (?:in|of|on|at)\b)",
        rf"between(?<=\bbetween) {AMOUNT} ?(?:{SECONDS})? ?and {AMOUNT} ?(?:{SECONDS})\b",
        r"[(\[]\d{1,4}(?:\.\d{1,3})?s[)\]]",
        r"\b(?:at|by|around|until) \d{1,3} ?m(?:ins?)? ?\d{1,2} ?s(?:ecs?)?\b",
    ),
    (("t=", "t ="), r"\bt ?= ?\d{1,4}(?:\.\d{1,3})? ?s?:"),
    (("minute",), rf"\b(?:at|around|by|near|until|from) (?:the )?minutes? (?:\d{{1,3}}|{WORDS})\b(?!:)"),
    (
        ("mark",),
        r"(?<![\d:.])\d{1,2}:[0-5]\d[ -]mark\b",
        r"\b[\w.-]{1,20}[ -](?:s|secs?|seconds?|mins?|minutes?) ?-?mark\b",
        r"(?<![\w.])\d{1,4}(?:\.\d{1,3})?(?:s|secs?|m|mins?)[ -]mark\b",
    ),
    (
        ("second",),
        rf"second(?:{BEHIND})s? (?:\d{{1,4}}|{WORDS})\b",
        r"the (?:(?<=\bat the )|(?<=\bby the )|(?<=\baround the )|(?<=\buntil the )|(?<=\bfrom the )|(?<=\bin the ))"
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
    # Four numbers in brackets, at least one of them a fraction or beyond 99, or behind "at": a box, hardly a list.
    (
        ("[", "("),
        r"(?<!\w)(?<!vector )(?<!quaternion )(?<!colour )(?<!color )"
        r"[\[(](?:(?=[^\])]{0,40}(?:\d{3}|\.\d))|(?<=\bat .)|(?<=\bwithin .)|(?<=\bregion .)|(?<=\bbox .))"
        r" ?\d{0,4}\.?\d{1,4}(?: ?, ?\d{0,4}\.?\d{1,4}){3} ?[\])]",
    ),
)
SEEN = {
    "names its source": in_the_scene,
    "numbers a frame": played,
    "exact time": on_a_clock,
    "bounding box": in_the_scene,
}
"""What is given away, and how to tell that it stands in the scene itself."""


@cache
def rules() -> Hinted[tuple[str, tuple[re.Pattern[str], ...]]]:
    """All rules by what they give away, made ready for the first text: a command may never come to one."""
    return Hinted(
        (hint, (reason, tuple(map(re.compile, patterns))))
        for reason, rules in zip(SEEN, (SOURCES, FRAMES, TIMES, BOXES), strict=True)
        for hint, *patterns in rules
    )


def lowered(text: str) -> str:
    """The text in lower case, every character at its place: the few whose lower case is longer stay as they are."""
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(c if len(c.lower()) > 1 else c.lower() for c in text)


def leaks(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    """Every leak in a lower-case text whose white space is single blanks, and what it gives away."""
    for reason, patterns in rules().likely(text):
        seen = SEEN[reason]
        for pattern in patterns:
            yield from ((reason, match) for match in pattern.finditer(text) if not seen(match))


def said(match: re.Match[str]) -> str:
    """The words that give something away; with the word before them where the rule has a group `before`."""
    if "before" not in match.re.groupindex:
        return match[0].strip()
    return match.string[match.string.rfind(" ", 0, max(match.start() - 1, 0)) + 1 : match.end()]
