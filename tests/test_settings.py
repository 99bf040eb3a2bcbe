import re
from pathlib import Path

import pytest

from curate import assets
from curate.checks import nearest
from curate.errors import SettingsError
from curate.filters.answer import AnswerFilter
from curate.filters.length import LengthFilter
from curate.layouts.video_r1 import VideoR1Layout
from curate.layouts.videorft import VideoRFTLayout
from curate.options import shard
from curate.plugin import find
from curate.providers.openai import OpenAIProvider
from curate.providers.scripted import ScriptedProvider
from curate.settings import DEFAULT_STEPS, load
from curate.stage import Stage

KEY = "sk-proj-0123456789abcdef"
GOOD = """
[input]
files = ["questions.json"]
media_root = "media"

[models.m]
provider = "scripted"

[stages.caption]
model = "m"
[stages.draft]
model = "m"
[stages.revise]
model = "m"
"""
# The example that users are shown, with models for the names that it uses.
DOCUMENTED = """
work  = "work"
steps = ["caption", "draft", "answer", "revise", "format", "leak", "length", "repetition"]

[input]
files = ["Video-R1-260k.json"]
media_root = "media"

[models.captioner]
provider = "openai"
model = "gpt-4o-mini"
base_url = "https://api.openai.com/v1"
api_key_env = "OPENAI_API_KEY"
concurrency = 64
timeout = 60
max_retries = 3
price_in = 0.15
price_out = 0.6
extra_body = { top_k = 20 }
video = "images"
[models.reasoner]
provider = "openai"
model = "deepseek-reasoner"
[models.reviser]
provider = "openai"
model = "qwen"

[stages.caption]
model = "captioner"
fps = 1.0
window = 16
max_pixels = 401408
[stages.draft]
model = "reasoner"
[stages.revise]
model = "reviser"

[filters.length]
min_words = 20

[sets.sft]
layout = "videorft"
[sets.rl]
layout = "videorft"
"""


@pytest.fixture
def settings(tmp_path):
    """Loads settings from a text."""

    def loaded(text, **options):
        file = tmp_path / "curate.toml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load(file, **options)

    return loaded


@pytest.fixture
def fault(settings):
    """The one line that a text is refused with."""

    def refused(text):
        with pytest.raises(SettingsError) as caught:
            settings(text)
        line = str(caught.value)
        assert "\n" not in line
        assert 0 < len(line) < 400
        return line

    return refused


def test_the_documented_example_loads(settings, tmp_path):
    found = settings(DOCUMENTED)
    assert found.work == tmp_path / "work"
    assert found.media_root == tmp_path / "media"
    assert found.files == ("Video-R1-260k.json",)
    assert found.steps == DEFAULT_STEPS
    captioner = found.models["captioner"]
    assert isinstance(captioner, OpenAIProvider)
    assert (captioner.model, captioner.concurrency, captioner.extra_body) == ("gpt-4o-mini", 64, {"top_k": 20})
    assert found.stages["caption"].window == 16
    assert found.filters["length"] == LengthFilter(min_words=20)
    assert {name: type(layout) for name, layout in found.layouts.items()} == {
        "sft": VideoRFTLayout,
        "rl": VideoRFTLayout,
    }


@pytest.mark.parametrize("name", ["starter", "demo"])
def test_the_settings_that_are_shipped_load(settings, name):
    found = settings(assets.folder("examples").joinpath(name, "curate.toml").read_text(encoding="utf-8"))
    assert found.steps == DEFAULT_STEPS


def test_every_option_that_the_starter_has_in_a_comment_is_one(settings):
    text = assets.folder("examples").joinpath("starter", "curate.toml").read_text(encoding="utf-8")
    opened = re.sub(r"^# (\[[a-z.]+\]|[a-z_]+ = )", r"\1", text, flags=re.MULTILINE)
    assert opened.count("\n# ") < text.count("\n# ")
    found = settings(opened)
    assert found.stages["draft"].tries == 4
    assert found.filters["answer"] == AnswerFilter(ocr=0.6)


