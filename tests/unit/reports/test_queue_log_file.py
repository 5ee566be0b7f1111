"""The queue_log's file: whole lines, whatever logrotate, the disk or a killed process does."""

import logging
import resource
from pathlib import Path

import pytest

from contactcenter.reports.queue_log_file import QueueLogFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "queue_log"


def test_lines_are_there_at_once_and_after_those_of_earlier_runs(path: Path) -> None:
    path.write_text("1|NONE|NONE|NONE|QUEUESTART|\n", encoding="utf-8")
    file = QueueLogFile(path)
    file.append(["2|a", "3|一"])
    file.append([])
    file.append(["4|b"])
    assert path.read_text(encoding="utf-8").splitlines()[1:] == ["2|a", "3|一", "4|b"]
    file.close()


def test_nothing_is_made_before_the_first_line(path: Path) -> None:
    QueueLogFile(path).append([])
    assert not path.exists()


def test_a_file_that_was_moved_away_or_replaced_is_left_alone(path: Path) -> None:
    file = QueueLogFile(path)
    file.append(["1|a"])
    moved = path.rename(path.with_suffix(".1"))
    file.append(["2|b"])
    assert (moved.read_text(), path.read_text()) == ("1|a\n", "2|b\n")
    path.rename(path.with_suffix(".2"))
    path.write_text("")
    file.append(["3|c"])
    assert path.read_text() == "3|c\n"
    file.close()


def test_a_file_that_was_copied_and_truncated_goes_on_at_its_start(path: Path) -> None:
    file = QueueLogFile(path)
    file.append(["1|a", "2|b"])
    path.write_text("")
    file.append(["3|c"])
    assert path.read_bytes() == b"3|c\n"
    file.close()


def test_a_full_disk_is_said_once_and_its_end_too(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    path.symlink_to("/dev/full")
    file = QueueLogFile(path)
    for line in ("1|a", "2|b", "3|c"):
        file.append([line])
    assert [record.message for record in caplog.records] == [
        f"{path} can't be written: No space left on device. Its lines are lost until it can."
    ]
    path.unlink()
    file.append(["4|d"])
    file.append(["5|e"])
    assert path.read_text() == "4|d\n5|e\n"
    assert [record.message for record in caplog.records][1:] == [f"{path} is written again"]
    file.close()


def test_a_line_for_which_there_is_half_the_room(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = QueueLogFile(path)
    file.append(["1|a"])
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8, before[1]))
    try:
        file.append(["2|bbbbbbbb"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "can't be written" in caplog.text
    file.append(["3|c"])
    assert path.read_text() == "1|a\n2|bb\n3|c\n"
    file.close()


def test_a_folder_that_is_gone_is_no_error_of_whoever_tells(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = QueueLogFile(path.parent / "gone" / "queue_log")
    file.append(["1|a"])
    assert "No such file or directory" in caplog.text


def test_half_a_line_stays_alone(path: Path) -> None:
    path.write_text("1|NONE|vip|PJ")
    file = QueueLogFile(path)
    file.append(["2|b"])
    assert path.read_text() == "1|NONE|vip|PJ\n2|b\n"
    file.close()
