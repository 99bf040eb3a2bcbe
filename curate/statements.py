"""Where a chain of thought states an answer: what follows "so the answer is", leaving out what is in doubt."""

import re
from collections.abc import Callable, Iterator
from typing import TypeVar

T = TypeVar("T")

TAIL = 1000  # characters at the end of a thinking in which its conclusion stands
CLAUSE = 120  # characters behind "the answer is" in which the answer stands
BE = r"(?:is|must\ be|should\ be|has\ to\ be|can\ only\ be|will\ be)"
MARKS = r"(?:most\ \w{3,12}|final|correct|right|best|likely|only|logical|matching|appropriate)"

# Behind these an answer has to follow; what follows and cannot be read leaves the conclusion unknown.
FIRM = re.compile(
    rf"""\b(?:the|my|our|final|correct)\ (?:{MARKS}\ ){{0,3}}answer(?:\ here|\ then|\ to\ th(?:e|is)\ question)?
         (?:\ {BE}\b|\ ?[:=])
      | \b(?:the|my|our)\ (?:{MARKS}\ ){{1,3}}(?:option|choice)(?:\ {BE}\b|\ ?[:=])
      | \b(?:the|my|our)\ (?:(?:final|correct|right)\ ){{0,2}}answers\ (?:are|must\ be|should\ be)\b
      | \b(?:the|my|our)\ (?:final|correct|right)\ (?:options|choices)\ (?:are|must\ be|should\ be)\b
      | ^[\s*]*(?:{MARKS}\ )?(?:answer|option|choice)\**(?:\ ?:|\ is\b)
      | \bI(?:['’](?:ll|d|m)|\ will|\ would|\ am|\ must)?\ (?:\w{{3,12}}ly\ )?
        (?:choose|pick|select|settle\ on|answer|go\ with|going\ with)\b
      | \\boxed\{{(?:\\text\{{)?""",
    re.VERBOSE | re.IGNORECASE,
)
# The same in Chinese: "因此答案是C。", "所以选C。", but not "所以不选C。"
CHINESE = re.compile(
    r"答案(?:应该|应当|应|只能)?[是为选：:]+"
    r"|(?:所以|因此|故|应|应该|应当|我|最终|综上，?)选(?:择|项|为)?(?=\s?[(（]?[A-ZＡ-Ｚ])"
)
MATCHES = (
    r"(?:remains|is\ left|fits|is\ possible|works|(?:is\ )?consistent|is\ supported|agrees|matches|satisfies"
    r"|accounts\ for|makes\ sense|is\ compatible|is\ in\ line)"
)
# Behind these an answer may follow.
LOOSE = re.compile(
    rf"""\b(?:corresponds?\ to|match(?:es|ing)?|which\ is|that\ is|that['’]s|this\ is|it['’]s|it\ is
         |confirms(?:\ that)?|verifies|proves(?:\ that)?
         |mak(?:es|ing)(?:\ it)?|leads?(?:\ me)?\ to|points?\ to|leav(?:es|ing)(?:\ us)?(?:\ with)?(?:\ only)?)
         \ (?:the\ )?(?:{MARKS}\ )?(?=(?:option|choice|answer)\ |\(?[A-Z]\)?[.!]?$)
      | \b(?:so|therefore|thus|hence|then)[,:]?\ (?:(?:it|this|that)(?:\ {BE}|['’]s)\ )?(?:the\ answer\ )?
      | \bonly\ (?=(?:(?:option|choice)\ )?\(?[A-Z]\)?\ {MATCHES}\b(?![^.!?]{{0,150}},?\ (?:but|yet|though)\b))
      | \b(?:supports?|favou?rs?|backs)\ (?=(?:option|choice|answer)\ \(?[A-Z]\)?(?:[.!]?$|\ over\ |\ \())""",
    re.VERBOSE | re.IGNORECASE,
)
# A label by itself must be the right one and nothing more: "C is right next to D".
PRAISED = re.compile(
    rf"""(?=\b(?:option|choice|answer)\ \(?[A-Z]\)?\ (?:{BE}|seems|fits|looks)\ (?:clearly\ |therefore\ |indeed\ )?
            (?:the\ )?(?:correct|right|best|answer)\b)
       | (?:^\s*|\bthat\ |[,:;]\ )(?:(?:so|hence|thus|therefore),?\ )?
         (?=\(?[A-Z]\)?\ (?:{BE}|seems|looks|fits)\ (?:clearly\ |therefore\ |indeed\ )?
            (?:the\ )?(?:(?:only|most\ \w{{3,12}})\ )?(?:correct|right|best|answer)
            (?:\ (?:answer|option|choice|one|fit|match))?(?:\ (?:because|since|as|here|given|then)\b|[^\w\s]|$))""",
    re.VERBOSE | re.IGNORECASE,
)
# One of these words is in every sentence that one of the patterns matches: most have none, and are not searched.
NAMED = ("answer", "option", "choice")
PICKED = ("boxed{", "choose", "pick", "select", "settle", "go with", "going with")
DRAWN = ("so ", "so,", "so:", "thus", "hence", "therefore", "then ")
LEFT = (
    "correspond",
    "match",
    "confirm",
    "verif",
    "prove",
    "mak",
    "lead",
    "point",
    "leav",
    "only ",
    "'s ",
    "’s ",
    "is ",
    "support",
    "favo",
    "backs ",
)
PRAISES = ("answer", "option", "choice", "correct", "right", "best")
KINDS = (
    (FIRM, True, NAMED + PICKED),
    (CHINESE, True, ("答案", "选")),
    (LOOSE, False, NAMED + DRAWN + LEFT),
    (PRAISED, False, PRAISES),
)
DOUBT = re.compile(
    r"如果|可能|也许|假如|\b(?:if|unless|might|may|could|maybe|perhaps|either|first|initially|unlikely|suppose|assum\w{1,6}|wrong\w{0,2}|"
    r"someone|some|would|were|guess|not|cannot|n['’]t|isn['’]t|doubt\w{0,4})\b|\b\w{2,6}n['’]t\b",
    re.IGNORECASE,
)
ASIDE = re.compile(
    r",? (?:and )?(?:not|rather than|instead of|over|unlike) (?:option |choice )?\(?[A-Z]\)?(?![\w’'])"
    r"|,\ (?:and\ )?(?:not|rather\ than|instead\ of)\ [^.,;!?]{1,60}(?=[.!]?$)"
)
DENIED = re.compile(r"\bnot\b|\w{2,6}n['’]t\b|\bneither\b|\bnor\b|\bno longer\b|\bunclear\b", re.IGNORECASE)
TAKEN_BACK = re.compile(r"\b(?:wait|wrong|mistaken?|actually|however|second thought|but)\b", re.IGNORECASE)
SO = re.compile(r",\ (?:and\ )?(?:so|therefore|thus|hence)\b")
NEGATION = re.compile(r"\b(?:is|are|was|were|does|do|did|has|have|can)(?:n['’]t|\ not)\b", re.IGNORECASE)
SENTENCE_END = re.compile(r"[.!?](?=[\s\"'”’)*}]|$)|[。！？]")