def test_a_preset_and_a_model_are_enough(settings):
    found = settings(GOOD + '[models.x]\npreset = "deepseek"\nmodel = "deepseek-reasoner"\nthinking = true\n').models[
        "x"
    ]
    assert isinstance(found, OpenAIProvider)
    assert (found.base_url, found.api_key_env) == ("https://api.deepseek.com/v1", "DEEPSEEK_API_KEY")
    assert found.identity == 'deepseek-reasoner {"thinking": {"type": "enabled"}}'
    also = settings(GOOD + '[models.x]\nprovider = "openai"\npreset = "ollama"\nmodel = "q"\n').models["x"]
    assert (also.base_url, also.api_key_env, also.identity) == ("http://localhost:11434/v1", None, "q")


def test_similarity_before_the_answer_loads(settings):
    found = settings(SIMILAR)
    assert found.filters["answer"].free_form_by == "similarity"
    assert found.stages["similarity"].model == "e"
    assert settings(
        SIMILAR.replace('"similarity", "answer"]', '"answer", "similarity", "leak"]')
        .replace('free_form_by = "similarity"', "")
        .replace("[stages.draft]\n", "[stages.draft]\nsamples = 4\n")
    )


def test_what_is_left_out_has_its_default(settings, tmp_path):
    found = settings(GOOD)
    assert found.steps == DEFAULT_STEPS
    assert found.work == tmp_path / "work"
    assert isinstance(found.models["m"], ScriptedProvider)
    assert set(found.stages) == {"caption", "draft", "revise"}
    assert set(found.filters) == set(DEFAULT_STEPS) - set(found.stages)
    assert found.filters["length"] == LengthFilter()
    assert set(found.layouts) == {"sft", "rl"}
    assert found.rows_per_shard == {"sft": 50_000, "rl": 50_000}
    assert found.stages["caption"] == find(Stage, "caption")(model="m")


def test_one_set_may_have_another_layout(settings):
    found = settings(GOOD + '[sets.rl]\nlayout = "video-r1"\nrows_per_shard = 7\n')
    assert isinstance(found.layouts["rl"], VideoR1Layout)
    assert isinstance(found.layouts["sft"], VideoRFTLayout)
    assert found.rows_per_shard == {"sft": 50_000, "rl": 7}


