"""Formulas that are written otherwise: `$x \\geq 2$` and "x≥2", `$CO_2$` and "CO₂", `60^{\\circ}` and "60°"."""

import re

from curate.answers.notation import untyped
from curate.answers.texts import plain

MARK = re.compile(r"[\\_^<>=≤≥≠°²³¹⁰⁴-⁹]")
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
SIGNS = tuple(
    (re.compile(pattern), sign)
    for pattern, sign in (
        (r"[⁰¹²³⁴-⁹⁺⁻]+", lambda match: f"^{match[0].translate(RAISED)}"),
        (r"\\(?:geq?(?:slant)?)(?![A-Za-z])|>=|⩾", "≥"),
        (r"\\(?:leq?(?:slant)?)(?![A-Za-z])|<=|⩽", "≤"),
        (r"\\neq?(?![A-Za-z])|!=", "≠"),
        (r"\\gt(?![A-Za-z])", ">"),
        (r"\\lt(?![A-Za-z])", "<"),
        (r"\\times(?![A-Za-z])", "×"),
        (r"\\cdot(?![A-Za-z])", "·"),
        (r"\\pi(?![A-Za-z])", "π"),
        (r"\\(?:to|(?:long)?rightarrow)(?![A-Za-z])", "→"),
        (r"([_^])\s?\{([^{}]{1,9})\}", r"\1\2"),
        (r"(?<=[A-Za-z)\]])_(?=\w)", ""),
        (r"\s?([<>=≤≥≠+*/^×·→-])\s?", r"\1"),
    )
)


def written(text: str) -> str:
    """A text as `plain` has it, with one way to write each sign."""
    text = untyped(text)
    for pattern, sign in SIGNS:
        text = pattern.sub(sign, text)
    return plain(text)
