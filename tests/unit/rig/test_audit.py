"""scripts/audit never says that all is well when nobody has looked."""

import json
from typing import Any

import pytest

from audit_report import verdict


def package(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "version": "1.0", **fields}


CLEAN = package("good", vulns=[])
SKIPPED = {"name": "unknown", "skip_reason": "not found"}
BAD = package("bad", vulns=[{"id": "PYSEC-1", "fix_versions": ["1.1", "2.0"]}, {"id": "PYSEC-2", "fix_versions": []}])


@pytest.mark.parametrize(
    ("packages", "code", "words"),
    [
        ([CLEAN, CLEAN], 0, "no known vulnerability in 2 packages"),
        ([CLEAN, BAD], 1, "bad 1.0: PYSEC-1, put right in 1.1, 2.0"),
        ([SKIPPED, BAD], 1, "bad 1.0: PYSEC-2, put right in no version yet"),
        ([CLEAN, SKIPPED], 3, "NOT AUDITED: 1 of 2 packages were not looked up (not found)"),
        ([], 3, "NOT AUDITED: the packages were not looked up (there is no report)"),
    ],
)
def test_the_verdict(packages: list[dict[str, Any]], code: int, words: str) -> None:
    found, lines = verdict(json.dumps({"dependencies": packages}))
    assert found == code
    assert words in "\n".join(lines)


@pytest.mark.parametrize("report", ["", "{}", "[]", "null", "Traceback"])
def test_no_report_is_no_good_news(report: str) -> None:
    assert verdict(report)[0] == 3