def test_paths_are_relative_to_the_file_and_absolute_ones_stay(settings, tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    models = '[models.e]\nprovider = "embedded"\ngguf = "models/a.gguf"\nmmproj = "/b.gguf"\n'
    found = settings('work = "../out"\n' + GOOD.replace('"media"', '"/data/media"') + models)
    assert found.base == tmp_path
    assert found.work == tmp_path.parent / "out"
    assert found.media_root == Path("/data/media")
    assert found.models["e"].gguf == tmp_path / "models/a.gguf"
    assert found.models["e"].mmproj == Path("/b.gguf")


def test_the_command_line_names_another_work_folder(settings, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert settings(GOOD, work=Path("elsewhere")).work == tmp_path / "elsewhere"


def test_a_filter_may_stand_early_and_a_stage_need_not_be_asked(settings):
    found = settings('steps = ["caption", "draft", "leak", "answer"]\n' + GOOD)
    assert found.steps == ("caption", "draft", "leak", "answer")
    assert set(found.filters) == {"leak", "answer"}


def replaced(old, new):
    assert old in GOOD
    return GOOD.replace(old, new)


OPENAI = '[models.x]\nprovider = "openai"\nmodel = "x"\n'
EMBEDDER = """
[models.e]
provider = "embeddings"
model = "e"
"""
SIMILAR = (
    'steps = ["caption", "draft", "similarity", "answer"]\n'
    + GOOD
    + EMBEDDER
    + '[stages.similarity]\nmodel = "e"\n[filters.answer]\nfree_form_by = "similarity"\n'
)
FAULTS = {
    "similarity not among the steps": (
        SIMILAR.replace('"similarity", "answer"]', '"answer"]'),
        "steps: 'answer' needs 'similarity' before it",
    ),
    "similarity too late": (
        SIMILAR.replace('"similarity", "answer"]', '"answer", "similarity"]'),
        "steps: 'answer' needs 'similarity' before it",
    ),
    "a model that only compares": (
        GOOD.replace('[stages.draft]\nmodel = "m"', '[stages.draft]\nmodel = "e"') + EMBEDDER,
        "stages.draft.model: 'e' only tells how alike two texts are",
    ),
    "a model that does not compare": (
        SIMILAR.replace('[stages.similarity]\nmodel = "e"', '[stages.similarity]\nmodel = "m"'),
        "stages.similarity.model: 'm' is no embedding model",
    ),
    "samples that cannot be graded": (
        SIMILAR.replace("[stages.draft]\n", "[stages.draft]\nsamples = 4\n"),
        "stages.draft.samples: 'answer' cannot grade them, 'similarity' stands between",
    ),
    "top-level key": ("stepps = []\n" + GOOD, "unknown key 'stepps'; did you mean 'steps'?"),
    "top-level key, nothing near": (
        "zzz = 1\n" + GOOD,
        "unknown key 'zzz'; known: card, duplicates, filters, input, max_cost, max_tokens, media, mix, models, sets, "
        "stages, steps",
    ),
    "key of input": (replaced("media_root", "media_rot"), "input.media_root is missing"),
    "more in input": (
        replaced("[models.m]", 'file = "x"\n[models.m]'),
        "unknown key 'input.file'; did you mean 'files'?",
    ),
    "no input": ("[models.m]\nprovider = 'scripted'\n", "input is missing"),
    "no files": (replaced('["questions.json"]', "[]"), "input.files must not be empty"),
    "files is no list": (replaced('["questions.json"]', '"questions.json"'), "input.files: "),
    "step": (
        'steps = ["caption", "drafft"]\n' + GOOD,
        "steps: unknown step 'drafft'; did you mean 'draft'?",
    ),
    "no steps": ("steps = []\n" + GOOD, "steps must not be empty"),
    "steps is no list": ('steps = "caption"\n' + GOOD, "steps: expected a list"),
    "a step that is no text": ("steps = [1]\n" + GOOD, "steps.0: "),
    "twice": ('steps = ["caption", "caption"]\n' + GOOD, "steps: 'caption' stands there twice"),
    "draft before caption": ('steps = ["draft", "caption"]\n' + GOOD, "steps: 'draft' needs 'caption' before it"),
    "revise without draft": ('steps = ["caption", "revise"]\n' + GOOD, "steps: 'revise' needs 'draft' before it"),
    "answer before draft": (
        'steps = ["caption", "answer", "draft"]\n' + GOOD,
        "steps: 'answer' needs 'draft' before it",
    ),
    "leak with nothing to read": ('steps = ["caption", "leak"]\n' + GOOD, "steps: 'leak' needs 'draft' before it"),
    "stage": (
        GOOD + "[stages.captoin]\nmodel = 'm'\n",
        "stages.captoin: unknown stage 'captoin'; did you mean 'caption'?",
    ),
    "filter": (GOOD + "[filters.lenght]\n", "filters.lenght: unknown filter 'lenght'; did you mean 'length'?"),
    "set": (GOOD + "[sets.stf]\n", "unknown key 'sets.stf'; did you mean 'sft'?"),
    "layout": (
        GOOD + "[sets.sft]\nlayout = 'video_r1'\n",
        "sets.sft: unknown layout 'video_r1'; did you mean 'video-r1'?",
    ),
    "provider": (
        GOOD + "[models.x]\nprovider = 'opnai'\n",
        "models.x: unknown provider 'opnai'; did you mean 'openai'?",
    ),
    "no provider": (
        GOOD + "[models.x]\nmodel = 'x'\n",
        "models.x.provider is missing; known: embedded, embeddings, openai, openai-batch, scripted",
    ),
    "preset": (
        GOOD + "[models.x]\npreset = 'deepsek'\nmodel = 'x'\n",
        "models.x: unknown preset 'deepsek'; did you mean 'deepseek'?",
    ),
    "a preset of a provider that has none": (
        GOOD + "[models.x]\nprovider = 'embedded'\npreset = 'ollama'\n",
        "unknown key 'models.x.preset'",
    ),
    "a preset without a model": (GOOD + "[models.x]\npreset = 'vllm'\n", "models.x.model is missing"),
    "an effort that the server does not know": (
        GOOD + "[models.x]\npreset = 'together'\nmodel = 'x'\neffort = 'minimal'\n",
        "models.x: preset 'together' does not know effort = 'minimal'; known: low, medium, high",
    ),
    "an effort that nobody knows": (
        GOOD + OPENAI + "effort = 'lots'\n",
        "models.x.effort: Input should be 'none', 'minimal', 'low'",
    ),
    "option of a stage": (
        replaced("[stages.draft]\n", "[stages.draft]\ntemprature = 1\n"),
        "unknown key 'stages.draft.temprature'; did you mean 'temperature'?",
    ),
    "option of a filter": (
        GOOD + "[filters.length]\nminwords = 3\n",
        "unknown key 'filters.length.minwords'; did you mean 'min_words'?",
    ),
    "option of a filter without any": (GOOD + "[filters.leak]\nstrict = true\n", "unknown key 'filters.leak.strict'"),
    "option of a model": (
        GOOD + OPENAI + "base_ulr = 'x'\n",
        "unknown key 'models.x.base_ulr'; did you mean 'base_url'?",
    ),
    "misspelt provider": (
        GOOD + OPENAI + "providr = 'x'\n",
        "unknown key 'models.x.providr'; did you mean 'provider'?",
    ),
    "option of a set": (GOOD + "[sets.sft]\nlayuot = 'x'\n", "unknown key 'sets.sft.layuot'; did you mean 'layout'?"),
    "shards of a set": (
        GOOD + "[sets.rl]\nrow_per_shard = 3\n",
        "unknown key 'sets.rl.row_per_shard'; did you mean 'rows_per_shard'?",
    ),
    "a layout for one kind of media": (
        GOOD + "[sets.rl]\nlayout = 'easyr1'\n",
        "sets.rl.layout: 'easyr1' is read from files about one kind of media: leave it, and `curate export easyr1 ",
    ),
    "type in a stage": (
        replaced("[stages.draft]\n", "[stages.draft]\ntemperature = 'hot'\n"),
        "stages.draft.temperature: ",
    ),
    "type in a filter": (GOOD + "[filters.length]\nmin_words = 'many'\n", "filters.length.min_words: "),
    "type in a model": (GOOD + OPENAI + "concurrency = 1.5\n", "models.x.concurrency: "),
    "type in a set": (GOOD + "[sets.sft]\nrows_per_shard = 0\n", "sets.sft.rows_per_shard: "),
    "out of bounds": (replaced("[stages.caption]\n", "[stages.caption]\nfps = 0\n"), "stages.caption.fps: "),
    "two options at odds": (
        GOOD + "[filters.length]\nmin_words = 9\nmax_words = 8\n",
        "filters.length: min_words = 9 is above max_words = 8",
    ),
    "a table that is none": ("filters = 3\n" + GOOD, "filters: "),
    "a stage that is no table": ("stages.extra = 3\n" + GOOD, "stages.extra: "),
    "no stage settings": (
        replaced('[stages.draft]\nmodel = "m"\n', ""),
        "stages.draft.model is missing",
    ),
    "no model in a stage": (replaced('[stages.draft]\nmodel = "m"', "[stages.draft]"), "stages.draft.model is missing"),
    "a model that is not there": (
        GOOD.replace('[stages.draft]\nmodel = "m"', '[stages.draft]\nmodel = "mm"'),
        "stages.draft.model: no model 'mm'; did you mean 'm'?",
    ),
    "no models": (replaced('[models.m]\nprovider = "scripted"\n', ""), "stages.caption.model: no model 'm'"),
    "a name on two lines": (GOOD + '[models."a\\nb"]\nprovider = "openai"\n', "models: 'a\\nb' is no name"),
    "an address that is none": (GOOD + OPENAI + "base_url = 'localhost:8000'\n", "models.x.base_url: "),
}


@pytest.mark.parametrize(("text", "expected"), FAULTS.values(), ids=FAULTS)
def test_every_mistake_is_one_line_that_names_the_key_and_the_nearest_known_one(fault, text, expected):
    assert fault(text).startswith(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "is empty"),
        ("# only words\n", "is empty"),
        ("[input\n", "line 1"),
        (GOOD + "[input]\nx = 1\n", "cannot read"),
        ("a = 1\na = 2\n", "line 2"),
        (b"work = '\xff'\n", "cannot read"),
        ('\ufeffwork = "x"\n', "cannot read"),
    ],
)
def test_a_file_that_is_no_toml_is_named(fault, tmp_path, text, expected):
    line = fault(text)
    assert str(tmp_path / "curate.toml") in line
    assert expected in line


