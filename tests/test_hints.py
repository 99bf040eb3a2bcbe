import re

from curate.hints import Hinted


def rules():
    return Hinted(
        [(("red", "blue"), 1), (re.compile(r"\d"), 2), (("blue",), 3), (("green",), 4), (("red",), 5), (("e",), 6)]
    )


def test_only_rules_whose_hint_is_there_come_and_in_their_order():
    assert rules().likely("") == []
    assert rules().likely("blu 7") == [2]
    assert rules().likely("red") == [1, 5, 6]
    assert rules().likely("a blue 7") == [1, 2, 3, 6]


def test_a_hint_may_hold_blanks():
    waiting = Hinted([(("is waiting for", "t ="), 1), ((" need ",), 2)])
    assert waiting.likely("she is waiting for it") == [1]
    assert waiting.likely("she is waiting, what for") == []
    assert waiting.likely("at t = 3 they need it") == [1, 2]
    assert waiting.likely("needless") == []


def test_a_word_that_was_met_before_hints_as_it_did():
    met = rules()
    for _ in range(2):
        assert met.likely("tall, dark, reddish") == [1, 5, 6]
        assert met.likely("tall, dark") == []
        assert met.likely("tall\nblue") == [1, 3, 6]


def test_many_rules_stay_in_their_order():
    many = Hinted([((f"<{n}>",), n) for n in range(40)])
    assert many.likely("<32> <1>") == [1, 32]  # which a set of the two would turn round
