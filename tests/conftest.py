"""Fixtures of the tests that run whole commands."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server import ModelServer
from tests.workplace import Workplace

LONGEST = ("test_pipeline", "test_cli", "test_chaos", "test_demo", "test_kills", "test_packaging")


def pytest_xdist_auto_num_workers() -> int:
    """Two for each core: these tests often wait, for servers, processes and the disk."""
    return 2 * min(os.cpu_count() or 1, 8)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first, so that none of them runs alone at the end (with `--no-loadscope-reorder`)."""
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST))


@pytest.fixture
def server() -> Iterator[ModelServer]:
    """An OpenAI-compatible server that answers sensibly until a test says otherwise."""
    with ModelServer() as running:
        yield running


@pytest.fixture
def place(tmp_path: Path, server: ModelServer) -> Workplace:
    """A folder to run `curate` in, whose models are that server."""
    return Workplace(tmp_path, server.url)
