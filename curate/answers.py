"""The verdict on an answer: how right it is, beside its reference."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

from curate.record import ProblemType

# Longer texts are no answers; the bound also keeps every comparison below a few milliseconds.
MAX_TEXT = 20_000
MAX_NUMBER = 100
CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"

TOKEN = re.compile(rf"[{CJK}]|[^\W_{CJK}]+")
OPTION = re.compile(r"\(?([A-Z])\s?[).:．、]\s*(.*)", re.DOTALL)
LETTER = re.compile(
    r"""(?:(?:the\ )?(?:correct\ |right\ |best\ |final\ )?
       (?:option|choice|answer)(?:\ is|:)?:?\ (?:option\ )?)?
    (?: \(([a-z])\) | \[([a-z])\] | ([a-z]) ) (?: [.):,]?$ | (?:(?<=[)\]])|[.):])\ ?(?P<rest>.+) )""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
HEDGE = re.compile(r"(?:or|and|&|/|,)(?!\w)|\(?[a-z][).](?!\w)", re.IGNORECASE)
NUMBER = re.compile(
    r"""(?P<sign>[+-]?)\s?[$€£¥₹]?\s?(?P<inner>[+-]?)
    (?:(?P<over>\d+)\s?/\s?(?P<under>\d+)
      |(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d+\.?\d*|\.\d+)
       (?:[eE](?P<exponent>[+-]?\d{1,3})
         |\s?(?:[x×*·]|\\times)\s?10\s?\^\s?\{?(?P<power>[+-]?\d{1,3})\}?)?)
    (?:\s?(?P<unit>(?:[%‰°'"$€£¥₹]|[A-Za-z\u0080-\uffff])[^\d,;=]{0,30}(?:[23]\.?)?))?""",
    re.VERBOSE | re.ASCII,
)
MINUS = str.maketrans("−﹣－–", "----")
NOT_A_UNIT = re.compile(
    r"or|to|and|plus|minus|times|x|y|k|(?:hundred|thousand|dozen|million|billion|trillion)s?|mio|mil|bn"
)


def score(problem_type: ProblemType, answer: str | None, reference: str, options: tuple[str, ...]) -> float:
    """How right an answer is, in [0, 1] (rewards of arXiv 2505.12434, section 4, without their faults).

    `answer` and `reference` are bare texts without tags, `options` as in the row ("A. text").
    Multiple choice and numerical answers score 1.0 or 0.0, OCR 1 - word error rate, free-form the
    mean F1 of ROUGE-1, ROUGE-2 and ROUGE-L, regression 1 - relative error; all clipped. An answer
    or a reference that is missing, blank or above 20,000 characters scores 0.0, also where both are.
    """
    texts = (answer or "", reference)
    if any(not text.strip() or len(text) > MAX_TEXT for text in texts):
        return 0.0
    found, expected = (" ".join(text.split()) for text in texts)
    match problem_type:
        case "multiple choice":
            return _chosen(found, expected, options)
        case "numerical":
            return _equal(found, expected)
        case "regression":
            return _close(found, expected)
        case "OCR":
            return _transcribed(found, expected)
        case "free-form":
            return rouge(found, expected)


def letter(text: str, options: Sequence[str]) -> str | None:
    """The option that a text chooses, as an upper-case letter; None where it chooses none, or several.

    A lone letter is a label. Otherwise an option's own text comes first, so that "A cat" is no
    choice of A where an option says so, nor where none does. Options without labels are A, B, C, …
    """
    text = text.strip(" *`$")
    labelled = LETTER.fullmatch(text)
    label = (labelled[1] or labelled[2] or labelled[3]).upper() if labelled else None
    if labelled and labelled["rest"] is None:
        return label
    texts = _option_texts(options)
    said = {name for name, option in texts if _plain(text) == _plain(option)}
    if said or labelled is None:
        return said.pop() if len(said) == 1 else None
    return label if _agrees(label, labelled["rest"], texts) else None


