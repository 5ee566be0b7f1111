"""An admin's own sound file becomes what Asterisk plays, by the real ffmpeg."""

import shutil
import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest
import yaml

from contactcenter.errors import BadInput
from contactcenter.prompts import set_prompt, take_back
from contactcenter.site import Site

pytestmark = pytest.mark.filterwarnings("ignore:'audioop' is deprecated:DeprecationWarning")  # pydub's


@pytest.fixture
def site(tmp_path: Path) -> Site:
    assert shutil.which("ffmpeg"), "these tests need ffmpeg: apt-get install ffmpeg"
    made = Site(tmp_path / "site")
    made.data.mkdir(parents=True)
    for language in ("zh", "en"):
        (made.sounds / language).mkdir(parents=True)
    return made


def tone(hertz: float, seconds: float, rate: int, level: float = 0.5) -> np.ndarray:
    return level * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)


def write(file: Path, sound: np.ndarray, rate: int, channels: int = 1) -> Path:
    with wave.open(str(file), "wb") as out:
        out.setparams((channels, 2, rate, 0, "NONE", ""))
        out.writeframes(np.repeat((sound * 32767).astype("<i2"), channels).tobytes())
    return file


def read(file: Path) -> np.ndarray:
    with wave.open(str(file)) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, 8000)
        return np.frombuffer(sound.readframes(sound.getnframes()), "<i2") / 32768


def loudness(sound: np.ndarray, hertz: float) -> float:
    """Amplitude of one tone within 20 Hz, in dB below full scale."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) * 4 / len(sound)
    near = np.abs(np.fft.rfftfreq(len(sound), 1 / 8000) - hertz) < 20
    return float(20 * np.log10(spectrum[near].max() + 1e-9))


def test_a_stereo_wav_of_44100(site: Site, tmp_path: Path) -> None:
    file = write(tmp_path / "own.wav", tone(440, 1, 44100), 44100, channels=2)
    seconds, _ = set_prompt(site, "zh", "welcome", file, "")
    made = read(site.sounds / "zh" / "welcome.wav")
    assert seconds == pytest.approx(1, abs=0.05)
    assert len(made) == pytest.approx(8000, abs=400)
    assert loudness(made, 440) == pytest.approx(-6, abs=1)
    assert list((site.sounds / "en").iterdir()) == []


def test_an_mp3_into_a_folder_that_is_new(site: Site, tmp_path: Path) -> None:
    wav = write(tmp_path / "own.wav", tone(440, 1, 44100), 44100)
    mp3 = tmp_path / "own.mp3"
    subprocess.run(["ffmpeg", "-v", "error", "-i", wav, mp3], check=True)
    set_prompt(site, "en", "digits/7", mp3, "")
    assert loudness(read(site.sounds / "en" / "digits" / "7.wav"), 440) == pytest.approx(-6, abs=1)


def test_a_prompt_is_replaced_as_a_whole_and_nothing_else_is_left(site: Site, tmp_path: Path) -> None:
    for hertz in (440, 880):
        set_prompt(site, "zh", "welcome", write(tmp_path / "own.wav", tone(hertz, 0.5, 8000), 8000), "")
    made = read(site.sounds / "zh" / "welcome.wav")
    assert loudness(made, 880) == pytest.approx(-6, abs=1)
    assert loudness(made, 440) < -50
    assert [file.name for file in (site.sounds / "zh").iterdir()] == ["welcome.wav"]


def test_a_high_tone_does_not_come_back_as_a_low_one(site: Site, tmp_path: Path) -> None:
    """pydub's own conversion folds 5 kHz down to 3 kHz, as loud as it was."""
    both = tone(500, 1, 48000, 0.3) + tone(5000, 1, 48000, 0.3)
    set_prompt(site, "zh", "welcome", write(tmp_path / "own.wav", both, 48000), "")
    made = read(site.sounds / "zh" / "welcome.wav")
    assert loudness(made, 500) == pytest.approx(-10.5, abs=1)
    assert loudness(made, 3000) < -60
    assert max(loudness(made, hertz) for hertz in range(1000, 4000, 20)) < -60


