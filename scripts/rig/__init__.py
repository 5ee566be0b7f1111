"""Callers and agents' phones that ring a real Asterisk: for the demo, the real-call tests and the benchmark."""
