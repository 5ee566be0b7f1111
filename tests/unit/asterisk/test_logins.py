"""Who is shut out for wrong passwords, for how long, and who never is."""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network

from contactcenter.asterisk import logins
from contactcenter.asterisk.logins import LoginGuard, Verdict
from contactcenter.network import Sip

T0 = datetime(2026, 11, 24, 1, tzinfo=UTC)
THIEF, OFFICE = "203.0.113.9", "192.0.2.17"
SIP = Sip(failed_logins=3, failed_logins_seconds=60, shut_out_seconds=600)


def guard(sip: Sip = SIP, exempt: str = "198.51.100.0/24") -> LoginGuard:
    return LoginGuard(sip, lambda: [IPv4Network(exempt)])


def fail(one: LoginGuard, address: str, *seconds: float, account: str = "1001") -> list[Verdict | None]:
    return [one.failed(address, account, T0 + timedelta(seconds=second)) for second in seconds]


def test_the_third_wrong_password_shuts_out_and_time_lets_in_again() -> None:
    one = guard()
    *before, verdict = fail(one, THIEF, 0, 1, 2)
    assert before == [None, None]
    assert verdict == Verdict(
        "sip_shut_out",
        f"{THIEF} had 3 wrong passwords in 60 s, for 1001; it is shut out for 600 s",
        shut_out=True,
    )
    assert one.shut_out(T0 + timedelta(seconds=3)) == (THIEF,)
    assert one.next_end() == T0 + timedelta(seconds=602)
    assert fail(one, THIEF, 4, 5, 6, 7) == [None] * 4, "what crossed the shutting out is no second alarm"
    assert one.shut_out(T0 + timedelta(seconds=602)) == ()
    assert one.next_end() is None
    assert fail(one, THIEF, 700, 701, 702)[-1] is not None


def test_wrong_passwords_far_apart_are_mistakes() -> None:
    assert fail(guard(), THIEF, 0, 30, 61, 100, 130) == [None] * 5


def test_each_address_is_counted_for_itself() -> None:
    one = guard()
    for _ in range(2):
        assert fail(one, THIEF, 0) == fail(one, OFFICE, 0) == [None]
    assert one.shut_out(T0) == ()


def test_where_phones_sign_in_only_an_alarm_is_raised_and_one_of_them_an_hour() -> None:
    one = guard()
    one.succeeded(OFFICE, T0)
    verdict = fail(one, OFFICE, 0, 1, 2)[-1]
    assert verdict is not None
    assert (verdict.name, verdict.shut_out) == ("sip_logins_failed", False)
    assert "other phones sign in from there" in verdict.detail
    assert fail(one, OFFICE, *range(3, 600)) == [None] * 597
    assert fail(one, OFFICE, 700, 701, 702)[-1] is not None
    assert one.shut_out(T0) == ()


def test_a_phone_that_signed_in_the_day_before_protects_nobody() -> None:
    one = guard()
    one.succeeded(OFFICE, T0 - timedelta(days=1, seconds=1))
    fail(one, OFFICE, 0, 1, 2)
    assert one.shut_out(T0) == (OFFICE,)


def test_permitted_networks_and_trunks_are_never_shut_out() -> None:
    one = guard()
    verdict = fail(one, "198.51.100.7", 0, 1, 2)[-1]
    assert verdict is not None
    assert (verdict.name, verdict.shut_out) == ("sip_logins_failed", False)
    assert one.shut_out(T0) == ()


def test_an_alarm_names_the_accounts_and_unknown_ones_together() -> None:
    one = guard(SIP.model_copy(update={"failed_logins": 8}))
    for account in ("1001", "", "", "1002", "1003", "1004", "1005"):
        assert fail(one, THIEF, 0, account=account) == [None]
    verdict = fail(one, THIEF, 0, account="1006")[-1]
    assert verdict is not None
    assert "for 1001, unknown users, 1002, 1003, 1004 and others;" in verdict.detail


def test_nobody_is_shut_out_when_that_is_switched_off() -> None:
    assert fail(guard(SIP.model_copy(update={"failed_logins": 0})), THIEF, *range(50)) == [None] * 50


def test_an_attack_from_everywhere_fills_no_memory() -> None:
    one = guard()
    for number in range(3 * logins.MOST_SHUT_OUT):
        fail(one, f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", 0, 0, 0)
    assert len(one.shut_out(T0)) == logins.MOST_SHUT_OUT
    for number in range(2 * logins.MOST_ADDRESSES):
        address = f"11.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        one.succeeded(address, T0)
        fail(one, address, 0)
    assert len(one._failures) == len(one._signed_in) == logins.MOST_ADDRESSES
