"""Numbers as the prompts that speak them, 0 to 9999, named as Asterisk's core sounds are (digits/...)."""

LARGEST = 9999


def number_prompts(number: int, language: str) -> tuple[str, ...]:
    """The prompts for a whole number. zh: 14 is 十四, 105 is 一百零五, 110 is 一百一十. en: 105 is one hundred five."""
    if not 0 <= number <= LARGEST:
        raise ValueError(f"{number} is outside 0 to {LARGEST}")
    words = _chinese(number) if language == "zh" else _english(number)
    return tuple(f"digits/{word}" for word in words)


def _chinese(number: int) -> list[str]:
    if number < 10:
        return [str(number)]
    words: list[str] = []
    gap = False
    for unit, name in ((1000, "thousand"), (100, "hundred"), (10, "10"), (1, "")):
        digit = number // unit % 10
        if digit == 0:
            gap = bool(words)
            continue
        if gap:
            words.append("0")
        gap = False
        if not (unit == 10 and digit == 1 and not words):
            words.append(str(digit))
        if name:
            words.append(name)
    return words


def _english(number: int) -> list[str]:
    words: list[str] = []
    for unit, name in ((1000, "thousand"), (100, "hundred")):
        if number >= unit:
            words += [*_english(number // unit), name]
            number %= unit
    if number > 20 and number % 10:
        words += [str(number // 10 * 10), str(number % 10)]
    elif number or not words:
        words.append(str(number))
    return words
