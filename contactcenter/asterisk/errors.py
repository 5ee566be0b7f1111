"""What can go wrong between the controller and Asterisk. `str(error)` is one clear line for a person.

The names say the fact, as everywhere in this house, so they don't end in "Error".
"""

from contactcenter.errors import ContactCenterError


class AsteriskProblem(ContactCenterError):
    """Base of everything that goes wrong between the controller and Asterisk."""


class UnsafeValue(AsteriskProblem, ValueError):
    """A value that Asterisk would read as something else (a second action, a second command). Nothing was written."""


class AmiProblem(AsteriskProblem):
    """Base of the management interface's errors."""


class AmiNotConnected(AmiProblem):
    """There is no connection, or it was lost before the answer came.

    In the second case nobody knows whether Asterisk did what was asked: never repeat it blindly.
    """


class AmiTimeout(AmiProblem):
    """Asterisk did not answer in time. Nobody knows whether it did what was asked."""


class AmiRefused(AmiProblem):
    """Asterisk answered with an error.

    Attributes: action (the name of what was asked), reason (Asterisk's own words).
    """

    def __init__(self, action: str, reason: str) -> None:
        self.action, self.reason = action, reason
        super().__init__(f"Asterisk refused {action}: {reason}")


class AmiLoginRefused(AmiRefused):
    """User name or secret is wrong, or this host may not log in. Trying again would not help."""


class AgiProblem(AsteriskProblem):
    """Base of the call session's errors."""


class AgiTimeout(AgiProblem):
    """Asterisk did not finish a command in time; it may still be busy with it."""


class AgiCommandFailed(AgiProblem):
    """Asterisk does not know the command or can't take its arguments: a fault of ours.

    Attributes: code (510, 520 ...), reason (Asterisk's own words, one string of several lines).
    """

    def __init__(self, code: int, reason: str) -> None:
        self.code, self.reason = code, reason
        super().__init__(f"Asterisk refused an AGI command ({code}): {reason}")


class CallerHungUp(AgiProblem):
    """The caller hung up, or Asterisk ended the session."""
