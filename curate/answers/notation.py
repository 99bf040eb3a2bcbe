"""How formulas and numbers are written: fences around them, LaTeX's signs for plain ones."""

import re

FENCES = (re.compile(r"\$\$?([^$]+)\$\$?"), re.compile(r"\\\((.+)\\\)"), re.compile(r"\\\[(.+)\\\]"))
FENCED_PART = re.compile(r"^\$([^$]{1,60})\$(?=\s?(?:[A-Za-z°%Ωμµ]|\\text))")  # "$10^2$ cm"
STRUCK = re.compile(r"~~[^~]{1,60}~~")  # Markdown: it no longer counts
BOXED = re.compile(r"\\boxed\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}")
IN_WORDS = re.compile(r"\\(?:text|textrm|mathrm|mbox|operatorname)\s?\{([^{}]*)\}")
SIGNS = (
    (re.compile(r"\\([%$€£])"), r"\1"),
    (re.compile(r"\{,\}"), ","),
    (re.compile(r"\\(?:left|right)(?![A-Za-z])"), ""),
    (re.compile(r"\\(?:approx|simeq)(?![A-Za-z])"), "≈"),
    (re.compile(r"\\angle(?![A-Za-z])\s?"), "∠"),
    (re.compile(r"\\Omega(?![A-Za-z])"), "Ω"),
    (re.compile(r"\\mu(?![A-Za-z])\s?(?=[A-Za-z])"), "μ"),
    (re.compile(r"\\[,;:! ]|~"), " "),
    (re.compile(r"\s?\^?\s?\{?\s?(?:\\circ|\\degree)\s?\}?"), "°"),
)


def unfenced(text: str) -> str:
    """A text without what fences a formula in: dollars, brackets, a box."""
    for fence in (*FENCES, BOXED):
        if match := fence.fullmatch(text.strip()):
            text = match[1]
    return text.strip()


def untyped(text: str) -> str:
    """A text with plain signs for LaTeX's."""
    text = IN_WORDS.sub(r" \1", text)
    for sign, plainly in SIGNS:
        text = sign.sub(plainly, text)
    return " ".join(text.split())
