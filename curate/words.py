"""How numbers and texts are said to a person."""


def duration(seconds: float) -> str:
    """Seconds as a person says them: "45 s", "12 min", "3.5 h", "2.1 days"."""
    for size, unit in ((86400, "days"), (3600, "h")):
        if seconds >= size * 1.5:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


def size(number: int) -> str:
    """Bytes as a person says them: "812 B", "1.5 kB", "48.0 MB"."""
    for power, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if number >= power:
            return f"{number / power:.1f} {unit}"
    return f"{number} B"


def printable(text: str) -> str:
    """Text without control characters, so that nothing from a file or a model drives the terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else "�" for c in text)


def one_line(text: str, most: int = 160) -> str:
    """The same on one line, and not longer than that."""
    line = " ".join(printable(text[: most * 4]).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
