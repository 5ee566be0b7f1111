"""One caller in the files of log/: CDR, queue_log, whatever programs said. Files that logrotate has compressed are not looked into."""

import mmap
from collections.abc import Iterator
from pathlib import Path

from contactcenter.privacy.person import Pseudonym


def lines_with(folder: Path, person: Pseudonym) -> Iterator[tuple[str, str]]:
    """(file, line) of every line with a number of the person."""
    pattern = person.bytes_pattern
    for file in _files(folder):
        with file.open("rb") as lines:
            for line in lines:
                if pattern.search(line):
                    yield str(file.relative_to(folder)), line.decode(errors="replace").rstrip("\r\n")


def replace_in(folder: Path, person: Pseudonym) -> dict[str, int]:
    """Puts the pseudonym in place of the person's numbers; file -> how many. In place and of the same length: the lines that Asterisk and the
    controller append meanwhile are not touched.
    """
    pattern, done = person.bytes_pattern, {}
    for file in _files(folder):
        with file.open("r+b") as opened, mmap.mmap(opened.fileno(), 0) as content:
            found = [match.span() for match in pattern.finditer(content)]
            for start, end in found:
                content[start:end] = person.filler(end - start)
            if found:
                content.flush()
                done[str(file.relative_to(folder))] = len(found)
    return done


def _files(folder: Path) -> list[Path]:
    return sorted(
        file
        for file in folder.rglob("*")
        if file.is_file() and file.suffix not in {".gz", ".xz", ".zst"} and file.stat().st_size
    )
