"""What a text wears that is no part of what it says: Markdown, HTML, LaTeX's boxes and words, quotation marks."""

import re

DEEPEST = 4  # boxes inside each other

WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}  # full-width signs
UNSEEN = dict.fromkeys(
    [0xAD, *range(0x200B, 0x2010), 0x2060, 0xFEFF]
)  # soft hyphens, blanks without width, marks of order
BRACKETS = str.maketrans("【】〔〕", "[][]")
TAGS = re.compile(r"</?(?:b|strong|i|em|u|p|code|span|mark|sub|sup|br|font|center|answer)\s?/?>", re.IGNORECASE)
COMMAND = re.compile(
    r"\\(?:boxed|fbox|text|textbf|textit|textrm|textsf|texttt|mathrm|mathbf|mathit|mathsf|mbox|operatorname)"
    r"\s?\{([^{}]*)\}"
)
FENCE = re.compile(r"\$\$?([^$]+)\$\$?|\\\(([^()]*)\\\)|\\\[([^\[\]]*)\\\]")
SPACE = re.compile(r"\\(?:[,;:! ]|q?quad\b)|&nbsp;")
JSON = re.compile(r"\{\s?[\"']?(?:final_)?answer[\"']?\s?:\s?([^{}:]*)\}", re.IGNORECASE)
ESCAPED = re.compile(r"\\([%$#&_])")
STARS = re.compile(r"\*\*|__|`|(?<!\w)[*_](?=[^\s*_])|(?<=[^\s*_])[*_](?!\w)")
BULLET = re.compile(r"(?m:^)(?:[-•·>]|#{1,6})\s(?=[^\d\s.])|[✅✓✔☑👉→]+\s?")
SINGLE = re.compile(r"['‘]([^'’]*)['’]")
QUOTES = re.compile('["“”„«»「」『』]')


WRAPS = (
    *(("**", "**"), ("__", "__"), ("`", "`"), ("*", "*"), ('"', '"'), ("'", "'"), ("“", "”"), ("‘", "’"), ("「", "」")),
    *(("<b>", "</b>"), ("<strong>", "</strong>"), ("\\boxed{", "}"), ("\\text{", "}")),
)


def unwrapped(text: str) -> str:
    """The text without marks of quotation, Markdown, HTML or LaTeX that go around the whole of it."""
    for _ in range(DEEPEST):
        wraps = ((first, last) for first, last in WRAPS if text.startswith(first) and text.endswith(last))
        inner = (text[len(first) : -len(last)].strip() for first, last in wraps if len(text) > len(first) + len(last))
        found = next((said for said in inner if said), None)
        if found is None or any(mark in found for mark in (text[0], text[-1])):
            return text
        text = found
    return text


def tidy(text: str) -> str:
    """The text with single blanks, without unseen signs, its lines apart, none empty: so patterns are linear."""
    text = text if text.isascii() else text.translate(UNSEEN)
    return "\n".join(line for line in (" ".join(line.split()) for line in text.splitlines()) if line)


def bare(text: str) -> str:
    """The text without its dress; full-width signs are plain ones.

    >>> bare("**\\boxed{\\text{A}}**")
    'A'
    """
    text = TAGS.sub("", text.translate(WIDE).translate(BRACKETS))
    if json := JSON.fullmatch(text.strip()):
        text = json[1].strip()
    for _ in range(DEEPEST):
        text, found = COMMAND.subn(r"\1", text)
        if not found:
            break
    text = FENCE.sub(lambda match: match[1] or match[2] or match[3] or "", SPACE.sub(" ", text))
    text = BULLET.sub("", QUOTES.sub("", STARS.sub("", ESCAPED.sub(r"\1", text)))).strip()
    single = SINGLE.fullmatch(text)
    return single[1] if single else text
