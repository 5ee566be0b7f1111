"""Numbers as prompts: read back by a reader that shares nothing with the speaker, and each prompt is there."""

import re
from pathlib import Path

import pytest
import yaml

from contactcenter.spoken import LARGEST, number_prompts

SOUNDS = Path(__file__).parents[2] / "sounds"
CHINESE = {str(digit): name for digit, name in enumerate("零一二三四五六七八九")} | {
    "10": "十",
    "hundred": "百",
    "thousand": "千",
}


def in_chinese(number: int) -> str:
    return "".join(CHINESE[prompt.removeprefix("digits/")] for prompt in number_prompts(number, "zh"))


def in_english(number: int) -> str:
    return " ".join(prompt.removeprefix("digits/") for prompt in number_prompts(number, "en"))


def read_chinese(text: str) -> int:
    """The value of a Chinese numeral below 10000. Refuses 零 in a wrong place, and a zero place that is not spoken."""
    found = re.fullmatch(
        r"(?:(?P<k>[一二三四五六七八九])千)?(?P<zk>零)?(?:(?P<h>[一二三四五六七八九])百)?(?P<zh>零)?"
        r"(?:(?P<t>[一二三四五六七八九])?(?P<ten>十))?(?P<zt>零)?(?P<o>[零一二三四五六七八九])?",
        text,
    )
    assert found, text
    if text == "零":
        return 0
    thousands, hundreds, ones = ("零一二三四五六七八九".index(found[part] or "零") for part in ("k", "h", "o"))
    tens = "零一二三四五六七八九".index(found["t"] or ("一" if found["ten"] else "零"))
    places = f"{thousands}{hundreds}{tens}{ones}".lstrip("0")
    gaps = len(re.findall(r"0+(?=[1-9])", places))
    assert text.count("零") == gaps, text
    assert text.startswith("十") == (10 <= int(places) < 20), text
    return int(places)


def read_english(text: str) -> int:
    """The value of number words, as a pocket calculator adds them up; each word smaller than what it is added to."""
    total = part = 0
    for word in text.split():
        if word == "thousand":
            assert 0 < part < 10, text
            assert total == 0, text
            total, part = part * 1000, 0
        elif word == "hundred":
            assert 0 < part < 10, text
            part *= 100
        else:
            value = int(word)
            room = 10 if part % 100 else 100
            assert part % 10 == 0, text
            assert value < room, text
            assert value > 0 or text == "0", text
            part += value
    return total + part


def test_every_number_reads_back() -> None:
    for number in range(LARGEST + 1):
        assert read_chinese(in_chinese(number)) == number
        assert read_english(in_english(number)) == number


def test_no_two_numbers_sound_alike() -> None:
    for speak in (in_chinese, in_english):
        assert len({speak(number) for number in range(LARGEST + 1)}) == LARGEST + 1


@pytest.mark.parametrize(
    ("number", "chinese", "english"),
    [
        (0, "零", "0"),
        (2, "二", "2"),
        (10, "十", "10"),
        (14, "十四", "14"),
        (20, "二十", "20"),
        (21, "二十一", "20 1"),
        (100, "一百", "1 hundred"),
        (101, "一百零一", "1 hundred 1"),
        (105, "一百零五", "1 hundred 5"),
        (110, "一百一十", "1 hundred 10"),
        (115, "一百一十五", "1 hundred 15"),
        (1000, "一千", "1 thousand"),
        (1001, "一千零一", "1 thousand 1"),
        (1010, "一千零一十", "1 thousand 10"),
        (1100, "一千一百", "1 thousand 1 hundred"),
        (9999, "九千九百九十九", "9 thousand 9 hundred 90 9"),
    ],
)
def test_the_classic_cases(number: int, chinese: str, english: str) -> None:
    assert (in_chinese(number), in_english(number)) == (chinese, english)


@pytest.mark.parametrize("number", [-1, LARGEST + 1])
def test_what_has_no_prompts_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match=f"{number} is outside 0 to 9999"):
        number_prompts(number, "zh")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_prompt_of_every_number_is_shipped(language: str) -> None:
    texts = yaml.safe_load((SOUNDS / language / "prompts.yaml").read_text(encoding="utf-8"))
    used = {prompt for number in range(LARGEST + 1) for prompt in number_prompts(number, language)}
    assert used <= texts.keys()
