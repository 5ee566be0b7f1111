"""Walks one caller through a flow and says what they chose."""

from dataclasses import dataclass, field
from typing import Literal

from contactcenter.bus import CallNotes
from contactcenter.events import KeyPressed, NodeEntered
from contactcenter.ivr.flow import Flow
from contactcenter.phone import Phone


@dataclass(slots=True)
class Walked:
    """menu: node -> the last key that counted there. how: whether routing goes on or the flow ended the call."""

    menu: dict[str, str] = field(default_factory=dict)
    how: Literal["done", "hang_up"] = "done"


class Runner:
    """A Walk of one caller; see nodes/base.py."""

    def __init__(self, flow: Flow, phone: Phone, note: CallNotes) -> None:
        self.flow, self.phone, self._note = flow, phone, note
        self._walked = Walked()
        self._node = flow.start

    def pressed(self, key: str, counts: bool) -> None:
        self._note(KeyPressed, flow=self.flow.name, node=self._node, key=key)
        if counts:
            self._walked.menu[self._node] = key

    def end(self, how: Literal["done", "hang_up"]) -> None:
        self._walked.how = how

    async def run(self) -> Walked:
        """Node by node until the flow ends. Raises CallerGone."""
        name: str | None = self.flow.start
        while name is not None:
            self._node = name
            self._note(NodeEntered, flow=self.flow.name, node=name)
            name = await self.flow.nodes[name].run(self)
        return self._walked
