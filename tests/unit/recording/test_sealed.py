"""Recordings at rest: nothing of the voices is on the disk but for age's format, and whoever has the key hears all of it."""

import json
import os
import resource
import shutil
import wave
from array import array
from datetime import UTC, datetime
from pathlib import Path

import pyrage
import pytest
from command_line import CALL, done, read, refusal, run
from pyrage import x25519

from contactcenter.ids import CallId
from contactcenter.recording.errors import KeyProblem, RecordingError
from contactcenter.recording.keys import PRIVATE, keys_in, new_key, read_key
from contactcenter.recording.recorder import Recorder
from contactcenter.recording.rekeying import identities_of, rekey_file
from contactcenter.recording.sealing import seal, sound_of

AT = datetime(2026, 11, 25, 9, 5, tzinfo=UTC)
VOICES = (array("h", [11111] * 8000), array("h", [-22222] * 8000))


def write_parts(recorder: Recorder, call: CallId = CALL) -> None:
    for file, voice in zip(recorder.parts(call), VOICES, strict=True):
        write(file, voice)


def write(file: Path, voice: array) -> None:
    with wave.open(str(file), "wb") as out:
        out.setparams((1, 2, 8000, 0, "NONE", ""))
        out.writeframes(voice.tobytes())


def everything(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    new_key(tmp_path / "keys", AT)
    return Recorder(tmp_path / "recordings", tmp_path / "keys")


async def test_no_voice_is_left_on_the_disk(recorder: Recorder, tmp_path: Path) -> None:
    plain = Recorder(tmp_path / "plain")
    for one in (recorder, plain):
        write_parts(one)
    expected = await plain.save(CALL, AT)
    saved = await recorder.save(CALL, AT)
    (key,) = keys_in(tmp_path / "keys")
    assert saved == (f"2026/11/25/{CALL}.wav.age", 1.0, key.public)
    file = recorder.folder / saved.path
    assert [path for path in recorder.folder.rglob("*") if path.is_file()] == [file]
    assert file.read_bytes().startswith(b"age-encryption.org/v1\n-> X25519 ")
    both = array("h", [11111, -22222] * 3).tobytes()
    assert both in (plain.folder / expected.path).read_bytes()
    assert both not in everything(recorder.folder)
    assert array("h", [11111] * 3).tobytes() not in everything(recorder.folder)
    heard = b"".join(sound_of(file, identities_of([key])))
    assert heard == (plain.folder / expected.path).read_bytes()


async def test_another_program_that_reads_age_hears_it(recorder: Recorder, tmp_path: Path) -> None:
    """By the key file alone, as `age --decrypt -i KEYFILE` does."""
    write_parts(recorder)
    saved = await recorder.save(CALL, AT)
    lines = (tmp_path / "keys" / "0001.key").read_text(encoding="ascii").splitlines()
    identity = x25519.Identity.from_str(next(line for line in lines if not line.startswith("#")))
    assert pyrage.decrypt((recorder.folder / saved.path).read_bytes(), [identity]).startswith(b"RIFF")


async def test_a_voice_message_too(recorder: Recorder) -> None:
    write(recorder.message_part(CALL), VOICES[0])
    saved = await recorder.save_message(CALL, AT)
    assert (saved.path, saved.seconds) == (f"2026/11/25/{CALL}-message.wav.age", 1.0)
    assert VOICES[0][:3].tobytes() not in everything(recorder.folder)


async def test_without_a_key_nothing_is_lost_and_nothing_is_saved_unencrypted(
    recorder: Recorder, tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "keys")
    write_parts(recorder)
    write(recorder.message_part(CALL), VOICES[0])
    for saving in (recorder.save(CALL, AT), recorder.save_message(CALL, AT)):
        with pytest.raises(KeyProblem, match=r"is kept as parts, .* Make one: contactcenter recording key new$"):
            await saving
    kept = sorted(path.name for path in recorder.folder.rglob("*") if path.is_file())
    assert kept == [f"{CALL}-agent.wav", f"{CALL}-caller.wav", f"{CALL}-message.wav"]
    new_key(tmp_path / "keys", AT)
    assert (await recorder.save(CALL, AT)).seconds == 1.0


async def test_a_full_disk_leaves_the_parts_and_no_half_file(recorder: Recorder) -> None:
    write_parts(recorder)
    target = recorder.folder / "2026/11/25" / f"{CALL}.wav.part"
    target.parent.mkdir(parents=True)
    target.symlink_to("/dev/full")
    with pytest.raises(RecordingError, match="No space left on device"):
        await recorder.save(CALL, AT)
    assert sorted(path.name for path in recorder.folder.rglob("*") if path.is_file()) == [
        f"{CALL}-agent.wav",
        f"{CALL}-caller.wav",
    ]


async def test_new_keys_are_used_at_once_and_old_recordings_stay_readable(recorder: Recorder, tmp_path: Path) -> None:
    saved = []
    for number in range(3):
        write_parts(recorder, CallId(f"{number}"))
        saved.append(await recorder.save(CallId(f"{number}"), AT))
        new_key(tmp_path / "keys", AT)
    keys = keys_in(tmp_path / "keys")
    assert [one.key for one in saved] == [key.public for key in keys[:3]]
    for one in saved:
        assert b"".join(sound_of(recorder.folder / one.path, identities_of(keys))).startswith(b"RIFF")
    with pytest.raises(KeyProblem, match="none of the keys here opens it"):
        list(sound_of(recorder.folder / saved[0].path, identities_of(keys[1:])))
    with pytest.raises(KeyProblem, match="none of the keys here opens it"):
        list(sound_of(recorder.folder / saved[0].path, []))


@pytest.mark.parametrize(
    "damage", ["cut", "flipped", "shortened by a whole piece", "pieces swapped", "header", "empty"]
)
def test_damage_is_never_taken_for_sound(tmp_path: Path, damage: str) -> None:
    identity = x25519.Identity.generate()
    file = tmp_path / "a.wav.age"
    with file.open("wb") as out:
        seal([os.urandom(1 << 20)], out, str(identity.to_public()))
    whole = file.read_bytes()
    piece = (1 << 16) + 16
    start = whole.index(b"\n---") + 1
    start = whole.index(b"\n", start) + 17  # the header's last line, and the nonce of 16 bytes
    bad = {
        "cut": whole[:-1],
        "flipped": whole[:-100_000] + bytes([whole[-100_000] ^ 1]) + whole[-99_999:],
        "shortened by a whole piece": whole[: start + 5 * piece],
        "pieces swapped": whole[:start]
        + whole[start + piece : start + 2 * piece]
        + whole[start : start + piece]
        + whole[start + 2 * piece :],
        "header": b"age-encryption.org/v9" + whole[21:],
        "empty": b"",
    }[damage]
    file.write_bytes(bad)
    with pytest.raises(RecordingError, match="it is damaged or cut off, and can't be decrypted"):
        list(sound_of(file, [identity]))


def test_long_recordings_need_little_memory(tmp_path: Path) -> None:
    """Two hours of stereo: 230 MB."""
    identity, file = x25519.Identity.generate(), tmp_path / "long.wav.age"
    piece = os.urandom(1 << 20)
    with file.open("wb") as out:
        seal((piece for _ in range(8)), out, str(identity.to_public()))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with file.open("wb") as out:
        seal((piece for _ in range(220)), out, str(identity.to_public()))
    assert sum(map(len, sound_of(file, [identity]))) == 220 << 20
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < 20_000_000


def test_a_reader_that_stops_early_leaves_no_thread_waiting(tmp_path: Path) -> None:
    identity, file = x25519.Identity.generate(), tmp_path / "a.wav.age"
    with file.open("wb") as out:
        seal([os.urandom(8 << 20)], out, str(identity.to_public()))
    sound = sound_of(file, [identity])
    next(sound)
    sound.close()


def test_key_files_are_nobody_elses_and_ages_own(tmp_path: Path) -> None:
    key = new_key(tmp_path / "keys", AT)
    assert key.file.stat().st_mode & 0o777 == 0o600
    assert key.file.parent.stat().st_mode & 0o777 == 0o700
    assert key.file.read_text(encoding="ascii").splitlines()[0] == "# created: 2026-11-25T09:05:00+00:00"
    assert key.public in key.file.read_text(encoding="ascii")
    assert PRIVATE not in repr(key)
    key.file.chmod(0o640)
    assert [one.public for one in keys_in(tmp_path / "keys")] == [key.public]
    assert key.file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "x", "# public key: age1x\n", f"{PRIVATE}QQQ\n", "\xff"])
