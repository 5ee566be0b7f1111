"""Every channel variable that dialplan and controller share. See asterisk-conf/extensions.conf."""

DONE = "CC_DONE"
"""1 once the controller has finished with a call; anything else at the end of AGI tells an orphan."""

FALLBACK = "CC_FALLBACK"
"""1 when the controller hands a call to the static fallback."""

AGENT = "CC_AGENT"
"""Set for each agent's endpoint in pjsip.conf: whose phone this is."""

LANGUAGE = "CHANNEL(language)"
HANGING_UP = "CHANNEL(checkhangup)"
DIAL_STATUS = "DIALSTATUS"
HANGUP_CAUSE = "HANGUPCAUSE"
SIP_CAUSE = "${HANGUPCAUSE(${HANGUPCAUSE_KEYS()},tech)}"
"""The SIP status that ended the last dial, such as "SIP 403 Forbidden"."""
ANSWERED_MS = "ANSWEREDTIME_MS"
BRIDGE_RESULT = "BRIDGERESULT"
CONTEXT = "CONTEXT"
"""Where in the dialplan a channel is; TRANSFERRED as soon as an agent's phone has handed its caller over."""
EXTENSION = "EXTEN"
TRANSFERRED = "transfer"
