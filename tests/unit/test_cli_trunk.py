"""Trunks on the command line while the site is down: set up all the same, with nothing known of how they are."""

from pathlib import Path

from command_line import done, read, refusal


def test_a_trunk_is_added_changed_and_taken_out(empty: Path) -> None:
    done(
        "trunk", "add", "telecom", "kind=registration", "host=sip.example", "username=020", "password=hush", site=empty
    )
    done("trunk", "set", "telecom", "strip=0", "region=CN", site=empty)
    (row,) = read("trunk", "list", site=empty)
    assert (row["name"], row["state"], row["rtt_ms"], row["strip"]) == ("telecom", "unknown", None, "0")
    shown = read("trunk", "show", "telecom", site=empty)
    assert shown == row
    assert "hush" not in str(shown) + done("trunk", "list", site=empty) + done("audit", "list", site=empty)
    down = "the controller does not answer. Start it: contactcenter up"
    assert refusal("trunk", "test", "telecom", "--to", "10086", site=empty) == down
    done("trunk", "remove", "telecom", "--yes", site=empty)
    assert read("trunk", "list", site=empty) == []


def test_what_does_not_fit_is_refused_in_one_line(empty: Path) -> None:
    assert refusal("trunk", "test", "telecom", "--to", "10086", site=empty) == (
        "there is no trunk telecom. See: contactcenter trunk list"
    )
    for words, problem in (
        (("kind=registration", "host=h"), "a registration needs a username. Say username=..., or kind=ip"),
        ((), "nothing says where its calls come from. Say host=... or addresses=..."),
        (
            ("addresses=1.2.3.4,1.2.3.x",),
            "addresses.1 is '1.2.3.x'. String should match pattern '^[0-9A-Fa-f.:/]{2,50}$'.",
        ),
    ):
        assert refusal("trunk", "add", "t", *words, site=empty) == f"trunk t: {problem}"
    assert read("trunk", "list", site=empty) == []
