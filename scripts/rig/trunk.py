"""The far side of the trunk: phones outside that our Asterisk calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rig.agent import SippAgentPool

if TYPE_CHECKING:
    from rig.agent import Seconds

USER = "trunk"


class TrunkPeer(SippAgentPool):
    """Takes every call that the site places, whatever the number: `next_call("13800000001")`, then its `media` and `caller`.

    Registers as the trunk; or, with a `port`, waits there without a word, for a site whose trunk_contact names that port.
    The rest is as of SippAgentPool: with `answer_after` None a call rings until a story says `answer` or `reject`.
    """

    def __init__(
        self,
        password: str,
        host: str,
        sip_port: int,
        *,
        port: int | None = None,
        answer_after: Seconds | None = 0.5,
        hang_up_after: Seconds | None = None,
        reject: int | None = None,
        tone: int | None = None,
    ) -> None:
        accounts = {} if port else {USER: password}
        super().__init__(
            accounts,
            host,
            sip_port,
            port=port,
            answer_after=answer_after,
            hang_up_after=hang_up_after,
            reject=reject,
            tone=tone,
            media=True,
        )
