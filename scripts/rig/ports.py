"""Free loopback ports, chosen so that two test processes never choose the same one.

The range below Linux' ephemeral ports is cut into blocks. A process claims a block by listening on its first port for as
long as it lives, and then hands out ports of its block only, each tried with a bind first. So a port that is given to
a child (SIPp, baresip, Asterisk) can't be taken by another rig process between the check and the child's own bind.
"""

from __future__ import annotations

import atexit
import os
import socket
from contextlib import closing
from itertools import chain
from typing import Final, Literal

Kind = Literal["udp", "tcp", "both"]

FIRST: Final = 20000
LAST: Final = 32000
BLOCK: Final = 400
LOOPBACK: Final = "127.0.0.1"


class NoFreePortError(RuntimeError):
    pass


class _Block:
    """The ports of this process; `claims` keeps the listening sockets alive."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.claims: list[socket.socket] = []
        self.ports: list[int] = []
        self.next = 0
        atexit.register(self.release)

    def release(self) -> None:
        for claim in self.claims:
            claim.close()

    def claim(self) -> None:
        claim = _claim_block()
        self.claims.append(claim)
        start = claim.getsockname()[1]
        self.ports.extend(range(start + 2, start + BLOCK))

    def take(self, kind: Kind, host: str, *, even: bool) -> int:
        for _ in range(2):
            for _ in range(len(self.ports)):
                port = self.ports[self.next % len(self.ports)]
                self.next += 1
                pair = (port, port + 1) if even else (port,)
                if (even and port % 2) or not all(is_free(one, kind, host) for one in pair):
                    continue
                self.next += len(pair) - 1
                return port
            self.claim()
        raise NoFreePortError("no free port in this process's blocks")


def _claim_block() -> socket.socket:
    """The socket that holds a block nobody else has; its port is the block's first."""
    starts = range(FIRST, LAST, BLOCK)
    offset = os.getpid() % len(starts)
    for start in chain(starts[offset:], starts[:offset]):
        claim = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            claim.bind((LOOPBACK, start))
            claim.listen(1)
        except OSError:
            claim.close()
            continue
        return claim
    raise NoFreePortError(f"every block of ports from {FIRST} to {LAST} is claimed")


class VoicePorts:
    """A block for an Asterisk alone, from `first` to `last`, held until it is closed.

    Asterisk binds its voice ports during calls; a phone that was given one of them beforehand would find it taken.
    """

    def __init__(self) -> None:
        self._claim = _claim_block()
        self.first = self._claim.getsockname()[1] + 2
        self.last = self.first + BLOCK - 3

    def close(self) -> None:
        self._claim.close()

    def __del__(self) -> None:
        self.close()


_block: list[_Block] = []


def _mine() -> _Block:
    if not _block or _block[0].pid != os.getpid():
        _block[:] = [_Block()]
    if not _block[0].ports:
        _block[0].claim()
    return _block[0]


def is_free(port: int, kind: Kind = "udp", host: str = LOOPBACK) -> bool:
    kinds = {"udp": [socket.SOCK_DGRAM], "tcp": [socket.SOCK_STREAM]}.get(kind, [socket.SOCK_DGRAM, socket.SOCK_STREAM])
    for one in kinds:
        with closing(socket.socket(socket.AF_INET, one)) as probe:
            try:
                probe.bind((host, port))
            except OSError:
                return False
    return True


def free_port(kind: Kind = "both", host: str = LOOPBACK) -> int:
    """A port of this process's block that nothing is bound to."""
    return _mine().take(kind, host, even=False)


def free_rtp_port(host: str = LOOPBACK) -> int:
    """An even UDP port whose odd neighbour (RTCP) is free as well."""
    return _mine().take("udp", host, even=True)