def test_a_file_that_is_not_there_or_cannot_be_read(tmp_path):
    with pytest.raises(SettingsError, match=r"^no settings file .*none\.toml: `curate init` writes one$"):
        load(tmp_path / "none.toml")
    with pytest.raises(SettingsError, match=r"^cannot read "):
        load(tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        f'api_key = "{KEY}"',
        f'api_key_env = "{KEY}"',
        f'api_key_env = ["{KEY}"]',
        f'apikey = "{KEY}"',
        f'base_url = "{KEY}"',
        f'timeout = "{KEY}"',
        f'video = "{KEY}"',
        f'token_limit = "{KEY}"',
        f'extra_body = "{KEY}"',
        f'headers = {{ Authorization = "Bearer {KEY}" }}',
        f'api_key_env = "{KEY}',
    ],
)
def test_a_key_that_was_pasted_in_is_never_repeated(fault, line):
    text = fault(GOOD + OPENAI + line + "\n")
    assert KEY not in text
    assert KEY[-8:] not in text
    if line.endswith('"'):
        assert f"models.x.{line.split()[0]}" in text


def test_a_key_in_place_of_its_variable_is_explained(fault):
    line = fault(GOOD + OPENAI + f'api_key_env = "{KEY}"\n')
    assert line == "models.x.api_key_env: expected the name of an environment variable, never a key"
    line = fault(GOOD + OPENAI + f'api_key = "{KEY}"\n')
    assert line == "unknown key 'models.x.api_key'; did you mean 'api_key_env'?"


