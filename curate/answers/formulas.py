"""Formulas: whether two are the same, asked of math-verify in a process of its own, which a hostile one may end."""

import atexit
import json
import re
import select
import subprocess
import sys
import threading
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

from curate.errors import SettingsError

MAX_FORMULA = 200
DEEPEST = 8  # brackets inside each other: the parser's time grows with them without bound
PATIENCE = 60.0  # seconds on the clock, where the kernel's own limit of CPU time does not end it

MARK = re.compile(r"\\[A-Za-z]|[\^=√π²³]")
COMMAND = re.compile(r"\\[A-Za-z]+")
WORD = re.compile(r"[^\W\d_]{3,}")
TYPED = {"√": r"\sqrt ", "π": r"\pi ", "×": r"\times ", "·": r"\cdot ", "÷": r"\div ", "²": "^2", "³": "^3", "−": "-"}
TURNING = re.compile(r"\\(?:sin|cos|tan|cot|sec|csc)(?![A-Za-z])")
ANGLE = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s?(?:\^\s?\{?\s?\\circ\s?\}?|°)")
ROOT = re.compile(r"\\sqrt\s+(\d+|[A-Za-z])")


class Compared(NamedTuple):
    """Whether two formulas are the same to six decimals, and their values; None for what is no real number."""

    same: bool
    found: float | None
    expected: float | None


NEITHER = Compared(False, None, None)


def is_formula(text: str) -> bool:
    """Whether a text is worth reading as a formula: short, shallow, with a sign of one, and no prose."""
    if len(text) > MAX_FORMULA or not text.isprintable() or not MARK.search(text):
        return False
    return not WORD.search(COMMAND.sub(" ", text)) and _depth(text) <= DEEPEST


@lru_cache(maxsize=4096)
def compared(found: str, expected: str) -> Compared:
    """Two formulas, or a formula and a number, without dollars around them; NEITHER where that cannot be told.

    What takes more than 2 s of CPU or 2 GiB counts as not the same. Raises SettingsError where math-verify
    cannot be loaded.
    """
    if max(len(found), len(expected)) > MAX_FORMULA:
        return NEITHER
    with _lock:
        try:
            return Compared(*_asked(json.dumps([_typed(found), _typed(expected)])))
        except (OSError, EOFError):
            _end()
            return NEITHER


def _typed(text: str) -> str:
    """The formula in TeX's own signs."""
    for sign, tex in TYPED.items():
        text = text.replace(sign, tex)
    if TURNING.search(text):
        text = ANGLE.sub(r"\\left(\1\\cdot\\frac{\\pi}{180}\\right)", text)
    return ROOT.sub(r"\\sqrt{\1}", text)


def _depth(text: str) -> int:
    depth = deepest = 0
    for sign in text:
        depth += (sign in "([{") - (sign in ")]}")
        deepest = max(deepest, depth)
    return deepest


_lock = threading.Lock()
_process: list[subprocess.Popen[str]] = []


def _asked(line: str) -> Any:
    """One line answered. Raises OSError or EOFError where the process ended over it."""
    if not _process or _process[0].poll() is not None:
        _end()
        _start()
    process = _process[0]
    questions = cast(IO[str], process.stdin)
    questions.write(f"{line}\n")
    questions.flush()
    return _heard(process)


def _heard(process: subprocess.Popen[str]) -> Any:
    answers = cast(IO[str], process.stdout)
    if not select.select([answers], [], [], PATIENCE)[0]:
        raise TimeoutError
    answer = answers.readline()
    if not answer:
        raise EOFError
    return json.loads(answer)


def _start() -> None:
    """Raises SettingsError where math-verify cannot be loaded."""
    # -P: the file's own folder must not stand before the libraries.
    command = [sys.executable, "-P", str(Path(__file__).with_name("algebra.py"))]
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    process = subprocess.Popen(  # noqa: S603 - our own file
        command, stdin=pipe, stdout=pipe, stderr=nothing, text=True, start_new_session=True
    )
    _process.append(process)
    if fault := _heard(process):
        _end()
        raise SettingsError(f"formulas need math-verify, which does not load here: {fault}")


def _end() -> None:
    while _process:
        process = _process.pop()
        process.kill()
        process.communicate()


atexit.register(_end)
