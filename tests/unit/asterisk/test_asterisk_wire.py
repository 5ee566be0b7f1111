"""AMI messages and AGI text, without a connection."""

import time

import pytest

from contactcenter.asterisk.errors import UnsafeValue
from contactcenter.asterisk.wire import MAX_COMMAND_BYTES, AgiResult, AmiMessage, AnswerReader, command_line


def read(*lines: str) -> AgiResult:
    reader = AnswerReader()
    answers = [answer for line in lines if (answer := reader.take(line)) is not None]
    assert len(answers) == 1
    return answers[0]


def test_a_message_keeps_empty_values_colons_spaces_and_repeated_names():
    message = AmiMessage.parse(b"\r\nEvent: X\r\nAppData: \r\nEmpty:\r\nUrl: sip:801@h: 5\r\nV: a \r\nno colon\r\nv: b")
    assert dict(message) == {"event": "X", "appdata": "", "empty": "", "url": "sip:801@h: 5", "v": "a "}
    assert message.all("V") == ["a ", "b"]
    assert message.all("event") == ["X"]
    assert message.all("nothing") == []
    assert "APPDATA" in message
    assert len(message) == 5


def test_a_message_in_a_log_does_not_show_its_values():
    assert "4711" not in repr(AmiMessage({"Event": "DTMFEnd", "Digit": "4711"}))


def test_defect_15_timeout_with_an_empty_result_is_kept():
    assert read("200 result= (timeout)") == AgiResult(200, "", "timeout", {})


@pytest.mark.parametrize(
    ("line", "result", "data", "extra"),
    [
        ("200 result=0", "0", "", {}),
        ("200 result=-1", "-1", "", {}),
        ("200 result=132456", "132456", "", {}),
        ("200 result=12# (timeout)", "12#", "timeout", {}),
        ("200 result=1 (a (b) c=d)", "1", "a (b) c=d", {}),
        ("200 result=1 (张三 (a (b) c=d))", "1", "张三 (a (b) c=d)", {}),
        ("200 result=1 ()", "1", "", {}),
        ("200 result=1 (x) endpos=3)", "1", "x) endpos=3", {}),
        ("200 result=1 ( x )", "1", " x ", {}),
        ("200 result=-1 endpos=0", "-1", "", {"endpos": "0"}),
        ("200 result=0 (timeout) endpos=2400", "0", "timeout", {"endpos": "2400"}),
        ("200 result=-1 (hangup) endpos=0", "-1", "hangup", {"endpos": "0"}),
        ('200 result=1 (speech) endpos=9 score0=7 text0="two words"', "1", "speech", None),
    ],
)
def test_answers(line, result, data, extra):
    answer = read(line)
    assert (answer.code, answer.result, answer.data) == (200, result, data)
    assert answer.extra == ({"endpos": "9", "score0": "7", "text0": "two words"} if extra is None else extra)


def test_a_value_of_several_lines_is_one_answer():
    assert read("200 result=1 (first (", "second)x", "third)").data == "first (\nsecond)x\nthird"


def test_a_usage_text_is_one_answer():
    answer = read(
        "520-Invalid command syntax.  Proper usage follows:", "Usage: X", "200 result=1", "520 End of proper usage."
    )
    assert (answer.code, answer.data) == (520, "Invalid command syntax.  Proper usage follows:\nUsage: X\n200 result=1")


def test_trying_and_stray_lines_are_no_answers():
    assert read("100 result=0 Trying...", "rest of a value)", "", "200 result=7").result == "7"


def test_an_endless_value_ends():
    answer = read("200 result=1 (start", *["more"] * 198, "last")
    assert answer.code == 200


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("ANSWER",), "ANSWER"),
        (("STREAM FILE", "cc/welcome", ""), 'STREAM FILE cc/welcome ""'),
        (("SET VARIABLE", "X", 'say "hi" \\ 张 三'), 'SET VARIABLE X "say \\"hi\\" \\\\ 张 三"'),
        (("EXEC", "Dial", "PJSIP/801,20,g"), 'EXEC Dial "PJSIP/801,20,g"'),
        (("NOOP", "a\tb"), 'NOOP "a\tb"'),
    ],
)
def test_words_are_quoted_for_asterisks_splitter(words, line):
    assert command_line(words) == line


@pytest.mark.parametrize("bad", ["a\nb", "a\rb", "a\0b", "\ud800", "x" * (MAX_COMMAND_BYTES + 1)])
def test_words_that_would_be_another_command_are_refused(bad):
    with pytest.raises(UnsafeValue):
        command_line(("NOOP", bad))
    with pytest.raises(UnsafeValue):
        command_line((bad,))


@pytest.mark.parametrize("words", [(), ("",), (" ",)])
def test_a_command_has_a_name(words):
    with pytest.raises(UnsafeValue):
        command_line(words)


@pytest.mark.parametrize(
    "line",
    [
        "200 result=1 (" + ") a=b" * 3000 + " !",
        "200 result=1 (" + ') a="' * 2500 + " !",
        "200 result=1" + ' a=""' * 3000 + " !",
        "200 result=1 (x)" + ' a="b c"' * 2000 + "!",
    ],
)
def test_no_answer_takes_long_to_read(line):
    """Once, one of these kept everybody waiting for more than half a second; several lines of them, for minutes."""
    reader = AnswerReader()
    began = time.process_time()
    for _ in range(20):
        reader.take(line)
        line = line.removeprefix("200 result=1 (")
    assert time.process_time() - began < 0.5


def test_the_end_of_a_value_is_the_last_parenthesis_before_the_extras():
    answers = {
        '200 result=1 (a) endpos="x)y" b=c': ("a", {"endpos": "x)y", "b": "c"}),
        "200 result=1 (a (b) c=d) e=f)": ("a (b) c=d) e=f", {}),
        "200 result=1 (a) b=c)d": ("a", {"b": "c)d"}),
        "200 result=1  ": ("", {}),
    }
    for line, (data, extra) in answers.items():
        got = AnswerReader().take(line)
        assert (got.data, dict(got.extra)) == (data, extra), line
