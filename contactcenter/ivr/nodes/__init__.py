"""The kinds of nodes a flow is made of, one file each.

To add one: write its file here, add a line to NODES, add a test.
"""

from contactcenter.ivr.nodes.base import Node
from contactcenter.ivr.nodes.callback import Callback
from contactcenter.ivr.nodes.collect import Collect
from contactcenter.ivr.nodes.done import Done
from contactcenter.ivr.nodes.hangup import HangUp
from contactcenter.ivr.nodes.hours import Hours
from contactcenter.ivr.nodes.http import Http
from contactcenter.ivr.nodes.identify import Identify
from contactcenter.ivr.nodes.language import Language
from contactcenter.ivr.nodes.menu import Menu
from contactcenter.ivr.nodes.play import Play
from contactcenter.ivr.nodes.queue import Queue
from contactcenter.ivr.nodes.route import Route
from contactcenter.ivr.nodes.say import Say
from contactcenter.ivr.nodes.service import Service
from contactcenter.ivr.nodes.set import Set
from contactcenter.ivr.nodes.subflow import Subflow
from contactcenter.ivr.nodes.survey import Survey
from contactcenter.ivr.nodes.transfer import Transfer
from contactcenter.ivr.nodes.voice_message import VoiceMessage

NODES: dict[str, type[Node]] = {
    "play": Play,
    "say": Say,
    "menu": Menu,
    "collect": Collect,
    "hours": Hours,
    "identify": Identify,
    "service": Service,
    "route": Route,
    "queue": Queue,
    "transfer": Transfer,
    "voice_message": VoiceMessage,
    "callback": Callback,
    "survey": Survey,
    "http": Http,
    "set": Set,
    "language": Language,
    "subflow": Subflow,
    "hangup": HangUp,
    "done": Done,
    "return": Done,
}
