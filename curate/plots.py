"""The report's pictures: SVG to stand inside a page, which gives them its colours. The same figures, the same bytes."""

import io
import logging
import math
import re
import unicodedata
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from curate.report import TYPES
from curate.words import one_line

WIDTH = 7.2  # inches
ROW = 0.3  # inches for a bar
LABEL = 44  # letters of usual width
BROAD, BROADER = 1.25, 1.6  # such letters that a capital is wide, and one of the widest
WIDEST = frozenset("WMm@%&—…")
CLOSE = 0.1  # logarithms between two numbers that would touch each other
# What a page's style sheet calls the colours, by those that they stand for while drawing.
COLOURS = {
    "#100001": "--ink",
    "#100002": "--muted",
    "#100003": "--line",
    "#100004": "--kept",
    "#100005": "--dropped",
    "#100006": "--before",
    **{f"#10001{at}": f"--type-{at}" for at in range(len(TYPES))},
}
INK, MUTED, LINE, KEPT, DROPPED, BEFORE, *KINDS = COLOURS
STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "curate",
    "font.family": "DejaVu Sans",  # comes with the library: what is measured does not hang on the machine
    "font.size": 9,
    "text.color": INK,
    "text.parse_math": False,
    "axes.edgecolor": LINE,
    "axes.labelcolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": LINE,
    "xtick.labelcolor": MUTED,
    "ytick.color": LINE,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
}


@dataclass(slots=True)
class Drawing:
    """A figure of matplotlib's to draw in, and what became of it."""

    figure: Any
    svg: str = ""

    def panes(self, rows: int, left: float, top: float, bottom: float, gap: float = 0.0) -> list[Any]:
        """Axes one below the other, with these margins, and `gap` between two, in inches.

        (The library can find margins itself, at twice the time.)
        """
        width, height = self.figure.get_size_inches()
        each = (height - top - bottom - gap * (rows - 1)) / rows
        margins = {"left": left / width, "right": 0.97, "top": 1 - top / height, "bottom": bottom / height}
        found = self.figure.subplots(rows, squeeze=False, gridspec_kw={**margins, "hspace": gap / each})
        return [axes for (axes,) in found]


def waterfall(steps: Sequence[tuple[str, int, int]], rows_in: int) -> str:
    """A bar for each step: what it kept of the rows that reached it. `steps` are (step, kept, stopped)."""
    height = ROW * (len(steps) + 1) + 0.1
    with drawn("waterfall", height) as drawing:
        names = ["rows in", *(named(step) for step, _, _ in steps)]
        [axes] = drawing.panes(1, _room(names), 0.05, 0.05)
        kept, stopped = [rows_in, *(n for _, n, _ in steps)], [0, *(n for _, _, n in steps)]
        axes.barh(range(len(names)), kept, color=KEPT, height=0.7)
        axes.barh(range(len(names)), stopped, left=kept, color=DROPPED, height=0.7)
        for at, (left, gone) in enumerate(zip(kept, stopped, strict=True)):
            _beside(axes, left + gone, at, f"{left:,}" + (f" (−{gone:,})" if gone else ""))
        _bars(axes, names, rows_in)
    return drawing.svg


def rejections(reasons: Sequence[tuple[str, Mapping[str, int]]]) -> str:
    """A bar for each reason, by problem type. `reasons` are (reason, {problem type: rows}), in the order shown."""
    present = [kind for kind in TYPES if any(types.get(kind) for _, types in reasons)]
    with drawn("rejections", ROW * len(reasons) + 0.6) as drawing:
        names = [named(reason) for reason, _ in reasons]
        [axes] = drawing.panes(1, _room(names), 0.5, 0.05)
        ends = [0] * len(reasons)
        for kind in present:
            counts = [types.get(kind, 0) for _, types in reasons]
            axes.barh(range(len(reasons)), counts, left=ends, color=KINDS[TYPES.index(kind)], height=0.7, label=kind)
            ends = [end + n for end, n in zip(ends, counts, strict=True)]
        for at, end in enumerate(ends):
            _beside(axes, end, at, f"{end:,}")
        _bars(axes, names, max(ends, default=1))
        _legend(drawing, axes)
    return drawing.svg


def mix(groups: Sequence[tuple[str, int, int, int]]) -> str:
    """A bar for each group: what the mix took of it, then what it left or, where too few are there, what is missing.

    `groups` are (group, rows taken, rows left, rows missing).
    """
    with drawn("mix", ROW * len(groups) + 0.4) as drawing:
        names = [named(group) for group, *_ in groups]
        [axes] = drawing.panes(1, _room(names), 0.35, 0.05)
        ends = [0] * len(groups)
        told = zip(
            ("taken", "left", "missing"), (KEPT, LINE, DROPPED), zip(*(n for _, *n in groups), strict=True), strict=True
        )
        for label, colour, counts in told:
            axes.barh(range(len(groups)), counts, left=ends, color=colour, height=0.7, label=label)
            ends = [end + n for end, n in zip(ends, counts, strict=True)]
        for at, (_, taken, _, missing) in enumerate(groups):
            _beside(axes, ends[at], at, f"{taken:,}" + (f" (−{missing:,})" if missing else ""))
        _bars(axes, names, max(ends))
        _legend(drawing, axes)
    return drawing.svg


