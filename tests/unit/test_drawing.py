"""Pictures of flows: everything is in them, nothing lies on top of anything else, and names can't break out."""

import itertools
import random
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from contactcenter.errors import BadInput
from contactcenter.ivr.drawing.layers import layout
from contactcenter.ivr.drawing.mermaid import mermaid
from contactcenter.ivr.drawing.picture import picture_of, width
from contactcenter.ivr.drawing.svg import svg
from contactcenter.ivr.loader import parse_flow

ROOT = Path(__file__).parents[2]
SVG = "{http://www.w3.org/2000/svg}"
MAIN = parse_flow(ROOT / "dialplans" / "main.yaml").flow


def texts_of(drawn: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(drawn).iter(f"{SVG}text")]  # noqa: S314 (our own)


def test_every_node_and_every_way_is_in_the_picture() -> None:
    picture = picture_of(MAIN, {"welcome": "您好，欢迎致电服务热线，本次通话将会录音。"})
    drawn = svg(picture)
    said = texts_of(drawn)
    assert set(MAIN.nodes) <= set(said)
    assert {"closed", "open", "known, unknown", "active, expiring", "2, 0", "*"} <= set(said)
    assert "您好，欢迎致电服务热线，" in said
    ways = [path for path in ET.fromstring(drawn).iter(f"{SVG}path") if path.get("class", "").startswith("way")]  # noqa: S314
    assert len(ways) == len(picture.arrows)
    assert sum(path.get("class") == "way back" for path in ways) == 1, "from the product menu by the star key"


def test_nothing_in_a_flow_breaks_out_of_the_picture() -> None:
    text = 'start: "<a&b>"\nnodes:\n  "<a&b>": {type: play, prompt: "\\"</text><script>", next: "x|y]"}\n  "x|y]": {type: done}\n'
    picture = picture_of(parse_flow(Path("main.yaml"), text).flow)
    root = ET.fromstring(svg(picture))  # noqa: S314
    assert [element.tag for element in root.iter() if element.tag.endswith("script")] == []
    assert "<a&b>" in texts_of(svg(picture))
    drawn = mermaid(picture)
    assert drawn.splitlines() == [
        "flowchart TD",
        "  start((start))",
        '  n0["#60;a#38;b#62;<br/>play #34;#60;/text#62;#60;script#62;"]',
        '  n1(["x|y]<br/>done"])',
        "  start --> n0",
        "  n0 --> n1",
    ]


@pytest.mark.parametrize("seed", range(40))
def test_boxes_and_ways_keep_apart_whatever_the_flow(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    names = [f"n{index}" for index in range(chance.randint(1, 25))]
    arrows = {(chance.choice(names), chance.choice(names)) for _ in range(chance.randint(0, 50))}
    sizes = {name: (float(chance.randint(40, 300)), float(chance.randint(30, 90))) for name in names}
    placed = layout(sizes, sorted(arrows), "n0", between=60, gap=30)
    assert placed.at.keys() == sizes.keys()
    assert placed.ways.keys() == {arrow for arrow in arrows if arrow[0] != arrow[1]}
    for a, b in itertools.combinations(names, 2):
        (xa, ya), (xb, yb) = placed.at[a], placed.at[b]
        beside = abs(xa - xb) >= (sizes[a][0] + sizes[b][0]) / 2 + 29.9
        below = ya + sizes[a][1] <= yb or yb + sizes[b][1] <= ya
        assert beside or below, (a, b)
    for points in placed.ways.values():
        for x, y in points:
            through = [
                n
                for n in names
                if abs(placed.at[n][0] - x) < sizes[n][0] / 2 and placed.at[n][1] < y < placed.at[n][1] + sizes[n][1]
            ]
            assert through == []
    for name, (x, y) in placed.at.items():
        assert x - sizes[name][0] / 2 >= -0.1
        assert x + sizes[name][0] / 2 <= placed.width + 0.1
        assert 0 <= y <= placed.height - sizes[name][1] + 0.1


def test_a_flow_that_nobody_could_read_is_not_drawn() -> None:
    nodes = "".join(f"  n{i}: {{type: http, url: 'http://a/', next: n{i + 1}, failed: n400}}\n" for i in range(400))
    flow = parse_flow(Path("main.yaml"), f"start: n0\nnodes:\n{nodes}  n400: {{type: done}}\n").flow
    with pytest.raises(BadInput, match="too large for a picture"):
        svg(picture_of(flow))
    assert mermaid(picture_of(flow)).count("-->") == 400 * 2


def test_what_a_prompt_says_is_cut_to_a_few_lines() -> None:
    picture = picture_of(MAIN, {"menu-main": "软件使用问题请按一，" * 30, "welcome": "word " * 50, "closed": "x" * 500})
    for name in ("main-menu", "welcome", "closed"):
        said = picture.boxes[name].said
        assert len(said) == 3
        assert said[-1].endswith("…")
        assert max(map(width, said)) <= 36
