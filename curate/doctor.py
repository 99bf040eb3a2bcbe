"""What works on this machine, what does not, why, and what to do about it."""

import math
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from curate.chat import FRAME
from curate.checkup import TEXT, Finding, Wanted
from curate.errors import MediaError, SettingsError
from curate.media.decoder import EXACT, known, why_not
from curate.media.eyes import Eyes
from curate.media.facts import Trial
from curate.medium import Medium
from curate.provider import Provider
from curate.sampling import MAX_PIXELS
from curate.settings import Settings, load
from curate.stage import ShowingStage

LEAST = 40  # frames of a clip that a model's server is tried with
SAMPLING = ("temperature", "top_p", "seed")

_PACKAGES = {
    "pyav": ("av",),
    "decord": ("decord2", "decord", "eva-decord"),
    "opencv": ("opencv-python", "opencv-python-headless", "opencv-contrib-python"),
}


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


async def asked(file: Path) -> AsyncIterator[Finding]:
    """What the models of these settings can do, found out by asking each a little; nothing where they cannot work."""
    try:
        settings = load(file)
    except SettingsError:
        return
    eyes = Eyes(workers=1)
    try:
        with tempfile.TemporaryDirectory(prefix="curate-") as folder:
            film = await _film(eyes, Path(folder), settings)
            for name, provider in settings.models.items():
                async for finding in _examined(name, provider, eyes, _wanted(settings, name, film)):
                    yield finding
    finally:
        eyes.close()


async def _examined(name: str, provider: Provider, eyes: Eyes, wanted: Wanted) -> AsyncIterator[Finding]:
    try:
        async for finding in provider.examined(eyes, wanted):
            yield replace(finding, about=f"{name}: {finding.about}")
    except SettingsError as error:
        yield Finding(f"{name}: key", False, str(error), needed=True)


async def _film(eyes: Eyes, folder: Path, settings: Settings) -> Medium | None:
    """A clip of more frames than any stage sends at once; None where none sends any, or there is no encoder."""
    frames = max((stage.frames() for stage in settings.stages.values()), default=0)
    try:
        return await eyes.sample(folder / "sample.mp4", max(frames, LEAST)) if frames else None
    except MediaError:
        return None


def _wanted(settings: Settings, model: str, film: Medium | None) -> Wanted:
    """What the stages that ask this model want of it."""
    stages = [stage for stage in settings.stages.values() if stage.model == model]
    frames = max((stage.frames() for stage in stages), default=0)
    sampling = {name: value for s in stages for name in SAMPLING if (value := getattr(s, name)) is not None}
    prompt = max(frames * FRAME, TEXT) if stages else 0
    pixels = max((stage.max_pixels for stage in stages if isinstance(stage, ShowingStage)), default=MAX_PIXELS)
    frame = math.ceil(FRAME * pixels / MAX_PIXELS)
    return Wanted(frames, frame, prompt, max((s.max_tokens for s in stages), default=0), sampling, film)


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
