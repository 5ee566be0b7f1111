"""Encrypts recordings anew: under the newest key what an older one opens, or nobody's. It may be interrupted, and goes on when said again."""

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

from pyrage.x25519 import Identity

from contactcenter.recording.errors import RecordingError
from contactcenter.recording.keys import Key
from contactcenter.recording.sealing import SEALED, Digest, seal, sound_of, unseal


def rekey_file(folder: Path, path: str, keys: Sequence[Key]) -> str:
    """Encrypts a recording for the last of the keys; its path then. One that was not encrypted is still there, see `forget_plain`.

    No plain byte touches the disk. The new file is read back, where its private key is here, before it takes the old one's place. Raises RecordingError with the old
    one untouched.
    """
    source, target, newest = folder / path, folder / _sealed(path), keys[-1]
    unfinished = target.with_suffix(".rekeyed")
    try:
        with unfinished.open("wb") as out:
            digest = seal(sound_of(source, identities_of(keys)), out, newest.public)
            out.flush()
            os.fsync(out.fileno())
        if newest.identity is not None:
            _read_back(unfinished, digest, newest.identity)
        unfinished.replace(target)
    except OSError as error:
        raise RecordingError(f"{path}: {error.strerror or error}") from error
    except RecordingError as error:
        raise RecordingError(f"{path}: {error}") from error
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
    return _sealed(path)


def forget_plain(folder: Path, path: str) -> None:
    """Deletes what a recording was before it was encrypted."""
    if path.endswith(SEALED):
        (folder / path.removesuffix(SEALED)).unlink(missing_ok=True)


def identities_of(keys: Sequence[Key]) -> list[Identity]:
    return [key.identity for key in reversed(keys) if key.identity is not None]


def _sealed(path: str) -> str:
    return path if path.endswith(SEALED) else path + SEALED


def _read_back(file: Path, digest: str, identity: Identity) -> None:
    read = Digest()
    with file.open("rb") as source:
        unseal(source, read, [identity])
    if read.hexdigest() != digest:
        raise RecordingError("it was not written as it was read")