def ending(thinking: str) -> str:
    """The end of a thinking, where its conclusion stands, its white space single blanks."""
    return " ".join(thinking[-TAIL:].split())


def sentences(tail: str) -> Iterator[str]:
    """The sentences of a text, with their marks."""
    begin = 0
    for end in [*(match.end() for match in SENTENCE_END.finditer(tail)), len(tail)]:
        yield tail[begin:end]
        begin = end


def final_sentence(tail: str) -> str:
    """The last sentence of a text, with its mark."""
    stops = [match.end() for match in SENTENCE_END.finditer(tail, 0, max(len(tail) - 1, 0))]
    return tail[stops[-1] if stops else 0 :].strip()


def last(tail: str, read: Callable[[str, bool], T | None], firm_only: bool) -> tuple[T, str] | None:
    """What the last statement of an answer says, and the text behind it; None where it cannot be read.

    `read` is given the words behind a statement, and whether an answer has to follow it; with `firm_only` no others
    are looked at.
    """
    found: tuple[T, str] | None = None
    for stop, said, firm in _statements(tail, firm_only):
        value = read(said, firm)
        if value is not None:
            found = value, tail[stop:]
        elif firm:
            found = None
    return found


def _statements(tail: str, firm_only: bool) -> Iterator[tuple[int, str, bool]]:
    """What follows each statement in its sentence, where that ends, and whether an answer has to follow; no doubts."""
    begin, kinds_read = 0, [kind for kind in KINDS if kind[1] or not firm_only]
    for sentence in sentences(tail):
        end, low = begin + len(sentence), sentence.lower()
        begin = end
        kinds = [kind for kind in kinds_read if any(map(low.__contains__, kind[2]))]
        if sentence.endswith(("?", "？")) or not kinds:
            continue
        sentence = ASIDE.sub("", sentence)
        matches = [(match.end(), match.start(), firm) for kind, firm, _ in kinds for match in kind.finditer(sentence)]
        for after, start, firm in sorted(matches):
            if not _doubted(sentence, start):
                yield end, sentence[after : after + CLAUSE].rstrip(".!。！"), firm


def _doubted(sentence: str, at: int) -> bool:
    """Whether what stands before this place puts it in doubt; "it isn't A, so" denies A, and nothing behind it."""
    if not DOUBT.search(sentence, 0, at):
        return False
    drawn = [match.start() for match in SO.finditer(sentence) if match.start() <= at]
    clause = drawn[-1] if drawn else 0
    return DOUBT.search(NEGATION.sub("", sentence[:clause]) + sentence[clause:at]) is not None
