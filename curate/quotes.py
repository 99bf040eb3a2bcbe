"""What a text quotes, between the marks of several languages."""

import re

# A single quotation mark stands before a word and behind one; an apostrophe stands within one, or behind a plural.
QUOTED = re.compile(
    r"\"[^\"]{0,300}\"|“[^”]{0,300}”|«[^»]{0,300}»|「[^」]{0,300}」|『[^』]{0,300}』|《[^》]{0,300}》"
    r"|(?<!\w)'(?=\S)(?:[^']|(?<=\w)'(?=\w)){1,300}?(?<=\S)'(?!\w)"
    r"|(?<!\w)‘(?:[^‘’]|(?<=\w)’(?=\w)){1,300}?’(?!\w)"
)


def unquoted(text: str) -> str:
    """The text with blanks in place of what it quotes."""
    return QUOTED.sub(lambda quote: " " * len(quote[0]), text)
