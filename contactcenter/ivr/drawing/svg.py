"""A flow as an SVG that stands for itself: no script, no font, nothing from outside."""

import itertools
from html import escape

from contactcenter.ivr.drawing.layers import Layout, Point, layout
from contactcenter.ivr.drawing.picture import Arrow, Box, Picture, width
from contactcenter.printable import printable

COLUMN, LINE, PADDING, MARGIN, GAP = 7.2, 17.0, 12.0, 30.0, 36.0
BETWEEN = 76.0
COLORS = {
    "speaks": ("#eef4fb", "#3b6ea5"),
    "asks": ("#fff4dd", "#b7791f"),
    "decides": ("#f1ecfa", "#6b4fa0"),
    "leads": ("#e4f5ea", "#2f7d4f"),
    "ends": ("#f3f3f3", "#6b6b6b"),
}
"""What nodes have in common -> fill and border."""
STYLE = (
    "text{font:13px 'Noto Sans','Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif;fill:#222}"
    ".name{font-weight:600}.said{fill:#666;font-size:12px}.label{fill:#333;font-size:12px;paint-order:stroke;"
    "stroke:#fff;stroke-width:4px}.way{fill:none;stroke:#777;stroke-width:1.4}.back{stroke-dasharray:5 4}"
)
ARROWHEAD = (
    '<marker id="tip" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0L8 4L0 8z" fill="#777"/></marker>'
)


def svg(picture: Picture) -> str:
    sizes = {name: (_width(box), _height(box)) for name, box in picture.boxes.items()}
    arrows = [(arrow.source, arrow.target) for arrow in picture.arrows]
    placed = layout(sizes, arrows, picture.start, between=BETWEEN, gap=GAP)
    wide, high = placed.width + 2 * MARGIN, placed.height + 2 * MARGIN
    ways, labels = _ways(picture, placed)
    boxes = [_box(box, placed.at[name], sizes[name][0], name == picture.start) for name, box in picture.boxes.items()]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:.0f}" height="{high:.0f}" '
        f'viewBox="{-MARGIN:.0f} {-MARGIN:.0f} {wide:.0f} {high:.0f}" role="img">'
        f"<title>{_text(picture.flow)}</title><style>{STYLE}</style><defs>{ARROWHEAD}</defs>"
        f'<rect x="{-MARGIN:.0f}" y="{-MARGIN:.0f}" width="100%" height="100%" fill="#fff"/>\n'
        + "\n".join([*ways, *boxes, *labels])
        + "\n</svg>\n"
    )


def _lines(box: Box) -> list[tuple[str, str]]:
    return [("name", box.name), ("about", box.about), *(("said", line) for line in box.said)]


def _width(box: Box) -> float:
    return max(90.0, max(width(text) for _, text in _lines(box)) * COLUMN + 2 * PADDING)


def _height(box: Box) -> float:
    return len(_lines(box)) * LINE + 14


def _box(box: Box, at: Point, wide: float, is_start: bool) -> str:
    fill, border = COLORS[box.kind]
    x, y = at
    round_ = 18 if box.kind == "ends" else 5
    heavy = 2.6 if is_start else 1.3
    texts = "".join(
        f'<text class="{style}" x="{x:.1f}" y="{y + 19 + place * LINE:.1f}" text-anchor="middle">{_text(text)}</text>'
        for place, (style, text) in enumerate(_lines(box))
    )
    return (
        f'<g><rect x="{x - wide / 2:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{_height(box):.1f}" rx="{round_}" '
        f'fill="{fill}" stroke="{border}" stroke-width="{heavy}"/>{texts}</g>'
    )


def _ways(picture: Picture, placed: Layout) -> tuple[list[str], list[str]]:
    """The arrows, and their labels to be drawn above all."""
    ways: list[str] = []
    labels: list[str] = []
    out: dict[str, list[Arrow]] = {}
    for arrow in picture.arrows:
        out.setdefault(arrow.source, []).append(arrow)
    for source, arrows in out.items():
        arrows.sort(key=lambda arrow: _first_x(arrow, placed))
        for place, arrow in enumerate(arrows):
            spread = (place - (len(arrows) - 1) / 2) * min(26.0, _width(picture.boxes[source]) / (len(arrows) + 1))
            path, label_at, back = _path(arrow, picture, placed, spread, 0.25 + place % 2 * 0.2)
            style = "way back" if back else "way"
            ways.append(f'<path class="{style}" d="{path}" marker-end="url(#tip)"/>')
            if arrow.label:
                x, y = label_at
                labels.append(
                    f'<text class="label" x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{_text(arrow.label)}</text>'
                )
    return ways, labels


def _text(text: str) -> str:
    return escape(printable(text, keep=""))


def _first_x(arrow: Arrow, placed: Layout) -> float:
    points = placed.ways.get((arrow.source, arrow.target)) or [placed.at[arrow.target]]
    return points[0][0]


def _path(arrow: Arrow, picture: Picture, placed: Layout, spread: float, part: float) -> tuple[str, Point, bool]:
    (x1, y1), (x2, y2) = placed.at[arrow.source], placed.at[arrow.target]
    bottom = y1 + _height(picture.boxes[arrow.source])
    if arrow.source == arrow.target:
        right = x1 + _width(picture.boxes[arrow.source]) / 2
        middle = (y1 + bottom) / 2
        path = f"M{right:.1f} {middle - 8:.1f}C{right + 40:.1f} {middle - 20:.1f} {right + 40:.1f} {middle + 20:.1f} {right:.1f} {middle + 8:.1f}"
        return path, (right + 34, middle - 14), True
    points = placed.ways[arrow.source, arrow.target]
    if y2 > y1:
        way = [(x1 + spread, bottom), *points, (x2, y2)]
        return _smooth(way), _near(way, part), False
    aside = [_width(picture.boxes[name]) * 0.3 for name in (arrow.source, arrow.target)]
    way = [(x1 + aside[0], y1), *points, (x2 + aside[1], y2 + _height(picture.boxes[arrow.target]))]
    return _smooth(way), _near(way, part), True


def _smooth(way: list[Point]) -> str:
    """Through all points, leaving and reaching each from above or below."""
    path = f"M{way[0][0]:.1f} {way[0][1]:.1f}"
    for (x1, y1), (x2, y2) in itertools.pairwise(way):
        middle = (y1 + y2) / 2
        path += f"C{x1:.1f} {middle:.1f} {x2:.1f} {middle:.1f} {x2:.1f} {y2:.1f}"
    return path


def _near(way: list[Point], part: float) -> Point:
    """A point on the first piece of a way, where its label stands."""
    (x1, y1), (x2, y2) = way[0], way[1]
    bend = 3 * part**2 - 2 * part**3
    return x1 + (x2 - x1) * bend, y1 + (y2 - y1) * part + 4
