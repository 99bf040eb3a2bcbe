"""The literal record of a video, frame by frame (paper, appendix D)."""

from typing import Literal

from pydantic import Field

from curate.record import Output


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
