"""Who is calling: numbers as trunks send them; and whether the service is paid for, day by day."""

from datetime import date, timedelta

import phonenumbers
import pytest

from contactcenter.customers.customer import Customer, service_state
from contactcenter.customers.numbers import as_dialed, normalise
from contactcenter.events import ServiceState
from contactcenter.ids import CompanyId

AGENTS = frozenset({"1001", "13800000009"})


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        # a mobile, with everything that trunks put before it
        ("13800000001", "+8613800000001"),
        ("013800000001", "+8613800000001"),
        ("008613800000001", "+8613800000001"),
        ("+8613800000001", "+8613800000001"),
        ("8613800000001", "+8613800000001"),
        ("1795113800000001", "+8613800000001"),
        ("+86 138 0000 0001", "+8613800000001"),
        ("138-0000-0001", "+8613800000001"),
        ("  13800000001  ", "+8613800000001"),
        ("13800000001\r\n", "+8613800000001"),
        # the mobile that begins with 86 once the country code is gone
        ("18600000001", "+8618600000001"),
        ("8618600000001", "+8618600000001"),
        # landlines with their area code
        ("010-62345678", "+861062345678"),
        ("(010)62345678", "+861062345678"),
        ("01062345678", "+861062345678"),
        ("86-10-62345678", "+861062345678"),
        ("+86 010 62345678", "+861062345678"),
        ("0755-26001234", "+8675526001234"),
        # service numbers
        ("4001234567", "+864001234567"),
        ("400-123-4567", "+864001234567"),
        ("8008101234", "+868008101234"),
        # from abroad
        ("+1 650 253 0000", "+16502530000"),
        ("001-650-253-0000", "+16502530000"),
        ("0085223456789", "+85223456789"),
        # full-width digits, as a spreadsheet has them
        ("１３８０００００００１", "+8613800000001"),
    ],
)
def test_a_number_becomes_e164(raw: str, number: str) -> None:
    assert normalise(raw, "CN", AGENTS) == number


@pytest.mark.parametrize(
    "raw",
    [
        "",
        " ",
        "anonymous",
        "Anonymous",
        "RESTRICTED",
        "unknown",
        "unavailable",
        "asterisk",
        "0",
        "00",
        "+",
        "+86",
        "()",
        "110",
        "1" * 41,
        "13800000001" + "0" * 30,
        "abc",
        "sip:13800000001@example.com",
        '"13800000001"',
        "'13800000001'",
        "<13800000001>",
        "13800000001,1",
        "13800000001;cause=1",
        "13800000001\r\nAction: Originate",
        "13800000001\x00",
        "13800000001#",
        "*41",
        "+8613800000001+1",
        "😀",
        "１３八",
    ],
)
def test_what_is_no_number_is_like_withheld(raw: str) -> None:
    assert normalise(raw, "CN", AGENTS) == ""


def test_an_agents_extension_stays_as_it_is() -> None:
    assert normalise("1001", "CN", AGENTS) == "1001"
    assert normalise(" 1001 ", "CN", AGENTS) == "1001"
    assert normalise("13800000009", "CN", AGENTS) == "13800000009"
    assert normalise("1002", "CN", AGENTS) == ""


def test_numbers_without_country_code_are_of_the_sites_region() -> None:
    assert normalise("6502530000", "US") == "+16502530000"
    assert normalise("030 123456", "DE") == "+4930123456"


def test_forty_characters_are_a_number_still() -> None:
    spaced = "+86" + " " * 26 + "13800000001"
    assert len(spaced) == 40
    assert normalise(spaced, "CN") == "+8613800000001"
    assert normalise(spaced.replace("+86", "+86 "), "CN") == ""


@pytest.mark.parametrize(
    ("number", "region", "dialed"),
    [
        ("+8613800000001", "CN", "13800000001"),
        ("+861062345678", "CN", "01062345678"),
        ("+8675526001234", "CN", "075526001234"),
        ("+864001234567", "CN", "4001234567"),
        ("+8613800000001", "DE", "008613800000001"),
        ("+8613800000001", "US", "0118613800000001"),
        ("+16502530000", "CN", "0016502530000"),
        ("+16502530000", "US", "16502530000"),
        ("+85223456789", "CN", "0085223456789"),
        ("+4930123456", "DE", "030123456"),
        # Singapore's callers choose a carrier by the prefix
        ("+8613800000001", "SG", "+8613800000001"),
        ("+6561234567", "SG", "61234567"),
        # not E.164, or not possible
        ("10086", "CN", "10086"),
        ("13800000001", "CN", "13800000001"),
        ("013800000001", "CN", "013800000001"),
        ("+861", "CN", "+861"),
        ("+999123456789", "CN", "+999123456789"),
        ("", "CN", ""),
    ],
)
def test_a_number_is_dialed_as_in_its_region(number: str, region: str, dialed: str) -> None:
    assert as_dialed(number, region) == dialed


@pytest.mark.parametrize("region", ["CN", "TW", "SG", "US", "DE", "IT", "BR", "JP", "AU", "IN"])
def test_what_is_dialed_is_the_number_that_was_stored(region: str) -> None:
    kinds = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE)
    examples = (
        phonenumbers.example_number_for_type(country, kind)
        for country in sorted(phonenumbers.SUPPORTED_REGIONS)
        for kind in kinds
    )
    stored = [phonenumbers.format_number(one, phonenumbers.PhoneNumberFormat.E164) for one in examples if one]
    assert len(stored) > 400
    assert [normalise(as_dialed(number, region), region) for number in stored] == stored


FIRST, LAST, WARNING = date(2026, 1, 1), date(2026, 12, 31), 30


def paid(first: date | None = FIRST, last: date | None = LAST) -> Customer:
    return Customer(CompanyId(1), "明德科技", service_from=first, service_until=last)


@pytest.mark.parametrize(
    ("today", "state"),
    [
        (FIRST - timedelta(1), "none"),
        (FIRST, "active"),
        (LAST - timedelta(WARNING + 1), "active"),
        (LAST - timedelta(WARNING), "expiring"),
        (LAST - timedelta(1), "expiring"),
        (LAST, "expiring"),
        (LAST + timedelta(1), "expired"),
        (LAST + timedelta(3650), "expired"),
    ],
)
def test_the_service_state_of_each_boundary_day(today: date, state: ServiceState) -> None:
    assert service_state(paid(), today, WARNING) == state


def test_without_a_warning_the_last_day_alone_is_expiring() -> None:
    assert service_state(paid(), LAST - timedelta(1), 0) == "active"
    assert service_state(paid(), LAST, 0) == "expiring"


def test_who_has_no_period_has_no_service() -> None:
    assert service_state(None, FIRST, WARNING) == "none"
    assert service_state(paid(last=None), FIRST, WARNING) == "none"


def test_a_period_without_a_first_day_has_always_been() -> None:
    assert service_state(paid(first=None), date(1999, 1, 1), WARNING) == "active"
