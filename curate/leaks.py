"""What gives away that something was read instead of seen: rules for English text (arXiv 2505.12434, section 3.1)."""

import re
from collections.abc import Iterator

from curate.clocks import on_a_clock
from curate.hints import Hint, Hinted

NUMBERED = "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth"
WORDS = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
BEHIND = "|".join(rf"(?<=\b{word} second)" for word in ("at", "around", "by", "from", "until", "after"))
SECONDS = "s|secs?|seconds?|mins?|minutes?"
NO_SPAN = "".join(
    rf"(?<!\b{word} )" for word in ("for", "lasts", "last", "lasting", "takes", "take", "taking", "within", "every")
)
AMOUNT = r"\d{1,4}(?:\.\d{1,3})?"
SAYS = (
    "says?|said|states?|stated|mentions?|mentioned|notes?|noted|describes?|described|indicates?|lists?|"
    "listed|shows?|tells?|does|do|did|doesn['’]t|don['’]t|didn['’]t"
)
# Where the question or an option is what "describes" or "mentions", nothing leaks.
ASKED = r"(?! (?:in|by|of|from|for|as) (?:any of )?(?:the |an? )?(?:question|option|choice|answer|problem)s?\b)"

# What stands on a thing that is seen is no text that was given.
SEEN_THERE = r"(?! (?:on|under|below|beneath|printed|painted|burnt|burned|in (?:white|black|bold|large|capital)) )"