def _option_texts(options: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of a label and the text behind it; texts above the bound stay out of it."""
    matches = [OPTION.fullmatch(option[:MAX_TEXT].strip()) for option in options[:26]]
    if all(matches):
        return [(match[1], match[2]) for match in matches if match]
    return [(chr(ord("A") + i), option[:MAX_TEXT]) for i, option in enumerate(options[:26])]


def _agrees(label: str | None, rest: str, texts: list[tuple[str, str]]) -> bool:
    """Whether what follows a label speaks neither of a second label nor of another option's text."""
    others = {name for name, option in texts if _plain(rest) == _plain(option)}
    return label in others if others else not HEDGE.match(rest)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).rstrip(" .!?")


def _chosen(answer: str, reference: str, options: tuple[str, ...]) -> float:
    found, expected = letter(answer, options), letter(reference, options)
    if expected is None:
        return float(found is None and _plain(answer) == _plain(reference))
    return float(found == expected)


def number(text: str) -> tuple[Fraction, str] | None:
    """The exact value of a number and its unit ("" without one); None for anything else.

    Reads "5", "+5.", "1,000", "1.5e3", "2 × 10^3", "1/2", "-$5", "50%" and "5 cm". A comma that
    does not part thousands, a scale word ("5 million") and a range ("5 to 6") make it no number.
    """
    match = NUMBER.fullmatch(text.translate(MINUS)) if len(text) <= MAX_NUMBER else None
    if match is None or (match["sign"] and match["inner"]) or (match["under"] and not int(match["under"])):
        return None
    unit = (match["unit"] or "").casefold().replace("percent", "%")
    if NOT_A_UNIT.fullmatch(unit.split(" ")[0].rstrip(".")):
        return None
    value = _magnitude(match)
    return (-value if "-" in match["sign"] + match["inner"] else value), unit


def _magnitude(match: re.Match[str]) -> Fraction:
    if match["over"]:
        return Fraction(int(match["over"]), int(match["under"]))
    exponent = int(match["exponent"] or match["power"] or 0)
    return Fraction(match["digits"].replace(",", "").rstrip(".")) * Fraction(10) ** exponent


def _numbers(answer: str, reference: str) -> tuple[Fraction, Fraction] | None:
    """Both values, where both are numbers and their units, if both have one, are the same."""
    found, expected = number(answer), number(reference)
    if found is None or expected is None:
        return None
    units = {unit.rstrip("s.") for _, unit in (found, expected) if unit}
    return (found[0], expected[0]) if len(units) < 2 else None


def _equal(answer: str, reference: str) -> float:
    if number(reference) is None:
        # "3:2" or "(1, 2)": the same text is right, but words without a digit ("NaN", "inf") never are.
        return float(any(map(str.isdigit, reference)) and _plain(answer) == _plain(reference))
    values = _numbers(answer, reference)
    return float(values is not None and values[0] == values[1])


def _close(answer: str, reference: str) -> float:
    values = _numbers(answer, reference)
    if values is None:
        return 0.0
    found, expected = values
    if expected == 0:
        return float(found == 0)
    return float(max(Fraction(0), 1 - abs(found - expected) / abs(expected)))


def _transcribed(answer: str, reference: str) -> float:
    import jiwer

    found, expected = (" ".join(unicodedata.normalize("NFKC", text).split()) for text in (answer, reference))
    return max(0.0, 1.0 - float(jiwer.wer(expected, found)))


def rouge(answer: str, reference: str) -> float:
    """Mean F1 of ROUGE-1, ROUGE-2 and ROUGE-L over lower-cased words; CJK characters count as words.

    ROUGE-2 is left out where a side has one word only, since that says nothing of its order.
    """
    found, expected = (TOKEN.findall(text.lower()) for text in (answer, reference))
    if not found or not expected:
        return float(answer == reference)
    scores = [_f1(_overlap(found, expected, n), found, expected, n) for n in (1, 2)]
    if min(len(found), len(expected)) == 1:
        scores.pop()
    scores.append(_f1(_longest(found, expected), found, expected, 1))
    return sum(scores) / len(scores)


def _overlap(found: list[str], expected: list[str], n: int) -> int:
    grams = [Counter(zip(*(words[i:] for i in range(n)), strict=False)) for words in (found, expected)]
    return (grams[0] & grams[1]).total()


def _longest(found: list[str], expected: list[str]) -> int:
    from rapidfuzz.distance import LCSseq

    return int(LCSseq.similarity(found, expected))


def _f1(common: int, found: list[str], expected: list[str], n: int) -> float:
    return 2 * common / max(len(found) + len(expected) - 2 * (n - 1), 1)
