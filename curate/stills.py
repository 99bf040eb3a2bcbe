"""Phrases that speak of frames of a clip, by number or in their order, not of those of doors, pictures or bowling."""

import re

from curate.clocks import around, played
from curate.telltales import Rule

NUMBERED = "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth"
WORDS = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
SECONDS = "s|secs?|seconds?|mins?|minutes?"
AMOUNT = r"\d{1,4}(?:\.\d{1,3})?"
ROUGHLY = r"(?:about |around |roughly |approximately |exactly |the )?"
COMIC = r"(?:comic|cartoon|strip|storyboard|film ?strip|manga|graphic novel|album|collage|exhibition)"
IN_FRAME = "|".join(rf"(?<=\b{word} frame)" for word in ("in", "at", "from", "by", "of", "to", "until"))
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

# Frames on a wall stand in an order as well, so these rules hold where nothing hangs or is built.
FEW = rf"(?:(?:\d{{1,4}}|{WORDS}|few|couple of|several|video|sampled) )?"
ORDER = (
    "first|last|final|next|previous|earlier|later|earliest|latest|opening|closing|middle|preceding|following|initial"
    "|consecutive|subsequent|successive|adjacent|neighboring|neighbouring|remaining"
)
WITHIN = r"(?:across|over|throughout|through|among|amongst|between|in|during|within|of|from|for|comparing|at)"
THESE = (
    rf"(?:(?:all|both|these|those|the|several|most|many|some|every|each|any)(?: (?:of )?(?:the|these|those))? "
    rf"(?:(?:\d{{1,4}}|{WORDS}|given|available|other) )?|(?:\d{{1,4}}|{WORDS}) )"
)
SHOWING = r"(?:show|depict|capture|reveal|suggest|indicate|look alike|look the same|are (?:nearly |almost )?identical)"
OF_A_THING = (
    r"(?! per\b| a second\b| of (?:the|a|an|his|her|their|its) (?!video|clip|footage|sequence|recording)"
    r"| (?:on|along) (?:the|a|his|her) )"
)
BEFORE_A_NUMBER = "|".join(
    rf"(?<={before}frame)"
    for before in (
        *(rf"\{sign} " for sign in ".!?,;:"),
        *(
            rf"\b{word} "
            for word in ("and", "with", "than", "comparing", "between", "while", "whereas", "but", "since", "then")
        ),
    )
)
ORDERED = "|".join(rf"(?<=\b{word} frame)" for word in ORDER.split("|"))
SEVERAL = "|".join(
    rf"(?<=\b{word} frames)" for word in f"all|both|these|those|several|most|many|some|{ORDER}|{WORDS}".split("|")
)
SEQUENCES: tuple[Rule, ...] = (
    (
        ("frame",),
        rf"frame(?:{ORDERED})(?P<before>)s?\b{OF_A_THING}",
        rf"frame(?:{BEFORE_A_NUMBER}|(?<!.frame))(?P<before>) (?:{WORDS})\b",
    ),
    (
        ("frames",),
        rf"\b(?:{ORDER}) {FEW}frames\b{OF_A_THING}",
        rf"\b{WITHIN} {THESE}frames\b{OF_A_THING}",
        rf"frames(?:{SEVERAL})(?P<before>) (?:all )?{SHOWING}\b",
    ),
    (
        ("every frame", "each frame", "no frame", "single frame"),
        rf"\b(?:every|each|no|single) frame (?:{SHOWING}s?|contains|has|includes)\b",
    ),
    (("frame to",), r"\bfrom (?:one )?frame to (?:the next|another|frame)\b"),
)
HUNG = re.compile(
    r"\bhang(?:s|ing|ed)?\b|\bhung\b|\bwalls?\b|\bgaller|\bhives?\b|\bbee|\bnails?\b|\bscrew|\bwooden\b|\bgold(?:en)?\b"
    r"|\bglue|\bcarpent|\bscaffold|\beyeglass|\bopticia|\bsunglass|\bspectacles\b|\bshelf\b|\bmantel|\bportrait|\bpainting|\beasel"
    rf"|\b{COMIC}\b|\bpaints? the |\bpainted\b"
)


def hung(match: re.Match[str]) -> bool:
    """Whether frames hang on a wall or in a hive, are drawn, built or painted, or are played."""
    return played(match) or HUNG.search(around(match)) is not None
