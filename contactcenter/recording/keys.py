"""The keys that recordings are encrypted for: age's own key files, as age-keygen writes them (https://age-encryption.org/v1).

A file holds a public key, which encrypts, and the private one, which decrypts. The newest file is the one in use. An admin may take
the private key out and keep it elsewhere: what is recorded then can't be read on this machine at all.
"""

import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pyrage import IdentityError, RecipientError
from pyrage.x25519 import Identity, Recipient

from contactcenter.recording.errors import KeyProblem
from contactcenter.secrecy import keep_private

PUBLIC = "# public key: "
PRIVATE = "AGE-SECRET-KEY-1"
NAME = re.compile(r"[0-9]{4}\.key")


@dataclass(frozen=True, slots=True)
class Key:
    """public: age1...; identity: None when the private key is not here."""

    file: Path
    public: str
    made: str
    identity: Identity | None


def keys_in(folder: Path) -> tuple[Key, ...]:
    """The oldest first. Raises KeyProblem for a file that is none, or that others may read whatever is tried."""
    files = sorted(file for file in folder.glob("*.key") if NAME.fullmatch(file.name)) if folder.is_dir() else []
    return tuple(read_key(file) for file in files)


def read_key(file: Path) -> Key:
    """Raises KeyProblem."""
    try:
        if not keep_private(file):
            raise KeyProblem(f"{file} can be read by others. Make it yours alone: chmod 600 {file}")
        lines = file.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise KeyProblem(f"{file} can't be read: {getattr(error, 'strerror', None) or 'it is no key'}.") from None
    told = {line.removeprefix(PUBLIC).strip() for line in lines if line.startswith(PUBLIC)}
    secret = [line.strip() for line in lines if line.startswith(PRIVATE)]
    made = next((line.removeprefix("# created: ").strip() for line in lines if line.startswith("# created: ")), "")
    try:
        identity = Identity.from_str(secret[0]) if secret else None
        public = str(identity.to_public() if identity else Recipient.from_str(next(iter(told), "")))
    except (IdentityError, RecipientError):
        raise KeyProblem(f"{file} is no key of age. Restore it from your backup.") from None
    if told - {public}:
        raise KeyProblem(f"{file} holds two keys that are not one pair. Restore it from your backup.")
    return Key(file, public, made, identity)


def new_key(folder: Path, at: datetime) -> Key:
    """Writes the next key file, mode 0600. Raises OSError, KeyProblem."""
    before = keys_in(folder)
    number = int(before[-1].file.stem) + 1 if before else 1
    folder.mkdir(mode=0o700, exist_ok=True)
    identity = Identity.generate()
    file = folder / f"{number:04}.key"
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
        out.write(f"# created: {at.isoformat(timespec='seconds')}\n{PUBLIC}{identity.to_public()}\n{identity}\n")
        out.flush()
        os.fsync(out.fileno())
    return read_key(file)
