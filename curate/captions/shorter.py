"""A caption record in fewer words, for a model that cannot read all of it: fewer frames first, then fewer fields."""

import json
from collections.abc import Iterator
from typing import Any

from curate.captions.video import VideoCaption
from curate.record import Output

FEWEST = 8  # frames that stay, before fields go
# What goes first says the least about what happens; places in pixels say least of a picture.
DETAILS = {"notable_features", "spatial_relations", "human_attributes", "potential_interactions"}
PLACES = frozenset({"bbox", "coordinates", "style"})


def shorter(described: Output) -> Iterator[str]:
    """The record as JSON, shorter and shorter.

    Of a video half of its frames, evenly spaced with the first and the last, and again down to 8; then without the
    details of `key_elements`, then without these. Of an image without boxes, coordinates and styles.
    """
    if not isinstance(described, VideoCaption):
        yield json.dumps(_plain(described.model_dump()), ensure_ascii=False, separators=(",", ":"))
        return
    frames = described.frames
    while len(frames) > FEWEST:
        frames = halved(frames)
        yield described.model_copy(update={"frames": frames}).model_dump_json()
    short = described.model_copy(update={"frames": frames})
    yield short.model_dump_json(exclude={"frames": {"__all__": {"key_elements": DETAILS}}})
    yield short.model_dump_json(exclude={"frames": {"__all__": {"key_elements"}}})


def halved(frames: tuple[Any, ...]) -> tuple[Any, ...]:
    """Half of them, at least FEWEST, evenly spaced with the first and the last."""
    count = max(len(frames) // 2, FEWEST)
    last = len(frames) - 1
    return tuple(frames[round(place * last / (count - 1))] for place in range(count))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items() if key not in PLACES}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value
