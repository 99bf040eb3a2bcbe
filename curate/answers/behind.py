"""What stands behind a number: a unit or a counted thing, or words that make another number of it.

What may stand there is told by its form, all else makes it no number: a unit of the table and where or how it is
measured ("5 m from the wall"), a counted thing in the plural with words in front that tell what it is like and behind
it where it is or what it does ("5 parked cars on the left"), or one of a few phrases ("5 in total", "5 of them").
So "5 nope", "5 as a ceiling" and "5 points behind" are none, whatever the word. Within the form no word may deny,
bound, compare or share out ("5 people at most", "5 cars in every row").
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from curate.answers import counters
from curate.answers.units import counts, known
from curate.answers.words import (
    AMOUNTS,
    CHANGING,
    DETERMINERS,
    DOING,
    ENDING,
    FUNCTION,
    IRREGULAR,
    LINKS,
    NO_ADVERB,
    NO_PLURAL,
    NOWHERE,
    PLACED,
    PLURAL_END,
    STATES,
    TURNED,
    UNDOING,
)

# "5 ft 3", "5 by 3": the digit is no power.
SECOND = re.compile(
    r"(?:.*\s)?(?:ft|foot|feet|in|inch(?:es)?|lbs?|h|hrs?|hours?|min|minutes?|by|vs\.?|per|to|or|and|plus|minus|times)\s[23]"
    r"|.*['\"’”′][23]|x\s?\d|i\W{0,2}$|per\s(?!cent|mille)"
)
TOKEN = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|[1-4]|&")
BETWEEN = re.compile(r"[\s.!'\"’“”:]*")
VARIABLE = re.compile(r"[abcnpqtuvwxyz]|[ⁿˣʸⁱ].*")  # "2^3n"; "10^3 m" has a unit
LETTERS = re.compile(r"[a-z]{1,2}|[xyz]{3,5}|[b-df-hj-np-tv-xz]{1,5}")
# What stands there by itself, without a counted thing.
MEDIUM = r"(?:image|picture|photo(?:graph)?|video|clip|scene|frame|footage|figure|diagram|chart|graph|table|drawing)"
PHRASE = re.compile(
    rf"""(?:of\s(?:them|these|those)\s)?(?:(?:are|is|were|was)\s)?(?:clearly\s)?
         (?:in\s(?:total|all)|altogether|overall|total|combined|only|left|remaining|visible|shown|present|seen|there|here
          |in\s(?:the|this)\s(?:(?:whole|entire|given)\s)?{MEDIUM}
          |red|blue|green|yellow|black|white|orange|pink|purple|brown|gr[ae]y
          |of\s(?:them|these|those))
        | (?:is|was)\s(?:the|my)\s(?:(?:final|correct|right|exact|total)\s)?
          (?:answer|number|count|total|result|amount|sum|value)(?:\sof\s.+)?
        | o['’]clock
        | (?:is|was)\s(?:correct|right|my\sanswer)
        | I\s(?:think|believe|count(?:ed)?)(?:\s(?:them|so|all\sof\sthem))?
        | (?:st|nd|rd|th)(?:\s(?:place|floor|row|grade|person|one|time|position|century|street|step))?""",
    re.VERBOSE | re.IGNORECASE,
)
OF_THE = re.compile(r"^of\s(?:the|these|those|his|her|its|their|my)\s", re.IGNORECASE)
# Behind a unit: how it is measured, and from where.
MEASURED = re.compile(
    r"""(?:\s?(?:long|wide|tall|high|deep|thick|old|away|apart|across|total|altogether|overall|exactly|ago|into\s[a-z ]+
          |in\s(?:total|all|length|width|height|depth|diameter|radius|size|area|volume|weight|duration)
          |(?:to\sthe\s)?(?:left|right|north|south|east|west)(?:wards?)?|(?:counter|anti)?clockwise|(?:for|back)wards?
          |(?:of|from|between|with|without|at|on|in)\s[a-z' -]+)){1,3}""",
    re.VERBOSE,
)
COMPARED = re.compile(r"times\s(?:as\s[a-z]+(?:\sas\s[a-z ]+)?|(?:larg|bigg|great|long|high|tall|fast|heavi|wid)er)")


@lru_cache(maxsize=4096)
def stands_behind(unit: str, one: bool = False) -> bool:
    """Whether this may stand behind a number and leave it what it is; behind `one` a counted thing is no plural."""
    if counters.written(unit):
        return counters.harmless(unit)
    low = unit.casefold()
    if SECOND.match(low) or unit[:1].isdigit():  # ("5₂")
        return False
    if known(unit):
        return not denied(unit)  # ("in half an hour")
    said = unit.strip(" .!")
    words = TOKEN.findall(said)
    if denied(said) or (words and words[-1].casefold() in ENDING):
        return False
    if PHRASE.fullmatch(said) or COMPARED.fullmatch(said.casefold()) or _measured(said):
        return True
    if not words or not BETWEEN.fullmatch(TOKEN.sub("", said)):
        return False
    return _counted(TOKEN.findall(OF_THE.sub("", said, count=1)), one)


def denied(text: str) -> bool:
    """Whether any word of a text denies, bounds, compares or shares out."""
    return TURNED.search(text.casefold()) is not None


def _measured(said: str) -> bool:
    """A unit of the table, no counted thing, and how it is measured."""
    words = said.split(" ")
    heads = (" ".join(words[:length]) for length in range(min(len(words) - 1, 4), 0, -1))
    head = next((head for head in heads if known(head) and not counts(head)), None)
    return head is not None and _all_measured(said[len(head) :].casefold())


def _all_measured(rest: str) -> bool:
    return MEASURED.fullmatch(rest) is not None and NOWHERE.isdisjoint(TOKEN.findall(rest))


def _counted(words: Sequence[str], one: bool) -> bool:
    """Words that end in what is counted, or go on behind it with where it is or what it does."""
    headed = False
    for place, word in enumerate(words):
        low = word.casefold()
        if headed and _goes_on([word.casefold() for word in words[place:]]):
            return True
        if low in ("and", "&") and headed:
            headed = False
        elif low in FUNCTION or (headed and low in UNDOING):
            return False
        else:
            headed = _thing(word, low, one)
    return headed or known(words[-1])


def _thing(word: str, low: str, one: bool) -> bool:
    """Whether a word may be what is counted."""
    if known(word) and not counts(word):
        return False
    if counts(word) or low in IRREGULAR or low.endswith(PLURAL_END):
        return True
    if one and low not in CHANGING and not LETTERS.fullmatch(low) and (not low.endswith("ly") or low in NO_ADVERB):
        return True
    if len(low) < 3 or not low.endswith("s") or low in NO_PLURAL or low.endswith(("ss", "us", "is", "wards", "ous")):
        return False
    return not LETTERS.fullmatch(low) or word[:-1].isupper()


def _goes_on(words: Sequence[str]) -> bool:
    """Whether this may stand behind a counted thing: "in the video", "seated at the table", "are visible"."""
    first, rest = words[0], words[1:]
    if first in STATES and (not rest or _goes_on(rest)):
        return True
    if first in PLACED:
        if not rest or rest[0] in AMOUNTS or (first == "at" and rest[0] not in DETERMINERS):
            return False
        return NOWHERE.isdisjoint(rest)
    if first in LINKS:
        return bool(rest) and (LINKS[first] or _goes_on(rest))
    return first not in UNDOING and (first.endswith(("ing", "ed")) or first in DOING)
