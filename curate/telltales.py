"""Phrases that give away that a text about the medium was read: rules for English (arXiv 2505.12434, section 3.1)."""

from curate.carriers import CARRIER
from curate.hints import Hint

SAYING = "says?|said|states?|stated|mentions?|mentioned|notes?|noted|describes?|described|indicates?|lists?"
SAYS = rf"{SAYING}|listed|shows?|tells?|does|do|did|doesn['’]t|don['’]t|didn['’]t"
TALKS = (
    rf"(?:(?:also|only|then|even|already) )?(?:{SAYING}|tells me|doesn['’]t|does not|reads?|puts|gives|goes on|talks"
    r"|suggests?|confirms?)"
)
# Where the question, an option or somebody in the scene is what "describes" or "mentions", nothing leaks.
ASKED = (
    r"(?! (?:in|by|of|from|for|as) (?:any of )?(?:the |an? |his |her )?(?:question|option|choice|answer|problem|narrat"
    r"|speaker|teacher|presenter|commentator|host|guide|reporter|interview|song|lyrics|speech|news|article|book|letter"
    r"|equation|function|formula)\w*)"
)
# What stands on a thing that is seen is no text that was given.
SEEN_THERE = (
    r"(?! (?:on|under|below|beneath|printed|painted|burnt|burned|in (?:white|black|bold|large|capital)"
    r"|of (?:the|this) (?:figure|diagram|chart|plot|graph|table|map|poster|slide|page)) )"
    r"(?<!\bfigure caption)(?<!\bfigure's caption)(?<!\bfigure’s caption)(?<!\bchart's caption)"
    r"(?<!\bdiagram's caption)(?<!\bdiagram’s caption)(?<!\btable's caption)(?<!\bgraph's caption)"
)
MEDIUM = r"(?:videos?|clips?|footage|images?|pictures?|photos?|scenes?|frames?)"
# "According to the text in the image" speaks of what is written there.
WRITTEN_THERE = (
    r"(?! (?:(?:shown|written|visible|displayed|printed|seen|overlaid|that appears|at the \w{3,8}) ){0,2}"
    rf"(?:in|on|within|inside|of) (?:the|this|that) (?:[\w-]{{1,12}} )?(?:{MEDIUM}|bubble|panel)\b)"
)
# So does "the data provided in the table".
DRAWN_THERE = (
    r"(?! (?:in|on|by|from|within) (?:the|this|each|both) (?:[\w-]{1,12} )?"
    r"(?:tables?|charts?|graphs?|figures?|diagrams?|plots?|maps?|legends?|questions?|problems?|posters?|signs?|slides?)\b)"
)
HEADS = (
    *(
        f"{noun}{end}"
        for noun in ("video", "clip", "image", "picture", "photo", "scene", "frame")
        for end in ("", "'s", "’s")
    ),
    *("frames", "frames'", "frames’", "images", "footage", "overall", "provided", "given", "textual", "written"),
    *("per-frame", "text", "dataset"),
)
OF = (
    rf" (?:of|for|on|about) (?:the|this|that|each) (?:[\w-]{{1,12}} )?{MEDIUM}\b"
    r"(?! (?:frame|card|book|camera|quality)\b)"
)
GIVEN = r"(?:provided|given|supplied)"
FIELD = r"(?:objects?|actions?|clothing|relations|attributes|features)"
FIELDS = (
    *("object", "objects", "action", "actions", "scene", "clothing", "posture", "gender", "relation", "relations"),
    *("interactions", "attributes", "features", "series"),
)

# Every pattern meets lower-case text whose white space is single blanks, and repeats nothing without a bound.
Rule = tuple[Hint, *tuple[str, ...]]


def field(stem: str) -> Rule:
    """A rule for a part of the record by its name: "the scene field", "the objects list"."""
    before = "|".join(rf"(?<=\b{name} {stem})" for name in FIELDS)
    return (stem,), rf"{stem}(?:{before})(?P<before>)s?\b(?! (?:of|on)\b)"


def told(stem: str, end: str) -> Rule:
    """A rule for a noun that means a text: "the video's summary", "summary of the clip", but "a summary of the clip".

    A pattern that begins with plain letters is found sooner, so what stands before is looked at behind them; an empty
    group `before` says that the word before belongs to what is said.
    """
    before = "|".join(rf"(?<=\b{head}[ -]{stem})" for head in HEADS)
    plain = rf"(?<!\ba {stem})(?<!\ban {stem})"
    return (stem,), rf"{stem}(?:{before})(?P<before>){end}\b" + ASKED, rf"{stem}(?<=\b{stem}){plain}{end}{OF}"


