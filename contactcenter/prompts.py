"""An admin's own sound file as a prompt: whatever WAV or MP3, made into what Asterisk plays as it is."""

import hashlib
import os.path
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from contactcenter.changes import Item
from contactcenter.dialplan import prompt_texts
from contactcenter.errors import BadInput, SiteError
from contactcenter.site import Site

if TYPE_CHECKING:
    from pydub import AudioSegment

LONGEST_SECONDS = 600
LARGEST_FILE = 100_000_000
EDGE_MS = 60
"""Silence that is left at both ends."""


KIND = "prompt"
"""In the audit log. An item's plain form: sha256 and text, and of one that was replaced where it is kept."""
KEPT = "replaced-prompts"


def set_prompt(
    site: Site, language: str, name: str, file: Path, text: str, *, dry_run: bool = False
) -> tuple[float, Item]:
    """Puts a sound file in place of a prompt, which is kept in data/: the new one's length in seconds, and what changed.

    Raises BadInput for a name that is none, a file that is missing, too large, too long, silent, or no sound.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*(/[a-z0-9][a-z0-9-]*)?", name):
        raise BadInput(f"{name!r} is no name for a prompt. Use small letters, digits and hyphens, such as welcome.")
    if not os.path.isfile(file):  # noqa: PTH113 (no error for what can be no file)
        raise BadInput(f"{file} is no file. Name a WAV or MP3 file.")
    if file.stat().st_size > LARGEST_FILE:
        raise BadInput(f"{file} is larger than {LARGEST_FILE // 1_000_000} MB. Cut it.")
    target = site.sounds / language / f"{name}.wav"
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        sound = _trimmed(_as_telephone_wav(file, Path(folder) / "telephone.wav"), file)
        finished = Path(folder) / "finished.wav"
        sound.export(finished, format="wav").close()
        before = _plain(site, language, name)
        said = text or (before or {}).get("text", "")
        after = {"sha256": _sha256(finished), "text": said}
        if not dry_run:
            if before is not None:
                before = {**before, "kept": _keep(site, language, name)}
            finished.replace(target)
            _write_text(site, language, name, said)
    return float(sound.duration_seconds), Item(KIND, f"{language}/{name}", before, after)


def take_back(site: Site, item: Item, *, dry_run: bool = False) -> Item:
    """Puts back what a change replaced, or takes a new prompt out. Raises BadInput when it was changed since."""
    language, _, name = item.key.partition("/")
    now, before = _plain(site, language, name), item.before
    if now is None or now["sha256"] != (item.after or {})["sha256"]:
        raise BadInput(f"prompt {name} ({language}) was changed since; nothing was taken back.")
    target = site.sounds / language / f"{name}.wav"
    kept = site.path / before["kept"] if before is not None else None
    if kept is not None and not kept.is_file():
        raise BadInput(f"{kept}, the prompt that was replaced, is gone; nothing was taken back.")
    if not dry_run:
        if kept is not None:
            shutil.copyfile(kept, target)
        else:
            target.unlink()
        _write_text(site, language, name, (before or {}).get("text", ""))
    return Item(KIND, item.key, item.after, before)


def _plain(site: Site, language: str, name: str) -> dict[str, str] | None:
    file = site.sounds / language / f"{name}.wav"
    if not file.is_file():
        return None
    return {"sha256": _sha256(file), "text": prompt_texts(site, language).get(name, "")}


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _keep(site: Site, language: str, name: str) -> str:
    """A copy of a prompt under a name that its content gives; where, within the site."""
    file = site.sounds / language / f"{name}.wav"
    kept = site.data / KEPT / f"{_sha256(file)}.wav"
    kept.parent.mkdir(exist_ok=True)
    if not kept.exists():
        shutil.copyfile(file, kept)
    return str(kept.relative_to(site.path))


def _write_text(site: Site, language: str, name: str, text: str) -> None:
    texts = prompt_texts(site, language)
    if texts.get(name, "") == text:
        return
    texts = {key: value for key, value in texts.items() if key != name} | ({name: text} if text else {})
    (site.sounds / language / "prompts.yaml").write_text(
        yaml.safe_dump(texts, allow_unicode=True, sort_keys=False, width=200), encoding="utf-8"
    )


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
