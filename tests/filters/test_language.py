import pytest
from pydantic import ValidationError

from curate.filters import language
from curate.filters.language import ENGLISH, LanguageFilter
from tests.records import THINKING, drafted, record, revised

GERMAN = (
    "Am Anfang kommt eine Frau mit einer roten Tasse in die Küche. Ungefähr in der Mitte stellt sie die Tasse neben "
    "das Fenster auf den Tisch, und gegen Ende gießt sie Milch ein. Also muss die Tasse am Ende auf dem Tisch stehen. "
)
CHINESE = (
    "让我想象一下厨房。一开始，一个女人左手拿着一个红色的杯子走了进来。大约在中间的时候，她把杯子放在窗边的桌子上，"
    "快结束的时候她在倒牛奶。所以杯子最后一定在桌子上。我再看一遍，确认她没有把杯子拿走，杯子仍然放在桌子上，旁边是窗户。"
    "窗外的树在风中轻轻摇动，屋里的灯一直亮着，直到最后她才离开厨房，杯子也没有再被移动过。"
)
RUSSIAN = (
    "Сначала женщина входит на кухню с красной чашкой в руке. Потом она ставит чашку на стол у окна, а в конце "
    "наливает молоко. Значит, чашка в конце стоит на столе, и больше её никто не трогает до самого конца этого видео."
)
MATHS = "AB = CD, BC = 5, x + y = 12, 3x - 4y = 7, tan(30) = 1/√3, α + β = 90°, Δ ABC ~ Δ DEF, sin α = 0.5, μ = 3. "


def judged(thinking, rule=None, answer="A", **changes):
    return (rule or LanguageFilter()).reason(drafted(record(**changes), thinking, answer))


@pytest.mark.parametrize("text", [THINKING, THINKING * 10, THINKING.upper(), "A cup.", "Hm.", "", MATHS * 7])
def test_english_is_kept_and_what_is_too_short_to_tell(text):
    assert judged(text) is None


def test_names_and_accents_are_no_slips():
    assert judged(f"{THINKING} José orders a crème brûlée at the café in Łódź, naïve as he is.") is None


@pytest.mark.parametrize("text", [GERMAN, GERMAN * 4, THINKING * 3 + GERMAN * 3])
def test_another_language_is_dropped_also_where_a_text_changes_into_it(text):
    assert judged(text).startswith("wrong language: de in '")


@pytest.mark.parametrize("text", [CHINESE, RUSSIAN])
def test_another_script_is_dropped(text):
    assert judged(text).startswith("mixed scripts: ")


@pytest.mark.parametrize(
    ("code", "text"), [("de", GERMAN), ("zh", CHINESE), ("ru", RUSSIAN), ("en", THINKING)], ids=["de", "zh", "ru", "en"]
)
def test_each_language_where_it_is_asked_for(code, text):
    rule = LanguageFilter(language=code)
    assert judged(text, rule) is None
    for other in {GERMAN, CHINESE, RUSSIAN, THINKING * 2} - {text, text * 2}:
        assert judged(other, rule) is not None


@pytest.mark.parametrize("slip", ["走到", "стол", "테이블", "طاولة"])
def test_a_slip_into_another_script(slip):
    reason = judged(THINKING.replace("puts it on", f"puts it {slip} on"))
    assert reason.partition(": ")[0] == "mixed scripts"
    assert slip in reason
    assert len(reason) < 100


@pytest.mark.parametrize(
    "said",
    [
        'a sign with "出口" on it',
        "a sign with 「出口」 on it",
        "the exit (出口) is on the left",
        "The sign reads 出口.",
        "The sign says: 出口",
    ],
)
def test_text_on_screen_may_be_in_any_script(said):
    assert judged(f"{THINKING} There is more: {said}. And so she leaves.") is None


def test_what_was_asked_or_answered_may_be_said():
    said = f"{THINKING} I look for 出口 and find it."
    assert judged(said).startswith("mixed scripts: ")
    assert judged(said, problem="Where is 出口?") is None
    assert judged(said, options=("A. 出口", "B. 入口")) is None
    assert judged(said, answer="出口", problem_type="OCR", options=()) is None


def test_a_share_of_other_scripts_may_be_allowed():
    said = f"{THINKING} She goes 走到 the door."
    assert judged(said, LanguageFilter(max_foreign=0.05)) is None
    assert judged(said + "走到" * 20, LanguageFilter(max_foreign=0.05)).startswith("mixed scripts: ")


def test_quotations_in_another_language_are_no_other_language():
    first, second = GERMAN[: len(GERMAN) // 2].strip(), GERMAN[len(GERMAN) // 2 :].strip()
    assert judged(f'{THINKING} On the wall I can read "{first}" in large letters, and "{second}" below.' * 3) is None
    assert judged(f"{THINKING} On the wall: {first} {second} {first} {second} {first} {second}") is not None


def test_what_is_too_short_or_in_doubt_is_not_judged(monkeypatch):
    class Sure:
        def __init__(self, share):
            self.share = share

        def classify(self, text):
            return "de", self.share

    german = "Die Frau stellt die rote Tasse auf den Tisch und geht dann mit ihrer Katze aus dem Haus. "
    assert judged(german) is None
    assert judged(german * 3).startswith("wrong language: de")
    monkeypatch.setattr(language, "identifier", lambda: Sure(0.94))
    assert judged(german * 3) is None
    monkeypatch.setattr(language, "identifier", lambda: Sure(0.96))
    assert judged(german * 3) is not None


def test_english_by_its_words_never_reaches_the_model(monkeypatch):
    monkeypatch.setattr(language, "identifier", lambda: pytest.fail("asked"))
    assert judged(THINKING * 5) is None
    assert len(ENGLISH) > 40


def test_an_unknown_language_and_a_missing_package_are_mistakes_in_the_settings(monkeypatch):
    with pytest.raises(ValidationError, match="unknown language 'english'"):
        LanguageFilter(language="english")
    monkeypatch.setattr(language, "find_spec", lambda name: None)
    with pytest.raises(ValidationError, match=r"pip install 'curate\[language\]'"):
        LanguageFilter()


def test_the_last_thinking_counts():
    assert LanguageFilter().reason(revised(drafted(record(), GERMAN * 2))) is None


@pytest.mark.parametrize("unit", ["'", "(", "“", "走", "says 走 ", "ß"])
def test_long_texts_are_judged(unit):
    judged(unit * (50_000 // len(unit)))


@pytest.mark.parametrize("said", ["the angle αβγ is right", "出口 means exit", "안녕하세요 characters are on the wall"])
def test_signs_of_mathematics_and_text_that_is_spoken_of_are_free(said):
    assert judged(f"{THINKING} So {said}.") is None
