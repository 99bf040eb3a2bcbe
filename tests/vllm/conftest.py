"""Fixtures of the tests with the real vLLM: each model is served once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.vllm.serving import SEEING, THINKING, TRUSTING, Server


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where media lie that a server may read, and logs."""
    return tmp_path_factory.mktemp("vllm")


def served(model: str, folder: Path, engine: dict[str, object]) -> Iterator[Server]:
    with Server(model, folder / f"{model}.log", engine) as server:
        yield server


@pytest.fixture(scope="session")
def older(folder: Path) -> Iterator[Server]:
    """Qwen2.5-VL, which may read the files of that folder."""
    yield from served("qwen2_5_vl", folder, SEEING | TRUSTING | {"allowed_local_media_path": str(folder)})


@pytest.fixture(scope="session")
def newer(folder: Path) -> Iterator[Server]:
    """Qwen3-VL."""
    yield from served("qwen3_vl", folder, SEEING | TRUSTING | {"allowed_local_media_path": str(folder)})


@pytest.fixture(scope="session")
def thinker(folder: Path) -> Iterator[Server]:
    """Qwen3, whose thinking comes apart; it does not let requests say how media are read."""
    yield from served("qwen3", folder, THINKING)
