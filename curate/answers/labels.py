"""The labels of options ("A. red", "(a) red", "b) red", "Ｃ．red"): the one rule for them."""

import re
import unicodedata
from collections.abc import Sequence

from curate.answers.texts import MAX_TEXT

MOST = 26
# Initials are no label: "a.m.", "P.M", "U.S. Army".
LABEL = re.compile(r"\s*[(\[（【]?([A-Za-zＡ-Ｚａ-ｚ])(?:\s?[)\].:．。、：）】])(?![A-Za-z]\.|[mM](?!\w))\s*")


def parted(option: str) -> tuple[str, str] | None:
    """The label of an option or a line, as an upper-case letter, and the text behind it; None without a label."""
    match = LABEL.match(option)
    return (unicodedata.normalize("NFKC", match[1]).upper(), option[match.end() :].rstrip()) if match else None


def unlabelled(line: str) -> str:
    """The line without the label at its start."""
    match = LABEL.match(line)
    return line[match.end() :] if match else line


def labelled(options: Sequence[str]) -> list[tuple[str, str]] | None:
    """Labels and texts of the first 26 options in their order; None where one of them has no label, or there is none.

    Options of which only some look labelled are none: "A. Lincoln" beside "Washington" is a name.
    """
    found = [pair for option in options[:MOST] if (pair := parted(option[:MAX_TEXT]))]
    return found if found and len(found) == min(len(options), MOST) else None


def named(options: Sequence[str]) -> list[tuple[str, str]]:
    """Labels and texts of the first 26 options; those without labels are A, B, C, … Texts are cut at the bound."""
    plain = [(chr(ord("A") + place), option[:MAX_TEXT]) for place, option in enumerate(options[:MOST])]
    return labelled(options) or plain
