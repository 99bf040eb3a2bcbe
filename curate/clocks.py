"""Whether a time or a frame in a text is shown or played in the scene, or tells when something happens."""

import re

# "The clock shows 10:30" is seen, and so is a score of 3:15; a time that nothing leads up to is a ratio or a verse.
SEEN = re.compile(
    r"clock|wristwatch|stopwatch|timer|scor|ratio|digital|alarm|odds|count(?:s|ed|ing)? ?down|microwave|lap time"
    r"|\bwatch (?:shows|reads|says)|\b(?:reads|reading|displays|displaying) [\"“']?$"
)
PLANNED = re.compile(r"schedule|timetable|\b(?:train|bus|flight|plane|ferry|shop|store|museum)(?:e?s)?\b")
SEEN_BEHIND = re.compile(
    r",? (?:(?:left |remaining )?(?:says?|reads?|shows?|on|by|according to|is on) (?:the|a|that|his|her) "
    r"(?:[\w-]{1,15} )?(?:clock|board|timetable|schedule|timer|display|watch|phone|ticket|scoreboard)\b"
    # "The meeting is at 3:30, as the note on the door says"
    r"|as (?:the|a|an|his|her|its) (?!time ?-?stamp|caption|description|record|metadata|annotation|summary|transcript)"
    r"(?:[\w-]{1,15} ){1,6}?(?:says?|shows?|reads?|tells?|announces?|indicates?)\b"
    r"|it (?:says|reads|shows) (?:on|in|above|below) (?:the|a|an|his|her|its)\b"
    r"|(?:left|remaining|to (?:go|play))\b)"
)
LED_UP_TO = re.compile(
    r"(?:^|[.!?;,(\[] ?|\b(?:at|by|around|about|near|from|until|till|to|and|between|before|after|since|roughly|times?|"
    r"approximately|stamps?|marks?|frames?|minutes?|see|say) ?|[–-] ?|: ?)$"
)
HOURS = re.compile(
    r"arriv|depart|\bmeeting|\bhours?\b|o['’]clock|half past|quarter (?:past|to)|\bnoon|midnight|morning|evening"
    r"|tonight|minutes (?:later|long)|for \d+ minutes|lasts|takes|\bopens?\b|\bclose[sd]?\b|lesson|school|lunch|dinner"
)
HOUR = 4  # clips are shorter, so that from here on a time beside such words is one of the day
COLON = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?")
MINUTE = re.compile(r"\bminutes? \w+$")
MATCH = re.compile(
    r"\bgoals?\b|goalkeeper|referee|half-?time|stoppage|injury|scoreboard|scor(?:es|ed)\b|\bclock\b|timer"
)
# "By 12 seconds the lights are out" begins a clause; "he wins by 12 seconds" and "waits around 5 s" do not.
CLAUSE = re.compile(r"(?:^|[.!?;,:—–-] ?|\b(?:is|it['’]s|happens|occurs|starts|begins|somewhere) )$")
PHYSICS = re.compile(
    r"veloc|accelerat|displace|equation|formula|\bgraph|\bcurve\b|\baxis|concentration|\bm/s\b|[a-z]\(t\)|[a-su-z] ?="
)
GAMES = re.compile(
    r"\b(?:wins?|won|loses?|lost) (?:the|his|her)\b"
    r"|\bbowl(?:ing|ers?\b|s a\b)|snooker|billiard|optician|\bpins\b|\ba (?:strike|spare)\b|\bcue ball\b"
    r"|\bframe of (?:the )?(?:match|game|set|bowling|snooker|pool)\b"
)


def on_a_clock(match: re.Match[str]) -> bool:
    """Whether a time is shown somewhere in the scene, belongs to a sum, or is no time at all."""
    if match[0].startswith(("by", "around", "about")) and not CLAUSE.search(
        match.string, max(match.start() - 20, 0), match.start()
    ):
        return True
    if not COLON.fullmatch(match[0]):
        told = MATCH if MINUTE.search(match[0]) else PHYSICS
        return told.search(around(match)) is not None
    before = match.string[max(match.start() - 60, 0) : match.start()]
    if SEEN.search(before) or SEEN_BEHIND.match(match.string, match.end()):
        return True
    if match[0].count(":") > 1:
        return False
    return of_the_day(match) or not LED_UP_TO.search(before)


def of_the_day(match: re.Match[str]) -> bool:
    """Whether a time such as 3:15 is one of a timetable, or of a day that is told of."""
    hour = int(match[0].partition(":")[0])
    if hour >= HOUR and HOURS.search(around(match)):
        return True
    return hour > 0 and PLANNED.search(match.string, max(match.start() - 90, 0), match.start()) is not None


def played(match: re.Match[str]) -> bool:
    """Whether a frame is one of bowling or snooker."""
    return GAMES.search(around(match)) is not None


def around(match: re.Match[str]) -> str:
    """The words around a match, without it."""
    text = match.string
    return f"{text[max(match.start() - 80, 0) : match.start()]} {text[match.end() : match.end() + 80]}"
