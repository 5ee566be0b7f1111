"""Two mono parts become one stereo file: when Asterisk has closed them, the right way round, and whole or not at all."""

import asyncio
import wave
from array import array
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contactcenter.ids import CallId
from contactcenter.recording.errors import RecordingError
from contactcenter.recording.recorder import FRAMES_AT_ONCE, Recorder

CALL = CallId("1795500000.42")
ANSWERED = datetime(2026, 11, 25, 9, 5, tzinfo=UTC)
SAVED = "2026/11/25/1795500000.42.wav"


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    return Recorder(tmp_path)


def write(file: Path, samples: array, rate: int = 8000, channels: int = 1) -> None:
    with wave.open(str(file), "wb") as out:
        out.setparams((channels, 2, rate, 0, "NONE", ""))
        out.writeframes(samples.tobytes())


def ramp(count: int, sign: int) -> array:
    """Samples that are all different from their neighbours, positive or negative, never silent."""
    return array("h", (sign * (1 + index % 30000) for index in range(count)))


def sides(file: Path) -> tuple[array, array]:
    with wave.open(str(file)) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (2, 2, 8000)
        both = array("h", sound.readframes(sound.getnframes()))
    return both[::2], both[1::2]


def unclose(file: Path) -> bytes:
    """Makes a part look as while Asterisk still writes it: no length in the header. Returns the header as it was."""
    header = file.read_bytes()[:44]
    with file.open("r+b") as out:
        out.write(header[:40] + bytes(4))
    return header


def close(file: Path, header: bytes) -> None:
    with file.open("r+b") as out:
        out.write(header)


@pytest.mark.parametrize(
    ("caller", "agent"),
    [(8000, 4000), (4000, 8000), (1, 3), (FRAMES_AT_ONCE + 7, FRAMES_AT_ONCE - 7), (2 * FRAMES_AT_ONCE, 10)],
)
async def test_the_caller_is_left_the_agent_right_and_the_shorter_ends_in_silence(
    recorder: Recorder, caller: int, agent: int
) -> None:
    parts = recorder.parts(CALL)
    write(parts[0], ramp(caller, 1))
    write(parts[1], ramp(agent, -1))
    path, seconds, key = await recorder.save(CALL, ANSWERED)
    longest = max(caller, agent)
    assert (path, seconds, key) == (SAVED, round(longest / 8000, 3), "")
    left, right = sides(recorder.folder / path)
    assert left == ramp(caller, 1) + array("h", bytes(2 * (longest - caller)))
    assert right == ramp(agent, -1) + array("h", bytes(2 * (longest - agent)))


async def test_nothing_is_left_but_the_recording(recorder: Recorder) -> None:
    for part in recorder.parts(CALL):
        write(part, ramp(80, 1))
    await recorder.save(CALL, ANSWERED)
    files = [str(file.relative_to(recorder.folder)) for file in recorder.folder.rglob("*") if file.is_file()]
    assert files == [SAVED]


async def test_it_waits_until_asterisk_has_closed_both_parts(recorder: Recorder) -> None:
    parts = recorder.parts(CALL)
    headers = []
    for part in parts:
        write(part, ramp(800, 1))
        headers.append(unclose(part))
    one_closed, both_closed = asyncio.Event(), asyncio.Event()

    async def asterisk() -> None:
        for part, header, when in zip(parts, headers, (one_closed, both_closed), strict=True):
            await when.wait()
            close(part, header)

    async with asyncio.TaskGroup() as group:
        group.create_task(asterisk())
        saving = group.create_task(recorder.save(CALL, ANSWERED))
        for event in (one_closed, both_closed):
            _, waiting = await asyncio.wait({saving}, timeout=0.06)  # longer than one look at the files
            assert waiting == {saving}
            assert not (recorder.folder / SAVED).exists()
            event.set()
    assert saving.result() == (SAVED, 0.1, "")


async def test_a_missing_part_is_named_in_bounded_time(recorder: Recorder) -> None:
    write(recorder.parts(CALL)[0], ramp(80, 1))
    async with asyncio.timeout(2):
        with pytest.raises(RecordingError, match=r"^no recording: .*1795500000\.42-agent\.wav") as failed:
            await recorder.save(CALL, ANSWERED, patience=0.06)
    assert "caller.wav" not in str(failed.value)
    assert recorder.parts(CALL)[0].exists()


