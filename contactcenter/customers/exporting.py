"""Customers as the rows of a file that an import takes again. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from contactcenter.customers.columns import CHINESE, CONTACT, ENGLISH
from contactcenter.customers.company import Company, Contact

HEADINGS: Mapping[str, Mapping[str, str]] = {"zh": CHINESE, "en": ENGLISH}


def table_of(companies: Sequence[Company], language: str) -> tuple[list[str], Iterator[list[str]]]:
    """(headings, rows): a row for each contact; a company without any has one row too."""
    names = HEADINGS[language]
    own = sorted({name for company in companies for name in company.fields})
    prefix = "字段:" if language == "zh" else "field:"
    return [*names.values(), *(f"{prefix}{name}" for name in own)], _rows(companies, names, own)


def _rows(companies: Iterable[Company], names: Mapping[str, str], own: Sequence[str]) -> Iterator[list[str]]:
    for company in companies:
        shared = _company(company)
        fields = [company.fields.get(name, "") for name in own]
        for contact in company.contacts or (Contact(),):
            values = shared | _contact(contact)
            yield [*(values[key] for key in names), *fields]


def _company(company: Company) -> dict[str, str]:
    return {
        "name": company.name,
        "group": company.group,
        "level": company.level,
        "package": company.package,
        "products": "; ".join(product.name for product in company.products),
        "versions": "; ".join(product.version for product in company.products).rstrip("; "),
        "region": company.region,
        "contract": company.contract,
        "service_from": company.service_from.isoformat() if company.service_from else "",
        "service_until": company.service_until.isoformat() if company.service_until else "",
        "service_code": company.service_code,
        "notes": company.notes,
        "external_id": company.external_id or "",
    }


def _contact(contact: Contact) -> dict[str, str]:
    return dict(
        zip(
            CONTACT,
            (
                contact.name,
                "; ".join(contact.numbers),
                contact.mail,
                contact.wechat,
                contact.notes,
                contact.external_id or "",
            ),
            strict=True,
        )
    )
