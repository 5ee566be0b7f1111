"""What a node answers with when the way does not just go on at a node of the same flow."""

from dataclasses import dataclass

from contactcenter.ivr.destination import Destination


@dataclass(frozen=True, slots=True)
class Into:
    """Another flow goes on from here. then: the node to come back to, None to leave the present flow for good."""

    flow: str
    then: str | None = None


@dataclass(frozen=True, slots=True)
class Back:
    """The end of a flow: back to whoever entered it; the rules decide when nobody did."""


Outcome = str | Destination | Into | Back
"""str: the name of the next node."""