async def test_what_a_killed_asterisk_left_is_saved(recorder: Recorder) -> None:
    """One part ends in half a sample, the other has nothing but its header."""
    caller, agent = recorder.parts(CALL)
    write(caller, ramp(800, 1))
    write(agent, array("h"))
    for part in (caller, agent):
        unclose(part)
    with caller.open("ab") as out:
        out.write(b"h")
    saved = await recorder.save(CALL, ANSWERED, patience=0.06)
    assert saved.seconds == 0.1
    left, right = sides(recorder.folder / saved.path)
    assert left == ramp(800, 1)
    assert set(right) == {0}


async def test_parts_without_any_sound_are_told_once(recorder: Recorder) -> None:
    """They are gone then: the next controller does not try them again."""
    for part in recorder.parts(CALL):
        write(part, array("h"))
    with pytest.raises(RecordingError, match="neither side was heard"):
        await recorder.save(CALL, ANSWERED, patience=0.06)
    assert recorder.left() == []


async def test_parts_that_are_never_closed_are_told_in_bounded_time(recorder: Recorder) -> None:
    caller, agent = recorder.parts(CALL)
    for part in (caller, agent):
        write(part, ramp(80, 1))
        unclose(part)

    async def asterisk() -> None:
        while True:
            with caller.open("ab") as out:
                out.write(b"more")
            await asyncio.sleep(0.01)

    writing = asyncio.create_task(asterisk())
    try:
        async with asyncio.timeout(2):
            with pytest.raises(RecordingError, match="not closed by Asterisk"):
                await recorder.save(CALL, ANSWERED, patience=0.06)
    finally:
        writing.cancel()
    assert recorder.has_parts(CALL)


async def test_a_folder_that_cannot_be_made_loses_nothing(recorder: Recorder) -> None:
    parts = recorder.parts(CALL)
    for part in parts:
        write(part, ramp(80, 1))
    (recorder.folder / "2026").write_text("in the way", encoding="utf-8")
    with pytest.raises(RecordingError, match=r"^recording of call 1795500000\.42 could not be saved: "):
        await recorder.save(CALL, ANSWERED)
    assert all(part.exists() for part in parts)


async def test_a_full_disk_loses_nothing_and_leaves_no_half_recording(recorder: Recorder) -> None:
    parts = recorder.parts(CALL)
    for part in parts:
        write(part, ramp(80000, 1))
    target = recorder.folder / SAVED
    target.parent.mkdir(parents=True)
    target.with_suffix(".part").symlink_to("/dev/full")
    with pytest.raises(RecordingError, match="No space left on device"):
        await recorder.save(CALL, ANSWERED)
    assert not target.exists()
    assert all(part.exists() for part in parts)


@pytest.mark.parametrize(("rate", "channels"), [(16000, 1), (8000, 2)])
async def test_parts_that_do_not_fit_together_are_refused(recorder: Recorder, rate: int, channels: int) -> None:
    caller, agent = recorder.parts(CALL)
    write(caller, ramp(80, 1))
    write(agent, ramp(80, -1), rate, channels)
    with pytest.raises(RecordingError, match=r"^recording of call 1795500000\.42 could not be saved: "):
        await recorder.save(CALL, ANSWERED)
    assert not (recorder.folder / SAVED).exists()
    assert caller.exists()
    assert agent.exists()


def test_a_calls_id_cannot_lead_out_of_the_folder(recorder: Recorder) -> None:
    for part in recorder.parts(CallId("../../../etc/cron.d/x")):
        assert part.parent == recorder.folder / "parts"
        assert "/" not in part.name


def test_a_disk_with_room_says_nothing(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contactcenter.recording.recorder.ENOUGH_FREE_BYTES", 0)
    assert recorder.low_on_space() == ""
    monkeypatch.setattr("contactcenter.recording.recorder.ENOUGH_FREE_BYTES", 1 << 62)
    assert recorder.low_on_space().startswith("only ")
    assert str(recorder.folder) in recorder.low_on_space()
