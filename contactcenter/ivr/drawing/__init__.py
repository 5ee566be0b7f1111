"""Flows as pictures: boxes and arrows, as Mermaid text and as SVG. Pure."""
