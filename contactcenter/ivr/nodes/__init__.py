"""The kinds of nodes a flow is made of, one file each.

To add one: write its file here, add a line to NODES, add a test.
"""

from contactcenter.ivr.nodes.base import Node
from contactcenter.ivr.nodes.done import Done
from contactcenter.ivr.nodes.hangup import HangUp
from contactcenter.ivr.nodes.menu import Menu
from contactcenter.ivr.nodes.play import Play

NODES: dict[str, type[Node]] = {
    "play": Play,
    "menu": Menu,
    "done": Done,
    "hangup": HangUp,
}
