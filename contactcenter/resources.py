"""What is shipped beside the code: asterisk-conf/, dialplans/, sounds/."""

from pathlib import Path

_INSTALLED = Path(__file__).parent / "resources"
_CHECKOUT = Path(__file__).parent.parent


def resource(name: str) -> Path:
    """A shipped folder, in an installed package or in a checkout."""
    return (_INSTALLED if _INSTALLED.is_dir() else _CHECKOUT) / name
