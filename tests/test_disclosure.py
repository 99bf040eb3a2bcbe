import pytest

from curate.disclosure import disclosed
from curate.errors import SettingsError
from curate.settings import CardSettings, load

TOML = """
steps = ["caption", "draft", "answer", "revise", "length"]
[input]
files = ["/home/somebody/questions.json"]
media_root = "/home/somebody/media"
[models.eyes]
provider = "openai"
model = "eyes-1"
base_url = "https://hunter2.example/v1"
api_key_env = "MY_KEY_NAME"
extra_body = { tenant = "sk-hunter2", top_k = 20 }
[models.words]
provider = "openai"
model = "words-1"
[models.unused]
provider = "openai"
model = "unused-1"
[stages.caption]
model = "eyes"
fps = 0.5
processor = "qwen2.5-vl"
[stages.draft]
model = "words"
structured = true
pattern = "hunter2"
temperature = 0.7
[stages.revise]
model = "eyes"
[filters.length]
min_words = 33
[filters.leak]
[card]
license = "cc-by-4.0"
[card.licenses]
"A-OKVQA" = "apache-2.0"
"""


def loaded(tmp_path, text=TOML):
    (tmp_path / "curate.toml").write_text(text)
    return load(tmp_path / "curate.toml")


def test_what_shapes_the_rows_is_told(tmp_path):
    told = disclosed(loaded(tmp_path))
    assert told["steps"] == "caption, draft, answer, revise, length"
    assert told["stages.caption.fps"] == "0.5"
    assert told["stages.caption.processor"] == "qwen2.5-vl"
    assert told["stages.draft.structured"] == "true"
    assert told["stages.draft.temperature"] == "0.7"
    assert told["stages.draft.max_tokens"] == "8192"
    assert told["filters.length.min_words"] == "33"
    assert told["filters.answer.ocr"] == "0.6"
    assert told["sets.sft.layout"] == "videorft"
    assert told["models.eyes.provider"] == "openai"


def test_no_secret_no_address_no_path_and_nothing_that_was_not_used(tmp_path):
    told = disclosed(loaded(tmp_path))
    text = "\n".join(f"{key} {value}" for key, value in told.items())
    for hidden in ("hunter2", "https", "somebody", "MY_KEY", "top_k", "unused", "leak", "base_url", "pattern", "seed"):
        assert hidden not in text
    assert told["models.eyes.extra_body"] == "set, and not shown here"
    assert "models.words.extra_body" not in told


ASKED = """
[sets]
validation = 0.1
seed = 7
[sets.sft]
embed = 2
[sets.rl]
min_pass_rate = 0.25
max_pass_rate = 0.75
[duplicates]
questions = 0.9
[mix]
seed = 3
others = "drop"
[[mix.groups]]
data_source = "somebody's own"
rows = 30
[[mix.groups]]
data_type = "image"
weight = 2.5
"""


def test_what_was_asked_for_of_the_sets_and_of_the_mix_is_told(tmp_path):
    text = TOML.replace("[stages.draft]", "[stages.draft]\nsamples = 4") + ASKED
    told = disclosed(loaded(tmp_path, text))
    assert told["sets.validation"] == "0.1"
    assert told["sets.seed"] == "7"
    assert [told[f"sets.rl.{end}_pass_rate"] for end in ("min", "max")] == ["0.25", "0.75"]
    assert told["sets.sft.embed"] == "2.0"
    assert [told[f"duplicates.{name}"] for name in ("questions", "clips")] == ["0.9", "false"]
    assert [told[f"mix.{name}"] for name in ("seed", "others")] == ["3", "drop"]
    assert told["mix.groups.1.rows"] == "30"
    assert told["mix.groups.2.weight"] == "2.5"
    assert "somebody" not in str(told)


def test_a_mix_that_nobody_asked_for_is_not_told(tmp_path):
    told = disclosed(loaded(tmp_path))
    assert not [key for key in told if key.startswith("mix")]
    assert "sets.validation" not in told


def test_the_card_of_the_settings(tmp_path):
    card = loaded(tmp_path).card
    assert (card.license, card.licenses, card.citation) == ("cc-by-4.0", {"A-OKVQA": "apache-2.0"}, None)
    assert loaded(tmp_path, TOML.partition("[card]")[0]).card == CardSettings()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('licence = "mit"', "unknown key 'card.licence'; did you mean 'license'?"),
        ('license = "MIT License"', "card.license: "),
        ('title = ""', "card.title"),
        ('license_link = "javascript:alert(1)"', "card.license_link: "),
    ],
)
def test_a_card_that_cannot_be_is_one_line(tmp_path, line, said):
    with pytest.raises(SettingsError) as caught:
        loaded(tmp_path, TOML.partition("[card]")[0] + f"[card]\n{line}\n")
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)
