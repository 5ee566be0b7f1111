"""A flow as Mermaid text, which GitHub, GitLab and many wikis draw."""

from contactcenter.ivr.drawing.picture import Box, Picture
from contactcenter.printable import printable

SHAPES = {"asks": "{{{{{}}}}}", "decides": "{{{}}}", "leads": "[[{}]]", "ends": "([{}])", "speaks": "[{}]"}


def mermaid(picture: Picture) -> str:
    ids = {name: f"n{place}" for place, name in enumerate(picture.boxes)}
    lines = ["flowchart TD", "  start((start))"]
    lines += [f"  {ids[name]}{SHAPES[box.kind].format(_label(box))}" for name, box in picture.boxes.items()]
    lines += [f"  start --> {ids[picture.start]}"] if picture.start in ids else []
    for arrow in picture.arrows:
        label = f"|{_quoted(arrow.label)}|" if arrow.label else ""
        lines.append(f"  {ids[arrow.source]} -->{label} {ids[arrow.target]}")
    return "\n".join(lines) + "\n"


def _label(box: Box) -> str:
    return _quoted("<br/>".join(_escaped(part) for part in (box.name, box.about, *box.said)), escaped=True)


def _quoted(text: str, *, escaped: bool = False) -> str:
    return f'"{text if escaped else _escaped(text)}"'


def _escaped(text: str) -> str:
    """Mermaid's own entities: what would end a label, or be taken for markup."""
    return "".join(f"#{ord(sign)};" if sign in '"#<>&`' else sign for sign in printable(text, keep=""))
