"""The eight templates of an image, and which one its data source calls for (paper, appendix D)."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from curate.captions.diagrams import MathCaption, StemCaption
from curate.captions.figures import ChartCaption, OcrCaption, ScienceCaption
from curate.captions.image import ImageCaption
from curate.captions.scenes import ClevrCaption, SpatialCaption

Template = Literal["general", "clevr", "stem", "ocr", "science", "chart", "math", "spatial"]
AnyImage = (
    ImageCaption
    | ClevrCaption
    | StemCaption
    | OcrCaption
    | ScienceCaption
    | ChartCaption
    | MathCaption
    | SpatialCaption
)

FALLBACK: Template = "general"
OUTPUTS: dict[Template, type[AnyImage]] = {
    "general": ImageCaption,
    "clevr": ClevrCaption,
    "stem": StemCaption,
    "ocr": OcrCaption,
    "science": ScienceCaption,
    "chart": ChartCaption,
    "math": MathCaption,
    "spatial": SpatialCaption,
}
SOURCES: dict[Template, tuple[str, ...]] = {
    "general": ("A-OKVQA", "ShareGPT4V"),
    "clevr": ("CLEVR",),
    "stem": ("Geometry3K", "UniGeo", "AI2D"),
    "ocr": ("TextVQA", "HME100k"),
    "science": ("ScienceQA", "PMC-VQA", "ArxivQA"),
    "chart": ("DVQA", "PlotQA", "FigureQA"),
    "math": ("Multimath", "TQA"),
    "spatial": ("OpenSpaces", "Spacellava", "vqasynth_spacellava"),
}


def chosen(data_source: str, own: Mapping[str, Template]) -> Template:
    """The template for images of this data source: what `own` says of it, else the table, else the general one.

    A name in either also stands for the longer ones that begin with it ("CLEVR" for "clevr_train"); of
    several, the longest counts. What stands before the last "/" (an owner on the Hub) need not be named.
    """
    return _chosen(data_source, tuple(own.items()))


@lru_cache(maxsize=1024)  # many rows have few sources
def _chosen(data_source: str, own: tuple[tuple[str, Template], ...]) -> Template:
    sources = (plain(data_source), plain(data_source.rpartition("/")[2]))
    for table in (dict(own), {name: template for template, names in SOURCES.items() for name in names}):
        known = {plain(name): template for name, template in table.items()}
        if found := [name for name in known if any(source.startswith(name) for source in sources)]:
            return known[max(found, key=len)]
    return FALLBACK


def plain(data_source: str) -> str:
    """The name as it is compared: lower case, only letters and digits."""
    return "".join(c for c in data_source.lower() if c.isalnum())


def _told_apart(given: Any) -> Any:
    """Raise ValueError where a key is no name, or another's once both are plain."""
    seen: dict[str, str] = {}
    for name in map(str, given if isinstance(given, dict) else ()):
        if not plain(name) or not name.isprintable():
            raise ValueError(f"{name!r} is no data source")
        if plain(name) in seen:
            raise ValueError(f"{seen[plain(name)]!r} and {name!r} are one data source")
        seen[plain(name)] = name
    return given


OwnTemplates = Annotated[dict[str, Template], BeforeValidator(_told_apart)]
"""Templates by data source, as they stand in the settings."""
