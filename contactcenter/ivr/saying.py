"""Values as the prompts that speak them, in Mandarin and English: numbers, digits, dates, times of day, money in yuan.

Every word is a prompt below digits/, named as Asterisk's core sounds are where those have it.
"""

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Literal

from contactcenter.spoken import number_prompts

Kind = Literal["number", "digits", "date", "time", "money"]
LARGEST_DIGITS = 12
LARGEST = 10**LARGEST_DIGITS - 1
KEYS = {"*": "star", "#": "pound"}


def say_prompts(kind: Kind, value: str, language: str) -> tuple[str, ...]:
    """The prompts for a value as text: 1234.5, 2026-12-31, 18:05, ¥12.50. Raises ValueError when it is no such thing."""
    words = SPEAKERS[kind](value.strip(), language)
    return tuple(word if word.startswith("digits/") else f"digits/{word}" for word in words)


def vocabulary(kind: Kind, language: str) -> tuple[str, ...]:
    """Every prompt that a value of that kind may need."""
    zh = language == "zh"
    numbers = [*map(str, range(11)), "hundred", "thousand"]
    numbers += ["10000", "hundred-million"] if zh else ["million", "billion", *map(str, range(11, 20))]
    numbers += [] if zh else [str(tens) for tens in range(20, 100, 10)]
    match kind:
        case "digits":
            words = [*map(str, range(10)), *KEYS.values()]
        case "number":
            words = [*numbers, "minus", "point"]
        case "money":
            words = [*numbers, "minus", *(("liang", "yuan", "jiao", "fen") if zh else ("yuan", "fen"))]
        case "date" if zh:
            words = [*map(str, range(11)), "year", "month", "day"]
        case "date":
            ordinals = [f"h-{day}" for day in (*range(1, 21), 30)]
            words = [*numbers, "oh", *(f"mon-{month}" for month in range(12)), *ordinals]
        case "time":
            words = [*map(str, range(11)), "liang", "oclock", "minute"] if zh else []
            words += [] if zh else [*map(str, range(20)), "20", "30", "40", "50", "oh", "a-m", "p-m"]
    return tuple(f"digits/{word}" for word in dict.fromkeys(words))


def _digits(value: str, _: str) -> list[str]:
    if not value or any(key not in "0123456789*#" for key in value):
        raise ValueError("these are no digits")
    return [KEYS.get(key, key) for key in value]


def _number(value: str, language: str) -> list[str]:
    number = _decimal(value).quantize(Decimal("0.000001"), ROUND_HALF_UP)
    whole, _, places = f"{abs(number):f}".partition(".")
    places = places.rstrip("0")
    sign = ["minus"] if number < 0 else []
    return [*sign, *_whole(int(whole), language), *(["point", *places] if places else [])]


def _money(value: str, language: str) -> list[str]:
    amount = _decimal(value).quantize(Decimal("0.01"), ROUND_HALF_UP)
    yuan, cents = divmod(int(abs(amount) * 100), 100)
    sign = ["minus"] if amount < 0 else []
    if language != "zh":
        words = [*_whole(yuan, language), "yuan"] if yuan or not cents else []
        return [*sign, *words, *([*_whole(cents, language), "fen"] if cents else [])]
    words = [*(["liang"] if yuan == 2 else _whole(yuan, language)), "yuan"] if yuan or not cents else []
    jiao, fen = divmod(cents, 10)
    words += [str(jiao), "jiao"] if jiao else []
    words += ["0"] if fen and not jiao and yuan else []
    return [*sign, *words, *([str(fen), "fen"] if fen else [])]


def _date(value: str, language: str) -> list[str]:
    day = date.fromisoformat(value[:10]) if "-" in value else date.fromisoformat(value)
    if language == "zh":
        month, of_month = number_prompts(day.month, "zh"), number_prompts(day.day, "zh")
        return [*str(day.year), "year", *month, "month", *of_month, "day"]
    tens = [str(day.day // 10 * 10)] if day.day > 20 and day.day % 10 else []
    ordinal = day.day % 10 if tens else day.day
    return [f"mon-{day.month - 1}", *tens, f"h-{ordinal}", *_english_year(day.year)]


def _english_year(year: int) -> list[str]:
    century, rest = divmod(year, 100)
    if century % 10 == 0 and rest < 10:
        return [*number_prompts(year, "en")]
    words = [*number_prompts(century, "en")]
    if not rest:
        return [*words, "hundred"]
    return [*words, *(["oh"] if rest < 10 else []), *number_prompts(rest, "en")]


def _time(value: str, language: str) -> list[str]:
    moment = datetime.fromisoformat(value).time() if len(value) > 8 else time.fromisoformat(value)
    hour, minute = moment.hour, moment.minute
    if language == "zh":
        words = ["liang"] if hour == 2 else [*number_prompts(hour, "zh")]
        gap = ["0"] if 0 < minute < 10 else []
        return [*words, "oclock", *([*gap, *number_prompts(minute, "zh"), "minute"] if minute else [])]
    gap = ["oh"] if 0 < minute < 10 else []
    minutes = [*gap, *number_prompts(minute, "en")] if minute else []
    return [*number_prompts(hour % 12 or 12, "en"), *minutes, "a-m" if hour < 12 else "p-m"]


def _decimal(value: str) -> Decimal:
    try:
        number = Decimal(value.lstrip("¥￥").replace(",", "").removesuffix("元"))
    except InvalidOperation:
        raise ValueError("this is no number") from None
    if not number.is_finite() or number.adjusted() >= LARGEST_DIGITS:
        raise ValueError(f"this is outside -{LARGEST} to {LARGEST}")
    return number


def _whole(number: int, language: str) -> list[str]:
    """0 to LARGEST: zh in groups of four digits (亿, 万), en in groups of three."""
    return _chinese(number) if language == "zh" else _english(number)


def _chinese(number: int) -> list[str]:
    words: list[str] = []
    gap = False
    for unit, name in ((10**8, "hundred-million"), (10**4, "10000"), (1, "")):
        group, number = divmod(number, unit)
        if not group:
            gap = bool(words)
            continue
        if words and (gap or group < 1000):
            words.append("0")
        if words and 10 <= group < 20:
            words.append("1")
        words += [*number_prompts(group, "zh"), *([name] if name else [])]
        gap = False
    return words or ["0"]


def _english(number: int) -> list[str]:
    words: list[str] = []
    for unit, name in ((10**9, "billion"), (10**6, "million"), (1000, "thousand"), (1, "")):
        group, number = divmod(number, unit)
        if group:
            words += [*number_prompts(group, "en"), *([name] if name else [])]
    return words or ["0"]


SPEAKERS: dict[Kind, Callable[[str, str], list[str]]] = {
    "number": _number,
    "digits": _digits,
    "date": _date,
    "time": _time,
    "money": _money,
}
