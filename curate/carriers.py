"""Whether a text that is spoken of is a thing in the scene: on a screen or a poster, or somebody's work."""

import re

CARRIER = (
    r"(?:tags?|signs?|labels?|posters?|boards?|whiteboard|blackboard|screens?|pages?|menu|banner|packet|package|bottle"
    r"|receipt|ticket|cards?|form|plaque|slides?|cover|map|t-shirt|shirt|website|app|laptop|phone|tablet|monitor"
    r"|display|editor|terminal|browser|spreadsheet|camera|notebook|book|newspaper|magazine|letter|program|painting"
    r"|sidebar|computer|console|viewfinder|meme|tutorial|fridge|desk|wall)"
)
DEVICE = (
    r"(?:screen|website|app|laptop|phone|tablet|monitor|editor|terminal|browser|spreadsheet|computer|console|sidebar"
    r"|ticker|poster|banner|newspaper)"
)
PLACE = r"(?:on|in|of|from|inside|below|under|beside) (?:the|an?|his|her|its|their) (?:[\w'’-]{1,20} ){0,2}"
TELLING = (
    r"(?:there|has|have|had|with|an?|and|that|who|says?|said|states?|stated|mentions?|notes?|describes?|indicates?|lists?"
    r"|shows?|tells?|gives?|reads?|includes?|suggests?)"
)
PERSON = (
    r"(?:he|she|they|who|somebody|someone|(?:man|woman|boy|girl|person|teacher|instructor|presenter|speaker|student|pupil"
    r"|guide|officer|artist|actor|actress|host|programmer|developer|coder|photographer|doctor|nurse|judge|lawyer|witness"
    r"|reporter|chef|vlogger|player|user of the app)s?)"
)
WORKS = (
    r"(?:opens?|fills?|edits?|changes?|adds?|prints?|explains?|demonstrates?|draws?|types?|writes?|wrote|reads?|posts?"
    r"|publishes|deletes?|copies|pastes?|selects?|clicks?|scrolls?|points?|hands?|holds?|gives?|gave|checks?|creates?"
    r"|designs?|enters?|saves?|removes?|parses?|loads?|listens?|signs?|films?|takes?|looks? at)"
)
# "The metadata of the photo appears on the camera's screen": nothing is told between the two.
SHOWN_BEHIND = re.compile(rf"(?: (?!{TELLING}\b)[\w'’-]{{1,20}}){{0,5}}? {PLACE}{CARRIER}\b")
SHOWN_BEFORE = re.compile(rf"\b{PLACE}{DEVICE}\b[^.!?;]{{0,80}}$")
MADE_BEFORE = re.compile(rf"\b{PERSON} (?:[\w'’-]{{1,20}} )?{WORKS}\b[^.!?,;]{{0,50}}$")
# "The map's caption", "the newspaper photo's caption"; of what is drawn a caption is part, a description none.
OWNED = re.compile(
    rf"\b(?:{CARRIER}(?:['’]s)? (?:(?:photo|picture|image)(?:['’]s)? )?(?:captions?|texts?|descriptions?|annotations?)"
    r"|(?:charts?|graphs?|plots?|figures?|diagrams?|tables?|drawings?|cartoons?|infographics?)(?:['’]s)? captions?)\b"
)
TOLD = re.compile(rf"\b{TELLING}$")
CITED = re.compile(
    r"\b(?:according to|based on|judging by|as per|per|looking (?:back )?at|as) (?:[\w'’-]{1,20} ){0,2}$"
)
AROUND = 120
OWNER = 30


def in_the_scene(match: re.Match[str]) -> bool:
    """Whether what a match names is itself seen: "he opens the file's metadata", "the JSON on the screen"."""
    before = match.string[max(match.start() - AROUND, 0) : match.start()]
    if SHOWN_BEHIND.match(match.string, match.end()):
        return True
    owned = OWNED.search(match.string, max(match.start() - OWNER, 0), match.end())
    if owned and owned.end() > match.start():
        return True
    if TOLD.search(match[0]) or CITED.search(before):
        return False
    return bool(SHOWN_BEFORE.search(before) or MADE_BEFORE.search(before))
