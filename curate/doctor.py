"""What works on this machine, what does not, why, and what to do about it."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from curate.errors import MediaError, SettingsError
from curate.media.decoder import EXACT, known, why_not
from curate.media.eyes import Eyes
from curate.media.facts import Trial
from curate.settings import load

_PACKAGES = {
    "pyav": ("av",),
    "decord": ("decord2", "decord", "eva-decord"),
    "opencv": ("opencv-python", "opencv-python-headless", "opencv-contrib-python"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `needed` is true where `curate` cannot do without it."""

    about: str
    good: bool
    told: str
    needed: bool = False


async def examined() -> AsyncIterator[Finding]:
    """The decoders, each tried in a process of its own, and what the default one can decode."""
    for name in known():
        eyes = Eyes(workers=1)
        try:
            yield await _decoder(eyes, name)
            if name == EXACT:
                yield _codings(*await eyes.codings())
        finally:
            eyes.close()


def configured(file: Path) -> Iterator[Finding]:
    """What these settings name and is not there; nothing where there is no such file."""
    if not file.is_file():
        return
    try:
        settings = load(file)
    except SettingsError as error:
        yield Finding("settings", False, str(error), needed=True)
        return
    yield Finding("settings", True, f"{file} can work")
    root = settings.media_root
    told = str(root) if root.is_dir() else f"there is no folder {root}: make it or set input.media_root"
    yield Finding("media", root.is_dir(), told, needed=True)


async def _decoder(eyes: Eyes, name: str) -> Finding:
    about, needed = f"decoder {name}", name == EXACT
    if reason := why_not(name):
        return Finding(about, False, reason, needed)
    try:
        trial = await eyes.tried(name)
    except MediaError as error:
        return Finding(about, False, f"{_version(name)}: {error}; reinstall it, or use decoder = {EXACT!r}", needed)
    return Finding(about, not trial.wrong if needed else bool(trial.right), _told(name, trial), needed)


def _told(name: str, trial: Trial) -> str:
    right = f"{_version(name)}: right on {len(trial.right)} of {len(trial.right) + len(trial.wrong)} trial clips"
    if not trial.wrong:
        return right
    rest = f"; wrong: {'; '.join(trial.wrong)}"
    return f"{right}{rest}" if name == EXACT else f"{right}{rest} (such clips are read by {EXACT} and reported)"


def _codings(can: tuple[str, ...], cannot: tuple[str, ...]) -> Finding:
    missing = f"; not {', '.join(cannot)}: install the `av` wheel from PyPI" if cannot else ""
    return Finding("codings", not cannot, f"{', '.join(can)}{missing}")


def _version(name: str) -> str:
    for package in _PACKAGES.get(name, ()):
        try:
            return f"{package} {version(package)}"
        except PackageNotFoundError:
            continue
    return name