# Every pattern meets lower-case text whose white space is single blanks, and repeats nothing without a bound.
Rule = tuple[Hint, *tuple[str, ...]]
TIMED = re.compile(r"[0-9] ?[sm]")
COUNTED = re.compile(r":\d")
TOLD = ("caption", "description", "record", "annotation")
PATTERNS: dict[str, tuple[Rule, ...]] = {
    "names its source": (
        (("data",), r"\bmeta-?data\b"),
        (("element",), r"\bkey[ _-]elements?\b"),
        (
            ("_",),
            r"\b(?:video_caption|notable_features|spatial_relations|human_attributes|potential_interactions"
            r"|scene_context|text_items|rooms_or_sections|diagram_parts|process_arrows|chart_type|primitive_ids)\b",
        ),
        (("[uncertain]",), r"\[uncertain\]"),
        (("json",), rf"\b(?:the|this|given|provided|in) json\b|\bjson (?:{SAYS}|data|object|record|input)\b"),
        (
            TOLD,
            r"\b(?:video|frame|frames|image|clip|scene|overall|provided|given|textual|written|per-frame)"
            r"(?:['’]s)?[ -](?:captions?|descriptions?|records?|annotations?)\b" + ASKED,
        ),
        (
            ("caption",),
            r"\b(?:the|this|that|these|those|its|all|both|each|every|none of|per|my) "
            r"(?:(?!ha[sd] |have |with |carries |shows )[\w-]{1,20} ){0,2}captions?\b" + SEEN_THERE,
        ),
        (("caption",), rf"\bcaptions? (?:{SAYS})\b"),
        (
            ("description",),
            r"\b(?:the|this|that|these|those|all|both) (?:[\w-]{1,20} )?descriptions?\b" + ASKED + SEEN_THERE,
        ),
        (("description",), rf"\bdescriptions? (?:{SAYS})\b"),
        (("record",), rf"\bthe (?:[\w-]{{1,20}} )?records? (?:{SAYS})\b"),
        (
            ("record",),
            r"\b(?:according to|based on|as per|per|in|from) (?:the|this|these|my) (?:[\w-]{1,20} )?records?\b"
            r"(?! (?:players?|stores?|shops?|labels?|sleeves?|covers?|collections?|company|books?|time|deal)\b)",
        ),
        (
            ("relation", "feature", "interaction", "attribute", "context", "item"),
            r"\b(?:spatial relations?|notable features?|potential interactions?|human attributes?|scene context"
            r"|text items?)"
            rf" (?:lists?|fields?|entry|entries|section|{SAYS}|suggests?|includes?)\b",
        ),
        (("ocr",), r"\bocr\b"),
        (("detection",), rf"\b(?:object )?detections? (?:{SAYS})\b"),
        (("annotation",), r"\bannotations? (?:indicates?|lists?|says?|states?|mentions?|specif(?:y|ies))\b"),
        (
            ("according",),
            r"\baccording to (?:the|this|these|my) (?:[\w-]{1,20} )?"
            r"(?:transcript|summary|account|details|texts?|notes?)\b" + SEEN_THERE,
        ),
        (
            ("provided", "given", "supplied"),
            r"\b(?:records?|texts?|descriptions?|captions?|information|details|summary|summaries|notes?|data|list"
            r"|account) "
            r"(?:(?:that )?(?:i was|i am|i['’]m|was|were|is|are) )?(?:provided|given to (?:me|us)|supplied)\b",
        ),
        (("i was given",), r"\bi was given\b"),
        (
            ("provided", "written"),
            r"\b(?:provided (?:information|data|input|context|notes?|list)"
            r"|written (?:account|notes?|records?|summary))\b",
        ),
        (("about the",), r"\bwritten about the (?:video|clip|image|picture|scene)\b"),
        (
            ("notes",),
            rf"\b(?:the|my|these) notes (?:(?:on|about) the (?:video|clip|image|picture|scene|frames)|{SAYS})\b",
        ),
        (
            ("user", "prompt"),
            r"\bthe (?:user|prompt) (?:has |also |already )?(?:says?|said|states?|stated|provided|provides?|gave|gives"
            r"|shared|described|describes?|mentions?|mentioned|wrote)\b",
        ),
        (
            ("read",),
            r"\bi(?:['’]ve| have| had)? (?:just |already )?(?:re-?)?read "
            r"(?:that|about|of|through|the (?:list|record|text))\b(?! (?:on|in|as)\b)",
        ),
        (("listed",), r"\bthe listed (?:objects|elements|actions|attributes|relations)\b"),
        (("listed as",), r"\b(?:clothing|posture|gender|scene|action|object) is listed as\b"),
        (("text",), r"\bthe (?:provided |given |written )?texts? (?:describes?|mentions?|notes?|provided|given)\b"),
        (
            ("provided", "given", "written"),
            r"\bthe (?:provided|given|written) (?:texts?|details|summary|transcript)\b",
        ),
        (
            ("mentioned",),
            r"\b(?:is|are|was|were|it['’]s|been)(?: not|n['’]t)? (?:explicitly |specifically |directly )?mentioned\b"
            r"(?! on\b)" + ASKED,
        ),
        (("mention",), r"\bno (?:explicit |specific |direct )?mention of\b"),
        (("described",), r"\b(?:is|are|was|were|as) described\b(?! (?:above|below)\b)" + ASKED),
    ),
    "numbers a frame": (
        (
            ("frame",),
            r"(?<!door )(?<!window )(?<!picture )(?<!photo )(?<!bed )\bframe ?(?:#|no\.?|number|:)? ?#?\d{1,5}\b",
        ),
        (("frame",), r"\bframes? (?:numbered|numbers) \d"),
        (("frame",), r"\bframes #?\d{1,5} ?(?:,|-|–|to|and|through|&) ?#?\d{1,5}\b"),
        (("frame",), rf"\b(?:in|at|from|by|of|to|until) frame (?:number )?(?:{WORDS})\b"),
        (
            ("frame",),
            rf"\b(?:{NUMBERED}|\d{{1,4}}(?:st|nd|rd|th)) (?:video |sampled |given )?frame\b"
            r"(?! (?:of|in) (?:the|this|a) (?:comic|cartoon|strip|storyboard|film ?strip)\b)",
        ),
    ),
    "exact time": (
        (
            COUNTED,
            r"\b\d{1,2}:\d{2}:\d{2}(?:[.,]\d{1,3})?\b",
            r"(?<![\d:.])\d{1,2}:[0-5]\d(?:\.\d{1,3})?(?![\d:]| ?[ap]\.?m\b| ?o['’]clock)",
        ),
        (
            TIMED,
            rf"{NO_SPAN}\b(?:at|around|about|until|by) (?:about |around |roughly |approximately |exactly |the )?"
            rf"{AMOUNT} ?(?:{SECONDS})\b(?! (?:later|long|per|of)\b)",
            rf"\bfrom {AMOUNT} ?(?:{SECONDS})? ?(?:to|-|–) ?{AMOUNT} ?(?:{SECONDS})\b",
            rf"\b{AMOUNT} ?(?:{SECONDS}) in(?:to)? the (?:video|clip)\b",
            rf"\b{AMOUNT} ?(?:{SECONDS}) in,",
            rf"\bafter {AMOUNT} ?(?:s|secs?|seconds)\b(?! (?:in|of|on|at)\b)",
            rf"\bbetween {AMOUNT} ?(?:{SECONDS})? ?and {AMOUNT} ?(?:{SECONDS})\b",
        ),
        (("mark",), r"\b[\w.-]{1,20}[ -](?:s|secs?|seconds?|mins?|minutes?) ?-?mark\b"),
        (("second",), rf"second(?:{BEHIND})s? (?:\d{{1,4}}|{WORDS})\b"),
        (("stamp",), r"\b(?:the|these|those|this|that|each|its|their|with) time ?-?stamps?\b|\btime ?-?stamps? \d"),
    ),
    "bounding box": (
        (("bounding",), r"\bbounding[ -]?box(?:es)?\b"),
        (("bbox",), r"\bbbox(?:es)?\b"),
        (("coordinate",), r"\b(?:pixel|image|normali[sz]ed) coordinates?\b"),
        (("coordinate",), r"\b(?:located|placed|positioned|sits?|sitting) at (?:the )?coordinates?\b"),
        # Four numbers in brackets, at least one of them a fraction or beyond 99: a box, hardly a list.
        (
            ("[", "("),
            r"[\[(](?=[^\])]{0,40}(?:\d{3}|\.\d)) ?\d{0,4}\.?\d{1,4}(?: ?, ?\d{0,4}\.?\d{1,4}){3} ?[\])]",
        ),
    ),
}
RULES = Hinted(
    (hint, (reason, tuple(map(re.compile, patterns))))
    for reason, rules in PATTERNS.items()
    for hint, *patterns in rules
)


def lowered(text: str) -> str:
    """The text in lower case, every character at its place: the few whose lower case is longer stay as they are."""
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(c if len(c.lower()) > 1 else c.lower() for c in text)


def leaks(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    """Every leak in a lower-case text whose white space is single blanks, and what it gives away."""
    for reason, patterns in RULES.likely(text):
        for pattern in patterns:
            yield from ((reason, match) for match in pattern.finditer(text) if not on_a_clock(match))
