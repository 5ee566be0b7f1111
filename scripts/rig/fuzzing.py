"""What reads bytes of others, as functions that may be given any bytes: each holds its reader to its bounds, and lets nothing through
but what the reader is meant to raise. tests/unit/fuzzed feeds them by hypothesis, scripts/fuzz by atheris.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from aiohttp import ClientError, ClientSession
from aiohttp.test_utils import TestServer
from yarl import URL

from contactcenter.asterisk import ami, wire
from contactcenter.asterisk.agi_server import _Link
from contactcenter.asterisk.ami import AmiLink
from contactcenter.asterisk.errors import AgiProblem, AmiProblem
from contactcenter.asterisk.wire import AmiMessage, AnswerReader, PendingAction
from contactcenter.clock import SystemClock
from contactcenter.customers.columns import columns_of
from contactcenter.customers.documents import Faults, company_of
from contactcenter.customers.importing import plan_import
from contactcenter.customers.sheets import opened
from contactcenter.errors import BadInput, FileProblems
from contactcenter.ivr.known import Known
from contactcenter.ivr.loader import load_flow, load_rules
from contactcenter.simulator.center import simulated_center
from contactcenter.store.companies import CompanyRepository
from contactcenter.store.database import migrate, open_database
from contactcenter.store.outbox import ConflictRepository
from contactcenter.web import customers, server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from contactcenter.asterisk.agi import AgiSession

TOKEN = "token"  # noqa: S105
METHODS = ("GET", "POST", "PUT", "DELETE")
PLACES = (
    "/",
    "/api/v1/",
    "/api/v1/queues/",
    "/api/v1/queues/vip",
    "/api/v1/queues/vip/asked?",
    "/api/v1/queues/vip?",
    "/api/v1/queues/vip/members/",
    "/api/v1/agents/",
    "/api/v1/agents/1001/",
    "/api/v1/agents/1001/pause?reason=",
    "/api/v1/agents/1001/extend?seconds=",
    "/api/v1/tickets/",
    "/api/v1/customers/",
    "/api/v1/customers?number=",
    "/api/v1/conflicts",
)
MOST_AGI_BYTES = 4096
KNOWN = Known({"zh": {"welcome", "goodbye", "no-key", "wrong-key"}}, queues=frozenset({"vip"}))


class Silence(asyncio.Transport):
    """The other end of a reader: takes everything in, and says nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.written = 0
        self.closed = False
        self._socket = socket.socket()

    def write(self, data: bytes) -> None:  # type: ignore[override]
        self.written += len(data)

    def abort(self) -> None:
        self.closed = True
        self._socket.close()

    close = abort

    def is_closing(self) -> bool:
        return self.closed

    def get_write_buffer_size(self) -> int:
        return 0

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._socket if name == "socket" else default


def _told(refused: Exception) -> None:
    """A refusal can be written down and says something."""
    assert str(refused).encode()  # noqa: S101


def segments(data: bytes) -> Iterator[bytes]:
    """As TCP may cut it: the first byte says how."""
    if data:
        size = 1 + data[0] % 61
        yield from (data[start : start + size] for start in range(1, len(data), size))


