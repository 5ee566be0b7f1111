"""Recordings: both voices in stereo, from answer to hang-up."""