def test_what_is_no_key_is_told(tmp_path: Path, text: str) -> None:
    file = tmp_path / "0001.key"
    file.write_text(text, encoding="latin-1")
    file.chmod(0o600)
    with pytest.raises(KeyProblem) as told:
        read_key(file)
    assert str(file) in str(told.value)
    assert "QQQ" not in str(told.value)


async def test_with_the_private_key_elsewhere_recording_goes_on_and_nobody_here_can_listen(
    recorder: Recorder, tmp_path: Path
) -> None:
    (key,) = keys_in(tmp_path / "keys")
    elsewhere = tmp_path / "elsewhere.key"
    shutil.copy2(key.file, elsewhere)
    key.file.write_text("".join(line for line in key.file.read_text().splitlines(True) if PRIVATE not in line))
    write_parts(recorder)
    saved = await recorder.save(CALL, AT)
    assert saved.key == key.public
    with pytest.raises(KeyProblem):
        list(sound_of(recorder.folder / saved.path, identities_of(keys_in(tmp_path / "keys"))))
    assert list(sound_of(recorder.folder / saved.path, identities_of([read_key(elsewhere)])))


async def test_rekeying_leaves_the_old_file_when_it_is_damaged(recorder: Recorder, tmp_path: Path) -> None:
    write_parts(recorder)
    saved = await recorder.save(CALL, AT)
    file = recorder.folder / saved.path
    file.write_bytes(damaged := file.read_bytes()[:-1])
    new_key(tmp_path / "keys", AT)
    with pytest.raises(RecordingError, match="damaged"):
        rekey_file(recorder.folder, saved.path, keys_in(tmp_path / "keys"))
    assert {path.name: path.read_bytes() for path in recorder.folder.rglob("*") if path.is_file()} == {
        file.name: damaged
    }


