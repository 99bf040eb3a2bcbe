"""What a chain of thought concludes, where it says so outright. Silence is no conclusion, nor is anything in doubt."""

import re
from collections.abc import Sequence

from curate.amounts import amount, differs, final_amount, numbers
from curate.answers.choices import letters
from curate.answers.dress import bare
from curate.finals import concluded
from curate.record import ProblemType
from curate.statements import DENIED, TAKEN_BACK, ending, last, sentences
from curate.wording import flat, option_texts, said_in

CONDITION = re.compile(r"\b(?:if|unless|until)\b")
# Said of an option behind its label, these rule it out; "B is out", "option B describes what happens later".
RULED_OUT = re.compile(
    r"\b(?:wrong|incorrect|false|excluded|eliminated|ruled\sout|out|fails?|failed|unlikely|impossible|invalid|weaker|worse|implausible"
    r"|less\s\w+|does|do|did|cannot|can['’]t|contradicts?|conflicts?|describes?|refers?|mentions?|happens?|comes?|would|might|could)\b"
    r"|\b(?:is|are|was)\s(?:also\s)?not\b|n['’]t\b",
    re.IGNORECASE,
)
CLAUSE = re.compile(r"[.;!?]|,\s(?:so|and|which|because|since)\b|\b(?:because|since|with)\b")
CLAUSE_END = re.compile(r"[,;]\s")
LABEL = re.compile(
    r"[\s*\"'“‘(\[$]*(?:(?i:option|choice|answer|letter)\s)?[*\"'“‘(\[]*([A-Z])(?![\w’'])(.*)", re.DOTALL
)
NAME = r"[(\[]?([A-Z])[)\]]?(?![\w’'])"
SECOND = re.compile(r"[)\]*]*\s*(?:,|/|&|or\b|and\b)\s*(?:option\s)?\(?[A-Z](?![\w’'])")
SEVERAL = re.compile(
    rf"\s?(?:(?i:both|all|options?|choices?|answers?|letters?)\s){{0,2}}{NAME}(?:(?:\s?[,&/]\s?(?:and\s)?|\sand\s){NAME})+"
    r"(?=\s?$|\s?[.;)}]|,?\s(?:because|since)\b)"
)
LETTER = re.compile(r"(?<!\w)[A-Z](?!\w)")
RUN = re.compile(r"[A-H]{2,6}")
AND = re.compile(r",? (?:and|&) |, ")
BEHIND_A = re.compile(
    r"\s(?!(?:because|since|as|which|given|due|here|then|based|with|for|is|must|seems|fits|looks|remains|matches|agrees|works"
    r"|satisfies|accounts|makes)\b)[\w']"
)
MENTIONED = re.compile(r"\b(?:option|choice)\s\(?([A-Z])(?!\w)|\(([A-Z])\)|(?<![\w’'.])([B-HJ-Z])(?![\w’'])")


def chosen(thinking: str, options: Sequence[str]) -> frozenset[str]:
    """The options that a thinking concludes with, as letters; none where it does not say."""
    tail = ending(thinking)
    found = last(tail, lambda said, firm: _option(bare(said), firm, options), firm_only=False)
    if found is None:
        return frozenset(filter(None, [concluded(tail, option_texts(options)) or _counted(tail, options)]))
    choice, rest = found
    if TAKEN_BACK.search(rest):
        return frozenset()
    later = {label for match in MENTIONED.finditer(rest) for label in match.groups() if label}
    return frozenset() if later & set(option_texts(options)) - choice else choice


def contradicts(thinking: str, answer: str, problem_type: ProblemType, options: Sequence[str]) -> str | None:
    """What a thinking concludes with, where that is clearly another answer than this one; else None.

    Judged are choices (letters and the options' own texts) and numbers; texts are not.
    """
    if problem_type == "multiple choice":
        return _chosen_otherwise(thinking, letters(answer, options), options)
    if problem_type not in ("numerical", "regression"):
        return None
    found = amount(thinking)
    return f"{float(found.number):g}" if found and differs(found, answer, problem_type) else None


def _chosen_otherwise(thinking: str, expected: frozenset[str], options: Sequence[str]) -> str | None:
    choice = chosen(thinking, options) if expected else frozenset()
    if not choice or choice == expected or (choice < expected and _speaks_of(expected - choice, thinking, options)):
        return None
    return ", ".join(sorted(choice))


def _speaks_of(missing: frozenset[str], thinking: str, options: Sequence[str]) -> bool:
    """Whether a sentence names one of these options, or says its text, without denying it: it may be meant as well."""
    texts = {text for label, text in option_texts(options).items() if label in missing and text}
    for sentence in sentences(ending(thinking)):
        said = missing & {match[0] for match in LETTER.finditer(sentence)} or any(t in flat(sentence) for t in texts)
        if said and not DENIED.search(sentence):
            return True
    return False


def _counted(tail: str, options: Sequence[str]) -> str | None:
    """The option that is the number of the last sentence, where all are numbers and it says no other option's."""
    texts = {label: numbers(text) for label, text in option_texts(options).items()}
    if not all(len(said) == 1 for said in texts.values()) or (found := final_amount(tail)) is None:
        return None
    named = [label for label, [number] in texts.items() if number in (found.number, *numbers(found.later))]
    return named[0] if len(named) == 1 and texts[named[0]] == [found.number] else None


def _option(said: str, firm: bool, options: Sequence[str]) -> frozenset[str] | None:
    """The options that these words name, by labels or one's own text; by that alone where they are not `firm`."""
    texts = option_texts(options)
    if firm and (several := SEVERAL.match(said)) and flat(said) not in texts.values():
        names = frozenset(LETTER.findall(several[0]))
        return names if names <= set(texts) and not CONDITION.search(said) else None
    if firm and (together := _together(said, texts)):
        return together
    one = _one(said, firm, texts)
    return frozenset(one) if one else None


def _together(said: str, texts: dict[str, str]) -> frozenset[str] | None:
    """Several options that are said in one: "AC", "red and blue"; None where there is more, or less."""
    plain = flat(said)
    if plain in texts.values():
        return None
    letters = said.strip(" .!*")
    if RUN.fullmatch(letters) and len(set(letters) & set(texts)) == len(letters):
        return frozenset(letters)
    parts = [part.removeprefix("the ") for part in AND.split(plain)]
    labels = {text: label for label, text in texts.items()}
    return frozenset(labels[part] for part in parts) if len(parts) > 1 and set(parts) <= set(labels) else None


def _one(said: str, firm: bool, texts: dict[str, str]) -> str | None:
    label = LABEL.match(said)
    if label and SECOND.match(label[2]):
        return None
    if label and label[1] in texts and not (label[1] in "AI" and BEHIND_A.match(label[2])):
        out = DENIED.match(label[2].strip()) or RULED_OUT.search(CLAUSE.split(label[2], maxsplit=1)[0])
        return None if out or CONDITION.search(said) else label[1]
    plain = flat(said if firm else CLAUSE_END.split(said)[0])
    named = said_in(plain, texts)
    if len(named) != 1 or DENIED.search(said) or CONDITION.search(said):
        return None
    return named[0] if firm or texts[named[0]] == plain else None
