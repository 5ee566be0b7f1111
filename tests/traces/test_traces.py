"""Each .txt beside this file is one trace; see trace_reader.py for how they are written."""

from pathlib import Path

import pytest
from trace_reader import WrongTrace, differences, read

HERE = Path(__file__).parent
TRACES = sorted(HERE.rglob("*.txt"))


@pytest.mark.parametrize("file", TRACES, ids=[str(file.relative_to(HERE).with_suffix("")) for file in TRACES])
def test_what_happens_is_followed_by_what_must(file: Path) -> None:
    assert "\n".join(differences(read(file))) == ""


TABLE = """
queue support: 1001
at | happens | follows
0  | CallEnters a support 5 | {follows}
   | | {more}
= {state}
"""


@pytest.mark.parametrize(
    ("follows", "more", "state", "told"),
    [
        ("CallQueued", "Offer agent=1001", "1001 reserved, a 1", ""),
        ("CallQueued", "Offer agent=1002", "a 1", "but was by"),
        ("CallQueued", "", "a 1", "must be followed by ['CallQueued']"),
        ("Offer", "CallQueued", "a 1", "must be followed by"),
        ("CallQueued", "Offer", "1001 talking", "then 1001 must be talking"),
        ("CallQueued", "Offer", "a none", "then a must be none"),
    ],
)
def test_a_trace_that_is_wrong_says_where(tmp_path: Path, follows: str, more: str, state: str, told: str) -> None:
    file = tmp_path / "trace.txt"
    file.write_text(TABLE.format(follows=follows, more=more, state=state), encoding="utf-8")
    found = "\n".join(differences(read(file)))
    assert told in found
    assert (found == "") is (told == "")


@pytest.mark.parametrize(
    "text", ["", "queue support: 1001", "queues support: 1001", "at | happens | follows\n0 | Tick\n"]
)
def test_what_is_no_trace_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "trace.txt"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(WrongTrace, match=r"trace\.txt"):
        read(file)