# ---- by commands


@pytest.fixture
def mine(site: Path, tmp_path: Path) -> Path:
    """A copy of the sample site whose one recording has a file."""
    folder = tmp_path / "mine"
    shutil.copytree(site, folder)
    file = folder / "recordings/2026/11/25" / f"{CALL}.wav"
    file.write_bytes(b"RIFF of both voices" * 1000)
    return folder


def check(site: Path, name: str = "recordings") -> dict[str, object]:
    return next(one for one in json.loads(run("doctor", "--json", site=site).stdout) if one["check"] == name)


def test_an_admin_turns_encryption_on(mine: Path, tmp_path: Path) -> None:
    assert done("recording", "key", "list", site=mine).startswith("no keys yet.")
    done("site", "set", "recording.encrypt=true", site=mine)
    assert "contactcenter recording key new" in str(check(mine))
    assert refusal("recording", "rekey", site=mine) == "there is no key. Make one: contactcenter recording key new"
    assert "0001.key is the key for new recordings: age1" in done("recording", "key", "new", site=mine)
    assert read("recording", "key", "list", site=mine)["not_encrypted"] == 1
    assert "encrypted for key 0001: 1; already: 0." in done("recording", "rekey", site=mine)
    (row,) = read("recording", "list", site=mine)
    assert row["path"] == f"2026/11/25/{CALL}.wav.age"
    assert read("call", "show", CALL, site=mine)["recording"] == row["path"]
    assert b"voices" not in everything(mine / "recordings")
    assert check(mine)["detail"] == "1, 1 of them encrypted"
    heard = tmp_path / "heard.wav"
    done("recording", "export", CALL, heard, site=mine)
    assert heard.read_bytes() == b"RIFF of both voices" * 1000
    assert heard.stat().st_mode & 0o777 == 0o600
    assert refusal("recording", "export", CALL, heard, site=mine) == f"{heard} is there already. Name another file."