class Fuzzing:
    """All targets, on a loop of its own. folder: for the files they read."""

    def __init__(self, folder: Path) -> None:
        logging.disable(logging.CRITICAL)
        self.loop = asyncio.new_event_loop()
        self.folder = folder
        self._api: ClientSession | None = None
        self._close: list[Any] = []

    # ---- Asterisk

    def ami(self, data: bytes) -> None:
        """The reader of a connection to the manager interface, with actions under way."""
        self.loop.run_until_complete(self._ami(data))

    async def _ami(self, data: bytes) -> None:
        events: list[AmiMessage] = []
        link = AmiLink(events.append, lambda: None)
        transport = Silence()
        link.connection_made(transport)
        one = PendingAction("Ping", {"ActionID": "1"})
        several = PendingAction("List", {"ActionID": "2"}, is_list=True)
        link.send(one)
        link.send(several)
        for part in segments(data):
            if transport.closed:
                break
            link.data_received(part)
            assert len(link._unread) <= ami.MAX_MESSAGE_BYTES + len(part)  # noqa: S101, SLF001
        for event in events:
            assert "event" in event  # noqa: S101
        link.drop("the end")
        link.connection_lost(None)
        for action in (one, several):
            assert action.future.done()  # noqa: S101
            if (error := action.future.exception()) is not None and not isinstance(error, AmiProblem):
                raise error

    def agi(self, data: bytes) -> None:
        """A FastAGI session from its first byte on, with a command under way."""
        self.loop.run_until_complete(self._agi(data))

    async def _agi(self, data: bytes) -> None:
        sessions: list[AgiSession] = []
        link = _Link(set(), lambda _, session: sessions.append(session), 5.0, MOST_AGI_BYTES)
        transport = Silence()
        link.connection_made(transport)
        asking: asyncio.Task[Any] | None = None
        for part in segments(data):
            if transport.closed:
                break
            link.data_received(part)
            assert len(link._unread) <= MOST_AGI_BYTES  # noqa: S101, SLF001
            if sessions and (asking is None or asking.done()):
                if asking is not None and not asking.cancelled():
                    asking.exception()
                asking = asyncio.ensure_future(sessions[0].command("GET VARIABLE", "X", timeout=0.01))
                await asyncio.sleep(0)
        link.connection_lost(None)
        if asking is not None:
            with contextlib.suppress(AgiProblem):
                await asking
        transport.abort()

    def answers(self, data: bytes) -> None:
        """Answers of AGI alone, and messages of AMI alone: many more of them in the same time."""
        reader = AnswerReader()
        for line in data.decode("utf-8", "replace").split("\n"):
            reader.take(line)
            assert len(reader._lines) < wire.MAX_TEXT_LINES  # noqa: S101, SLF001
        message = AmiMessage.parse(data)
        for name in message:
            assert message[name] == message.all(name)[0]  # noqa: S101

    # ---- files

    def flow(self, data: bytes) -> None:
        """A flow, and routing rules, from YAML."""
        text = data.decode("utf-8", "replace")
        try:
            load_flow(Path("main.yaml"), KNOWN, text)
        except FileProblems as refused:
            _told(refused)
        file = self.folder / "routes.yaml"
        file.write_bytes(data)
        try:
            load_rules(file, ["vip"], ["main-menu"], ["main"])
        except FileProblems as refused:
            _told(refused)

    def sheet(self, data: bytes) -> None:
        """A file of customers: csv, xlsx, or whatever it is."""
        file = self.folder / "customers.csv"
        file.write_bytes(data)
        try:
            with opened(file) as (headings, rows, _):
                plan_import(rows, columns_of(headings, own_fields=True), [], "CN")
        except BadInput as refused:
            _told(refused)

    def company(self, data: bytes) -> None:
        """A company's document from a CRM."""
        try:
            document = json.loads(data)
        except (ValueError, RecursionError):
            return
        if isinstance(document, dict):
            try:
                company_of(document, "CN")
            except Faults as refused:
                _told(refused)

    # ---- the HTTP API

    def http(self, data: bytes) -> None:
        """A request: a byte for the method, one for where it goes, the rest of the address, and after a line end the body. The answer
        is never a mistake of the server's own.
        """
        self.loop.run_until_complete(self._http(data))

    async def _http(self, data: bytes) -> None:
        if self._api is None:
            self._api = await self._serve()
        if len(data) < 2:
            return
        rest, _, body = data[2:].partition(b"\n")
        method = METHODS[data[0] % len(METHODS)]
        path = PLACES[data[1] % len(PLACES)] + quote(rest.lstrip(b"/"), safe="/?&=%+,")
        try:
            url = URL(path, encoded=True)
            async with asyncio.timeout(5), self._api.request(method, url, data=body) as answer:
                text = await answer.text()
        except (ClientError, ValueError):
            return  # no client would send it
        assert answer.status < 500, (method, path, body, text)  # noqa: S101

    async def _serve(self) -> ClientSession:
        center = simulated_center()
        simulated = await center.__aenter__()
        url = f"sqlite+aiosqlite:///{self.folder}/contactcenter.db"
        await asyncio.to_thread(migrate, url)
        database = open_database(url)
        app = server.build(simulated.center, TOKEN, dict)
        customers.install(app, CompanyRepository(database), ConflictRepository(database), SystemClock(), "CN")
        running = TestServer(app, host="127.0.0.1")
        await running.start_server()
        session = ClientSession(running.make_url("/"), headers={"Authorization": f"Bearer {TOKEN}"})
        self._close += [session.close, running.close, database.dispose, lambda: center.__aexit__(None, None, None)]
        return session

    def close(self) -> None:
        for close in self._close:
            self.loop.run_until_complete(close())
        self.loop.close()
        logging.disable(logging.NOTSET)


