"""route check: what is wrong with the rules, before a caller finds it."""

import sys
from typing import Any

from contactcenter.cli.context import Context, pass_context
from contactcenter.cli.output import json_option, print_json, print_table
from contactcenter.cli.route import route
from contactcenter.clock import SystemClock
from contactcenter.configuration.models import Configuration
from contactcenter.configuration.reach import known_to_rules
from contactcenter.dialplan import check_configuration, prompts
from contactcenter.routing.check import check_rules
from contactcenter.routing.finding import Finding
from contactcenter.routing.route import plain_case
from contactcenter.store.customers import words_in_use

COLUMNS = (("", "severity"), ("rule", "rule"), ("what", "text"))


@route.command()
@json_option
@pass_context
def check(context: Context, as_json: bool) -> None:
    """Rules that can never match, callers whom no rule covers, circles, and queues that nobody serves while it is open.

    Exit code 1 when there is an error; a warning may be what you want.

    Example: contactcenter route check
    """
    found = findings(context, context.configuration())
    if as_json:
        print_json([_plain(finding) for finding in found])
    else:
        print_table([_plain(finding) for finding in found], COLUMNS, context.zone, "nothing is wrong with the routes")
    if any(finding.severity == "error" for finding in found):
        sys.exit(1)


def findings(context: Context, configuration: Configuration) -> list[Finding]:
    """Everything that the check of the rules finds on the site."""
    there = prompts(context.site)
    flows = check_configuration(configuration, there)
    words = context.read(words_in_use)
    known = known_to_rules(
        configuration,
        flows,
        SystemClock().now(),
        packages=words["package"],
        products=words["product"],
        regions=words["region"],
        groups=words["group"],
        prompts=set.intersection(*there.values()),
    )
    return check_rules(tuple(configuration.routes.values()), known)


def _plain(finding: Finding) -> dict[str, Any]:
    return {
        "severity": finding.severity,
        "kind": finding.kind,
        "rule": finding.rule,
        "text": finding.text,
        "example": plain_case(finding.example) if finding.example else None,
    }
