"""What belongs to a formula besides its value: the unit behind it, and that its sides are equal."""

import itertools
import re

from curate.answers.formulas import TURNING, compared
from curate.answers.notation import IN_WORDS, untyped
from curate.answers.units import known

LONGEST = 100  # characters of a formula and its unit
SIDES = 8
# The unit behind a formula: "\frac{1}{2} cm"; a formula with variables has one only in words ("\text{cm}").
MEASURED = re.compile(r"(?:(?<=[\d})\]π°²³])\s?|\s)([A-Za-z°%‰'\"$€£µμΩº][A-Za-z°%µμΩ/·*^{}\s\d²³⁻¹-]{0,40})$")
UNLIKELY = re.compile(r"[cdfhklt]")  # as often a variable: "2\pi h"
SCALED = re.compile(r"\\circ|\\degree|[°%]")  # "180° = \pi" holds
TIMES = re.compile(r"(?<=\d)\s?x\s?(?=\d)")
PLAIN = re.compile(r"-?\d+(?:\.\d+)?", re.ASCII)
NAME = re.compile(r"^\s?[A-Za-z]\s?=|\\[A-Za-z]+")


def measured(formula: str) -> tuple[str, str]:
    """A formula and the unit behind it, "" without one."""
    if len(formula) > LONGEST:
        return formula, ""
    plainly = untyped(formula)
    unit = MEASURED.search(plainly)
    if unit is None or not known(unit[1]) or (unit[1] == "°" and TURNING.search(plainly)):
        return formula, ""
    said = plainly[: unit.start()].rstrip()
    in_words = IN_WORDS.search(formula) is not None
    if not said or (not in_words and (UNLIKELY.fullmatch(unit[1]) or _variables(said.rpartition("=")[2]))):
        return formula, ""
    return said, unit[1].strip()


def holds(formula: str) -> bool:
    """Whether sides without variables are equal, or rounded: "3 + 2 = 5", "10/3 = 3.33", but not "6 = 5"."""
    sides = [
        side.strip()
        for side in TIMES.sub(r"\\times ", formula).split("=")
        if not (_variables(side) or SCALED.search(side))
    ]
    return len(sides) <= SIDES and all(_rounded(*pair) for pair in itertools.pairwise(sides))


def _variables(said: str) -> bool:
    return re.search("[A-Za-z]", NAME.sub("", said)) is not None


def _rounded(exact: str, shown: str) -> bool:
    """Whether the one is the other, or is rounded to it."""
    both = compared(exact, shown)
    if both.same or both.found is None or both.expected is None:
        return both.same
    decimals = len(shown.partition(".")[2]) if PLAIN.fullmatch(shown) else 6
    return abs(both.found - both.expected) <= 0.5000001 * 10.0**-decimals