TARGETS: dict[str, Callable[[Fuzzing, bytes], None]] = {
    name: getattr(Fuzzing, name) for name in ("ami", "agi", "answers", "flow", "sheet", "company", "http")
}

SEEDS: dict[str, tuple[bytes, ...]] = {
    "ami": (
        (
            b"\x1fAsterisk Call Manager/11.0.0\r\nResponse: Success\r\nActionID: 1\r\nPing: Pong\r\n\r\n"
            b"Event: DialEnd\r\nDestUniqueid: offer-1\r\nDialStatus: ANSWER\r\n\r\n"
        ),
        (
            b"\x05Asterisk Call Manager/11.0.0\r\nResponse: Success\r\nActionID: 2\r\nEventList: start\r\n\r\n"
            b"Event: X\r\nActionID: 2\r\n\r\nEvent: XComplete\r\nActionID: 2\r\nEventList: Complete\r\n\r\n"
        ),
    ),
    "agi": (
        (
            b"\x3cagi_network: yes\nagi_network_script: call\nagi_request: agi://127.0.0.1/call\nagi_uniqueid: 1.1\n"
            b"agi_callerid: 1\n\n200 result=1 (x)\n200 result=0\nHANGUP\n"
        ),
        b"\x02agi_request: x\n\n520-Invalid\nUsage\n520 End\n511 Command Not Permitted\n",
    ),
    "answers": (
        b"200 result=1 (a\nb) endpos=8\n100 result=0 Trying...\n520-x\ny\n520 End\n",
        b"Event: X\r\nA: b\r\nA: c",
    ),
    "flow": (
        b"start: a\nnodes:\n  a: {type: menu, prompt: welcome, keys: {1: b}, failed: b}\n  b: {type: queue, queue: vip}\n",
        b"rules:\n  - name: a\n    when: {level: [vip]}\n    queue: vip\n    priority: 5\n",
        b"start: a\nnodes:\n  a: {type: set, values: {x: 1}, next: b}\n  b: {type: hangup, prompt: goodbye}\n",
    ),
    "sheet": (
        "公司,电话,级别\n华远,13800000001,VIP\n".encode(),
        b"name;numbers\nx;+8613800000001\n",
        b"PK\x03\x04",
        b"\xff\xfea\x00,\x00",
    ),
    "company": (
        (
            b'{"name": "x", "level": "vip", "service_until": "2027-01-01", "service_code": "100001", "products": ["T3"],'
            b' "fields": {"a": "b"}, "contacts": [{"name": "y", "numbers": ["13800000001"], "mail": "a@b.cn"}]}'
        ),
    ),
    "http": (
        b"\x00\x01status",
        b"\x00\x04first=1001&skills=x",
        b"\x01\x05ring_seconds=5&strategy=broadcast",
        b"\x01\x061001?level=2",
        b"\x01\x09lunch",
        b"\x01\x0a60",
        b"\x01\x0b1/close",
        b'\x02\x0cc1\n{"name": "x", "contacts": []}',
        b"\x03\x0cc1",
        b"\x00\x0d13800000001",
    ),
}
"""Where atheris begins."""