def test_rotation(mine: Path, tmp_path: Path) -> None:
    done("recording", "key", "new", site=mine)
    done("recording", "rekey", site=mine)
    done("recording", "key", "new", site=mine)
    assert refusal("recording", "key", "drop", "0001", "--yes", site=mine) == (
        "key 0001 is needed by recordings: 1. First: contactcenter recording rekey"
    )
    backup = mine / "recording-keys" / "0001.key"
    kept = tmp_path / "kept.key"
    shutil.copy2(backup, kept)
    old = tmp_path / "old.age"
    shutil.copy2(mine / "recordings/2026/11/25" / f"{CALL}.wav.age", old)
    assert "encrypted for key 0002: 1; already: 0." in done("recording", "rekey", site=mine)
    assert "encrypted for key 0002: 0; already: 1." in done("recording", "rekey", site=mine)
    done("recording", "key", "drop", "0001", "--yes", site=mine)
    assert [key["name"] for key in read("recording", "key", "list", site=mine)["keys"]] == ["0002"]
    done("recording", "export", CALL, tmp_path / "heard.wav", site=mine)
    # A recording out of an old backup is opened by a key that is kept elsewhere.
    shutil.copy2(old, mine / "recordings/2026/11/25" / f"{CALL}.wav.age")
    line = refusal("recording", "export", CALL, tmp_path / "again.wav", site=mine)
    assert line == f"{CALL}.wav.age: none of the keys here opens it. Name the file with its private key: --key FILE"
    assert not (tmp_path / "again.wav").exists()
    done("recording", "export", CALL, tmp_path / "again.wav", "--key", kept, site=mine)


def test_rekeying_that_was_interrupted_goes_on(mine: Path) -> None:
    """Killed after the new file was there and before the database knew, and once more before the plain one was gone."""
    done("recording", "key", "new", site=mine)
    keys = keys_in(mine / "recording-keys")
    rekey_file(mine / "recordings", f"2026/11/25/{CALL}.wav", keys)
    assert "encrypted for key 0001: 1" in done("recording", "rekey", site=mine)
    plain = mine / "recordings/2026/11/25" / f"{CALL}.wav"
    plain.write_bytes(b"RIFF")
    done("recording", "rekey", site=mine)
    assert not plain.exists()
    done("recording", "key", "new", site=mine)
    rekey_file(mine / "recordings", f"2026/11/25/{CALL}.wav.age", keys_in(mine / "recording-keys"))
    done("recording", "rekey", site=mine)
    assert check(mine)["detail"] == "1, 1 of them encrypted"


def test_what_was_kept_as_parts_is_saved_once_there_is_a_key(mine: Path, tmp_path: Path) -> None:
    done("site", "set", "recording.encrypt=true", site=mine)
    write_parts(Recorder(mine / "recordings"))
    (mine / "recordings/2026/11/25" / f"{CALL}.wav").unlink()
    assert "there is no key" in refusal("recording", "save", CALL, site=mine)
    done("recording", "key", "new", site=mine)
    assert f"{CALL}.wav.age has 1 seconds." in done("recording", "save", CALL, site=mine)
    assert not list((mine / "recordings/parts").iterdir())
    assert array("h", [11111] * 3).tobytes() not in everything(mine / "recordings")
    assert read("call", "show", CALL, site=mine)["recording"] == f"2026/11/25/{CALL}.wav.age"
    done("recording", "export", CALL, tmp_path / "heard.wav", site=mine)
    assert "no recording: Asterisk wrote no" in refusal("recording", "save", CALL, site=mine)
    assert refusal("recording", "save", "1.1", site=mine).startswith("call 1.1 is not over, or is none.")


def test_a_key_that_is_missing_is_told_by_doctor(mine: Path) -> None:
    done("recording", "key", "new", site=mine)
    done("recording", "rekey", site=mine)
    public = keys_in(mine / "recording-keys")[0].public
    shutil.rmtree(mine / "recording-keys")
    assert check(mine)["detail"] == f"some need {public}, which is not here. Restore recording-keys/ from your backup"
    assert read("recording", "key", "list", site=mine)["missing_keys"] == {public: 1}


def test_a_backup_has_the_keys(mine: Path, tmp_path: Path) -> None:
    done("recording", "key", "new", site=mine)
    done("recording", "rekey", site=mine)
    done("backup", tmp_path / "x.tgz", "--recordings", site=mine)
    done("restore", tmp_path / "x.tgz", "--to", tmp_path / "restored")
    done("recording", "export", CALL, tmp_path / "heard.wav", site=tmp_path / "restored")
    assert (tmp_path / "heard.wav").read_bytes() == b"RIFF of both voices" * 1000
