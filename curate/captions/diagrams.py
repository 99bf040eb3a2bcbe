"""The literal record of a drawn problem: a labelled diagram, or formulas with or without one (paper, appendix D)."""

from pydantic import Field

from curate.captions.image import Box, Pictured, Relation
from curate.record import Output


class Primitive(Output):
    """One drawn part of the diagram."""

    id: str
    type: str = Field(description='Such as "point", "segment", "circle", "angle", "arrow" or "organ".')
    label: str = Field(description="As written beside it; empty where it has none.")
    bbox: Box


class Measurement(Output):
    """One value that is written at parts of the diagram."""

    primitive_ids: tuple[str, ...] = Field(description="Which parts it belongs to.")
    value: str = Field(description='As written, such as "5 cm", "60°" or "3x + 2".')


class StemMetadata(Output):
    """What is drawn, what its marks say of it, and what is measured."""

    primitives: tuple[Primitive, ...]
    annotations: tuple[Relation, ...] = Field(description="What a mark says of two primitives, named by their ids.")
    measurements: tuple[Measurement, ...]


class StemCaption(Pictured):
    """The literal record of a geometric or scientific diagram."""

    metadata: StemMetadata


class Equation(Output):
    """One formula or equation."""

    latex: str
    bbox: Box


class MathMetadata(Output):
    """Every formula, every part of the diagram, and what is given."""

    equations: tuple[Equation, ...]
    diagram_parts: tuple[Primitive, ...]
    givens: tuple[str, ...] = Field(description="What the picture itself states, as written.")


class MathCaption(Pictured):
    """The literal record of a mathematical problem in a picture."""

    metadata: MathMetadata
