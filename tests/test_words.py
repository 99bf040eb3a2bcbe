import pytest

from curate.words import duration, one_line, printable


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (45.4, "45 s"),
        (89, "89 s"),
        (90, "2 min"),
        (720, "12 min"),
        (5399, "90 min"),
        (5400, "1.5 h"),
        (12600, "3.5 h"),
        (129_599, "36.0 h"),
        (129_600, "1.5 days"),
        (181_440, "2.1 days"),
    ],
)
def test_durations_are_said_as_a_person_says_them(seconds, said):
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, é, 猫, 👍 [red]", "plain, é, 猫, 👍 [red]"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("\x1b[2J", "�[2J"),
        ("a\rb\bc\x00d\x7f\x9b", "a�b�c�d��"),
        ("\u202eback\u2066", "�back�"),
        ("half \ud800", "half �"),
        ("", ""),
    ],
)
def test_text_cannot_drive_the_terminal(text, shown):
    assert printable(text) == shown


def test_one_line_is_one_line_and_short():
    assert one_line("two\nlines\tand \x1b[2J") == "two lines and �[2J"
    assert one_line("x" * 500) == "x" * 159 + "…"
