"""What can be wrong with recordings."""

from contactcenter.errors import ContactCenterError


class RecordingError(ContactCenterError):
    """A recording could not be saved, read or deleted. The conversation is not touched."""


class KeyProblem(RecordingError):
    """There is no usable key to encrypt for, or none that decrypts."""
