"""The sounds that are shipped: each with its text, in Asterisk's format, and as the list of checksums says."""

import hashlib
import wave
from pathlib import Path

import pytest
import yaml

SOUNDS = Path(__file__).parents[2] / "sounds"


def names(language: str) -> set[str]:
    folder = SOUNDS / language
    return {file.relative_to(folder).with_suffix("").as_posix() for file in folder.rglob("*.wav")}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_sound_has_a_text_and_every_text_a_sound(language: str) -> None:
    texts = yaml.safe_load((SOUNDS / language / "prompts.yaml").read_text(encoding="utf-8"))
    assert texts.keys() == names(language)


def test_both_languages_say_the_same_things() -> None:
    chinese, english = ({name for name in names(lang) if not name.startswith("digits/")} for lang in ("zh", "en"))
    assert chinese == english


def test_the_checksums_are_those_of_the_files() -> None:
    lines = (SOUNDS / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    listed = {name: checksum for checksum, name in (line.split("  ") for line in lines)}
    assert listed == {
        file.relative_to(SOUNDS).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in SOUNDS.rglob("*.wav")
    }


def test_every_sound_is_in_the_format_that_asterisk_plays_without_a_conversion() -> None:
    for file in SOUNDS.rglob("*.wav"):
        with wave.open(str(file)) as sound:
            assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, 8000), file
            assert sound.getnframes() > 0, file


def test_the_tone_is_the_same_in_both_languages() -> None:
    chinese, english = ((SOUNDS / language / "beep.wav").read_bytes() for language in ("zh", "en"))
    assert chinese == english
