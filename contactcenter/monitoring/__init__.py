"""How the running controller is, for machines that watch it: metrics, readiness, and who is told of alarms."""
