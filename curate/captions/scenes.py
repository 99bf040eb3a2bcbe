"""The literal record of a scene: of rendered solids, or of a room whose layout matters (paper, appendix D)."""

from pydantic import Field

from curate.captions.image import Pictured, Relation
from curate.record import Output


class Solid(Output):
    """One solid in the scene."""

    id: str
    shape: str = Field(description='Such as "cube", "sphere" or "cylinder".')
    color: str
    size: str = Field(description='Such as "small" or "large".')
    material: str = Field(description='Such as "rubber" or "metal".')
    coordinates: tuple[float, ...] = Field(description="x, y of its centre as shares of the picture's size.")


class ClevrMetadata(Output):
    """Every solid, and where it stands relative to the others."""

    objects: tuple[Solid, ...]
    spatial_relations: tuple[Relation, ...] = Field(description="Between two objects, named by their ids.")


class ClevrCaption(Pictured):
    """The literal record of a scene of solids."""

    metadata: ClevrMetadata


class Section(Output):
    """One room, or one section of it."""

    name: str
    position: str = Field(description="Where in the picture, how far away, and next to what.")


class Furniture(Output):
    """One piece of furniture, or another object that takes up room."""

    name: str
    position: str = Field(description="Where in the picture, how far away, and next to what.")
    orientation: str = Field(description="Which way its front faces.")


class SpatialMetadata(Output):
    """How the space is divided, what stands in it, and what bounds it."""

    rooms_or_sections: tuple[Section, ...]
    furniture: tuple[Furniture, ...]
    annotations: tuple[str, ...] = Field(description="Structural: walls, openings, levels, passages, sizes, distances.")


class SpatialCaption(Pictured):
    """The literal record of a space and its layout."""

    metadata: SpatialMetadata