def lengths(edges: Sequence[int], stages: Mapping[str, Mapping[str, Any]]) -> str:
    """A small histogram for each problem type: the first stage's words as an outline, the last's filled."""
    first, last = next(iter(stages)), list(stages)[-1]
    kinds = [kind for kind in TYPES if any(kind in told for told in stages.values())]
    with drawn("lengths", 0.95 * len(kinds) + 0.7) as drawing:
        every = drawing.panes(len(kinds), 0.6, 0.5, 0.5, 0.35)
        places = [math.log10(max(edge, 0.5)) for edge in edges]
        for axes, kind in zip(every, kinds, strict=True):
            if first != last and kind in stages[last]:
                axes.stairs(stages[last][kind]["histogram"], places, fill=True, color=KEPT, label=last)
            if kind in stages[first]:
                axes.stairs(stages[first][kind]["histogram"], places, color=BEFORE, linewidth=1.4, label=first)
            axes.set_title(kind, loc="left", fontsize=9, color=INK)
            _counts(axes, 2)
            _words(axes, places, axes is every[-1])
        handles, labels = every[0].get_legend_handles_labels()
        drawing.figure.legend(handles[::-1], labels[::-1], loc="upper right", ncols=2, labelcolor=INK)
    return drawing.svg


def changes(edges: Sequence[float], histogram: Sequence[int]) -> str:
    """How much of the first thinking's words the last one kept."""
    with drawn("changes", 2.2) as drawing:
        [axes] = drawing.panes(1, 0.8, 0.1, 0.5)
        axes.stairs(histogram, [100 * edge for edge in edges], fill=True, color=KEPT)
        axes.set_xlim(0, 100)
        axes.set_xticks(range(0, 101, 20), [f"{at} %" for at in range(0, 101, 20)])
        axes.set_xlabel("words that draft and revision share")
        axes.set_ylabel("rows")
        _counts(axes, 4)
    return drawing.svg


def named(text: str) -> str:
    """A text on one line, cut where it would take more room than there is for one."""
    name = one_line(text, LABEL)
    ends = accumulate(map(_breadth, name))
    fitting = sum(end <= LABEL - BROADER for end in ends)
    return name if sum(map(_breadth, name)) <= LABEL else f"{name[:fitting]}…"


@contextmanager
def drawn(name: str, height: float) -> Iterator[Drawing]:
    """A drawing that has its SVG once the block ends; no settings of the user's touch it."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it would tell of its font cache on the terminal
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        style: Any = matplotlib.rcParams
        style.update(STYLE)
        drawing = Drawing(Figure(figsize=(WIDTH, height)))
        yield drawing
        text = io.StringIO()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)  # the page has fonts of its own
            drawing.figure.savefig(text, format="svg", transparent=True, metadata={"Date": None})
        drawing.svg = inline(text.getvalue(), name)


def inline(svg: str, name: str) -> str:
    """A drawing as part of a page: without what only a file needs, its names its own, its colours the page's."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<defs>\s*<style[^>]*>.*?</style>\s*</defs>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<svg [^>]*?viewBox="([^"]*)"[^>]*>', r'<svg viewBox="\1" aria-hidden="true">', svg, count=1)
    svg = re.sub(r'( id="|url\(#|href="#)', rf"\g<1>{name}-", svg).replace("xlink:href", "href")
    for colour, variable in COLOURS.items():
        svg = svg.replace(colour, f"var({variable})")
    return svg.strip()


def _bars(axes: Any, names: Sequence[str], longest: int) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()
    axes.set_xlim(0, max(longest, 1) * 1.3)
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)


def _legend(drawing: Drawing, axes: Any) -> None:
    """What the colours mean, above all of the drawing: beside long names there is no room for it."""
    drawing.figure.legend(*axes.get_legend_handles_labels(), loc="upper left", ncols=3, labelcolor=INK)


def _counts(axes: Any, most: int) -> None:
    """Few whole numbers on the axis of rows."""
    axes.locator_params(axis="y", nbins=most, integer=True)
    axes.tick_params(axis="y", labelcolor=MUTED)
    axes.yaxis.set_major_formatter("{x:,.0f}")


def _beside(axes: Any, end: int, at: int, text: str) -> None:
    axes.annotate(text, (end, at), xytext=(4, 0), textcoords="offset points", va="center")


def _words(axes: Any, places: Sequence[float], told: bool) -> None:
    """The axis of words, by their logarithms, with round numbers on it where it is `told`."""
    low, high = places[0], places[-1]
    round_ones = [n * 10**power for power in range(5) for n in (1, 2, 5)]
    ticks = [n for n in round_ones if low <= math.log10(n) <= high]
    if len(ticks) < 2:
        ticks = [round(10**low), round(10**high)] if high - low > CLOSE else [round(10**low)]
    axes.set_xlim(low - 0.02, high + 0.02)
    axes.set_xticks([math.log10(n) for n in ticks], [f"{n:,}" for n in ticks] if told else [""] * len(ticks))
    axes.set_xlabel("words (logarithmic)" if told else "")


def _room(names: Sequence[str]) -> float:
    """Inches for the longest of these names."""
    return 0.15 + 0.079 * max(sum(map(_breadth, name)) for name in names)


def _breadth(letter: str) -> float:
    """How wide a letter is, of usual ones; fonts of East Asia have letters as wide as they are high."""
    if letter in WIDEST or unicodedata.east_asian_width(letter) in "WF":
        return BROADER
    return BROAD if letter.isupper() or letter == "w" else 1.0
