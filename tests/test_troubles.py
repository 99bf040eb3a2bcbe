import pytest

from curate.troubles import MOST, OTHERS, Troubles, cause


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("HTTP 500: request 17 died", "HTTP 500: request 4711 died"),
        ("HTTP 429: wait 1.5s (req_a1b2)", "HTTP 429: wait 20ms (req_77ff)"),
        ("at 2026-11-27T00:01:02 it broke", "at 2027-01-01T10:00:00 it broke"),
    ],
)
def test_numbers_and_ids_make_no_cause_of_their_own(one, other):
    assert cause(one) == cause(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("HTTP 500: no", "HTTP 503: no"),
        ("cannot reach http://a1/v1: no", "cannot reach http://a2/v1: no"),
        ("HTTP 400: no image", "HTTP 400: no text"),
    ],
)
def test_statuses_addresses_and_words_do(one, other):
    assert cause(one) != cause(other)


def test_causes_are_bounded_and_nothing_is_lost():
    found = Troubles()
    for number in range(10_000):
        found.note("nothing but " + "".join(chr(97 + int(digit)) for digit in str(number)) + "x" * 10_000)
    assert len(found.latest()) == MOST + 1
    assert found.total() == 10_000
    assert max(found.latest(), key=lambda each: each.count).said == OTHERS
    assert all(len(each.said) <= 200 for each in found.latest())


def test_the_last_words_and_the_last_time_are_kept():
    now = iter([1.0, 2.0, 3.0])
    found = Troubles(lambda: next(now))
    for message in ("lost 1", "other", "lost 2"):
        found.note(message)
    assert [(each.said, each.count, each.last) for each in found.latest()] == [("lost 2", 2, 3.0), ("other", 1, 2.0)]
