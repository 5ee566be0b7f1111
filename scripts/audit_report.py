"""What scripts/audit says of pip-audit's report. Its exit code is no answer: it is 0 for packages that the database was not asked about, and 1
for a failure as for a vulnerability.
"""

import json
import sys
from pathlib import Path
from typing import Any

CLEAN, FOUND, NOT_AUDITED = 0, 1, 3


def verdict(report: str) -> tuple[int, list[str]]:
    """(exit code, lines) for a report as JSON; "" when there is none."""
    try:
        packages: list[dict[str, Any]] = json.loads(report)["dependencies"]
    except (ValueError, KeyError, TypeError):
        packages = []
    lines = [
        f"{package['name']} {package['version']}: {one['id']}, put right in {', '.join(one['fix_versions']) or 'no version yet'}"
        for package in packages
        for one in package.get("vulns", ())
    ]
    if lines:
        return FOUND, [*lines, f"audit: {len(lines)} known vulnerabilities. Raise the versions: scripts/lock --upgrade"]
    left = [package for package in packages if "vulns" not in package]
    if left or not packages:
        count = f"{len(left)} of {len(packages)} packages were" if left else "the packages were"
        why = left[0].get("skip_reason", "no reason given") if left else "there is no report"
        where = "Run scripts/audit where the database of vulnerabilities can be reached."
        return NOT_AUDITED, [f"audit: NOT AUDITED: {count} not looked up ({why}). {where}"]
    return CLEAN, [f"audit: no known vulnerability in {len(packages)} packages"]


def main() -> int:
    report = Path(sys.argv[1])
    code, lines = verdict(report.read_text(encoding="utf-8") if report.exists() else "")
    print(*lines, sep="\n", file=sys.stdout if code == CLEAN else sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
