"""The documents keep up with the code."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

import curate
from curate.cli import app
from curate.filter import Filter
from curate.layout import Layout
from curate.plugin import find, names
from curate.provider import Provider
from curate.settings import DEFAULT_STEPS, Input, MediaSettings, SetSettings, Tables, load
from curate.stage import Stage
from tests import precision

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
FILTERS = (ROOT / "docs" / "filters.md").read_text()
ANSWERS = (ROOT / "docs" / "answers.md").read_text()
CODE = set(re.findall(r"`([^`\n]+)`", README + FILTERS + ANSWERS))
COMMANDS = get_command(app).commands
PLUGINS = [(base, name) for base in (Stage, Filter, Layout, Provider) for name in names(base)]


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_stands_in_the_readme_and_has_help(name):
    assert any(code.split()[:2] == ["curate", name] for code in CODE), f"README lacks `curate {name}`"
    assert COMMANDS[name].help
    for parameter in COMMANDS[name].params:
        assert parameter.help or parameter.name == "help", f"{name} {parameter.name} has no help"


def test_every_command_about_batches_stands_in_its_document_and_has_help():
    """A group has commands of its own."""
    text = (ROOT / "docs" / "batch.md").read_text()
    for name, command in COMMANDS["batch"].commands.items():
        assert f"`curate batch {name}" in text or f"curate batch {name} " in text
        assert command.help
        for parameter in command.params:
            assert parameter.help or parameter.name == "help", f"{name} {parameter.name} has no help"
            own = [option for option in parameter.opts if option not in README + text]
            assert parameter.name == "help" or not own or not own[0].startswith("--"), own


def test_every_common_option_stands_in_the_readme():
    for name in ("--settings/-s FILE", "--work DIR", "--limit N", "--quiet", "--json", "--prepare"):
        assert name in CODE
    assert {"--settings", "--work", "--limit", "--quiet", "--json"} <= {
        option for parameter in COMMANDS["run"].params for option in parameter.opts
    }


@pytest.mark.parametrize(("base", "name"), PLUGINS, ids=lambda v: v if isinstance(v, str) else v.folder)
def test_every_option_of_every_plugin_is_documented(base, name):
    if name == "scripted":
        return  # for tests only
    assert name in CODE or f'"{name}"' in README
    for option in find(base, name).model_fields:
        assert option in CODE, f"README and docs/filters.md lack the option `{option}` of {name}"


@pytest.mark.parametrize("name", names(Filter))
def test_every_filter_says_in_its_document_what_it_drops_and_what_its_options_are_by_default(name):
    """One heading each, and every option with its default."""
    [section] = re.findall(rf"(?ms)^### `{name}`$(.*?)(?=^##|\Z)", FILTERS)
    for option, field in find(Filter, name).model_fields.items():
        [shown] = re.findall(rf"(?m)^\| `{option}` \| (.*?) \|", section)
        if not field.is_required():
            assert shown == default(field.default), f"{name}.{option}"


def default(value):
    """A default as the tables show it."""
    return "none" if value is None or value == {} else str(value).lower()


def test_the_precision_in_the_document_is_what_the_lists_give():
    assert precision.table() in FILTERS


@pytest.mark.parametrize("cls", [Tables, Input, SetSettings])
def test_every_table_of_the_settings_stands_in_the_readme(cls):
    for option in cls.model_fields:
        assert option in CODE or any(code.startswith(f"[{option}") for code in CODE)


def test_the_steps_in_the_readme_are_the_default():
    listed = ", ".join(f'"{step}"' for step in DEFAULT_STEPS)
    assert f"`[{listed}]`" in README


def test_pictures_and_the_change_log_are_there():
    for picture in re.findall(r"!\[[^]]*\]\(([^)]+)\)", README):
        assert (ROOT / picture).is_file()
    assert f"## {curate.__version__}" in (ROOT / "CHANGELOG.md").read_text()


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*/curate.toml")), ids=lambda p: p.parent.name)
def test_the_settings_that_ship_can_work(path):
    assert load(path).steps == DEFAULT_STEPS


def test_every_option_in_the_starter_is_known(tmp_path):
    """What is commented out shows real options: they load, too."""
    starter = (ROOT / "examples" / "starter" / "curate.toml").read_text()
    (tmp_path / "curate.toml").write_text(re.sub(r"(?m)^# (?=\w+ = |\[filters|\[media)", "", starter))
    settings = load(tmp_path / "curate.toml")
    assert settings.stages["draft"].structured is True
    assert settings.filters["answer"].ocr == 0.6
    assert settings.media == MediaSettings()


def test_the_makefile_has_the_two_commands_and_ci_calls_them():
    makefile, ci = (ROOT / "Makefile").read_text(), (ROOT / ".ci" / "run").read_text()
    for target in ("demo", "test", "lint"):
        assert re.search(rf"(?m)^{target}:", makefile)
        assert f"make {target}" in ci
    assert "make demo" in README
    assert "make test" in README
