"""Caption: a literal, structured record of every sampled frame, one per medium (paper, section 3.1)."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from curate.chat import Ask, Media, Reply, Request, Schema
from curate.jsonschema import checked_in, loaded
from curate.medium import clocks
from curate.record import Output, Record
from curate.stage import CutError, ShowingStage


class HumanAttributes(Output):
    """What is visible of the person on show."""

    gender: Literal["male", "female", "unknown"]
    clothing: str
    posture: str


class KeyElements(Output):
    """What the frame holds, element by element."""

    objects: tuple[str, ...]
    actions: tuple[str, ...]
    scene: str
    notable_features: tuple[str, ...] = Field(description="Colours, textures, patterns.")
    spatial_relations: tuple[str, ...] = Field(description='Such as "cup on table".')
    human_attributes: HumanAttributes | None = Field(description="null where no person is visible.")
    potential_interactions: tuple[str, ...]


class FrameCaption(Output):
    """The literal record of one frame."""

    timestamp: str = Field(description="HH:MM:SS")
    caption: str = Field(description="Two or three sentences, 30 to 50 words.")
    key_elements: KeyElements


class VideoCaption(Output):
    """The literal record of a video: one theme and one item per frame shown."""

    video_caption: str = Field(description="One or two sentences, 20 to 30 words: the main theme or action.")
    frames: tuple[FrameCaption, ...] = Field(description="One item per frame shown, in order.")


class SeenObject(Output):
    """One object in the picture."""

    id: str
    type: str
    color: str
    size: str
    bbox: tuple[float, ...] = Field(description="left, top, right, bottom as shares of the picture's size.")


class SeenText(Output):
    """One piece of text in the picture."""

    content: str
    bbox: tuple[float, ...] = Field(description="left, top, right, bottom as shares of the picture's size.")


class SceneContext(Output):
    """Where the picture was taken and what goes on."""

    environment: str
    activity: str


class Relation(Output):
    """Two objects and how they stand to each other."""

    subject: str
    predicate: str
    object: str


class ImageMetadata(Output):
    """What the picture holds, element by element."""

    objects: tuple[SeenObject, ...]
    text: tuple[SeenText, ...]
    scene_context: SceneContext
    relations: tuple[Relation, ...]


class ImageCaption(Output):
    """The literal record of an image (the general template of the paper's appendix D)."""

    image_caption: str = Field(description="One or two sentences, 20 to 30 words: the main theme or action.")
    metadata: ImageMetadata


class Caption(Output):
    """The caption record of a medium, of one kind or the other."""

    described: VideoCaption | ImageCaption

    def as_json(self) -> str:
        """The record as one line of JSON with exactly the published fields."""
        return self.described.model_dump_json()


class CaptionStage(ShowingStage):
    """Writes a literal record of every sampled frame; one per medium, however many questions share it.

    Long clips are captioned in windows of `window` consecutive frames, each told the last frame's
    record of the window before it; a reply cut by the token limit halves its window and asks again.
    """

    output = Caption
    window: int = Field(default=16, ge=1)

    def fields(self, record: Record) -> dict[str, str]:
        """Of the first window of the medium."""
        return self._fields(part(self.media(record)[0], 0, self.window), None)

    def shape(self, record: Record) -> Schema:
        """Exactly one item per frame of the first window; an image has its own shape."""
        return self._schema(part(self.media(record)[0], 0, self.window))

    def parse(self, reply: Reply, record: Record) -> Caption:
        """A record of the whole medium in one reply."""
        media = self.media(record)[0]
        if media.kind == "image":
            return Caption(described=image(reply))
        return Caption(described=stitched([video(reply, len(media.frames))], clocks(media.times)))

    def request(self, record: Record) -> Request:
        """About the image, or the first window of the video."""
        return self._request(record, part(self.media(record)[0], 0, self.window), None)

    async def run(self, record: Record, ask: Ask) -> Output:
        """One request for an image, one per window for a video."""
        media = self.media(record)[0]
        if media.kind == "image":
            return await super().run(record, ask)
        done: list[VideoCaption] = []
        for start in range(0, len(media.frames), self.window):
            piece = part(media, start, start + self.window)
            done += await self._window(record, piece, done[-1].frames[-1] if done else None, ask)
        return Caption(described=stitched(done, clocks(media.times)))

    async def _window(self, record: Record, media: Media, before: FrameCaption | None, ask: Ask) -> list[VideoCaption]:
        """The records of one window: one, or more where the token limit made it smaller."""
        count = len(media.frames)
        request = self._request(record, media, before)
        try:
            caption = await self.read(request, ask, lambda reply: video(reply, count), split_if_cut=count > 1)
            return [stitched([caption], clocks(media.times))]
        except CutError:
            first = await self._window(record, part(media, 0, count // 2), before, ask)
            rest = await self._window(record, part(media, count // 2, count), first[-1].frames[-1], ask)
            return first + rest

    def _request(self, record: Record, media: Media, before: FrameCaption | None) -> Request:
        return self.compose(self.prompts(record), self._fields(media, before), (media,), self._schema(media))

    def _fields(self, media: Media, before: FrameCaption | None) -> dict[str, str]:
        if media.kind == "image":
            return {}
        told = "The video begins here."
        if before:
            told = f"The frame before these was recorded as: {before.model_dump_json()}"
        return {"count": str(len(media.frames)), "times": ", ".join(clocks(media.times)), "before": told}

    def _schema(self, media: Media) -> Schema:
        body = checked_in(f"caption/{media.kind}")
        if media.kind == "video":
            count = len(media.frames)
            body["properties"]["frames"] |= {"minItems": count, "maxItems": count}
        return Schema(f"caption_{media.kind}", body)


def part(media: Media, start: int, stop: int) -> Media:
    """The same medium with only the frames from `start` to `stop`, counted among those shown."""
    return media.part(start, stop)


def video(reply: Reply, count: int) -> VideoCaption:
    """The record in this reply. Raises ValueError unless it has exactly `count` items."""
    caption = VideoCaption.model_validate(loaded(reply.text))
    if len(caption.frames) != count:
        raise ValueError(f"{len(caption.frames)} items for {count} frames")
    return caption


def image(reply: Reply) -> ImageCaption:
    """The record in this reply. Raises ValueError where it does not fit."""
    return ImageCaption.model_validate(loaded(reply.text))


def stitched(windows: Sequence[VideoCaption], times: Sequence[str]) -> VideoCaption:
    """One record of all windows; its timestamps are the true ones, whatever the model wrote."""
    frames = [frame for window in windows for frame in window.frames]
    stamped = (frame.model_copy(update={"timestamp": t}) for frame, t in zip(frames, times, strict=True))
    themes = dict.fromkeys(window.video_caption for window in windows)
    return VideoCaption(video_caption=" ".join(themes), frames=tuple(stamped))
