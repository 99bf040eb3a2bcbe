"""Caption: a literal, structured record of every sampled frame, one per medium (paper, section 3.1)."""

from collections.abc import Sequence
from functools import cached_property, partial
from typing import Self

from pydantic import Field, model_validator

from curate.captions.templates import FALLBACK, OUTPUTS, AnyImage, OwnTemplates, Template, chosen
from curate.captions.video import FrameCaption, VideoCaption
from curate.chat import Ask, Media, Reply, Request, Schema
from curate.cuts import sparing
from curate.errors import TooLongError
from curate.jsonschema import checked_in, loaded
from curate.literal import blank, literal, telling
from curate.medium import Kind, clocks
from curate.record import Out, Output, Record
from curate.stage import CutError, ShowingStage

BEGINNING = 2000  # characters of a reply that is no record


class Caption(Output):
    """The caption record of a medium: of a video, or of an image in one of the eight templates."""

    # No two of these have the same fields, and all fields are required: each is read back as what it was.
    described: VideoCaption | AnyImage

    @cached_property
    def as_json(self) -> str:
        """The record as one line of JSON with exactly the published fields."""
        return self.described.model_dump_json()


class CaptionStage(ShowingStage):
    """Writes a literal record of every sampled frame; one per medium, however many questions share it.

    Long clips are captioned in windows of `window` consecutive frames, each told the last frame's
    record of the window before it; a reply cut by the token limit, or a prompt too long for the model, halves its
    window and asks again.
    An image is recorded with one of eight templates, by its data source; `templates` adds to and
    overrides which.
    """

    output = Caption
    shared = True
    window: int = Field(default=16, ge=1)
    templates: OwnTemplates = Field(default_factory=dict)

    @model_validator(mode="after")
    def _pairs(self) -> Self:
        if self.processor and self.window % 2:
            raise ValueError(f"window must be even for processor {self.processor!r}, which pairs frames")
        return self

    def fields(self, record: Record) -> dict[str, str]:
        """Of the first window of the medium."""
        return self._fields(self.shows(record)[0], None)

    def shape(self, record: Record) -> Schema:
        """Exactly one item per frame of the first window; an image has its own shape."""
        return self._schema(record, self.shows(record)[0])

    def shows(self, record: Record) -> tuple[Media, ...]:
        """The image, or the windows of the video, in order."""
        media = self.media(record)[0]
        starts = range(0, len(media.frames), self.window)
        return tuple(media.part(start, start + self.window) for start in starts)

    def frames(self) -> int:
        """Those of a window."""
        return min(self.window, self.max_frames)

    def most(self, kind: Kind) -> int:
        """Of a video, for every window."""
        return super().most(kind) * (-(-self.max_frames // self.window) if kind == "video" else 1)

    def objection(self, shows_parts: bool) -> str | None:
        """Windows are parts of a clip."""
        if shows_parts or self.window >= self.max_frames:
            return None
        return (
            f"its model shows clips whole, and a window of {self.window} of {self.max_frames} frames is a part: "
            f"set window = {self.max_frames}, or another `video` for the model"
        )

    def template(self, record: Record) -> Template:
        """Of an image: the one that its data source calls for."""
        return chosen(record.data_source, self.templates)

    def prompts(self, record: Record) -> str:
        """A folder for videos, and one for each template of an image."""
        folder = super().prompts(record)
        return f"{folder}/{self.template(record)}" if record.medium.kind == "image" else folder

    def parse(self, reply: Reply, record: Record) -> Caption:
        """A record of the whole medium in one reply."""
        media = self.media(record)[0]
        if media.kind == "image":
            return Caption(described=image(reply, self.template(record)))
        return Caption(described=stitched([video(reply, len(media.frames))], clocks(media.times)))

    def request(self, record: Record) -> Request:
        """About the image, or the first window of the video."""
        return self._request(record, self.shows(record)[0], None)

    async def run(self, record: Record, ask: Ask) -> Output:
        """One request for an image, one per window for a video."""
        media = self.media(record)[0]
        if media.kind == "image":
            return await super().run(record, ask)
        done: list[VideoCaption] = []
        for piece in self.shows(record):
            before = done[-1].frames[-1] if done else None
            done += await sparing(partial(self._window, record, piece, before), ask)
        return Caption(described=stitched(done, clocks(media.times)))

    async def _window(self, record: Record, media: Media, before: FrameCaption | None, ask: Ask) -> list[VideoCaption]:
        """The records of one window: one, or more where a limit, on the reply or on the prompt, made it smaller."""
        count = len(media.frames)
        request = self._request(record, media, before)
        try:
            caption = await self.read(request, ask, lambda reply: video(reply, count), split_if_cut=count > 1)
            return [stitched([caption], clocks(media.times))]
        except (CutError, TooLongError):
            if count == 1:
                raise
            first = await self._window(record, media.part(0, count // 2), before, ask)
            rest = await self._window(record, media.part(count // 2, count), first[-1].frames[-1], ask)
            return first + rest

    def _request(self, record: Record, media: Media, before: FrameCaption | None) -> Request:
        return self.compose(self.prompts(record), self._fields(media, before), (media,), self._schema(record, media))

    def _fields(self, media: Media, before: FrameCaption | None) -> dict[str, str]:
        if media.kind == "image":
            return {}
        told = "The video begins here."
        if before:
            told = f"The frame before these was recorded as: {before.model_dump_json()}"
        return {"count": str(len(media.frames)), "times": ", ".join(clocks(media.times)), "before": told}

    def _schema(self, record: Record, media: Media) -> Schema:
        name = self.prompts(record)
        body = checked_in(name)
        if media.kind == "video":
            count = len(media.frames)
            body["properties"]["frames"] |= {"minItems": count, "maxItems": count}
        return Schema(name.removesuffix(f"/{FALLBACK}").replace("/", "_"), body)


def video(reply: Reply, count: int) -> VideoCaption:
    """The record in this reply. Raises ValueError unless it has exactly `count` items."""
    caption = seen(VideoCaption, reply)
    if len(caption.frames) != count:
        raise ValueError(f"{len(caption.frames)} items for {count} frames")
    literal(caption.video_caption)
    listed = any(map(_listed, caption.frames))
    telling(caption.video_caption, [frame.caption for frame in caption.frames], listed)
    return caption


def image(reply: Reply, template: Template) -> AnyImage:
    """The record in this reply. Raises ValueError where it does not fit the template."""
    caption = seen(OUTPUTS[template], reply)
    literal(caption.image_caption)
    if blank(caption.image_caption):
        raise ValueError("image_caption: says nothing")
    return caption


def seen(shape: type[Out], reply: Reply) -> Out:
    """The record in this reply. Raises DeclinedError where it refuses in plain words, else ValueError."""
    try:
        return shape.model_validate(loaded(reply.text))
    except ValueError:
        literal(reply.text[:BEGINNING])
        raise


def _listed(frame: FrameCaption) -> bool:
    """Whether the record of a frame names anything beside its caption."""
    return bool(frame.key_elements.objects or frame.key_elements.actions or frame.key_elements.scene.strip())


def stitched(windows: Sequence[VideoCaption], times: Sequence[str]) -> VideoCaption:
    """One record of all windows; its timestamps are the true ones, whatever the model wrote."""
    frames = [frame for window in windows for frame in window.frames]
    stamped = (frame.model_copy(update={"timestamp": t}) for frame, t in zip(frames, times, strict=True))
    themes = dict.fromkeys(window.video_caption for window in windows)
    return VideoCaption(video_caption=" ".join(themes), frames=tuple(stamped))
