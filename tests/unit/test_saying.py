"""Values as prompts: read back by readers that share nothing with the speaker."""

import random
import re

import pytest

from contactcenter.ivr.saying import LARGEST, SPEAKERS, say_prompts, vocabulary

CHINESE = dict(zip(map(str, range(11)), "零一二三四五六七八九十", strict=True)) | {
    "hundred": "百",
    "thousand": "千",
    "10000": "万",
    "hundred-million": "亿",
    "minus": "负",
    "point": "点",
    "liang": "两",
    "year": "年",
    "month": "月",
    "day": "日",
    "oclock": "点",
    "minute": "分",
    "yuan": "元",
    "jiao": "角",
    "fen": "分",
}


def zh(kind: str, value: str) -> str:
    return "".join(CHINESE[word.removeprefix("digits/")] for word in say_prompts(kind, value, "zh"))  # type: ignore[arg-type]


def en(kind: str, value: str) -> str:
    return " ".join(word.removeprefix("digits/") for word in say_prompts(kind, value, "en"))  # type: ignore[arg-type]


def read_chinese(text: str) -> int:
    """The value of a Chinese numeral: each digit times the units that follow it, 亿 and 万 closing what is before them."""
    total = part = digit = 0
    for sign in text:
        if sign in "零一二三四五六七八九":
            digit = "零一二三四五六七八九".index(sign)
        elif sign in "十百千":
            part += (digit or 1) * 10 ** ("十百千".index(sign) + 1)
            digit = 0
        elif sign == "万":
            total, part, digit = total + (part + digit) * 10**4, 0, 0
        else:
            total, part, digit = (total + part + digit) * 10**8, 0, 0
    return total + part + digit


def read_english(text: str) -> int:
    total = part = 0
    units = {"thousand": 1000, "million": 10**6, "billion": 10**9}
    for word in text.split():
        if word == "hundred":
            part *= 100
        elif word in units:
            total, part = total + part * units[word], 0
        else:
            part += int(word)
    return total + part


NUMBERS = [random.Random(7).randrange(10**size) for size in range(1, 13) for _ in range(200)] + [  # noqa: S311
    10**power + small for power in range(12) for small in (0, 1, 9, 10, 11)
]


def test_every_number_reads_back() -> None:
    for number in (*NUMBERS, LARGEST):
        assert read_chinese(zh("number", str(number))) == number
        assert read_english(en("number", str(number))) == number


@pytest.mark.parametrize(
    ("kind", "value", "chinese", "english"),
    [
        ("number", "0", "零", "0"),
        ("number", "10014", "一万零一十四", "10 thousand 14"),
        ("number", "100000", "十万", "1 hundred thousand"),
        ("number", "1050000", "一百零五万", "1 million 50 thousand"),
        ("number", "20000001", "二千万零一", "20 million 1"),
        ("number", "300000500", "三亿零五百", "3 hundred million 5 hundred"),
        ("number", "100010000", "一亿零一万", "1 hundred million 10 thousand"),
        ("number", "-3.50", "负三点五", "minus 3 point 5"),
        ("number", "1e-99999999", "零", "0"),
        ("number", "0.1234567", "零点一二三四五七", "0 point 1 2 3 4 5 7"),
        ("number", "1,234", "一千二百三十四", "1 thousand 2 hundred 30 4"),
        ("money", "12.50", "十二元五角", "12 yuan 50 fen"),
        ("money", "12.05", "十二元零五分", "12 yuan 5 fen"),
        ("money", "¥1,002.34", "一千零二元三角四分", "1 thousand 2 yuan 30 4 fen"),
        ("money", "2", "两元", "2 yuan"),
        ("money", "0.5", "五角", "50 fen"),
        ("money", "0.05", "五分", "5 fen"),
        ("money", "0", "零元", "0 yuan"),
        ("money", "-8元", "负八元", "minus 8 yuan"),
        ("money", "1.005", "一元零一分", "1 yuan 1 fen"),
        ("date", "2026-12-31", "二零二六年十二月三十一日", "mon-11 30 h-1 20 20 6"),
        ("date", "2026-02-20", "二零二六年二月二十日", "mon-1 h-20 20 20 6"),
        ("date", "20001122", "二零零零年十一月二十二日", "mon-10 20 h-2 2 thousand"),
        ("date", "1905-01-30", "一九零五年一月三十日", "mon-0 h-30 19 oh 5"),
        ("date", "2009-10-11T08:00:00", "二零零九年十月十一日", "mon-9 h-11 2 thousand 9"),
        ("time", "18:05", "十八点零五分", "6 oh 5 p-m"),
        ("time", "02:00", "两点", "2 a-m"),
        ("time", "00:30", "零点三十分", "12 30 a-m"),
        ("time", "12:15:59", "十二点十五分", "12 15 p-m"),
    ],
)
def test_the_classic_cases(kind: str, value: str, chinese: str, english: str) -> None:
    assert (zh(kind, value), en(kind, value)) == (chinese, english)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("number", ""),
        ("number", "many"),
        ("number", "nan"),
        ("number", "1e400"),
        ("number", "1e99999999"),
        ("number", "0e99999999"),
        ("number", str(LARGEST + 1)),
        ("money", "inf"),
        ("digits", "12a"),
        ("digits", ""),
        ("date", "2026-02-30"),
        ("date", "tomorrow"),
        ("time", "25:00"),
        ("time", ""),
    ],
)
def test_what_can_not_be_spoken_is_refused(kind: str, value: str) -> None:
    for language in ("zh", "en"):
        with pytest.raises(ValueError, match=r".+"):
            say_prompts(kind, value, language)  # type: ignore[arg-type]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", sorted(SPEAKERS))
def test_the_vocabulary_is_all_that_is_ever_used(kind: str, language: str) -> None:
    values = {
        "number": [str(number) for number in NUMBERS] + ["-1.23456789"],
        "money": [f"{number / 100:.2f}" for number in NUMBERS if number < 10**11] + ["-2"],
        "digits": ["0123456789*#"],
        "date": [
            f"{year}-{month:02}-{day:02}"
            for year in (*range(1900, 2101, 3), 2026)
            for month in range(1, 13)
            for day in range(1, 29)
        ]
        + ["2026-01-29", "2026-01-30", "2026-01-31"],
        "time": [f"{hour:02}:{minute:02}" for hour in range(24) for minute in range(60)],
    }[kind]
    used = {word for value in values for word in say_prompts(kind, value, language)}  # type: ignore[arg-type]
    spoken = set(vocabulary(kind, language))  # type: ignore[arg-type]
    assert used <= spoken
    assert all(re.fullmatch(r"digits/[a-z0-9-]+", word) for word in spoken)


def test_digits_may_hold_the_other_keys() -> None:
    for language in ("zh", "en"):
        words = [word.removeprefix("digits/") for word in say_prompts("digits", "19*0#", language)]
        assert words == ["1", "9", "star", "0", "pound"]
