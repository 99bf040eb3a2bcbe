"""Where a chatty answer says what it answers: "The correct answer is (B)." is "(B)."."""

import re
from collections.abc import Iterator

LONGEST = 2_000  # characters of an answer in which a statement is looked for; longer ones are essays

OPENER = (
    r"(?:(?:(?:so|thus|hence|therefore|then|overall|ok|okay|sure|well|finally|in\ total|definitely|certainly|clearly)\b"
    r"|所以|因此|故)[,:!]?\s?)"
)
MARKS = r"(?:(?:final|correct|right|best|true|most\ likely|most\ appropriate)\ ){0,2}"
BE = (
    r"(?:\ (?:is|are|was|would\ be|must\ be|should\ be|has\ to\ be|will\ be)\b"
    r"(?:\ (?:clearly|definitely|certainly|indeed|therefore|thus|obviously|likely|probably|most\ likely)\b)?)"
)
NOUN = r"(?:answers?|options?|choices?|letters?|ans\b\.?|solution|result)"
CHINESE = (
    r"(?:我?的?(?:正确|最终|最佳)?(?:答案|选项)(?:应该|应当|应)?[是为選选:]?"
    r"|(?:应该|应当|就)?是|(?:应该|应当|应|故|我)?(?:选择?|選擇?)(?:项|項)?)"
)
KIND = r"(?:(?:the\ )?(?:options?|choices?|letters?|选项)(?:\ |\b(?=[(\[:])):?\ ?)?"
SAY = (
    r"(?:I\ (?:(?:would|will)\ )?|I['’](?:d|ll)\ )?(?:choose|pick|select|say|go\ with|think|believe|guess)\b(?:\ that)?"
)
# "The car in front is …", but not "the one that is not …".
SUBJECT = (
    r"(?:the|its|his|her|their)\ (?!(?:\w{1,20}\ ){0,4}(?:not|never|no|wrong|incorrect|false|other|second|than|if)\b)"
    r"(?:[a-z]{1,20}\ ){1,4}(?:is|are)\b"
)
ANNOUNCED = rf"""(?:
        (?:(?:the|my|our)\ )?{MARKS}{NOUN}(?:\ to\ (?:the|this)\ question|\ here)?(?:{BE}\s?:?|\s?[:=]|\ -|\b|(?<=\.))
      | {SAY}(?:\ it(?:{BE}|['’]s)|\ (?:(?:the|my)\ )?{MARKS}{NOUN}{BE})?
      | (?:it|this|that)(?:{BE}|['’]s)
      | {CHINESE}
      | {SUBJECT}
      )"""
# What may stand in front of an answer; it is taken off once.
LEAD = re.compile(
    rf"""(?:{OPENER}{{1,2}}(?:{ANNOUNCED}\s?:?\s?{KIND})?|{ANNOUNCED}\s?:?\s?{KIND})(?=\S)""",
    re.VERBOSE | re.IGNORECASE,
)
# What says, in the midst of a text, that an answer follows.
MIDST = re.compile(
    rf"""(?:\b(?:the|my|our)\ {MARKS}{NOUN}{BE}
      | \b(?:final|correct|my)\ {NOUN}(?:{BE}|\ ?:)
      | \banswer\ ?:
      | 答案(?:应该)?[是为:])\s?:?\s?{KIND}""",
    re.VERBOSE | re.IGNORECASE,
)
BOX = re.compile(r"\\boxed\s?\{((?:[^{}]|\{[^{}]*\}){1,200})\}")
STOP = re.compile(r"[.!?](?=\s|$)|[。！？\n]|,\s(?:because|since|as)\b")
# What takes all back that was said before it.
TAKEN_BACK = re.compile(
    r"""(?:^|[.!?;,]\s|\s[-–—]\s?)(?:(?:oh|but)\s)?
        (?:(?:wait|hmm+|actually|sorry|correction|scratch\sthat|(?:on\s)?second\sthoughts?)\b|no,)
      | \b(?:I|that)\s(?:was|am|is)\s(?:wrong|mistaken|a\smistake)\b""",
    re.VERBOSE | re.IGNORECASE,
)
DOUBTED = re.compile(
    r"\b(?:not|never|if|unless|might|may|could|maybe|perhaps|either)\b|n['’]t\b|不是|不", re.IGNORECASE
)


def unled(text: str) -> str:
    """The text without the words that announce an answer."""
    match = LEAD.match(text)
    return text[match.end() :] if match else text


def statements(text: str) -> Iterator[str]:
    """What stands in boxes, else behind "the answer is" in the midst of prose, each to the end of its sentence.

    What is denied or doubted before it is left out; nothing counts where the end takes it back.
    """
    if len(text) > LONGEST:
        return
    if boxes := BOX.findall(text):
        yield from boxes
        return
    begin, found = 0, []
    for match in MIDST.finditer(text):
        stops = [stop.end() for stop in STOP.finditer(text, begin, match.start())]
        begin = stops[-1] if stops else begin
        if DOUBTED.search(text, begin, match.start()):
            continue
        end = STOP.search(text, match.end())
        found.append((match.end(), end.start() if end else len(text)))
    if found and not TAKEN_BACK.search(text[found[-1][1] :]):
        yield from (text[first:end] for first, end in found)
