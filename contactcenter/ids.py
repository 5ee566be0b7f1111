"""Typed ids, so that a call can't be taken for an agent."""

from typing import NewType

CallId = NewType("CallId", str)
"""Asterisk's UNIQUEID of the caller's channel, such as 1795500000.42: also the id in its CDR and queue_log."""

AgentNumber = NewType("AgentNumber", str)
"""An agent's extension, such as 1001: also the name of the PJSIP endpoint."""

QueueName = NewType("QueueName", str)
CompanyId = NewType("CompanyId", int)
ContactId = NewType("ContactId", int)
TicketNumber = NewType("TicketNumber", int)