NOUNS = {
    "caption": "s?", "description": "s?", "record": "s?", "annotation": "s?", "transcript": "(?:s|ions?)?",
    "summar": "(?:y|ies)", "log": "s?", "notes": "", "breakdown": "", "account": "", "passage": "",
    "entr": "(?:y|ies)",
}  # fmt: skip
SOURCES: tuple[Rule, ...] = (
    (("meta",), r"\bmeta-?data\b(?! (?:label|tab|editor|panel|field of the file)\b)"),
    (
        ("element",),
        r"\bkey_elements?\b",
        rf"\bkey[ -]elements\b(?! (?:of|in|for|to) (?!(?:the|this) (?:{MEDIUM}|list|record)\b))",
        rf"\bkey[ -]element (?:here )?(?:is )?(?:{SAYS}|fields?|sections?|entry|entries)\b",
    ),
    (
        ("_",),
        r"\b(?:video_caption|notable_features|spatial_relations|human_attributes|potential_interactions"
        r"|scene_context|text_items|rooms_or_sections|diagram_parts|process_arrows|chart_type|primitive_ids)\b",
    ),
    (("uncertain",), r"\[uncertain\]", r"\b(?:marked|tagged|flagged|labell?ed) (?:as )?uncertain\b"),
    (("json",), rf"\b(?:the|this|given|provided|in) json\b|\bjson (?:{SAYS}|data|object|record|input)\b"),
    *(told(stem, end) for stem, end in NOUNS.items()),
    (
        ("summar", "transcript", "breakdown", "log", "notes"),
        rf"\b(?:the|these|this) (?:(?!his|her)[\w-]{{1,20}} )?(?:summary|transcript|transcription|breakdown|notes|log)"
        rf" {TALKS}\b",
        r"\b(?:according to|based on|as per|per|from|in|by|looking (?:back )?(?:at|through)) (?:the|this|these|my) "
        r"(?:[\w-]{1,20} )?(?:transcript|transcription|summary|notes|breakdown)\b"
        r"(?! (?:app|page|slide|section|column)\b)" + SEEN_THERE,
    ),
    (
        ("caption",),
        r"\b(?:the|this|that|these|those|its|all|both|each|every|none of|per|my|no|own) "
        r"(?:(?!ha[sd] |have |with |carries |shows )[\w-]{1,20} ){0,2}captions?\b" + SEEN_THERE,
        r"\bcaption(?:s|ed|er)? (?:model|by|as|tool)\b|\bcaptioner\b|\bcaptions? ?#?\d",
        rf"captions? (?:{SAYS})\b",
    ),
    (
        ("description",),
        r"\b(?:the|this|that|these|those|all|both) (?:[\w-]{1,20} )?descriptions?\b(?! (?:box|below|column)\b)"
        r"(?! of (?:the|a) (?:suspect|thief|robber|attacker|burglar|culprit|product|job|item|dish|wine)s?\b)"
        + ASKED
        + SEEN_THERE,
        rf"descriptions? (?:{SAYS})\b",
    ),
    (
        ("record",),
        rf"\bthe (?:[\w-]{{1,20}} )?records? (?:{SAYS})\b",
        r"\b(?:according to|based on|as per|per|in|from) (?:the|this|these|my) (?:[\w-]{1,20} )?records?\b"
        r"(?! (?:players?|stores?|shops?|labels?|sleeves?|covers?|collections?|company|books?|time|deal|crate)\b)",
    ),
    (
        ("relation", "feature", "interaction", "attribute", "context", "item"),
        r"\b(?:spatial relations?|notable features?|potential interactions?|human attributes?|scene context"
        r"|text items?)"
        rf" (?:lists?|fields?|entry|entries|section|{SAYS}|suggests?|includes?|gives?|puts?)\b",
        r"\b(?:under|in|among) (?:the )?(?:spatial relations|notable features|potential interactions"
        r"|human attributes)\b"
        r"(?! (?:of|on|in|for|that|which)\b)",
    ),
    *(field(stem) for stem in ("field", "array", "list")),
    (("list",), rf"\b(?:in|from|through) the (?:full )?list of {FIELD}\b"),
    (
        ("entr",),
        rf"\b(?:the|all|all the|these|those|both|each of the) (?:[\w-]{{1,10}} )?entr(?:y|ies) (?:for|{SAYS}|reads?"
        r"|before|after)\b",
        r"\b(?:through|across|in) (?:all )?(?:of )?(?:the|these|those) (?:[\w-]{1,10} )?entries\b",
    ),
    (
        ('"', "“", "'", "`"),
        r"[\"“'`](?:clothing|posture|gender|scene|objects?|actions?|timestamps?|captions?|key elements|environment"
        r"|activity|bbox|features)[\"”'`] ?(?:field|array|list|entry|key\b|section|attribute|is (?:given|listed|set|put"
        r"|recorded)|:|says|includes?|contains?)",
    ),
    (
        ("detect", "ocr"),
        rf"\b(?:object )?detections? (?:{SAYS})\b",
        r"\bthe detected (?:objects?|texts?)\b",
        r"\bocr\b(?! (?:app|software|tutorial|course))",
    ),
    (
        ("annotation",),
        r"annotations? (?:indicates?|lists?|says?|states?|mentions?|specif(?:y|ies))\b" + SEEN_THERE,
    ),
    (
        ("according",),
        r"\baccording to (?:the|this|these|my) (?:[\w-]{1,20} )?(?:account|details|texts?)\b"
        + WRITTEN_THERE
        + SEEN_THERE,
        r"\baccording to (?:the|what) (?:data |information |details |text )?i (?:have|was given|am given|got)\b",
    ),
    (
        ("provided", "given", "supplied"),
        r"\b(?:records?|texts?|descriptions?|captions?|information|details|summary|summaries|notes?|data|list"
        r"|account|context|transcript) "
        r"(?:(?:that )?(?:i was|i am|i['’]m|i['’]ve been|i have been|was|were|is|are) )?"
        r"(?:provided|given to (?:me|us)|supplied|handed to me)\b(?! (?:on|by) (?:the|an?|his|her) )"
        + WRITTEN_THERE
        + DRAWN_THERE,
        r"\b(?:notes|context|descriptions?|captions?|records?|transcript|summary|information i (?:was|am|have been)"
        r"|texts? i (?:was|am|have been)) given\b(?! (?:by|on|in|at|off|away)\b)",
        rf"\b{GIVEN} (?:video |image |scene |frame |text )?(?:input|context|notes?"
        r"|list of (?:frames|objects|captions))\b",
        r"\b(?:provided|supplied|given (?:video|image|scene|frame|text)) (?:video |image |scene |frame |text )?"
        r"(?:information|details|data)\b",
        rf"\bthe {GIVEN} (?:texts?|details|summary|transcript)\b" + WRITTEN_THERE + SEEN_THERE,
    ),
    (
        ("text", "structured"),
        r"\b(?:textual|text) (?:information|data|input|clues?|content|representation)\b" + SEEN_THERE,
        r"\bstructured (?:data|record|information|input)\b",
    ),
    (("given",), r"\bi was given\b"),
    (("written",), r"\bwritten (?:account|notes?|records?|summary)\b", rf"\bwritten about the {MEDIUM}\b"),
    (
        ("notes",),
        rf"\b(?:the|my|these) notes (?:(?:on|about) the (?:video|clip|image|picture|scene|frames)|{SAYS})\b",
    ),
    (
        ("user", "prompt", "input"),
        r"\bthe (?:user|prompt) (?:has |also |already )?(?:says?|said|states?|stated|provided|provides?|gave|gives"
        r"|shared|described|describes?|mentions?|mentioned|wrote)\b",
        rf"\bthe (?:text |video |given )?input (?:{SAYING})\b",
    ),
    (
        ("read",),
        r"read(?P<before>)(?:(?<=\bi read)|(?<=\bi re-read)|(?<=\bi had read)|(?<=\bi reread)|(?<=\bi['’]ve read)"
        r"|(?<=\bi have read)|(?<=\bi (?:just|also) read))"
        r" (?:that|about|of|through|the (?:list|record|text))\b(?! (?:on|in|as)\b)",
        r"reading(?:(?<=\brereading)|(?<=\bre-reading)) the (?:text|list|record)\b" + SEEN_THERE,
    ),
    (
        ("listed", "is recorded as"),
        r"\bthe listed (?:objects|elements|actions|attributes|relations)\b",
        r"\b(?:clothing|posture|gender|scene|action|object) is (?:listed|recorded) as\b",
        r"\b(?:objects?|actions?|relations|attributes|primitives|elements|features|parts) listed"
        r" (?:are|is|include|here)\b",
    ),
    (
        ("text",),
        r"\bthe (?:provided |given |written )?texts? (?:describes?|mentions?|notes?|provided|given)\b"
        + WRITTEN_THERE
        + SEEN_THERE,
    ),
    (
        ("mention", "stated"),
        r"\b(?:is|are|was|were|it['’]s|been)(?: not|n['’]t)? (?:explicitly |specifically |directly )?mentioned\b"
        r"(?! (?:on|by)\b)" + ASKED,
        r"\bno (?:explicit |specific |direct )?mention of\b"
        + rf"(?! (?:[\w-]{{1,20}} ){{1,3}}(?:on|in) (?:the|its|his|her) {CARRIER}\b)",
        r"\bno mention (?:is|was) made\b(?! (?:on|by|in)\b)",
        r"\b(?:stated|mentioned) in (?:the|any|these|any of the) "
        r"(?:frames?|records?|data|details|summary|text about)\b",
    ),
    (
        ("details",),
        r"\bthe (?:provided |given |scene |frame )?details (?:also )?(?:mention|say|state|list|note|describe"
        r"|specify)(?:e?d)?\b" + SEEN_THERE,
    ),
    (
        ("no information",),
        r"\bno information (?:about [^.;!?]{1,40} )?in the"
        r" (?:texts?|details|data)\b(?! (?:box|field|bubble)\b)" + WRITTEN_THERE + SEEN_THERE,
    ),
    (
        ("described",),
        r"\b(?:is|are|was|were|as)(?: not|n['’]t)? described\b(?! (?:above|below|by|as [\w-]{1,20} by)\b)" + ASKED,
    ),
)
