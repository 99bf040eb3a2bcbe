"""A process of its own for formulas: math-verify reads them, and may hang, raise or swallow memory on hostile ones.

One line of JSON in (`[answer, reference]`, LaTeX without dollars), one out (`[same, value, value]`).
Started as a file, not as a part of the package: it imports nothing of it.
"""

import json
import logging
import os
import resource
import sys
from dataclasses import replace
from typing import Any

CPU = 2  # seconds for one pair; an ordinary one takes a few hundredths
MEMORY = 2 << 30  # bytes of address space


def main() -> None:
    """Serve until the parent closes the pipe, or until a formula takes more than it may: the kernel ends it then.

    The first line says what keeps math-verify from being loaded, or null.
    """
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what a library prints is no answer
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        import math_verify  # noqa: F401 - before the first formula's time runs
    except Exception as error:
        answers.write(json.dumps(f"{type(error).__name__}: {error}") + "\n")
        return
    logging.disable(logging.CRITICAL)
    answers.write("null\n")
    for line in sys.stdin:
        _allow(CPU)
        answers.write(json.dumps(compared(*json.loads(line))) + "\n")


def _allow(seconds: int) -> None:
    """So much CPU time from now on."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(usage.ru_utime + usage.ru_stime) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (spent + seconds, resource.RLIM_INFINITY))


def compared(answer: str, reference: str) -> tuple[bool, float | None, float | None]:
    """Whether the two are the same to six decimals, and the value of each that is a real number."""
    from math_verify import verify

    found, expected = _parsed(answer), _parsed(reference)
    if not found or not expected:
        return False, _value(found), _value(expected)
    try:
        same = bool(verify(expected, found, float_rounding=6, timeout_seconds=None))
    except Exception:
        same = False
    return same, _value(found), _value(expected)


def _parsed(formula: str) -> list[Any]:
    from math_verify import LatexExtractionConfig, parse

    # (what it takes for a unit may be a variable: "x^2 + 3t")
    as_it_stands = replace(LatexExtractionConfig().normalization_config, units=False)
    try:
        found = parse(
            f"${formula}$", [LatexExtractionConfig(True, 50, as_it_stands)], "no_fallback", parsing_timeout=None
        )
    except Exception:
        return []
    return list(found)


def _value(parsed: list[Any]) -> float | None:
    try:
        return float(parsed[0])
    except Exception:
        return None


if __name__ == "__main__":
    main()
