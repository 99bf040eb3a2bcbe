"""What a reply to a canary says of a model's eyes."""

import re
from difflib import SequenceMatcher
from itertools import combinations
from pathlib import Path

import pytest

from curate import assets
from curate.chat import Reply
from curate.readback import WORDS, Card, Readback, dealt, mentions, readback

CARDS = tuple(
    Card(*said.split()) for said in ("tiger 482", "kettle 117", "yacht 903", "banana 350", "zebra 671", "violin 228")
)
ALL = [str(card) for card in CARDS]


def found(text, **reply):
    return readback(CARDS, Reply(text=text, **reply))


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(ALL),
        ", ".join(ALL).lower(),
        "Sure! Here is what I read:\n1. **Tiger** - 482\n2. Kettle: 117\n3. Yacht (903)\n4. Banana, 350\n5. Zebra 671\n"
        "6. Violin 228\nLet me know if you need anything else.",
        "T1GER 482 KETTIE 117 YACHT903 8ANANA 35O ZEBRA 67l VlOLIN 228",
        "482 117 903 350 671 228",
        "Frame 1: TIGER\nFrame 2: (plain)\nFrame 3: KETTLE\nYACHT\nBANANA\nZEBRA\nVIOLIN",
        "| TIGER | 482 |\n| KETTLE | 117 |\n| YACHT | 903 |\n| BANANA | 350 |\n| ZEBRA | 671 |\n| VIOLIN | 228 |",
        '["TIGER 482","KETTLE 117","YACHT 903","BANANA 350","ZEBRA 671","VIOLIN 228"]',
        "<think>The last one is VIOLIN, the first TIGER.</think>" + "\n".join(ALL),
        "the last one is VIOLIN, the first TIGER.</think>" + "\n".join(ALL),
        "I see VIOLIN at the end, and TIGER first. In order: " + "; ".join(ALL),
        "ＴＩＧＥＲ ４８２\n" + "\n".join(ALL[1:]),
    ],
)
def test_all_of_them_in_any_dress(text):
    assert found(text) == Readback("all", 6, 6)
    assert found(text).sees


def test_what_stands_in_the_reasoning_alone_was_seen_too():
    assert found("", reasoning="\n".join(ALL)).kind == "all"
    assert found("<think>" + "\n".join(ALL) + "</think>").kind == "all"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Please provide the video, and I will read the words on its frames.",
        "I'm sorry, but I can't view images or videos. Could you describe the frames?",
        "plain\nplain\nplain",
        "请提供视频。",
        "100 200 300",
        "0" * 50_000,
        "APPLE 481\nHOUSE 118\nTABLE 904",
    ],
)
def test_a_model_that_sees_nothing(text):
    assert found(text) == Readback("none", 0, 6)
    assert not found(text).sees


@pytest.mark.parametrize(
    ("read", "kind"),
    [
        ((0,), "first"),
        ((0, 1), "first"),
        ((0, 1, 2, 3, 4), "first"),
        ((5,), "few"),
        ((0, 2, 4), "few"),
        ((1, 2, 3), "few"),
        ((0, 1, 3, 5), "most"),
        ((1, 2, 3, 4, 5), "most"),
        ((2, 3, 4, 5), "few"),
        ((0, 2, 3, 4), "most"),
        ((1, 0, 2, 3, 4, 5), "order"),
        ((5, 4, 3, 2, 1, 0), "order"),
        ((1, 0), "order"),
        ((0, 1, 2, 4, 3), "order"),
    ],
)
def test_which_of_them_and_in_which_order(read, kind):
    verdict = found("\n".join(ALL[i] for i in read))
    assert (verdict.kind, verdict.read) == (kind, len(read))
    assert verdict.sees == (kind == "most")


@pytest.mark.parametrize("read", [(), (0,), (0, 1, 2), (3, 1)])
def test_a_reply_that_was_cut_says_nothing(read):
    verdict = found("\n".join(ALL[i] for i in read), finish="length")
    assert verdict == Readback("untold", len(read), 6)
    assert verdict.sees


def test_one_that_was_cut_behind_the_last_word_says_all():
    assert found("\n".join(ALL), finish="length").kind == "all"


def test_a_single_card_cannot_be_out_of_order():
    assert readback(CARDS[:1], Reply(text="TIGER")).kind == "all"
    assert readback(CARDS[:1], Reply(text="LION")).kind == "none"


def test_a_word_whose_letters_look_like_digits_is_read_all_the_same():
    assert mentions([Card("igloo", "117"), Card("saddle", "903")], "1GL00 and 5ADD|E") == [0, 1]


def test_mentions_come_in_the_order_of_the_text_as_often_as_they_stand_there():
    assert mentions(CARDS, "violin 228, TIGER and violin; 903") == [5, 5, 0, 5, 2]


def test_a_hand_has_no_card_twice_and_another_one_comes_each_time():
    hands = [dealt(6) for _ in range(20)]
    assert len(set(hands)) == 20
    for hand in hands:
        assert len({card.word for card in hand}) == len({card.number for card in hand}) == 6
        assert all(re.fullmatch(r"[A-Z]{5,8} [1-9]\d\d", str(card)) for card in hand)
    assert len(dealt(len(WORDS))) == len(WORDS)


def test_no_word_is_taken_for_another_or_found_in_what_blind_models_say():
    for one, other in combinations(WORDS, 2):
        assert SequenceMatcher(None, one, other).ratio() < 0.65, (one, other)
    root = Path(__file__).parent
    prose = [
        assets.text("prompts", f"canary/{kind}/{part}.md") for kind in ("video", "image") for part in ("system", "user")
    ]
    prose += [file.read_text() for file in (root / "labelled").glob("refusal*.txt")]
    cards = [Card(word, "000") for word in WORDS]
    assert [WORDS[i] for i in mentions(cards, " ".join(prose)[:20_000])] == []
