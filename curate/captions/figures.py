"""The literal record of what documents hold: lines of text, charts, figures of papers (paper, appendix D)."""

from pydantic import Field

from curate.captions.image import Box, Pictured
from curate.record import Output


class TextItem(Output):
    """One piece of text, such as a word on a sign or a handwritten line."""

    content: str = Field(description="Letter by letter; a formula as LaTeX.")
    bbox: Box
    style: str = Field(description="Printed or handwritten, typeface, colour, size, slant.")


class OcrMetadata(Output):
    """Every piece of text, in reading order."""

    text_items: tuple[TextItem, ...]


class OcrCaption(Pictured):
    """The literal record of a picture that is read."""

    metadata: OcrMetadata


class Axis(Output):
    """One axis of a chart."""

    name: str
    unit: str = Field(description="Empty where none is written.")
    ticks: tuple[str, ...] = Field(description="Every tick label as written, from the axis's start to its end.")


class Point(Output):
    """One bar, point or slice."""

    at: str = Field(description="Its category, or its place on the axis, as written.")
    value: float | None = Field(description="null where it cannot be read.")


class Series(Output):
    """One series of a chart."""

    name: str
    points: tuple[Point, ...]


class LegendEntry(Output):
    """One entry of the legend."""

    label: str
    mark: str = Field(description="Its colour, and its marker or line style.")


class ChartMetadata(Output):
    """What kind of chart it is, and everything that can be read off it."""

    chart_type: str = Field(description='Such as "vertical bar", "line", "dot line" or "pie".')
    axes: tuple[Axis, ...]
    series: tuple[Series, ...]
    legend: tuple[LegendEntry, ...]


class ChartCaption(Pictured):
    """The literal record of a chart."""

    metadata: ChartMetadata


class Element(Output):
    """One thing that a panel shows."""

    id: str
    type: str
    label: str = Field(description="As written on or beside it; empty where it has none.")
    appearance: str = Field(description="Shape, colour, texture, and where in the panel.")


class ProcessArrow(Output):
    """One arrow that says what leads to what."""

    source: str = Field(description="The id of the element at its tail.")
    target: str = Field(description="The id of the element at its head.")
    label: str = Field(description="As written along it; empty where it has none.")


class FigurePanel(Output):
    """One panel of the figure."""

    label: str = Field(description="Its letter or title as written; empty where it has none.")
    elements: tuple[Element, ...]
    process_arrows: tuple[ProcessArrow, ...]


class ScienceMetadata(Output):
    """The figure, panel by panel."""

    panels: tuple[FigurePanel, ...]


class ScienceCaption(Pictured):
    """The literal record of a scientific figure."""

    metadata: ScienceMetadata
