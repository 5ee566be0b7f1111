"""Where the boxes of a picture go: layers from top to bottom, few crossings, nothing on top of anything else.

The usual way, after Sugiyama: arrows that lead back are turned for the layout, long ones get a point in each layer they
pass, each layer is ordered by the middle of its neighbours, then boxes are drawn towards their neighbours.
"""

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from contactcenter.errors import BadInput

SWEEPS = 12
MOST_POINTS = 5000
"""Layers that all arrows pass together."""
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Layout:
    """at: box -> middle of its top edge. ways: arrow (source, target) -> the points between the two, from source to target:
    two for each layer that it passes, where it comes in and where it leaves.
    """

    at: dict[str, Point]
    ways: dict[tuple[str, str], list[Point]]
    width: float
    height: float


def layout(
    sizes: Mapping[str, Point], arrows: Iterable[tuple[str, str]], start: str, *, between: float, gap: float
) -> Layout:
    """sizes: box -> width and height. between: how far layers are apart; gap: how far boxes of a layer are at least.

    Raises BadInput for a picture that nobody could read.
    """
    ends = [arrow for arrow in arrows if arrow[0] != arrow[1]]
    back = _leading_back(list(sizes), ends, start)
    down = [(b, a) if (a, b) in back else (a, b) for a, b in ends]
    depth = _depths(list(sizes), down)
    if sum(depth[b] - depth[a] for a, b in down) > MOST_POINTS:
        raise BadInput("this flow is too large for a picture. Divide it into subflows.")
    widths = {name: size[0] for name, size in sizes.items()}
    chains: dict[tuple[str, str], list[str]] = {}
    links: list[tuple[str, str]] = []
    for (a, b), arrow in zip(down, ends, strict=True):
        points = [f"\0{a}\0{b}\0{arrow in back}\0{layer}" for layer in range(depth[a] + 1, depth[b])]
        depth |= {point: layer for layer, point in enumerate(points, depth[a] + 1)}
        widths |= dict.fromkeys(points, gap / 2)
        chain = [a, *points, b]
        links += itertools.pairwise(chain)
        chains[arrow] = points[::-1] if arrow in back else points
    x = _positions(_ordered(depth, links), widths, links, gap)
    left = min(x[name] - widths[name] / 2 for name in x)
    tops, bottoms = _heights(sizes, depth, between)
    return Layout(
        {name: (x[name] - left, tops[depth[name]]) for name in sizes},
        {
            arrow: [
                (x[point] - left, y)
                for point in points
                for y in (
                    (bottoms if arrow in back else tops)[depth[point]],
                    (tops if arrow in back else bottoms)[depth[point]],
                )
            ]
            for arrow, points in chains.items()
        },
        max(x[name] + widths[name] / 2 for name in x) - left,
        bottoms[-1],
    )


def _heights(sizes: Mapping[str, Point], depth: Mapping[str, int], between: float) -> tuple[list[float], list[float]]:
    """Top and bottom of each layer."""
    tallest = [0.0] * (max(depth.values()) + 1)
    for name, (_, height) in sizes.items():
        tallest[depth[name]] = max(tallest[depth[name]], height)
    tops: list[float] = []
    y = 0.0
    for height in tallest:
        tops.append(y)
        y += height + between
    return tops, [top + height for top, height in zip(tops, tallest, strict=True)]


def _leading_back(names: list[str], arrows: list[tuple[str, str]], start: str) -> set[tuple[str, str]]:
    """Arrows to a box that the way from the start to their source came through."""
    after: dict[str, list[str]] = {name: [] for name in names}
    for a, b in arrows:
        after[a].append(b)
    back: set[tuple[str, str]] = set()
    done: set[str] = set()
    for root in [start, *names]:
        path: dict[str, None] = {}
        ways = [iter([root])]
        came = [""]
        while ways:
            name = next(ways[-1], None)
            if name is None:
                ways.pop()
                came.pop()
                if path:
                    done.add(path.popitem()[0])
            elif name in path:
                back.add((came[-1], name))
            elif name in after and name not in done:
                path[name] = None
                ways.append(iter(after[name]))
                came.append(name)
    return back


def _depths(names: list[str], arrows: list[tuple[str, str]]) -> dict[str, int]:
    """The longest way from the top to each box."""
    before: dict[str, list[str]] = {name: [] for name in names}
    after: dict[str, list[str]] = {name: [] for name in names}
    for a, b in arrows:
        before[b].append(a)
        after[a].append(b)
    left = {name: len(before[name]) for name in names}
    depth = dict.fromkeys(names, 0)
    todo = [name for name in names if not left[name]]
    while todo:
        name = todo.pop()
        for below in after[name]:
            depth[below] = max(depth[below], depth[name] + 1)
            left[below] -= 1
            if not left[below]:
                todo.append(below)
    return depth


def _neighbours(links: list[tuple[str, str]]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    above: dict[str, list[str]] = {}
    below: dict[str, list[str]] = {}
    for a, b in links:
        below.setdefault(a, []).append(b)
        above.setdefault(b, []).append(a)
    return above, below


def _ordered(depth: Mapping[str, int], links: list[tuple[str, str]]) -> list[list[str]]:
    """The layers, each in an order with few crossings."""
    layers: list[list[str]] = [[] for _ in range(max(depth.values()) + 1)]
    for name, at in depth.items():
        layers[at].append(name)
    above, below = _neighbours(links)
    for sweep in range(SWEEPS):
        downwards = sweep % 2 == 0
        near = above if downwards else below
        for layer in layers if downwards else reversed(layers):
            place = {name: index for row in layers for index, name in enumerate(row)}
            middle = {name: _mean([place[n] for n in near.get(name, [])], place[name]) for name in layer}
            layer.sort(key=middle.__getitem__)
    return layers


def _positions(
    layers: list[list[str]], widths: Mapping[str, float], links: list[tuple[str, str]], gap: float
) -> dict[str, float]:
    """The middle of each box: as near to its neighbours' middles as the order and the gap allow."""
    x: dict[str, float] = {}
    for layer in layers:
        right = 0.0
        for name in layer:
            x[name] = right + widths[name] / 2
            right += widths[name] + gap
    above, below = _neighbours(links)
    for sweep in range(SWEEPS):
        near = above if sweep % 2 == 0 else below
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            wanted = {name: _mean([x[n] for n in near.get(name, [])], x[name]) for name in layer}
            x |= _apart(layer, wanted, widths, gap)
    return x


def _apart(layer: list[str], wanted: Mapping[str, float], widths: Mapping[str, float], gap: float) -> dict[str, float]:
    """Between the leftmost and the rightmost places that keep the order and the gap, the middle."""
    first: dict[str, float] = {}
    edge = float("-inf")
    for name in layer:
        first[name] = max(wanted[name], edge + widths[name] / 2)
        edge = first[name] + widths[name] / 2 + gap
    last: dict[str, float] = {}
    edge = float("inf")
    for name in reversed(layer):
        last[name] = min(wanted[name], edge - widths[name] / 2)
        edge = last[name] - widths[name] / 2 - gap
    return {name: (first[name] + last[name]) / 2 for name in layer}


def _mean(values: list[float] | list[int], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
