"""Files that only their owner may read, and addresses without the password in them."""

import logging
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

log = logging.getLogger(__name__)

OTHERS = 0o077
MASK = "***"
_PASSWORD = re.compile(r"(://[^:/?#\s]*:)\S*(?=@)|((?:password|passwd|pwd)=)[^&\s]+", re.IGNORECASE)


def write_private(file: Path, text: str) -> None:
    """Puts a file in place, whole and with mode 0600 from its first byte on. Raises OSError."""
    unfinished = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        unfinished.replace(file)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise


def keep_private(file: Path) -> bool:
    """Takes away what others may do with a file, with a warning; whether nobody else can read it now."""
    mode = file.stat().st_mode & 0o777
    if not mode & OTHERS:
        return True
    try:
        file.chmod(mode & ~OTHERS)
    except OSError:
        log.warning("%s can be read by others, and this user may not change that. Say: chmod 600 %s", file, file)
        return False
    log.warning("%s could be read by others (mode %o); it is yours alone now. Change what is in it.", file, mode)
    return True


def masked(address: str) -> str:
    """An address, such as a database's, with *** for its password."""
    return _PASSWORD.sub(lambda found: f"{found[1] or found[2]}{MASK}", address)
