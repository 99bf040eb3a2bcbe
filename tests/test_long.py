"""Ten minutes and three hours: windows with the true times, within a fixed memory."""

import json
import subprocess
import sys
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import pytest

from tests.media.media_samples import numbered
from tests.test_pipeline import words
from tests.workplace import CLIP, ROOT, Workplace, row

MOST = 250  # MiB of the largest process of a run: what Python and its libraries take, and a little
PEAK = """
import json, resource, subprocess, sys
done = subprocess.run(sys.argv[1:], capture_output=True, text=True)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10
print(json.dumps([done.returncode, done.stdout, done.stderr, peak]))
"""


def film(path: Path, seconds: int, rate: int) -> Path:
    """A clip of this length whose frames spell their second, a key frame every ten seconds."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=rate, options={"preset": "ultrafast", "crf": "40"})
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = 128, 48, "yuv420p", 10 * rate
        stream.time_base = stream.codec_context.time_base = Fraction(1, rate)
        stream.codec_context.thread_count = 2
        for second in range(seconds):
            picture = av.VideoFrame.from_ndarray(numbered(second % 256, 128, 48), format="rgb24")
            for part in range(rate):
                picture.pts = second * rate + part
                out.mux(stream.encode(picture))
        out.mux(stream.encode())
    return path


def run(place: Workplace, *arguments: str) -> tuple[Any, int]:
    command = [sys.executable, "-c", PEAK, sys.executable, "-m", "curate", *arguments, "--json"]
    done = subprocess.run(
        command,
        cwd=place.folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=True,
    )
    code, out, err, peak = json.loads(done.stdout)
    assert code == 0, err
    return json.loads(out.splitlines()[-1]), peak


def stamps(place: Workplace) -> list[str]:
    told = place.run("show", "1", "--json").json
    (caption,) = (s["output"] for s in told["records"][0]["steps"] if s["step"] == "caption")
    return [frame["timestamp"] for frame in caption["described"]["frames"]]


def seconds(stamp: str) -> int:
    hours, minutes, rest = map(int, stamp.split(":"))
    return hours * 3600 + minutes * 60 + rest


@pytest.mark.parametrize(("length", "rate"), [(600, 25), (3 * 3600, 4)], ids=["ten minutes", "three hours"])
def test_a_long_clip_is_captioned_in_windows_within_a_fixed_memory(place, server, length, rate):
    film(place.folder / "media" / CLIP, length, rate)
    place.questions([row(1), row(2)])
    told, peak = run(place, "caption")
    assert told["exit"] == 0
    assert peak < MOST, f"{peak} MiB"
    asked = [words(body) for body in server.asked]
    assert len(asked) == 8, "128 frames in windows of 16"
    assert ["The video begins here." in text for text in asked] == [True] + [False] * 7
    assert all("The frame before these was recorded as: {" in text for text in asked[1:])
    found: Sequence[int] = [seconds(stamp) for stamp in stamps(place)]
    assert len(found) == 128
    assert all(a < b for a, b in pairwise(found))
    assert found == pytest.approx([k * (length - 1 / rate) / 127 for k in range(128)], abs=1.01)
