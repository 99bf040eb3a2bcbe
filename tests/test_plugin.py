import pickle
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from pydantic import ValidationError

import curate
from curate.filter import Filter
from curate.filters.length import LengthFilter
from curate.layout import Layout
from curate.plugin import Plugin, SettingsPath, find, names
from curate.provider import Provider
from curate.stage import Stage

KINDS = (Stage, Filter, Layout, Provider)
ALL = [(kind, name) for kind in KINDS for name in names(kind)]
IDS = [f"{kind.folder}/{name}" for kind, name in ALL]


def test_the_plugins_are_the_modules_of_the_folders():
    for kind in KINDS:
        files = (Path(curate.__file__).parent / kind.folder).glob("*.py")
        expected = sorted(f.stem.replace("_", "-") for f in files if f.stem != "__init__")
        assert names(kind) == expected
    assert {"caption", "draft", "revise"} <= set(names(Stage))
    assert {"video-r1", "videorft"} <= set(names(Layout))


@pytest.mark.parametrize(("kind", "name"), ALL, ids=IDS)
def test_every_module_holds_one_plugin_of_its_name(kind, name):
    plugin = find(kind, name)
    assert plugin.name() == name
    module = import_module(plugin.__module__)
    own = [v for v in vars(module).values() if isinstance(v, type) and issubclass(v, Plugin)]
    assert [v for v in own if v.__module__ == module.__name__] == [plugin]


@pytest.mark.parametrize(("kind", "name"), ALL, ids=IDS)
def test_every_plugin_describes_itself_in_one_line(kind, name):
    plugin = find(kind, name)
    first, *rest = (plugin.__dict__.get("__doc__") or "").strip().split("\n")
    assert first.endswith(".")
    assert 20 < len(first) <= 110
    assert rest[:1] in ([], [""])


@pytest.mark.parametrize(("kind", "name"), ALL, ids=IDS)
def test_every_plugin_is_frozen_and_takes_no_unknown_option(kind, name):
    config = find(kind, name).model_config
    assert config["frozen"] is True
    assert config["extra"] == "forbid"


@pytest.mark.parametrize("name", ["lenght", "Length", "", "length.py", "../stages/caption", "__init__", "video_r1"])
def test_a_name_that_no_module_has_is_a_key_error(name):
    for kind in KINDS:
        with pytest.raises(KeyError):
            find(kind, name)


def test_options_are_checked_and_frozen():
    with pytest.raises(ValidationError):
        LengthFilter(min_wrods=3)
    with pytest.raises(ValidationError, match="frozen"):
        LengthFilter().min_words = 3


def test_listing_names_imports_no_plugin():
    script = (
        "import sys; from curate.plugin import names; from curate.provider import Provider; names(Provider);"
        "assert not [m for m in sys.modules if m.startswith('curate.providers.')], sys.modules"
    )
    root = Path(curate.__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


class WithPath(Plugin):
    file: SettingsPath


def test_a_path_is_relative_to_the_settings_file():
    base = {"base": Path("/data/run")}
    assert WithPath.model_validate({"file": "a.gguf"}, context=base).file == Path("/data/run/a.gguf")
    assert WithPath.model_validate({"file": "/b.gguf"}, context=base).file == Path("/b.gguf")
    assert WithPath.model_validate({"file": "a.gguf"}).file == Path("a.gguf")
    assert WithPath.model_validate({"file": "a.gguf"}, context={"base": None}).file == Path("a.gguf")


@pytest.mark.parametrize("name", sorted({*names(Provider)} - {"scripted"}))
def test_a_model_that_is_not_open_can_go_to_another_process(name):
    """Many rows are judged in processes of their own, which get the settings."""
    model = find(Provider, name)(model="m")
    assert pickle.loads(pickle.dumps(model)).identity == model.identity
