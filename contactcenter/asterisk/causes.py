"""Hang-up causes (ITU-T Q.850) that we tell apart, as Asterisk's HANGUPCAUSE gives them."""

CALL_REJECTED = "21"
