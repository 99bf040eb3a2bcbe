"""A few small frames of each medium that a report shows, decoded at arm's length and within a bounded time."""

import asyncio
import base64
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple, Protocol

from curate.chat import Media
from curate.errors import MediaError
from curate.frame import Frame
from curate.media.facts import Form
from curate.medium import Medium, clock

MEDIA = 16  # shown at most
FRAMES = 3  # of each
PIXELS = 20_000  # width x height of a frame, at most
PATIENCE = 30.0  # seconds for all of them together
LATE = "its frames could not be decoded in time"
MANY = f"this page shows the frames of {MEDIA} media only"


class Shows(Protocol):
    """What is needed of `Eyes`."""

    async def frames(self, media: Media, form: Form = "jpeg") -> tuple[Frame, ...]:
        """The frames, one for each index, in order. Raises MediaError."""


class Still(NamedTuple):
    """One frame: the time it is shown at, its size in pixels, and itself as a data: URI."""

    time: str
    width: int
    height: int
    uri: str


class Strip(NamedTuple):
    """The frames of one medium, or why there are none."""

    stills: tuple[Still, ...] = ()
    missing: str = ""


async def strips(eyes: Shows, media: Sequence[Medium]) -> dict[str, Strip]:
    """{sha256: its frames} of these media; of the first 16 of them, if there are more."""
    different = {medium.sha256: medium for medium in media}
    found: dict[str, Strip] = {}

    async def look(medium: Medium) -> None:
        try:
            frames = await eyes.frames(Media(medium, medium.uniform(FRAMES), PIXELS))
        except MediaError as error:
            found[medium.sha256] = Strip(missing=f"its frames cannot be shown: {error}")
        else:
            found[medium.sha256] = Strip(tuple(map(still, frames)))

    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
            for medium in list(different.values())[:MEDIA]:
                group.create_task(look(medium))
    asked = list(different)[:MEDIA]
    return {sha: found.get(sha, Strip(missing=LATE if sha in asked else MANY)) for sha in different}


def still(frame: Frame) -> Still:
    """A frame, JPEG, as it stands in a page."""
    uri = f"data:image/jpeg;base64,{base64.b64encode(frame.image).decode()}"
    return Still(clock(frame.time), frame.width, frame.height, uri)
