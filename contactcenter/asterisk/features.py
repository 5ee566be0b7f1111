"""Feature codes: what agents do on their phone, each confirmed by voice."""

import logging
from collections.abc import Callable

from contactcenter.acd.inputs import ExtendWrapUp, Input, LogIn, LogOut, Pause, Resume
from contactcenter.asterisk import variables
from contactcenter.asterisk.agi import AgiSession
from contactcenter.asterisk.phone import AsteriskPhone
from contactcenter.errors import BadInput, CallerGone, NotFound
from contactcenter.ids import AgentNumber
from contactcenter.logs import AGENT

log = logging.getLogger(__name__)

FEATURES: dict[str, tuple[type[LogIn | LogOut | Pause | Resume | ExtendWrapUp], str]] = {
    "*41": (LogIn, "agent-logged-in"),
    "*42": (LogOut, "agent-logged-out"),
    "*43": (Pause, "agent-paused"),
    "*44": (Resume, "agent-ready"),
    "*45": (ExtendWrapUp, "agent-wrap-up-extended"),
}
"""Code -> what the engine is told, and the prompt that confirms it. See [agents] in asterisk-conf/extensions.conf."""


async def feature(session: AgiSession, phone: AsteriskPhone, tell: Callable[[Input], None]) -> None:
    """One feature code dialed by an agent."""
    agent = AgentNumber((await session.command("GET VARIABLE", variables.AGENT, timeout=5)).data)
    AGENT.set(agent)
    act, prompt = FEATURES[session.env["agi_extension"]]
    try:
        tell(act(agent))
    except NotFound:
        prompt = "agent-unknown"
    except BadInput as error:
        log.info("feature code %s of agent %s refused: %s", session.env["agi_extension"], agent, error)
        prompt = "agent-refused"
    try:
        await phone.play(prompt)
        await phone.hang_up()
    except CallerGone:
        log.debug("agent %s hung up before the confirmation was over", agent)
