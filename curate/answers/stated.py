"""Where a chatty answer says what it answers: "The correct answer is (B)." is "(B)."."""

import re
from collections.abc import Iterator

LONGEST = 2_000  # characters of an answer in which a statement is looked for; longer ones are essays

OPENER = (
    r"(?:(?:(?:so|thus|hence|therefore|then|overall|ok|okay|sure|well|finally|in\ total|definitely|certainly|clearly)\b"
    r"|所以|因此|故)[,:!]?\s?)"
)
# What may praise an answer. Whatever else stands before "answer" ("wrong", "trap", "second") announces none.
MARK = (
    r"(?:final|correct|right|best|better|true|proper|appropriate|chosen|selected|only"
    r"|only\ (?:possible|remaining|valid|plausible)|best[-\ ](?:fitting|matching|supported)"
    r"|most\ (?:likely|probable|plausible|appropriate|suitable|accurate|fitting|reasonable|logical|sensible))"
)
BE = (
    r"(?:\ (?:is|are|was|would\ be|must\ be|should\ be|has\ to\ be|will\ be)\b"
    r"(?:\ (?:clearly|definitely|certainly|indeed|therefore|thus|obviously|likely|probably|most\ likely)\b)?)"
)
NOUN = r"(?:answers?|options?|choices?|letters?|ans\b\.?|solution|result)"
NAMED = rf"(?:(?:{MARK}\ ){{0,3}}{NOUN}|(?:{MARK}\ ){{1,3}}one)"
FITTING = r"(?:\ (?:that|which)\ (?:best\ )?(?:fits|matches|applies|works|is\ (?:correct|right|true))(?:\ best)?\b)?"
PRAISED = "(?:(?:正确|最终|最佳|最好|最可能|最合适|最恰当|最合理)的?)"
CHINESE = (
    rf"(?:我?的?{PRAISED}?(?:答案|选项)(?:应该|应当|应)?[是为選选:]?"
    r"|[它这那他她其此]?(?:应该|应当|就)?是|(?:应该|应当|应|故|我)?(?:选择?|選擇?)(?:项|項)?)"
)
# "La respuesta correcta es la B", "Die richtige Antwort ist B", "La bonne réponse est B"
FOREIGN_MARK = (
    r"(?:correcta|correct[eo]?|finale?|richtige|korrekte|endgültige|beste|bonne|corrett[ao]|giust[ao]|corret[ao])"
)
FOREIGN_NOUN = r"(?:respuesta|antwort|réponse|risposta|resposta)"
FOREIGN = (
    rf"(?:(?:la|die|a|mi|meine|ma)\ )?(?:{FOREIGN_MARK}\ )?{FOREIGN_NOUN}(?:\ {FOREIGN_MARK})?"
    r"(?:\ (?:es|ist|est|è|é)\b(?:\ (?:la|die)\b)?|\s?(?=:))(?:\ (?:opción|opzione|opção|option)\b)?"
)
KIND = r"(?:(?:the\ )?(?:options?|choices?|letters?|选项)(?:\ |\b(?=[(\[:])):?\ ?)?"
I_TAKE = r"I(?:['’](?:d|ll)|\ (?:would|will))?\ (?:choose|pick|select|go\ with|settle\ on)\b"
SAY = (
    r"(?:I\ (?:(?:would|will)\ )?|I['’](?:d|ll)\ )?(?:choose|pick|select|say|go\ with|think|believe|guess)\b(?:\ that)?"
)
# "The car in front is …", but not "the one that is not …", nor "the common mistake is B": a letter wants an answer.
SUBJECT = (
    r"(?:the|its|his|her|their|this|that)\ (?:(?!(?:not|never|no|wrong|incorrect|false|other|second|than|if|least|worst"
    rf"|unlikely|impossible|only|opposite|contrary|reverse|half|part|{NOUN})\b)[a-z]{{1,20}}\ ){{1,4}}(?:is|are)\b"
    r"(?!:?\ (?:option\ )?[*(\[]{0,3}[a-z](?:[)\]*.:!。]|$|\ [-–—]\ ))"
)
ANNOUNCED = rf"""(?:
        (?:(?:the|my|our)\ )?{NAMED}{FITTING}(?:\ to\ (?:the|this)\ question|\ here)?
        (?:{BE}\s?:?|\s?[:=]|\ -|\b|(?<=\.))
      | {SAY}(?:\ it(?:{BE}|['’]s)|\ (?:(?:the|my)\ )?{NAMED}{BE})?
      | (?:it|this|that)(?:{BE}|['’]s)
      | {CHINESE}
      | {FOREIGN}
      | {SUBJECT}
      )"""
# What may stand in front of an answer; it is taken off once.
LEAD = re.compile(
    rf"""(?:{OPENER}{{1,2}}(?:{ANNOUNCED}\s?:?\s?{KIND})?|{ANNOUNCED}\s?:?\s?{KIND})(?=\S)""",
    re.VERBOSE | re.IGNORECASE,
)
# No word stands before it that could turn it: "wrong answer:", "the least correct answer is", "错误答案是".
UNTURNED = r"(?:(?<![\w-])(?<!\w\ )|\b(?:so|thus|hence|therefore|then|and|is|the|my|our)\ )"
UNTURNED_CHINESE = (
    "(?:(?<![\u4e00-\u9fff])|(?<=所以)|(?<=因此)|(?<=故)|(?<=则)|(?<=我的)|(?<=题的)|(?<=此题)|(?<=本题))"
)
# What says, in the midst of a text, that an answer follows.
MIDST = re.compile(
    rf"""(?:\b(?:the|my|our)\ {NAMED}{FITTING}{BE}
      | {UNTURNED}(?:{MARK}\ ){{1,3}}{NOUN}(?:{BE}|\ ?:)
      | {UNTURNED}answer\ ?:
      | \b{I_TAKE}(?=\ )
      | {UNTURNED_CHINESE}{PRAISED}?答案(?:应该)?[是为:：])\s?:?\s?{KIND}""",
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
# "There are 4 cars, so B"
CLOSING = re.compile(
    r"[,;.:]\s(?i:and\s)?(?i:so|thus|hence|therefore)[,:]?\s(?i:(?:it|that)(?:\s(?:is|must\sbe)|['’]s)\s)?(?i:option\s)?"
    r"([(\[]?[A-Z][)\]]?)[.。!]?$"
)
DOUBTED = re.compile(
    r"\b(?:not|never|if|unless|might|may|could|maybe|perhaps|either)\b|n['’]t\b|不是|不", re.IGNORECASE
)


def unled(text: str) -> str:
    """The text without the words that announce an answer."""
    match = LEAD.match(text)
    return text[match.end() :] if match else text


def closing(text: str) -> tuple[str, str] | None:
    """The letter that a text closes with ("…, so B"), behind what it is drawn from; None where it does not."""
    match = CLOSING.search(text[-LONGEST:])
    return (text[-LONGEST:][: match.start()], match[1]) if match else None


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
