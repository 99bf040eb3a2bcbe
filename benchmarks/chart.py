"""Lines over time as an SVG that is read in the light and in the dark."""

import math
from collections.abc import Sequence

WIDTH, HEIGHT = 720, 320
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 44, 48
_COLOURS = (("#0969da", "#58a6ff"), ("#bc4c00", "#f0883e"))
Line = tuple[str, Sequence[tuple[float, float]]]  # name, and its points


def chart(title: str, x_name: str, y_name: str, lines: Sequence[Line]) -> str:
    """The lines in one picture, both axes from 0."""
    right = max((x for _, points in lines for x, _ in points), default=1.0)
    top = max((y for _, points in lines for _, y in points), default=1.0)
    x_ticks, y_ticks = _ticks(right), _ticks(top)
    right, top = max(right, x_ticks[-1]), y_ticks[-1]
    parts = [_head(title), f'<text class="title" x="{LEFT}" y="18">{title}</text>']
    for y in y_ticks:
        at = _y(y, top)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>')
        parts.append(f'<text class="end" x="{LEFT - 8}" y="{at + 4:.1f}">{y:,g}</text>')
    for x in x_ticks:
        parts.append(f'<text class="middle" x="{_x(x, right):.1f}" y="{HEIGHT - BOTTOM + 18}">{x:,g}</text>')
    parts.append(f'<text class="middle" x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}">{x_name}</text>')
    middle = (TOP + HEIGHT - BOTTOM) / 2
    parts.append(f'<text class="middle" transform="translate(16 {middle}) rotate(-90)">{y_name}</text>')
    for number, (name, points) in enumerate(lines):
        places = " ".join(f"{_x(x, right):.1f},{_y(y, top):.1f}" for x, y in points)
        parts.append(f'<polyline class="line line{number}" points="{places}"/>')
        parts.append(f'<text class="key key{number}" x="{LEFT + number * 240}" y="36">{name}</text>')
    return "\n".join([*parts, "</svg>", ""])


def thinned(points: Sequence[tuple[float, float]], most: int = 400) -> list[tuple[float, float]]:
    """At most so many points: of each stretch the highest one, so that no peak is lost."""
    size = max(1, math.ceil(len(points) / most))
    return [max(points[i : i + size], key=lambda point: point[1]) for i in range(0, len(points), size)]


def _head(title: str) -> str:
    light, dark = (" ".join(_coloured(n, pair[i]) for n, pair in enumerate(_COLOURS)) for i in (0, 1))
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}">
<style>
text {{ font: 12px system-ui, sans-serif; fill: #59636e }}
.title {{ font-size: 14px; font-weight: 600; fill: #1f2328 }}
.end {{ text-anchor: end }} .middle {{ text-anchor: middle }} .key {{ font-weight: 600 }}
.grid {{ stroke: #d1d9e0; stroke-width: 1 }} .line {{ fill: none; stroke-width: 1.5 }}
{light}
@media (prefers-color-scheme: dark) {{
text {{ fill: #9198a1 }} .title {{ fill: #f0f6fc }} .grid {{ stroke: #3d444d }}
{dark}
}}
</style>"""


def _coloured(number: int, colour: str) -> str:
    return f".line{number} {{ stroke: {colour} }} .key{number} {{ fill: {colour} }}"


def _ticks(most: float) -> list[float]:
    """From 0 to at least `most`, in four to ten round steps."""
    raw = max(most, 1e-9) / 5
    power = 10 ** math.floor(math.log10(raw))
    step = next(power * f for f in (1, 2, 2.5, 5, 10) if power * f >= raw)
    return [step * i for i in range(math.ceil(most / step) + 1)]


def _x(x: float, right: float) -> float:
    return LEFT + x / right * (WIDTH - LEFT - RIGHT)


def _y(y: float, top: float) -> float:
    return HEIGHT - BOTTOM - y / top * (HEIGHT - TOP - BOTTOM)
