"""Phrases that give away that something was handed over or written down, whatever it is called: rules for English."""

from curate.telltales import ASKED, DRAWN_THERE, SAYING, SEEN_THERE, WRITTEN_THERE, Rule

GIVEN = r"(?:given|provided|supplied|listed|recorded)"
# What a text holds, by whatever name.
MATTER = (
    r"(?:information|info|details|particulars|facts|data points|observations|findings|material|narration|narrative"
    r"|actions?|objects?|elements|features|attributes|relations|interactions|items|clues|cues|text)"
)
TELLS = (
    rf"(?:{SAYING}|suggests?|includes?|points? to|tells?|shows?|gives?|implies|imply|names?|reports?|specif(?:y|ies)"
    r"|mentions?|contains?|reveals?|confirms?|speaks? of)"
)
PIECE = r"(?:segments?|windows?|chunks?|intervals?)"
PLACED = r"(?:first|second|third|fourth|fifth|sixth|last|final|next|previous|following|\d{1,3}(?:st|nd|rd|th))"
TOLD = r"(?:describes?|described|mentions?|mentioned|notes?|noted|states?|reports?|covers?)"
ACCOUNT = r"(?:annotations?|write-?ups?|account|narrative|records?|notes|transcripts?|summary|summaries|captions?)"
FIELDS = (
    r"(?:objects?|actions?|clothing|posture|gender|scenes?|key[ _]elements|elements|attributes|relations"
    r"|spatial relations)"
)
THE_GIVEN = "|".join(rf"(?<=\bthe {word})" for word in ("input", "source", "supplied", "provided"))
QUOTED = tuple(
    f"{quote}{name}"
    for quote in "\"“'‘`"
    for name in ("object", "action", "cloth", "postur", "gender", "scene", "key", "element", "attribut", "relation")
)
HANDED: tuple[Rule, ...] = (
    (
        ("given", "provided", "supplied", "listed", "recorded"),
        rf"{MATTER} {GIVEN}(?: here| to me| so far)? {TELLS}\b",
    ),
    (
        ("given", "provided", "supplied", "handed"),
        r"\b(?:given|handed|supplied|provided)(?: over)? to (?:me|us)\b(?! (?:by|as a (?:gift|present)))",
        r"\b(?:given|gave|handed|sent) me (?:with )?(?:an?|the|this|these|only) (?:[\w-]{1,20} )?"
        r"(?:captions?|descriptions?|texts?|records?|lists?|transcripts?|summar(?:y|ies)|account|notes)\b",
        r"\b(?:material|particulars|facts|account|observations|findings) (?:provided|given|supplied)"
        r"(?=[,.;]| (?:above|here)\b)",
        r"\bi(?:['’]ve| have| had)? been (?:given|handed|supplied|provided)\b",
        r"\b(?:what|that|which) i(?: was|['’]m| am) (?:handed|supplied|provided|told)\b",
    ),
    (
        ("segment", "window", "chunk", "interval"),
        rf"{PLACED} (?:video |clip |time )?{PIECE} (?:[(\[][^()\[\]]{{1,20}}[)\]] )?{TOLD}\b" + ASKED,
    ),
    (
        ("per the", "per this", "per its", "going by", "judging by", "following the"),
        rf"(?:^|[.!?;:,] |\bas )(?:per|going by|judging by|following) (?:the|this|these|its) "
        rf"(?:[\w-]{{1,20}} )?{ACCOUNT}\b" + SEEN_THERE,
    ),
    (
        (
            "annotation",
            "write-up",
            "writeup",
            "account",
            "narrative",
            "record",
            "transcript",
            "summar",
            "caption",
            "script",
        ),
        r"as the(?<=\bas the) (?:[\w-]{1,20} )?"
        r"(?:annotations?|write-?ups?|accounts?|narrative|records?|transcripts?|summary|summaries|captions?|descriptions?)"
        rf" (?:puts?|has|have|had|{TELLS})\b" + SEEN_THERE,
    ),
    (
        ("received",),
        r"\b(?:texts?|input|notes|captions?|records?|descriptions?|account|list|material|information|data|transcripts?"
        r"|summary)(?: that)? i(?:['’]ve| have)? received\b",
    ),
    (
        ("list of",),
        r"\bthe (?:full )?list of (?:objects?|actions?|key elements|elements|attributes|relations|features) "
        r"(?:contains?|includes?|names?|mentions?|has|shows?|gives|says|does(?:n['’]t| not))\b",
    ),
    (("write-up", "writeup"), rf"\bthe (?:video |scene |given )?write-?up {TELLS}\b"),
    (
        QUOTED,
        rf"(?:^|[.!?;:,] )(?:under|in|at|within|for) (?:the )?[\"“'‘`]{FIELDS}[,:]?[\"”'’`]"
        r",? (?:it|there|the|we|i|one|they|is|are|a|an)\b",
        rf"[\"“'‘`]{FIELDS}[\"”'’`] (?:says?|lists?|includes?|mentions?|names?|gives?|contains?)\b",
    ),
    (
        ("text", "passage", "material", "context"),
        rf"(?:input|source|supplied|provided)(?:{THE_GIVEN}) (?:texts?|passage|material|context)\b",
        rf"\bnowhere in the (?:text|passage|material)\b{WRITTEN_THERE}{SEEN_THERE}",
        rf"\b(?:the|this) (?:video|clip|scene|footage)(?:['’]s)? (?:text|narrative|passage) {TELLS}\b",
    ),
    (("description",), r"descriptions? (?:emphasi[sz]es|includes?|suggests?)\b" + SEEN_THERE),
    (
        ("noted", "recorded"),
        r"\bit(?:['’]s| is| was)(?: also| further| only| explicitly)? (?:noted|recorded) that\b",
    ),
    (
        ("from what", "by what", "on what"),
        r"\b(?:from|by|on) what (?:is|was|has been|i(?:['’]m| am| was|['’]ve been| have been)) "
        r"(?:written|described|given|told|provided|noted|recorded|listed)\b(?! (?:on|by|in|above|below)\b)",
    ),
    (
        ("only have",),
        rf"\bi (?:only|just) have (?:a|an|the) (?:[\w-]{{1,20}} )?(?:account|text|description|list)\b{DRAWN_THERE}",
    ),
)
