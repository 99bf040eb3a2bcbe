"""What stands behind a number: a unit or a counted thing, or a word that makes another number of it.

A unit of the table is one. Of anything else the first word may be a thing or tell what it is like ("5 parked cars"),
not how the number is changed, bounded or compared ("5 halved", "5 max", "5 more"); letters that spell no word are
variables ("5ab"); and nowhere may it be negated, bounded or in doubt ("5 cars at most", "5 if it counts").
"""

import re
from functools import lru_cache

from curate.answers.units import known

# In front: words of reckoning, of change, of comparison; scales; numbers of another unit.
CHANGED = re.compile(
    r"""(?:(?:or|to|and|plus|minus|times(?=\s\w)|over|pi|root|half|halves|thirds?|quarters?|squared|cubed|factorial|negative
          |x|y|(?:hundred|thousand|dozen|lakh|crore|million|billion|trillion)s?|mio|mil|bn|tens|score
          |(?:ten|hundred|thousand|million)ths?|followed|choose|less|fewer|more|another|each|apiece|every|per(?!\scent)
          |no|none|too|twice|thrice|off|up|down|ahead|behind|away|at\s(?:most|least)|below|above|under|beneath|beyond|past
          |then
          |(?:doubl|tripl|quadrupl|halv|multipli|divid|reduc|increas|decreas|add|subtract|rais|lower|round|invert|negat)ed
          |(?:max(?:imum)?|minimum|tops|short|shy|double|triple|extra|additional|further|better|worse
            |(?:high|low|great|larg|small|bigg|long|short|tall|old|young|earli|lat|clos|farth|near|wid|deep|heavi|light|fast
              |slow|hott|cold|warm|strong|weak)er)(?=\W*$|\s(?:than|by|in|at|of|on|from|now|then)\b)  # "5 short films"
        )\b(?![^\W\d_]|-\w)
      | -?fold\b|i\W{0,2}$|x\s?\d|.*['\"’”′][23]
      | (?:.*\s)?(?:ft|foot|feet|in|inch(?:es)?|lbs?|h|hrs?|hours?|min|minutes?|by|vs\.?|per|to|or|and
         |plus|minus)\s[23])""",
    re.VERBOSE,
)
# Anywhere.
TURNED = re.compile(
    r"\b(?:or\s(?:more|less|fewer|so)|not|wrong|incorrect|negative|at\s(?:the\s)?(?:very\s)?(?:most|least)|maybe|perhaps"
    r"|possibly|guess|unsure|unless|if|either)\b|n['’]t\b"
    r"|\b(?:and(?:\sa)?|out\sof)\s(?:half|quarter|third|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty)\b"
    r"|\b(?:below|under|beneath|above|over|past)\s(?:zero|freezing|par|average|normal|sea|ground)\b"
    r"|\b(?:more|less|fewer)\sthan\b"
    r"|(?<!the)\s(?:max(?:imum)?|minimum|tops|below|each|apiece)\W*$"
)
RECKONED = re.compile(r"[\^+\\<>]")  # "3t+x^2"
VARIABLE = re.compile(r"[abcnpqtuvwxyz]|[ⁿˣʸⁱ].*")  # "2^3n"; "10^3 m" has a unit
LETTERS = re.compile(r"[a-z]{1,2}|[xyz]{3,5}|[b-df-hj-np-tv-xz]{1,5}|[A-HJ-Z]")
KEPT = frozenset({"of", "in", "on", "at", "by", "ox", "is", "it", "so", "st", "nd", "rd", "th"})


@lru_cache(maxsize=4096)
def stands_behind(unit: str) -> bool:
    """Whether this may stand behind a number and leave it what it is; at most a few dozen characters."""
    low = unit.casefold()
    if CHANGED.match(low):
        return False
    if known(unit):
        return True
    if RECKONED.search(low) or TURNED.search(low):
        return False
    said = unit.strip(" .!?")
    return said in KEPT or not LETTERS.fullmatch(said)
