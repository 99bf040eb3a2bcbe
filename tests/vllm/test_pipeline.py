"""The whole pipeline against real servers: a captioner, a reasoner and a reviser."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pyarrow.parquet as pq
import pytest

from curate.transport import Way
from tests.vllm.place import ROWS, Model, Place
from tests.vllm.serving import SEEING, Server
from tests.workplace import ended


def served(server: Server, **options: object) -> Model:
    """A model behind a server."""
    return Model(server.model, {"provider": "openai", "base_url": server.url, **options})


def rows(place: Place, name: str) -> int:
    """How many rows this set has."""
    return sum(pq.read_table(path).num_rows for path in (place.work / name).glob("*.parquet"))


@pytest.mark.parametrize("way", get_args(Way))
@pytest.mark.parametrize("family", ["older", "newer"])
def test_every_row_goes_all_the_way_however_media_travel(family, way, thinker, folder, request):
    eyes = served(request.getfixturevalue(family), video=way)
    place = Place(folder / f"{family}-{way}").asks(eyes, served(thinker), eyes)
    ran = place.does("run", "--json")
    assert ran.code == 0, ran.err
    assert ran.steps("failed") == {}
    assert rows(place, "sft") == len(ROWS)
    assert ran.json["cached_tokens"] > 0, "the same instructions stand before all media"
    again = place.does("run", "--json")
    assert (again.code, again.json["sent"]) == (0, 0)


@pytest.mark.parametrize("way", ["images", "jpeg_sequence"])
def test_a_model_that_reads_no_words_in_frames_is_stopped_before_a_row_is_asked_about(way, older, thinker, folder):
    eyes = served(older, video=way, canary=True)
    place = Place(folder / f"canary-{way}").asks(eyes, served(thinker), eyes)
    ran = place.does("run", "--json")
    assert ran.code == 2, ran.err
    [line] = [line for line in ran.lines if line.startswith("error: ")]
    assert "--no-canary" in line
    assert "caption" not in place.asked()
    assert place.does("run", "--json", "--no-canary").code == 0


@pytest.fixture(scope="module")
def wary(folder: Path) -> Iterator[Server]:
    """A server that does not let requests say how media are read."""
    with Server("qwen2_5_vl", folder / "wary.log", SEEING) as server:
        yield server


def test_a_server_that_lets_no_request_say_how_films_are_read_is_shown_pictures(wary, thinker, folder):
    eyes = served(wary, video="jpeg_sequence")
    place = Place(folder / "wary").asks(eyes, served(thinker), eyes)
    ran = place.does("run", "--json")
    assert ran.code == 0, ran.err
    assert rows(place, "sft") == len(ROWS)
    [line] = [line for line in ran.lines if "images" in line]
    assert "jpeg_sequence" in line


def test_a_server_that_is_killed_in_mid_run_is_waited_for_and_the_run_ends_complete(wary, thinker, folder):
    eyes = served(wary, concurrency=1)
    place = Place(folder / "killed").asks(eyes, served(thinker), eyes)
    process = place.start("run", "--json")
    deadline = time.monotonic() + 120
    while place.kept() < 2:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "nothing was answered"
        time.sleep(0.1)
    wary.kill()
    kept = place.kept()
    time.sleep(5)
    assert process.poll() is None, process.communicate()
    wary.start()
    wary.ready()
    ran = ended(process, 300)
    assert ran.code == 0, ran.err
    assert "cannot reach" in ran.err
    assert kept < len(ROWS) * 2 + 3, "it was in mid-run"
    assert rows(place, "sft") == len(ROWS)
    assert ran.steps("failed") == {}
