"""A clip that is damaged in the middle: its readable frames are used and what was lost is said, or it is refused."""

import json
from pathlib import Path
from typing import Any

import av
import pyarrow.parquet
import pytest

from tests.media.media_samples import encode
from tests.test_pipeline import words
from tests.workplace import CLIP, Workplace, row

STEADY = {"x264-params": "scenecut=0:keyint=10:min-keyint=10:bframes=0"}


def spoil(path: Path, *frames: int) -> None:
    """Overwrite these frames of a clip whose packets are its frames, 40 ms each."""
    with av.open(str(path)) as container:
        found = [(p.pts * p.time_base, p.pos, p.size) for p in container.demux(video=0) if p.size]
    data = bytearray(path.read_bytes())
    first = min(time for time, _, _ in found)
    for time, at, size in found:
        if round((time - first) * 25) in frames:
            data[at + 8 : at + size] = b"\xff" * (size - 8)
    path.write_bytes(data)


def settled(place: Workplace, media: str = "", window: int = 16) -> Workplace:
    text = place.settings(more=f"[media]\n{media}\n").toml.read_text()
    text = text.replace("[stages.caption]\n", f"[stages.caption]\nwindow = {window}\n")
    place.toml.write_text(text)
    return place


def rejected(place: Workplace) -> list[dict[str, Any]]:
    files = sorted((place.work / "rejected").glob("*.parquet"))
    return [found for file in files for found in pyarrow.parquet.read_table(file).to_pylist()]


def times(server: Any, stage: str) -> list[str]:
    return [words(body) for body, asked in zip(server.asked, server.stages(), strict=True) if asked == stage]


@pytest.fixture
def clip(place: Workplace) -> Path:
    """A clip of four seconds whose every tenth frame stands by itself."""
    place.questions([row(1), row(2)])
    return encode(place.folder / "media" / CLIP, [40 * i for i in range(100)], gop=10, bframes=0, options=STEADY)


def test_the_frame_beside_stands_in_for_one_that_is_lost_and_the_loss_is_told(place, server, clip):
    spoil(clip, 25)
    ran = settled(place).run("run", "--json")
    assert ran.code == 0, ran.err
    assert "one.mp4: 5 of 100 frames (5.0%) cannot be read; the others are used" in ran.err
    (caption,) = times(server, "caption")
    assert "Frame at 00:00:00.960:" in caption, "the frame before the lost second one, at its own time"
    assert ran.json["sets"] == {"sft": 2, "rl": 2}
    sets = place.sets()
    assert place.run("filter", "--json").code == 0
    assert place.sets() == sets


def test_a_clip_that_has_lost_too_much_is_refused_with_its_share(place, server, clip):
    spoil(clip, 25, 33)
    ran = settled(place).run("run", "--json")
    assert ran.code == 0, ran.err
    assert server.stages() == [], "nothing is asked about it"
    assert [(r["step"], r["reason"]) for r in rejected(place)] == [("input", "damaged")] * 2
    assert all("12 of 100 frames (12.0%) cannot be read" in r["detail"] for r in rejected(place))


def test_the_settings_say_how_much_may_be_lost(place, server, clip):
    spoil(clip, 25, 33)
    assert settled(place).run("run").code == 0
    assert server.stages() == []
    ran = settled(place, 'damaged = "keep"').run("run", "--json")
    assert (ran.code, ran.json["sets"]) == (0, {"sft": 2, "rl": 2})
    assert "12 of 100 frames (12.0%) cannot be read; the others are used" in ran.err
    ran = settled(place, "max_lost = 0.02").run("filter", "--json")
    assert ran.json["sets"] == {"sft": 0, "rl": 0}


def test_windows_bought_before_the_damage_was_met_are_not_bought_again(place, server, clip):
    spoil(clip, 75)
    ran = settled(place, window=2).run("run", "--json")
    assert (ran.code, ran.json["sets"]) == (0, {"sft": 2, "rl": 2})
    first, second = times(server, "caption")
    assert "Frame at 00:00:01:" in first
    assert "00:00:02.960" in second
    assert place.run("run").code == 0
    assert len(times(server, "caption")) == 2


def test_what_decodes_although_it_was_changed_is_no_damage(place, server, clip):
    with clip.open("ab") as file:
        file.write(b"behind the end")
    assert settled(place).run("run", "--json").json["sets"] == {"sft": 2, "rl": 2}


@pytest.mark.parametrize(
    ("media", "said"),
    [
        ("decoder = 'ffmpeg'", "media.decoder: unknown decoder 'ffmpeg'; known: decord, opencv, pyav"),
        ("decoder = 'pyva'", "media.decoder: unknown decoder 'pyva'; did you mean 'pyav'?"),
        ("damaged = 'drop'", "media.damaged: Input should be 'refuse' or 'keep'"),
        ("max_lost = 2", "media.max_lost: Input should be less than or equal to 1"),
        ("memory = 1", "media.memory: Input should be greater than or equal to 512"),
        ("timeout = 0", "media.timeout: Input should be greater than 0"),
        ("worker = 2", "unknown key 'media.worker'; did you mean 'workers'?"),
    ],
)
def test_mistakes_in_the_media_table(place, media, said):
    ran = settled(place, media).run("run")
    assert (ran.code, ran.lines) == (2, [f"error: {said}"])


def test_the_share_lost_is_shown_with_the_record(place, clip):
    spoil(clip, 25)
    settled(place).run("run")
    told = place.run("show", "1")
    assert "100 frames, 5 of them lost" in told.out
    assert json.loads(place.run("show", "1", "--json").out.splitlines()[-1])["exit"] == 0
