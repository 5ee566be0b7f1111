"""Encrypts and decrypts recordings of any length in little memory, in the format of age (https://age-encryption.org/v1).

A file has a key of its own, wrapped for the public key in its header (X25519); the sound follows in pieces of 64 KiB, each with
ChaCha20-Poly1305, a counter and a mark on the last: the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár
(https://eprint.iacr.org/2015/189). What is cut off, changed or put in another order is refused. `age --decrypt -i KEYFILE` reads it too.
"""

import hashlib
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyrage
from pyrage.x25519 import Identity, Recipient

from contactcenter.recording.errors import KeyProblem, RecordingError

SEALED = ".age"
"""How the names of encrypted recordings end."""
PIECE = 1 << 16


class _Chunks(io.BufferedIOBase):
    """An iterator of bytes as a file to read, and what was read as its SHA-256."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._left = chunks, memoryview(b"")
        self.digest = hashlib.sha256()
        self.error: BaseException | None = None

    def read(self, size: int | None = -1, /) -> bytes:
        try:
            while not self._left:
                piece = next(self._chunks, None)
                if piece is None:
                    return b""
                self.digest.update(piece)
                self._left = memoryview(piece)
        except Exception as error:
            self.error = error
            raise
        taken, self._left = bytes(self._left[:size]), self._left[size:]
        return taken


class Digest(io.BufferedIOBase):
    """A file to write into that only keeps the SHA-256."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def write(self, data: bytes | bytearray | memoryview, /) -> int:  # type: ignore[override]  # what pyrage hands over
        self._digest.update(data)
        return len(data)

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


def seal(chunks: Iterable[bytes], out: io.BufferedIOBase, public: str) -> str:
    """Encrypts for a public key; the SHA-256 of the plain sound. Raises OSError, and what the chunks raise."""
    source = _Chunks(iter(chunks))
    try:
        pyrage.encrypt_io(source, out, [Recipient.from_str(public)])
    except pyrage.EncryptError as error:
        if source.error is not None:
            raise source.error from None
        raise OSError(str(error).removeprefix("OSError: ")) from None
    return source.digest.hexdigest()


def unseal(source: io.BufferedIOBase, out: io.BufferedIOBase, identities: Sequence[Identity]) -> None:
    """Decrypts with whichever key fits. Raises KeyProblem when none does, RecordingError for a file that is damaged, OSError.

    What was written before damage was found is not to be used.
    """
    try:
        pyrage.decrypt_io(source, out, identities or [Identity.generate()])
    except pyrage.DecryptError as error:
        if "No matching keys" in str(error):
            raise KeyProblem("none of the keys here opens it. Name the file with its private key: --key FILE") from None
        raise RecordingError("it is damaged or cut off, and can't be decrypted") from None
    except OSError as error:
        if error.errno is not None:
            raise
        raise RecordingError("it is damaged or cut off, and can't be decrypted") from None


def sound_of(file: Path, identities: Sequence[Identity]) -> Iterator[bytes]:
    """A recording's sound, decrypted if it must be. No plain byte touches the disk. Raises as `unseal` does, OSError.

    Damage shows at the end at the latest: what came before is not to be used then.
    """
    with file.open("rb") as source:
        if file.suffix != SEALED:
            yield from iter(lambda: source.read(PIECE), b"")
            return
        reading, writing = os.pipe()
        with ThreadPoolExecutor(1) as thread, os.fdopen(reading, "rb") as sound:
            work = thread.submit(_unseal_into, writing, source, identities)
            yield from iter(lambda: sound.read(PIECE), b"")
            work.result()


def _unseal_into(pipe: int, source: io.BufferedIOBase, identities: Sequence[Identity]) -> None:
    with os.fdopen(pipe, "wb") as out:
        unseal(source, out, identities)
