"""Two records of one company become one."""

from datetime import date

from contactcenter.customers.company import Company, Contact, Product
from contactcenter.customers.merging import merged

FIRST = Company(
    "华远",
    level="vip",
    products=(Product("财务", "12"),),
    service_until=date(2026, 12, 31),
    service_code="100001",
    notes="a",
    contacts=(Contact("王", ("+861",), id=1),),
    id=1,
)
OTHER = Company(
    "华远商贸",
    region="华东",
    products=(Product("财务", "11"), Product("人事")),
    service_until=date(2027, 1, 1),
    service_code="100002",
    notes="b",
    contacts=(Contact("王", ("+862",), wechat="w", id=5), Contact("李", id=6)),
    id=2,
)


def test_what_both_say_is_kept_and_contradictions_are_named() -> None:
    made = merged(FIRST, OTHER)
    both = made.company
    assert (both.id, both.name, both.level, both.region, both.notes) == (1, "华远", "vip", "华东", "a\nb")
    assert both.products == (Product("财务", "12"), Product("人事"))
    assert both.contacts == (Contact("王", ("+861", "+862"), wechat="w", id=1), Contact("李", id=6))
    assert made.contacts == {5: 1}
    assert made.conflicts == (
        "level: vip is kept, standard is not",
        "service_until: 2026-12-31 is kept, 2027-01-01 is not",
        "service code: that of the first company is kept, the other one is not valid any more",
        "version of 财务: 12 is kept, 11 is not",
    )
