"""A trial call over a trunk: how soon it rings and is answered, and how its sound arrives.

The channel has an id of our choice, `trunktest-<token>`, and stays in [trunk-test] of asterisk-conf/extensions.conf. Asterisk
brings its count of lost packets up to date when it reports to the other end (RTCPSent, every five seconds), so that is when
it is read, by CHANNEL(rtcp,all).
"""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from contactcenter.asterisk import causes
from contactcenter.asterisk.ami import AmiClient
from contactcenter.asterisk.errors import AmiProblem, AmiRefused
from contactcenter.asterisk.translate import AmiEvents
from contactcenter.trunks import TrunkTest
from contactcenter.voice_quality import mos, mouth_to_ear_ms, rating

PREFIX = "trunktest"
"""Begins the ids of these channels; the filters in asterisk-conf/manager.conf know it."""
RING_SECONDS = 45.0
REPORT_SECONDS = 8.0
"""In which the next report has to come; Asterisk sends one every five seconds."""
NEARLY = 0.5
"""Seconds by which a report may come before its time."""
HANGUP_SECONDS = 0.5
"""In which Hangup follows a failed Originate, if there was a channel at all; it does so at once."""
LOST = 5.0
"""Seconds after which a call whose end AMI did not tell counts as not answered."""
NO_CHANNEL = "the provider can't be reached"


@dataclass(frozen=True, slots=True)
class Reading:
    """What Asterisk has counted of a call's sound; packets since its start. None: the other end has reported nothing yet."""

    sent: int
    received: int
    lost: int
    jitter_ms: float
    far_lost: int | None
    round_trip_ms: float | None

    @classmethod
    def parse(cls, text: str) -> "Reading":
        """From the value of CHANNEL(rtcp,all): name=value with semicolons between; times in seconds.

        txjitter is the jitter of what came: that which Asterisk transmits in its reports; rxjitter is the other end's report.
        """
        values = dict(part.split("=", 1) for part in text.split(";") if "=" in part)
        round_trip = float(values["rtt"])
        return cls(
            sent=int(values["txcount"]),
            received=int(values["rxcount"]),
            lost=int(values["lp"]),
            jitter_ms=float(values["txjitter"]) * 1000,
            far_lost=int(values["rlp"]) if round_trip else None,
            round_trip_ms=round_trip * 1000 or None,
        )

    @property
    def loss_percent(self) -> float | None:
        """None when nothing came, so that nothing could be lost."""
        return self.lost * 100 / (self.lost + self.received) if self.received else None

    @property
    def far_loss_percent(self) -> float | None:
        return None if self.far_lost is None else self.far_lost * 100 / max(1, self.sent)

    @property
    def rating(self) -> float | None:
        """R of the E-model for what came; a round trip that is not known counts as none."""
        if self.loss_percent is None:
            return None
        return rating(self.loss_percent, mouth_to_ear_ms(self.round_trip_ms or 0.0, self.jitter_ms))


@dataclass(eq=False, slots=True)
class _Trial:
    """A trial call under way. Times are the loop's."""

    begun: float
    ringing: float | None = None
    answered: float | None = None
    cause: str = ""
    over: bool = False
    failed: bool = False
    """Asterisk has said that nobody answered; Hangup says why, if there was a channel."""
    reports: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def next(self, deadline: float) -> bool:
        """Waits for something to happen; False when nothing did until then (the loop's time)."""
        try:
            async with asyncio.timeout_at(deadline):
                await self.changed.wait()
        except TimeoutError:
            return False
        self.changed.clear()
        return True


