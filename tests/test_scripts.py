import pytest

from curate.scripts import SCRIPTS, foreign


def runs(text, language="en"):
    return [run[0] for run in foreign(text, language)]


@pytest.mark.parametrize("text", ["plain", "naïve café", "Łódź ß œ Ⅳ ª", "x² + α = μ", "∠ABC ≈ 30° ✅", "𝑥 + 𝛼", "ﬁne"])
def test_latin_and_signs_are_at_home_everywhere(text):
    for language in SCRIPTS:
        assert runs(text, language) == []


@pytest.mark.parametrize(
    ("text", "home"),
    [
        ("走到", "zh"),
        ("стол", "ru"),
        ("λόγος", "el"),
        ("테이블", "ko"),
        ("テーブル", "ja"),
        ("สวัสดี", "th"),
        ("नमस्ते", "hi"),
        ("שלום", "he"),
    ],
)
def test_each_script_is_at_home_in_its_languages(text, home):
    assert runs(f"so {text} it is", home) == []
    assert "".join(runs(f"so {text} it is")) != ""


def test_japanese_and_korean_write_chinese_characters_too():
    assert runs("食べる机", "ja") == runs("大韓 민국", "ko") == []
    assert runs("食べる机", "zh") == ["食べる机"]
