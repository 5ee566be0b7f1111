"""The inside of the pyVoIP phone's process; see `rig.pyvoip_phone`. Imported nowhere else: it changes pyVoIP's classes."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

import pyVoIP
from pyVoIP.RTP import PayloadType, RTPClient, RTPMessage
from pyVoIP.VoIP import CallState, VoIPCall, VoIPPhone  # before pyVoIP.SIP: they import each other
from pyVoIP.VoIP.status import PhoneStatus

from rig import sound

if TYPE_CHECKING:
    from pyVoIP.SIP import SIPMessage

STEP = 0.05
_heard: deque[bytes] = deque(maxlen=50 * 600)
_print = threading.Lock()


def tell(event: str, **more: object) -> None:
    with _print:
        sys.stdout.write(json.dumps({"event": event, **more}) + "\n")
        sys.stdout.flush()


def _keep_pcmu(_client: RTPClient, message: RTPMessage) -> None:
    """In place of pyVoIP's jitter buffer, which is 8-bit and grows for ever."""
    _heard.append(message.payload)


def _start_once(client: RTPClient) -> None:
    if not hasattr(client, "sin"):  # a re-INVITE would start a second sender on the same port
        _real_start(client)


_real_start = RTPClient.start
RTPClient.parse_pcmu = _keep_pcmu  # type: ignore[method-assign, assignment]
RTPClient.start = _start_once  # type: ignore[method-assign, assignment]
pyVoIP.SIPCompatibleMethods.append("OPTIONS")
pyVoIP.RTPCompatibleCodecs.remove(PayloadType.PCMA)  # it encodes A-law as mu-law


class Phone:
    def __init__(
        self,
        *,
        number: str,
        password: str,
        host: str,
        sip_port: int,
        own_port: int,
        rtp_low: int,
        rtp_high: int,
        tone_hz: int | None,
        answer_after: float | None,
        talk_seconds: float | None,
    ) -> None:
        self.answer_after = answer_after
        self.talk_seconds = talk_seconds
        self.calls = 0
        self.call: VoIPCall | None = None
        self.wanted = ""
        self.voice = b""
        if tone_hz:
            self.voice = (
                ((sound.tone(tone_hz) // 256) + 128).astype("u1").tobytes()
            )  # 8-bit unsigned, as pyVoIP wants it
        self.phone = VoIPPhone(
            host,
            sip_port,
            number,
            password,
            myIP="127.0.0.1",
            sipPort=own_port,
            rtpPortLow=rtp_low,
            rtpPortHigh=rtp_high,
            callCallback=self.on_call,
        )
        self._pyvoip_parse = self.phone.sip.parse_message
        self.phone.sip.parse_message = self.on_message  # type: ignore[method-assign]
        try:
            self.phone.start()
        except Exception as problem:  # noqa: BLE001  whatever it is, the parent has to know
            tell("failed", why=repr(problem))
            return
        # Asterisk's first OPTIONS may overtake the 200, which pyVoIP takes for the answer; it tries again by itself.
        until = time.monotonic() + 5.0
        while self.phone.get_status() == PhoneStatus.REGISTERING and time.monotonic() < until:
            time.sleep(STEP)
        if self.phone.get_status() == PhoneStatus.REGISTERED:
            tell("registered")
        else:
            tell("failed", why=str(self.phone.get_status()))

    # -- SIP, in pyVoIP's receiving thread ------------------------------------------------------------------------------

    def on_message(self, message: SIPMessage) -> None:
        try:
            self._on_message(message)
        except Exception as problem:  # noqa: BLE001  pyVoIP would swallow it
            tell("problem", why=repr(problem), message=message.summary()[:500])

    def _on_message(self, message: SIPMessage) -> None:
        method = getattr(message, "method", None)  # a response has none
        if method == "OPTIONS":
            self._send(self.phone.sip.gen_ok(message))
            return
        ringing = self.phone.calls.get(message.headers.get("Call-ID", ""))
        self._pyvoip_parse(message)
        if method == "CANCEL" and ringing is not None and ringing.state == CallState.RINGING:
            busy = self.phone.sip.gen_busy(ringing.request)
            self._send(busy.replace("486 Busy Here", "487 Request Terminated", 1))
            ringing.state = CallState.ENDED
            self.phone.calls.pop(ringing.call_id, None)
            tell("cancelled", call=self.calls)
        elif method == "INVITE" and ringing is None:
            self.calls += 1
            self.call = self.phone.calls.get(message.headers["Call-ID"])
            self.wanted = ""
            _heard.clear()
            tell("ringing", call=self.calls, caller=message.headers["From"]["number"])

    def _send(self, text: str) -> None:
        self.phone.sip.out.sendto(text.encode(), (self.phone.server, self.phone.port))

    # -- a call, in a thread of its own that pyVoIP starts a second after the INVITE -------------------------------------

    def on_call(self, call: VoIPCall) -> None:
        try:
            self._on_call(call)
        except Exception as problem:  # noqa: BLE001  it would end in a thread that nobody looks at
            tell("problem", why=repr(problem))

    def _on_call(self, call: VoIPCall) -> None:
        count = self.calls
        due = None if self.answer_after is None else time.monotonic() + max(0.0, self.answer_after - 1.0)
        while call.state == CallState.RINGING:
            if self.wanted == "hang_up":
                call.deny()
                tell("ended", call=count, by="own")
                return
            if self.wanted == "answer" or (due is not None and time.monotonic() >= due):
                call.answer()
                tell("answered", call=count)
                self.talk(call, count)
                return
            time.sleep(STEP)

    def talk(self, call: VoIPCall, count: int) -> None:
        started = spoken = time.monotonic()
        while call.state == CallState.ANSWERED:
            now = time.monotonic()
            if self.voice and now >= spoken - 0.2:
                call.write_audio(self.voice)
                spoken += 1.0
            if self.wanted == "hang_up" or (self.talk_seconds is not None and now - started >= self.talk_seconds):
                call.hangup()
                tell("ended", call=count, by="own")
                return
            time.sleep(STEP)
        tell("ended", call=count, by="remote")

    # -- orders, in the main thread ---------------------------------------------------------------------------------------

    def obey(self, do: str, **more: Any) -> None:
        if do == "hears":
            pcm = sound.ulaw_decode(b"".join(tuple(_heard)))
            tell(
                "heard", hz=more["hz"], yes=sound.hears(pcm, more["hz"], more["seconds"]), seconds=len(pcm) / sound.RATE
            )
        else:
            self.wanted = do

    def quit(self) -> None:
        stop = threading.Thread(target=self.phone.stop, daemon=True)
        stop.start()
        stop.join(3.0)
        tell("quit")
        os._exit(0)  # pyVoIP's threads would keep the process