class TrialCalls:
    """Places trial calls and hangs them up again, whatever happens."""

    def __init__(self, ami: AmiClient, events: AmiEvents) -> None:
        self._ami = ami
        self._trials: dict[str, _Trial] = {}
        events.channels[PREFIX] = self._take

    async def call(self, trunk: str, number: str, address: str, shown: str, seconds: float) -> TrunkTest:
        """address: what Originate dials; shown: the number that is shown to call. Raises AmiProblem."""
        id_ = f"{PREFIX}-{secrets.token_hex(8)}"
        trial = self._trials[id_] = _Trial(asyncio.get_running_loop().time())
        try:
            await self._originate(id_, address, shown, seconds)
            await self._until_answered(trial)
            reading, listened = await self._listen(id_, trial, seconds) if trial.answered else (None, 0.0)
        finally:
            del self._trials[id_]
            if not trial.over:
                await self._hang_up(id_)
        return _told(trunk, number, trial, reading, listened)

    async def _originate(self, id_: str, address: str, shown: str, seconds: float) -> None:
        await self._ami.action(
            "Originate",
            Channel=address,
            ActionID=id_,
            ChannelId=id_,
            Context="trunk-test",
            Exten="s",
            Priority="1",
            Timeout=str(round(RING_SECONDS * 1000)),
            CallerID=f'"{shown}" <{shown}>',
            Async="true",
            Variable=f"CC_SECONDS={round(seconds + 2 * REPORT_SECONDS)}",
        )

    async def _until_answered(self, trial: _Trial) -> None:
        deadline = trial.begun + RING_SECONDS + LOST
        while trial.answered is None and not trial.over:
            if trial.failed:
                deadline = min(deadline, asyncio.get_running_loop().time() + HANGUP_SECONDS)
            if not await trial.next(deadline):
                trial.over, trial.cause = True, NO_CHANNEL if trial.failed else "no answer"

    async def _listen(self, id_: str, trial: _Trial, seconds: float) -> tuple[Reading | None, float]:
        """The last reading and how long after the answer it was: of the first report after so many seconds, if it comes."""
        clock = asyncio.get_running_loop().time
        begun = trial.answered or clock()
        reading, listened, reports = None, 0.0, trial.reports
        while listened < seconds - NEARLY and not trial.over:
            if not await trial.next(clock() + REPORT_SECONDS):
                break
            if trial.reports == reports:
                continue
            reports = trial.reports
            try:
                reading = Reading.parse(await self._counts(id_))
            except AmiRefused:  # hung up in this very moment
                break
            listened = clock() - begun
        return reading, listened

    async def _counts(self, id_: str) -> str:
        return (await self._ami.action("Getvar", Channel=id_, Variable="CHANNEL(rtcp,all)"))["Value"]

    async def _hang_up(self, id_: str) -> None:
        """Refused when it is over already; without AMI, [trunk-test] ends it."""
        try:
            await self._ami.action("Hangup", Channel=id_, Cause=causes.NORMAL)
        except AmiProblem:
            return

    def _take(self, event: Mapping[str, str]) -> None:
        names = ("DestUniqueid", "Uniqueid", "ActionID")
        trial = next((self._trials[event[n]] for n in names if event.get(n) in self._trials), None)
        if trial is None:
            return
        now = asyncio.get_running_loop().time()
        match event["Event"]:
            case "DialState":
                trial.ringing = trial.ringing or now
            case "DialEnd" if event["DialStatus"] == "ANSWER":
                trial.answered = trial.answered or now
            case "RTCPSent":
                trial.reports += 1
            case "Hangup":
                trial.over, trial.cause = True, _cause(event)
            case "OriginateResponse":
                trial.failed = True
            case _:
                return
        trial.changed.set()


def _cause(event: Mapping[str, str]) -> str:
    """Why a channel is over, in Asterisk's words and by its numbers."""
    numbers = [f"Q.850 {event['Cause']}"]
    if (status := causes.sip_status(event.get("TechCause", ""))) is not None:
        numbers.append(f"SIP {status}")
    return f"{event.get('Cause-txt', 'unknown').lower()} ({', '.join(numbers)})"


def _told(trunk: str, number: str, trial: _Trial, reading: Reading | None, listened: float) -> TrunkTest:
    answered = trial.answered is not None
    test = TrunkTest(
        trunk=trunk,
        number=number,
        answered=answered,
        cause=_ending(trial, reading) if answered else trial.cause,
        ringing_ms=_since(trial, trial.ringing),
        answer_ms=_since(trial, trial.answered),
    )
    return test if reading is None else _with_reading(test, reading, listened)


def _ending(trial: _Trial, reading: Reading | None) -> str:
    if trial.over:
        return f"the other end hung up early: {trial.cause}"
    return "no sound was measured" if reading is None else "" if reading.received else "nothing came from the other end"


def _with_reading(test: TrunkTest, reading: Reading, listened: float) -> TrunkTest:
    score = reading.rating
    return replace(
        test,
        seconds=round(listened, 1),
        packets_sent=reading.sent,
        packets_received=reading.received,
        loss_percent=_rounded(reading.loss_percent, 1),
        far_loss_percent=_rounded(reading.far_loss_percent, 1),
        jitter_ms=_rounded(reading.jitter_ms if reading.received else None, 1),
        round_trip_ms=_rounded(reading.round_trip_ms, 1),
        rating=_rounded(score, 1),
        mos=_rounded(None if score is None else mos(score), 2),
    )


def _since(trial: _Trial, at: float | None) -> int | None:
    return None if at is None else round((at - trial.begun) * 1000)


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
