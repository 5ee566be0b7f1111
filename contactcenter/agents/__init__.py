"""Agents: who they are, what they are doing now, and the table of moves between those states."""