def test_silence_at_both_ends_is_cut(site: Site, tmp_path: Path) -> None:
    sound = np.concatenate([np.zeros(8000), tone(440, 0.5, 8000), np.zeros(16000)])
    seconds, _ = set_prompt(site, "zh", "welcome", write(tmp_path / "own.wav", sound, 8000), "")
    assert seconds == pytest.approx(0.62, abs=0.03)


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("silent.wav", np.zeros(8000), r"silent\.wav is silent\. Record it again\.$"),
        ("empty.wav", np.zeros(0), r"empty\.wav is (silent|no sound)"),
        (
            "notes.txt",
            b"Hello, this is text.\n" * 40,
            r"notes\.txt is no sound that ffmpeg can read \(.+\)\. Use WAV or MP3\.$",
        ),
        ("zero.mp3", b"", r"zero\.mp3 is no sound that ffmpeg can read"),
        ("broken.wav", b"RIFF\x24\x00\x00\x00WAVEfmt ", r"broken\.wav is no sound that ffmpeg can read"),
    ],
)
def test_what_is_no_sound_is_refused_in_one_line_and_the_old_prompt_stays(
    site: Site, tmp_path: Path, name: str, content: np.ndarray | bytes, problem: str
) -> None:
    before = write(site.sounds / "zh" / "welcome.wav", tone(440, 0.1, 8000), 8000).read_bytes()
    file = tmp_path / name
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        write(file, content, 8000)
    with pytest.raises(BadInput, match=problem) as refused:
        set_prompt(site, "zh", "welcome", file, "a text that must not be stored")
    assert "\n" not in str(refused.value)
    assert [file.name for file in (site.sounds / "zh").iterdir()] == ["welcome.wav"]
    assert (site.sounds / "zh" / "welcome.wav").read_bytes() == before


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../x",
        "/etc/x",
        "a/../../x",
        "digits/../x",
        "a/b/c",
        "Welcome",
        "a b",
        "x.wav",
        "-x",
        "x\n",
        "欢迎",
    ],
)
def test_a_name_cannot_lead_out_of_the_sounds(site: Site, tmp_path: Path, name: str) -> None:
    file = write(tmp_path / "own.wav", tone(440, 0.1, 8000), 8000)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(BadInput, match="is no name for a prompt"):
        set_prompt(site, "zh", name, file, "text")
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", ["nothing.wav", "."])
def test_a_file_that_is_none_is_refused(site: Site, tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match=r"is no file\. Name a WAV or MP3 file\.$"):
        set_prompt(site, "zh", "welcome", tmp_path / name, "")


def test_the_text_is_stored_beside_the_others(site: Site, tmp_path: Path) -> None:
    texts = site.sounds / "zh" / "prompts.yaml"
    texts.write_text("closed: 再见。\nwelcome: 旧\n", encoding="utf-8")
    file = write(tmp_path / "own.wav", tone(440, 0.1, 8000), 8000)
    set_prompt(site, "zh", "welcome", file, "您好: “新”")
    assert yaml.safe_load(texts.read_text(encoding="utf-8")) == {"closed": "再见。", "welcome": "您好: “新”"}
    before = texts.read_bytes()
    set_prompt(site, "zh", "welcome", file, "")
    assert texts.read_bytes() == before


def test_a_prompt_is_taken_back_with_its_text(site: Site, tmp_path: Path) -> None:
    first, second = (write(tmp_path / f"{hertz}.wav", tone(hertz, 0.5, 8000), 8000) for hertz in (440, 900))
    _, new = set_prompt(site, "zh", "welcome", first, "您好")
    assert new.before is None
    sound = (site.sounds / "zh" / "welcome.wav").read_bytes()
    _, tried = set_prompt(site, "zh", "welcome", second, "再见", dry_run=True)
    assert (site.sounds / "zh" / "welcome.wav").read_bytes() == sound
    _, changed = set_prompt(site, "zh", "welcome", second, "再见")
    assert (tried.after or {})["text"] == (changed.after or {})["text"] == "再见"
    back = take_back(site, changed)
    assert (site.sounds / "zh" / "welcome.wav").read_bytes() == sound
    assert yaml.safe_load((site.sounds / "zh" / "prompts.yaml").read_text(encoding="utf-8")) == {"welcome": "您好"}
    assert (back.before, back.after) == (changed.after, changed.before)
    with pytest.raises(BadInput, match=r"^prompt welcome \(zh\) was changed since; nothing was taken back\.$"):
        take_back(site, changed)
    take_back(site, new)
    assert not (site.sounds / "zh" / "welcome.wav").exists()
