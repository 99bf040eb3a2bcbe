"""The words that behind.py tells apart behind a number."""

import re

from curate.answers.numerals import NUMBER_WORDS


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


DETERMINERS = _words("the a an this that these those his her its their my our your")
# Where a counted thing is; what it is must follow.
PLACED = _words(
    """
    in on at of with from near by inside outside behind beside under underneath below above over around along
    across against among amongst between through throughout next toward towards facing without
    """
)
# What counted things may be.
STATES = _words(
    """
    total altogether overall only visible present there here together combined shown seen left remaining away apart
    across outside inside nearby upstairs downstairs high tall wide long deep thick red blue green yellow black white
    orange pink purple brown gray grey open closed empty
    """
)
# What they do, or what is done to them, where it ends neither in "ing" nor in "ed".
DOING = _words(
    """
    seen shown sat hung hidden drawn written held made built worn laid kept lit cut sent won born grown thrown appear
    remain exist stand sit lie walk run play fly swim hang face wear hold
    """
)
# What leads on: any words may follow (True), or those that tell a state or a place.
LINKS = {
    **dict.fromkeys(_words("that who which whose"), True),
    **dict.fromkeys(_words("are is were was be been being have has can"), False),
}
# No word of what is counted.
FUNCTION = (
    DETERMINERS
    | PLACED
    | NUMBER_WORDS
    | frozenset(LINKS)
    | _words(
        """
        1 2 3 4 and & to for as but so yet nor or if off out up down into onto upon within per via it he she they we you
        i me him them us do does did am will shall would could should may might mod modulo modulus div minus plus times
        over root pi choose wan mil mio k m b bn mn followed both all odd some then when while since because though
        although after before until till once during despite
        """
    )
)
# Of a lone number's words these are none that is counted ("1 short", "1 higher").
CHANGING = _words(
    """
    short shy ahead behind away below above under beneath beyond past downward downwards upward upwards missing
    absent late later early earlier ago tops double triple treble extra additional further spare squared cubed
    factorial inverted negated high higher low lower greater larger smaller bigger longer shorter taller older
    younger closer farther nearer wider deeper heavier lighter faster slower hotter colder warmer stronger weaker
    better worse half gross ish x y z maybe ok okay sure yes right true certain enough close almost nearly roughly
    west east north south
    """
)
# … and so they are none at the end of more words ("5 tons of feathers short").
ENDING = CHANGING - {"right", "west", "east", "north", "south", "away", "high", "ago"}
NO_ADVERB = _words(
    """
    family fly butterfly lily bully jelly belly ally assembly anomaly monopoly
    """
)
# Things that are counted without an "s", and the ends of such words.
IRREGULAR = _words(
    """
    men women children people persons sheep fish deer feet teeth mice geese dice cattle police oxen species series
    aircraft spacecraft data media bacteria criteria phenomena folk staff crew personnel livestock poultry cacti
    fungi moose bison taxis skis menus emus octopi radii salmon trout shrimp squid swine offspring lice dwarves
    """
)
PLURAL_END = ("men", "women", "children", "people", "fish", "feet", "teeth", "folk", "craft")
# What ends in "s" and is nothing that is counted: function words, verbs, parts and multiples of a number.
NO_PLURAL = _words(
    """
    thereabouts yes this its his hers ours theirs yours was has does perhaps always sometimes besides afterwards
    nowadays unless across versus less thus tops ups downs news lots loads heaps odds overs unders others extras
    negatives positives gross percents permilles remains seems appears looks fits works fails falls exceeds means
    makes equals sounds comes goes gets gives takes lacks needs says leaves misses belongs depends results includes
    excludes contradicts matches doubles triples halves thirds quarters fractions ones zeros noughts reals regards
    """
)
# Nouns that tell no place ("in addition", "on average"), and those that tell a time ("at the start").
NOWHERE = _words(
    """
    addition excess deficit surplus deficiency doubt theory principle arrears average debt error mistake vain
    question exception exceptions ratio comparison reverse return advance per start end beginning outset outside
    moment time same once opening
    """
)
AMOUNTS = NUMBER_WORDS | _words("1 2 3 4")  # "sets of 3", "rows of ten"
UNDOING = _words(
    """
    missing lacking excluding barring exceeding omitting counting ignoring disregarding assuming pending leaving
    approaching subtracting adding rising falling increasing decreasing growing shrinking multiplying dividing
    needing doubled tripled quadrupled halved multiplied divided reduced increased decreased added subtracted
    raised lowered rounded inverted negated excluded omitted removed deducted discarded missed lacked needed
    required expected lost according
    """
)
# Anywhere: what denies, doubts, bounds, compares or shares out.
TURNED = re.compile(
    r"""(?<![\w-])(?:
            no|not|never|none|nope|nah|neither|nor|wrong|incorrect|false|negative|untrue|or|if|unless|either|maybe|perhaps
          | possibly|presumably|guess|unsure|may|might|could|would|should|otherwise|instead|rather|enough|insufficient
          | more|less|fewer|most|least|best|worst|max|maximum|minimum|tops|than|too|very|half|twice|thrice|average
          | each|every|apiece|respectively|alone|except|excepting|excluding|excl|apart\sfrom|other|another
          | additional|extra|further|else|missing|absent|short\sof|shy\sof|until|till|first|last|before|after
          | \w*(?:four|fif|six|seven|eigh|nin|ten|eleven|twelf|teen|tie|hundred|thousand|million|billion)ths?|thirds
        )(?![\w-])
      | n['’]t\b
      | \b(?:and(?:\sa)?|out\sof)\s(?:half|quarter|third|one|two|three|four|five|six|seven|eight|nine|ten|eleven
         |twelve|twenty)\b
      | \b(?:below|under|beneath|above|over|past)\s(?:zero|freezing|par|average|normal|sea|ground)\b""",
    re.VERBOSE,
)
