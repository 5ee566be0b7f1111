"""Deletes files of recordings, and finds those that nobody knows."""

import contextlib
import hashlib
from collections.abc import Collection, Iterator
from pathlib import Path

from contactcenter.recording.errors import RecordingError

PARTS = "parts"


def delete_file(folder: Path, path: str) -> str:
    """Deletes a recording and the folders of days that are empty then; the file's SHA-256, "" when there was none.

    Of an encrypted one the key goes with it: it stands in the file's header only. Raises RecordingError when the file stays.
    """
    file = folder / path
    try:
        with file.open("rb") as source:
            digest = hashlib.file_digest(source, "sha256").hexdigest()
        file.unlink()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise RecordingError(f"{file} can't be deleted: {error.strerror}") from error
    with contextlib.suppress(OSError):
        for day in file.parents:
            if day in {folder, folder / PARTS}:
                break
            day.rmdir()
    return digest


def files_in(folder: Path) -> Iterator[str]:
    """Every file of the recordings folder but the parts, as paths within it."""
    for file in folder.rglob("*"):
        path = file.relative_to(folder)
        if path.parts[0] != PARTS and file.is_file():
            yield path.as_posix()


def strangers(folder: Path, known: Collection[str]) -> tuple[list[str], list[str]]:
    """(files that nobody knows, known ones that have no file), sorted."""
    there = set(files_in(folder))
    return sorted(there - set(known)), sorted(set(known) - there)
