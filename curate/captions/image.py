"""The literal record of an image: what all templates share, and the general one (paper, appendix D)."""

from typing import Annotated

from pydantic import Field

from curate.record import Output

Box = Annotated[tuple[float, ...], Field(description="left, top, right, bottom as shares of the picture's size.")]


class Pictured(Output):
    """The record of an image; each template adds its own `metadata`."""

    image_caption: str = Field(description="One or two sentences, 20 to 30 words: the main theme or action.")


class Relation(Output):
    """Two objects and how they stand to each other."""

    subject: str
    predicate: str
    object: str


class SeenObject(Output):
    """One object in the picture."""

    id: str
    type: str
    color: str
    size: str
    bbox: Box


class SeenText(Output):
    """One piece of text in the picture."""

    content: str
    bbox: Box


class SceneContext(Output):
    """Where the picture was taken and what goes on."""

    environment: str
    activity: str


class ImageMetadata(Output):
    """What the picture holds, element by element."""

    objects: tuple[SeenObject, ...]
    text: tuple[SeenText, ...]
    scene_context: SceneContext
    relations: tuple[Relation, ...]


class ImageCaption(Pictured):
    """The literal record of an image (the general template of the paper's appendix D)."""

    metadata: ImageMetadata
