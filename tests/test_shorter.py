"""A caption record in fewer words: what goes, and in which order."""

import json
from itertools import pairwise

import pytest

from curate.captions.shorter import FEWEST, shorter
from curate.captions.templates import OUTPUTS
from curate.captions.video import FrameCaption, KeyElements, VideoCaption
from tests.test_captions import REPLIES

ELEMENTS = KeyElements(
    objects=("cup",),
    actions=("pouring",),
    scene="kitchen",
    notable_features=("red",),
    spatial_relations=("cup on table",),
    human_attributes=None,
    potential_interactions=("drinking",),
)


def film(count):
    frames = (FrameCaption(timestamp=f"{n}", caption=f"Frame {n}.", key_elements=ELEMENTS) for n in range(count))
    return VideoCaption(video_caption="A film.", frames=tuple(frames))


def steps(described):
    return [json.loads(text) for text in shorter(described)]


def stamps(step):
    return [int(frame["timestamp"]) for frame in step["frames"]]


def test_frames_go_before_fields_and_the_first_and_the_last_stay():
    found = steps(film(100))
    assert [len(step["frames"]) for step in found] == [50, 25, 12, 8, 8, 8]
    for step in found:
        times = stamps(step)
        assert (times[0], times[-1], times) == (0, 99, sorted(set(times)))
        gaps = [after - before for before, after in pairwise(times)]
        assert max(gaps) <= 2 * min(gaps) + 1
    whole, few, bare = found[-3:]
    assert set(whole["frames"][0]) == {"timestamp", "caption", "key_elements"}
    assert whole["frames"][0]["key_elements"] == json.loads(ELEMENTS.model_dump_json())
    assert few["frames"][0]["key_elements"] == {"objects": ["cup"], "actions": ["pouring"], "scene": "kitchen"}
    assert bare["frames"][0] == {"timestamp": "0", "caption": "Frame 0."}
    assert all(step["video_caption"] == "A film." for step in found)


@pytest.mark.parametrize("count", range(1, FEWEST + 1))
def test_a_short_film_keeps_its_frames(count):
    assert [stamps(step) for step in steps(film(count))] == [list(range(count))] * 2


@pytest.mark.parametrize("count", range(FEWEST + 1, 140))
def test_every_step_is_shorter_and_no_frame_stands_twice(count):
    found = list(shorter(film(count)))
    assert sorted(found, key=len, reverse=True) == found
    assert all(len(set(stamps(json.loads(step)))) == len(stamps(json.loads(step))) for step in found)


@pytest.mark.parametrize("template", OUTPUTS)
def test_a_picture_loses_its_boxes_only(template):
    described = OUTPUTS[template].model_validate(REPLIES[template])
    (found,) = shorter(described)
    assert "bbox" not in found
    assert '"style"' not in found
    assert described.image_caption in found
    kept = json.loads(found)["metadata"]
    assert set(kept) == set(REPLIES[template]["metadata"])
