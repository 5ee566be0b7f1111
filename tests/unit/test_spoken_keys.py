"""The keys that a menu's text speaks of."""

from pathlib import Path

import pytest
import yaml

from contactcenter.ivr.spoken_keys import spoken_keys

SOUNDS = Path(__file__).parents[2] / "sounds"


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("软件使用问题请按一，账务与续费请按二，人工服务请按零。", "120"),
        ("返回上级菜单请按星号键，结束请按井号键", "*#"),
        ("请按1键，或按 2", "12"),
        ("请按 １ 或 2，投诉请按“3”，结束请按 # 号键", "123#"),
        ("请按数字键 4 至 6", "456"),
        ("查询请按1，投诉请拨9，重听请按*，返回请按#", "19*#"),
        ("请按一或二", "12"),
        ("请按一、二或三", "123"),
        ("请按一到五", "12345"),
        ("请按数字1至3", "123"),
        ("您的按键有误，请重新选择", ""),
        ("请按一下键盘，按照提示操作", ""),
        ("请在二十四小时内回电", ""),
        ("", ""),
    ],
)
def test_in_chinese(text: str, keys: str) -> None:
    assert spoken_keys(text, "zh") == set(keys)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("For help press one. For billing, press 2. To speak with an agent, press zero.", "120"),
        ("Press the star key to go back, press the pound key when done", "*#"),
        ("Dial nine for complaints", "9"),
        ("Press one or two", "12"),
        ("press one, two, or three", "123"),
        ("Press one through five", "12345"),
        ("press 1 to 3", "123"),
        ("PRESS SEVEN", "7"),
        ("We did not receive a key press. Please choose again.", ""),
        ("Press onerous", ""),
        ("one moment please", ""),
    ],
)
def test_in_english(text: str, keys: str) -> None:
    assert spoken_keys(text, "en") == set(keys)


@pytest.mark.parametrize(
    ("prompt", "keys"), [("menu-main", "120"), ("menu-product", "12*"), ("survey-ask", "12345"), ("welcome", "")]
)
def test_both_languages_of_the_shipped_prompts_speak_of_the_same(prompt: str, keys: str) -> None:
    for language in ("zh", "en"):
        texts = yaml.safe_load((SOUNDS / language / "prompts.yaml").read_text(encoding="utf-8"))
        assert spoken_keys(texts[prompt], language) == set(keys)