def test_nothing_is_read_from_the_environment_or_the_disk(settings, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert settings(DOCUMENTED).models["captioner"].secret is None


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("steeps", ["steps", "work"], "; did you mean 'steps'?"),
        ("zzz", ["work", "steps"], "; known: steps, work"),
        ("zzz", [], ""),
        ("zzz", {"b": 1, "a": 2}, "; known: a, b"),
    ],
)
def test_nearest(name, known, expected):
    assert nearest(name, known) == expected


def test_a_shard_is_one_of_so_many():
    assert (shard(None), shard("1/1"), shard("2/3"), shard("12/12")) == (None, (1, 1), (2, 3), (12, 12))


@pytest.mark.parametrize(
    "text", ["3/2", "0/3", "1/0", "-1/3", "1/-3", "x/y", "2", "2/3/4", "", " 1/2", "1/2.5", "+1/2"]
)
def test_what_is_no_shard_is_told(text):
    with pytest.raises(SettingsError, match="--shard: expected i/n with i from 1 to n, such as 1/4, found"):
        shard(text)


@pytest.mark.parametrize(
    ("top", "strict"),
    [("", True), ('steps = ["caption", "draft"]\n', False), ('steps = ["caption", "draft", "answer"]\n', True)],
)
def test_references_are_read_as_answers_are_judged(settings, top, strict):
    assert settings(f'{top}{GOOD}[filters.answer]\nstrict = "video-r1"\n').measures.strict is strict
    assert settings(GOOD).measures.strict is False
