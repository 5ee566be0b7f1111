"""voice_message: the caller leaves a message, which becomes a ticket; then the call ends."""

from typing import ClassVar, Literal

from contactcenter.ivr.destination import ToVoiceMessage
from contactcenter.ivr.nodes.base import Node, Walk


class VoiceMessage(Node):
    step: ClassVar[str] = "acd"

    type: Literal["voice_message"]

    async def run(self, walk: Walk) -> ToVoiceMessage:  # noqa: ARG002
        return ToVoiceMessage()
