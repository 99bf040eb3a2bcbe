"""Whether a time in a text is shown by something in the scene, or tells when something happens."""

import re

# "The clock shows 10:30" is seen, and so is a score of 3:15; a time that nothing leads up to is a ratio or a verse.
SEEN = re.compile(
    r"clock|wristwatch|stopwatch|timer|scor|ratio|digital|alarm|odds|countdown|\bwatch (?:shows|reads|says)"
)
PLANNED = re.compile(r"schedule|timetable|\b(?:train|bus|flight|plane|ferry|shop|store|museum)(?:e?s)?\b")
SEEN_BEHIND = re.compile(
    r",? (?:says?|reads?|shows?|on|by|according to|is on) (?:the|a|that|his|her) (?:[\w-]{1,15} )?"
    r"(?:clock|board|timetable|schedule|timer|display|watch|phone|ticket)\b"
)
LED_UP_TO = re.compile(
    r"(?:^|[.!?;,(\[] ?|\b(?:at|by|around|about|near|from|until|till|to|and|between|before|after|since|roughly|times?|"
    r"approximately|stamps?|marks?|frames?|see|say) ?|[–-] ?|: ?)$"
)
COLON = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?")


def on_a_clock(match: re.Match[str]) -> bool:
    """Whether a time is shown somewhere in the scene, or no time at all."""
    if not COLON.fullmatch(match[0]):
        return False
    before = match.string[max(match.start() - 40, 0) : match.start()]
    if SEEN.search(before) or SEEN_BEHIND.match(match.string, match.end()):
        return True
    if match[0].count(":") > 1:
        return False
    planned = PLANNED.search(before) and not match[0].startswith(("0:", "00:"))
    return bool(planned) or not LED_UP_TO.search(before)
