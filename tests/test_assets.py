import shutil
from pathlib import Path

import pytest

from curate import assets

CHECKOUT = Path(__file__).parent.parent


@pytest.mark.parametrize("kind", ["prompts", "schemas", "examples"])
def test_each_kind_of_asset_is_found(kind):
    assert assets.folder(kind).is_dir()
    names = {entry.name for entry in assets.folder(kind).iterdir()}
    assert {entry.name for entry in (CHECKOUT / kind).iterdir()} <= names


def test_an_installed_package_brings_its_own(tmp_path, monkeypatch):
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "a.md").write_text("packed")
    monkeypatch.setattr(assets, "files", lambda package: tmp_path)
    assert assets.folder.__wrapped__("prompts") == tmp_path / "prompts"
    assert assets.folder.__wrapped__("schemas") == CHECKOUT / "schemas"


def test_a_text_comes_without_the_blank_lines_around_it():
    text = assets.text("prompts", "draft/answer/ocr.md")
    assert text == (CHECKOUT / "prompts/draft/answer/ocr.md").read_text(encoding="utf-8").strip()
    assert text


def test_a_text_that_is_not_there_is_an_error():
    with pytest.raises(FileNotFoundError):
        assets.text("prompts", "draft/answer/none.md")


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("$a and ${a}s", "1 and 1s"),
        ('{"a": {"b": $a}} {a}', '{"a": {"b": 1}} {a}'),
        ("costs $$5", "costs $5"),
        ("nothing", "nothing"),
    ],
)
def test_only_dollars_mean_something_in_a_template(template, expected):
    assert assets.fill(template, {"a": "1", "spare": "2"}) == expected


@pytest.mark.parametrize("hostile", ["$b", "${b}", "$$", "{b}", "%s", "\\1", "$media"])
def test_what_fills_a_template_is_left_as_it_is(hostile):
    assert assets.fill("<$a>", {"a": hostile, "b": "no"}) == f"<{hostile}>"


def test_a_missing_field_is_an_error():
    with pytest.raises(KeyError, match="b"):
        assets.fill("$a $b", {"a": "1"})
    with pytest.raises(KeyError, match="caption"):
        assets.prompt("draft/video/user.md", {})


@pytest.fixture
def prompts(tmp_path, monkeypatch):
    shutil.copytree(CHECKOUT / "prompts" / "draft", tmp_path / "draft")
    monkeypatch.setattr(assets, "folder", lambda kind: tmp_path)
    return tmp_path / "draft"


def test_a_digest_is_that_of_the_files_wherever_they_lie(prompts):
    here = assets.digest("prompts", "draft")
    assert len(bytes.fromhex(here)) == 6
    moved = prompts.rename(prompts.parent / "other")
    assert assets.digest("prompts", moved.name) == here


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "video" / "user.md").write_text("other"),
        lambda folder: (folder / "video" / "user.md").rename(folder / "video" / "used.md"),
        lambda folder: (folder / "answer" / "ocr.md").unlink(),
        lambda folder: (folder / "answer" / "new.md").write_text("new"),
    ],
    ids=["text", "name", "removed", "added"],
)
def test_a_digest_changes_with_any_file(prompts, change):
    before = assets.digest("prompts", "draft")
    change(prompts)
    assert assets.digest("prompts", "draft") != before
