"""An admin's own sound file as a prompt: whatever WAV or MP3, made into what Asterisk plays as it is."""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from contactcenter.dialplan import prompt_texts
from contactcenter.errors import BadInput, SiteError
from contactcenter.site import Site

if TYPE_CHECKING:
    from pydub import AudioSegment

LONGEST_SECONDS = 600
LARGEST_FILE = 100_000_000
EDGE_MS = 60
"""Silence that is left at both ends."""


def set_prompt(site: Site, language: str, name: str, file: Path, text: str) -> float:
    """Puts a sound file in place of a prompt; its length in seconds.

    Raises BadInput for a name that is none, a file that is missing, too large, too long, silent, or no sound.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*(/[a-z0-9][a-z0-9-]*)?", name):
        raise BadInput(f"{name!r} is no name for a prompt. Use small letters, digits and hyphens, such as welcome.")
    if not file.is_file():
        raise BadInput(f"{file} is no file. Name a WAV or MP3 file.")
    if file.stat().st_size > LARGEST_FILE:
        raise BadInput(f"{file} is larger than {LARGEST_FILE // 1_000_000} MB. Cut it.")
    target = site.sounds / language / f"{name}.wav"
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        sound = _trimmed(_as_telephone_wav(file, Path(folder) / "telephone.wav"), file)
        finished = Path(folder) / "finished.wav"
        sound.export(finished, format="wav").close()
        finished.replace(target)
    if text:
        texts = {**prompt_texts(site, language), name: text}
        (site.sounds / language / "prompts.yaml").write_text(
            yaml.safe_dump(texts, allow_unicode=True, sort_keys=False, width=200), encoding="utf-8"
        )
    return float(sound.duration_seconds)


def _as_telephone_wav(file: Path, target: Path) -> Path:
    """8 kHz mono 16 bit by ffmpeg, which filters before it resamples; pydub's own conversion folds high tones down."""
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        raise SiteError("ffmpeg is not installed. Install it: apt-get install ffmpeg")
    command = [ffmpeg, "-nostdin", "-v", "error", "-y", "-protocol_whitelist", "file", "-i", str(file.resolve())]
    command += ["-vn", "-t", str(LONGEST_SECONDS + 1), "-ac", "1", "-ar", "8000", "-c:a", "pcm_s16le", str(target)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        raise BadInput(f"{file} could not be converted within two minutes. Cut it.") from None
    if done.returncode != 0:
        words = done.stderr.strip().splitlines() or ["unknown error"]
        raise BadInput(f"{file} is no sound that ffmpeg can read ({words[-1].strip()}). Use WAV or MP3.")
    return target


def _trimmed(wav: Path, file: Path) -> "AudioSegment":
    from pydub import AudioSegment  # noqa: PLC0415 (it warns when imported without ffmpeg, which was found by now)
    from pydub.silence import detect_leading_silence  # noqa: PLC0415

    with wav.open("rb") as opened:  # pydub leaves a file open that it opened itself
        sound = AudioSegment.from_wav(opened)
    if sound.duration_seconds > LONGEST_SECONDS:
        raise BadInput(f"{file} is longer than {LONGEST_SECONDS // 60} minutes. Cut it.")
    start = detect_leading_silence(sound)
    if start >= len(sound):
        raise BadInput(f"{file} is silent. Record it again.")
    end = len(sound) - detect_leading_silence(sound.reverse())
    return sound[max(0, start - EDGE_MS) : end + EDGE_MS]
