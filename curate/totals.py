"""Last sentences that are a total, a measure or a result, and in which words they say its number."""

import re

ABOUT = r"(?:about|approximately|roughly|around|exactly|only|just|nearly|almost)"
SAID = rf"(?:{ABOUT}\s)?(?:[$€£¥]?[\w.,/-]{{1,20}}[%°]?|\\[dt]?frac\{{\d{{1,9}}\}}\{{\d{{1,9}}\}})"
DRAWN = (
    r"(?:(?:so|therefore|thus|hence|overall|altogether|consequently|accordingly|ultimately|in\sconclusion|in\stotal"
    r"|in\sall|in\sshort|in\ssummary|all\sin\sall|as\sa\sresult|finally),?\s)"
)
# What is counted on the way to something else is no total: "so there are 2 rows", "so there are 7 on the left".
COUNTED = (
    r"(?:\s(?!(?:on|in|at|to|of|and|or|per|each|by|with|for|from|more|less|fewer|other|others|rows?|columns?|groups?|sides?"
    r"|pairs?|sets?|dozens?|hundreds?|thousands?|steps?|layers?|types?|kinds?|sorts?|colou?rs?|apiece|times|after|before"
    r"|if|than|minus|plus|who|that|which)\b)[a-z]{1,15})"
)
TOTAL = r"(?:\s(?:in\stotal|altogether|in\sall|overall|all\stold))"
UNIT = r"(?:\s?[a-z%°²³^/\d]{1,12}){0,3}"
IS = (
    r"(?:is|are|was|were|equals|comes\sto|amounts\sto|adds\sup\sto|must\sbe|has\sto\sbe|should\sbe|stands\sat|measures)"
)
MEASURE = (
    r"(?:perimeter|area|volume|angle|probability|chance|average|mean|median|mode|range|speed|distance|length|height|width"
    r"|depth|size|gap|circumference|cost|price|percentage|share|difference|product|quotient|remainder|value|score|age"
    r"|duration|temperature|weight|mass|estimate)"
)
SUM = r"(?:number|total|count|sum|result|tally)"
FINALS: tuple[str, ...] = (
    # "So there are 7 people", "there are 7 red ones in total", "we have 5 in all"
    rf"{DRAWN}{{1,2}}there\s(?:are|is|were|was)\s(?P<a>{SAID}(?:\sof\sthem)?{COUNTED}?){TOTAL}?",
    rf"{DRAWN}{{0,2}}(?:there\s(?:are|is|were|was)|we\shave|(?:that|this|it)\smakes)\s"
    rf"(?P<b>{SAID}(?:\sof\sthem|{COUNTED}{{1,2}}?)?){TOTAL}",
    # "I count 9"; with what is counted it may be a part, unless it is what follows: "so I count 9 birds"
    rf"(?:I|we)\s(?:count|get|reach|obtain)\s(?P<c>{SAID}(?:\sof\sthem)?){TOTAL}?",
    rf"{DRAWN}{{0,2}}(?:I|we)(?:\s(?:estimate|arrive\sat|end\sup\swith)|(?:['’]d|\swould)\s(?:say|estimate|put\sit\sat))\s"
    rf"(?P<d>{SAID}(?:\sof\sthem)?{COUNTED}?){TOTAL}?",
    rf"{DRAWN}{{1,2}}(?:(?:I|we)\s(?:see|have|find|count|get|reach|obtain)|(?:he|she|it|they)\s(?:has|have|costs?|weighs?"
    r"|measures?|needs?|lasts?|equals?|covers?|travels?|takes?|earns?|pays?|saves?))\s"
    rf"(?P<e>{SAID}(?:\sof\sthem)?{COUNTED}?){TOTAL}?",
    # "The number of birds is 9", "so the area is 12 square units"
    rf"(?:{DRAWN}){{0,2}}(?:the|my|our|its)\s(?:(?:total|final|overall|whole)\s)?{SUM}(?:\sof\s[a-z]{{2,15}})?\s{IS}\s"
    rf"(?P<f>{SAID}{UNIT})",
    rf"{DRAWN}{{1,2}}(?:the|my|our|its|their)\s(?:total\s|final\s|average\s)?{MEASURE}"
    rf"(?:\sbetween\s(?:them|the\stwo)|\sof\s[a-z])?\s{IS}\s(?P<g>{SAID}{UNIT})",
    rf"(?:that|this)\sbrings\s(?:the\s(?:total|count|number\sof\s[a-z]{{2,15}})|it|us)\sto\s(?P<h>{SAID}{COUNTED}?)",
    # "Therefore, 9", "so 9 birds it is", "= 9"
    rf"(?:{DRAWN}{{1,2}}|=\s?)(?P<i>{SAID}{COUNTED}?)(?:\sit\sis|{TOTAL})?",
    rf"{DRAWN}?(?:that|this|it)\s(?:makes|gives|leaves)(?:\s(?:us|me))?\s(?P<j>{SAID}{COUNTED}?){TOTAL}?",
    rf"{DRAWN}{{1,2}}(?![^.]*\b(?:of|least|most|than|per|each|rows?|not|or)\b)[^=.,;!?\d]{{1,60}}\s"
    rf"(?P<k>{SAID}(?:\s[a-z]{{2,12}})?){TOTAL}",
    rf"(?:in\stotal|altogether|in\sall),?\s(?P<l>{SAID}{COUNTED}{{1,2}}?)"
    r"(?:\s(?:appear|are\s(?:seen|shown|visible|there)))?",
    # "3 + 4 = 7", "so x = 7"
    rf"{DRAWN}{{0,2}}(?:(?:that|this|it)\s(?:makes|gives|is|leaves)\s)?[\d\s.,+*/×÷·()−–-]{{3,80}}=\s?"
    rf"(?P<m>{SAID}{UNIT})",
    rf"(?:so|therefore|thus|hence),?\s[^=.!?]{{1,60}}=\s?(?P<n>{SAID})",
)
FINAL = re.compile("|".join(FINALS), re.IGNORECASE)
NO_UNIT = re.compile(r"\stimes$|(?<=[a-z])\^\{?[23]\}?$")


def total(sentence: str) -> tuple[str, str] | None:
    """The words of a last sentence that say its number, and its other words; None where it is none that says one."""
    found = FINAL.fullmatch(sentence)
    if found is None or (name := found.lastgroup) is None:
        return None
    words = NO_UNIT.sub("", found[name])
    return words, f"{sentence[: found.start(name)]} {sentence[found.end(name) :]}"
