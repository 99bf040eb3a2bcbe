import subprocess
import sys
import threading

import pytest

from curate.answers import algebra, formulas
from curate.answers.formulas import DEEPEST, MAX_FORMULA, NEITHER, compared, is_formula
from curate.errors import SettingsError


@pytest.mark.parametrize(
    "text", [r"\frac{1}{2}", "x=5", "2^3", "√2", "π", r"\sin x", "(" * DEEPEST + "x^2" + ")" * DEEPEST]
)
def test_a_formula(text):
    assert is_formula(text)


@pytest.mark.parametrize(
    "text",
    [
        "5",
        "5-6",
        "a cat",
        r"about \frac{1}{2}",
        "the x^2",
        r"\frac{1}{2}" + " " * MAX_FORMULA,
        "(" * (DEEPEST + 1) + "x^2" + ")" * (DEEPEST + 1),
        "x^2\x00",
        "x^2\n",
    ],
)
def test_prose_and_what_is_too_long_or_deep_is_none(text):
    assert not is_formula(text)


@pytest.mark.parametrize(
    "text",
    ["9^{9^{9^{9}}}", r"\frac{\frac", "^" * 190, r"\input{/etc/passwd}^2"],
)
def test_hostile_formulas_are_no_answer_and_the_next_one_is(text):
    assert not compared(text, "2").same
    assert compared(r"\frac{1}{2}", "0.50").same


def test_a_process_that_dies_is_begun_anew():
    assert compared("2^3", "8").same
    formulas._process[0].kill()
    formulas._process[0].wait()
    assert compared("2^4", "16").same


def test_one_that_takes_too_long_is_ended_by_the_kernel():
    script = (
        "import sys, runpy; sys.argv = ['algebra']; import resource;"
        f"main = runpy.run_path({algebra.__file__!r})['main'];"
        "main.__globals__['CPU'] = 1; main.__globals__['compared'] = lambda *_: 9 ** 9 ** 9; main()"
    )
    process = subprocess.run(
        [sys.executable, "-c", script], input='["1", "2"]\n', capture_output=True, text=True, timeout=60
    )
    assert process.returncode == -24  # SIGXCPU
    assert process.stdout == "null\n"


def test_an_answer_that_never_comes_ends_the_process(monkeypatch):
    monkeypatch.setattr(formulas, "PATIENCE", 0.2)
    monkeypatch.setattr(formulas, "_start", lambda: formulas._process.append(mute()))
    formulas._end()
    assert compared("2^5", "32") == NEITHER
    assert formulas._process == []
    compared.cache_clear()


def mute():
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", "input(); input()"], stdin=pipe, stdout=pipe, text=True)


def test_a_math_verify_that_does_not_load_is_told(monkeypatch, tmp_path):
    (tmp_path / "math_verify.py").write_text("raise ImportError('antlr4 is too old')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    formulas._end()
    with pytest.raises(SettingsError, match="math-verify, which does not load here: ImportError: antlr4 is too old"):
        compared("2^6", "64")


def test_threads_get_their_own_answers():
    found = {}

    def ask(n):
        found[n] = compared(f"{n}^2", str(n * n)).same and not compared(f"{n}^2", str(n * n + 1)).same

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(20, 28)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(found.values()) == [True] * 8


def test_values_of_what_is_a_real_number():
    assert compared(r"\frac{1}{2}", r"\sqrt{-1}")[1:] == (0.5, None)
    assert compared("x^2", r"\frac{1}{4}")[1:] == (None, 0.25)
