"""Asterisk: the only package that knows it. Calls come in over FastAGI, events and interruptions go over AMI."""
