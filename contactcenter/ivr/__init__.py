"""The voice menus: flows from YAML, checked before they run."""
