"""Customers in the store: by number and by service code."""

from datetime import timedelta

import pytest
from happenings import TODAY
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter.customers.company import Company
from contactcenter.customers.customer import Customer
from contactcenter.ids import CompanyId, ContactId
from contactcenter.store import tables as t
from contactcenter.store.companies import CompanyRepository
from contactcenter.store.customers import CustomerRepository

VIP = Customer(
    company=CompanyId(1),
    company_name="北京华远商贸有限公司",
    level="vip",
    service_from=TODAY - timedelta(365),
    service_until=TODAY + timedelta(200),
    contact=ContactId(1),
    contact_name="王建国",
    group="直销客户",
)


async def test_a_number_tells_company_and_contact(sample: AsyncEngine) -> None:
    assert await CustomerRepository(sample).by_number("+8613800000001") == VIP


@pytest.mark.parametrize("number", ["", "13800000001", "+8613800000099", "%", "' OR 1=1 --"])
async def test_another_number_tells_nothing(sample: AsyncEngine, number: str) -> None:
    assert await CustomerRepository(sample).by_number(number) is None


async def test_a_second_number_of_a_contact_tells_the_same(sample: AsyncEngine) -> None:
    async with sample.begin() as connection:
        await connection.execute(insert(t.contact_numbers).values(number="+861062345678", contact_id=1))
    assert await CustomerRepository(sample).by_number("+861062345678") == VIP


async def test_a_service_code_tells_the_company_but_nobody_in_it(sample: AsyncEngine) -> None:
    found = await CustomerRepository(sample).by_service_code("100005")
    assert found is not None
    assert (found.company, found.company_name, found.contact, found.contact_name) == (
        5,
        "成都锦里食品有限公司",
        None,
        "",
    )


@pytest.mark.parametrize("code", ["", "0", "10000", "1000011", "%"])
async def test_another_code_tells_nothing(sample: AsyncEngine, code: str) -> None:
    assert await CustomerRepository(sample).by_service_code(code) is None


async def test_a_company_without_a_service_period_or_a_group(database: AsyncEngine) -> None:
    async with database.begin() as connection:
        await connection.execute(insert(t.companies).values(id=9, name="新客户", service_code="9"))
    found = await CustomerRepository(database).by_service_code("9")
    assert found == Customer(CompanyId(9), "新客户")
    (listed,) = await CompanyRepository(database).all()
    assert listed == Company("新客户", service_code="9", id=9)


async def test_every_company_with_its_people(sample: AsyncEngine) -> None:
    async with sample.begin() as connection:
        await connection.execute(insert(t.contacts).values(id=6, company_id=1, name="李娜"))
        await connection.execute(
            insert(t.contact_numbers),
            [
                {"number": "+8613800000011", "contact_id": 6, "position": 1},
                {"number": "+861062345678", "contact_id": 6, "position": 0},
            ],
        )
    listed = await CompanyRepository(sample).all()
    assert [company.id for company in listed] == [1, 2, 3, 4, 5]
    assert listed[0].group == "直销客户"
    people = {contact.name: contact.numbers for contact in listed[0].contacts}
    assert people == {"王建国": ("+8613800000001",), "李娜": ("+861062345678", "+8613800000011")}
    assert [(contact.name, contact.numbers) for contact in listed[4].contacts] == [("周丽", ())]
