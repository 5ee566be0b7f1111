"""Changes of customers: whole or not at all, in the audit log, nobody's change lost, and taken back."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
from happenings import START
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from contactcenter.changes import Author, Change
from contactcenter.customers.company import Company, Contact, Product, plain
from contactcenter.customers.edits import edited
from contactcenter.customers.unique import Edit
from contactcenter.errors import BadInput, Conflict, NotFound
from contactcenter.ids import AgentNumber, CallId, CompanyId, ContactId
from contactcenter.store import tables as t
from contactcenter.store.changes import AuditRepository
from contactcenter.store.companies import CompanyRepository
from contactcenter.store.customers import CustomerRepository
from contactcenter.store.outbox import OutboxRepository
from contactcenter.store.tickets import TicketRepository
from contactcenter.tickets.problem import Problem

AUTHOR = Author("admin", "a test", "customer edit")
NEW = Company(
    "杭州西湖软件有限公司",
    group="西湖集团",
    level="vip",
    products=(Product("财务", "12"),),
    fields={"销售": "老李"},
    external_id="C7",
    contacts=(
        Contact("孙丽", ("+8613900000001", "+861062345678"), "s@x.cn", "sl", "n", "P1"),
        Contact("", ("+8613900000002",)),
    ),
)


@pytest.fixture
def book(sample: AsyncEngine) -> CompanyRepository:
    return CompanyRepository(sample)


def becomes(**values: object) -> Callable[[Company], Company]:
    return lambda company: replace(company, **values)  # type: ignore[arg-type]


async def last(database: AsyncEngine) -> Change:
    found = await AuditRepository(database).change()
    assert found is not None
    return found


async def add(book: CompanyRepository, company: Company) -> Company:
    (edit,) = await book.save([Edit(None, company)], AUTHOR, START)
    assert edit.after is not None
    return edit.after


async def test_a_new_company_is_found_in_every_way(book: CompanyRepository, sample: AsyncEngine) -> None:
    made = await add(book, NEW)
    assert (len(made.service_code), made.id, [one.id for one in made.contacts]) == (8, 6, [6, 7])
    for word in ("6", NEW.name, "C7"):
        assert await book.find(word) == made
    assert await book.by_number("+861062345678") == made
    assert await book.of_contact(7) == made
    assert [one.id for one in await book.search("西湖", 9)] == [6]
    assert [one.id for one in await book.search("1062345", 9)] == [6]
    assert await book.search("100%_", 9) == []
    known = await CustomerRepository(sample).by_number("+8613900000001")
    assert known is not None
    assert (known.group, known.products, known.contact_name) == ("西湖集团", ("财务",), "孙丽")
    with pytest.raises(NotFound, match="there is no customer 99"):
        await book.find("99")


async def test_a_change_is_in_the_audit_log_with_before_and_after(book: CompanyRepository, sample: AsyncEngine) -> None:
    (edit,) = await book.change(1, becomes(region="华北"), AUTHOR, START)
    change = await last(sample)
    assert (change.author, change.at) == (AUTHOR, START)
    (item,) = change.items
    assert (item.kind, item.key, item.before, item.after) == (
        "company",
        "1",
        plain(edit.before or NEW),
        plain(edit.after or NEW),
    )
    assert await book.change(1, becomes(region="华北"), AUTHOR, START) == []
    assert (await last(sample)).number == change.number


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        ({"name": "成都锦里食品有限公司"}, "belongs to 成都锦里食品有限公司"),
        ({"service_code": "100005"}, "its service code belongs to 成都锦里食品有限公司"),
        ({"contacts": (Contact("x", ("+8613800000002",)),)}, "number +8613800000002 belongs to 上海明德科技有限公司"),
    ],
    ids=["name", "code", "number"],
)
async def test_what_another_company_has_is_refused_and_nothing_is_half_done(
    book: CompanyRepository, wrong: dict[str, object], line: str
) -> None:
    before = await book.all()
    with pytest.raises(Conflict) as refused:
        await book.save(
            [Edit(before[3], replace(before[3], region="x")), Edit(before[0], replace(before[0], **wrong))],  # type: ignore[arg-type]
            AUTHOR,
            START,
        )
    assert line in str(refused.value)
    assert "100005" not in str(refused.value)
    assert await book.all() == before


async def test_two_companies_exchange_what_only_one_can_have(book: CompanyRepository) -> None:
    first, second, *_ = await book.all()
    edits = [
        Edit(first, replace(first, name=second.name, service_code=second.service_code, contacts=())),
        Edit(second, replace(second, name=first.name, service_code=first.service_code)),
    ]
    edits[1] = Edit(second, replace(edits[1].after or second, contacts=(Contact("x", first.numbers),)))
    await book.save(edits, AUTHOR, START)
    assert (await book.find("1")).name == second.name
    assert (await book.find("2")).numbers == first.numbers


async def test_a_dry_run_leaves_nothing_and_finds_what_is_wrong(book: CompanyRepository, sample: AsyncEngine) -> None:
    before = await book.all()
    (edit,) = await book.change(1, becomes(region="华北"), AUTHOR, START, dry_run=True)
    assert edit.after is not None
    assert edit.after.region == "华北"
    with pytest.raises(Conflict):
        await book.change(1, becomes(service_code="100002"), AUTHOR, START, dry_run=True)
    assert await book.all() == before
    assert await AuditRepository(sample).change() is None


async def test_twenty_admins_at_once_lose_nothing(book: CompanyRepository, sample: AsyncEngine) -> None:
    others = [CompanyRepository(sample) for _ in range(20)]
    await asyncio.gather(
        *(
            one.change(1, lambda company, n=n: edited(company, [f"fields.f{n}={n}"], "CN"), AUTHOR, START)  # type: ignore[misc]
            for n, one in enumerate(others)
        )
    )
    assert (await book.find("1")).fields == {f"f{n}": str(n) for n in range(20)}


async def test_of_two_who_saw_the_same_both_are_kept_or_the_second_is_told(book: CompanyRepository) -> None:
    seen = await book.find("1")
    await book.save([Edit(seen, replace(seen, region="华北"))], AUTHOR, START)
    await book.save([Edit(seen, replace(seen, package="金牌"))], AUTHOR, START)
    now = await book.find("1")
    assert (now.region, now.package) == ("华北", "金牌")
    with pytest.raises(Conflict, match="was changed meanwhile by somebody else: package, region"):
        await book.save([Edit(seen, replace(seen, region="华南"))], AUTHOR, START)
    with pytest.raises(Conflict, match="was changed meanwhile"):
        await book.save([Edit(seen, None)], AUTHOR, START)
    await book.save([Edit(now, None)], AUTHOR, START)
    with pytest.raises(Conflict, match="was removed meanwhile"):
        await book.save([Edit(now, replace(now, region="华南"))], AUTHOR, START)


async def test_two_changes_that_don_t_fit_together_are_refused(book: CompanyRepository) -> None:
    seen = await book.find("1")
    assert seen.service_until is not None
    await book.save([Edit(seen, replace(seen, service_from=seen.service_until))], AUTHOR, START)
    with pytest.raises(BadInput, match="before it starts"):
        await book.save([Edit(seen, replace(seen, service_until=seen.service_from))], AUTHOR, START)


def problem(call: str, company: int, contact: int | None) -> Problem:
    who = None if contact is None else ContactId(contact)
    return Problem(CallId(call), START, "+8613800000002", CompanyId(company), who, "Call", AgentNumber("1001"))


async def test_a_removed_company_leaves_its_name_in_tickets_and_comes_back_with_them(
    book: CompanyRepository, sample: AsyncEngine
) -> None:
    tickets = TicketRepository(sample)
    await tickets.open_or_join(problem("1.1", 2, 2))
    before = await book.find("2")
    await book.change(2, lambda _: None, AUTHOR, START)
    assert await CustomerRepository(sample).by_number("+8613800000002") is None
    (ticket,) = await tickets.all()
    assert (ticket["company"], ticket["contact"]) == ("上海明德科技有限公司", "李雪")
    assert (await add(book, replace(NEW, contacts=()))).id == 6
    removal = await AuditRepository(sample).change(1)
    assert removal is not None
    await book.undo(removal, AUTHOR, START)
    assert await book.find("2") == before
    assert (await tickets.open_or_join(problem("1.2", 2, 2))) == (1, False)
    undone = await AuditRepository(sample).change(1)
    assert undone is not None
    assert undone.undone_by == 3


async def test_ids_are_never_used_again(book: CompanyRepository) -> None:
    made = await add(book, NEW)
    await book.save([Edit(made, None)], AUTHOR, START)
    again = await add(book, NEW)
    assert again.id == (made.id or 0) + 1
    assert {one.id for one in again.contacts} & {one.id for one in made.contacts} == set()


async def test_what_was_changed_since_is_not_taken_back(book: CompanyRepository, sample: AsyncEngine) -> None:
    await book.change(1, becomes(region="华北"), AUTHOR, START)
    first = await last(sample)
    await book.change(1, becomes(package="金牌"), AUTHOR, START)
    with pytest.raises(Conflict, match="北京华远商贸有限公司 was changed since; nothing was taken back"):
        await book.undo(first, AUTHOR, START)
    await book.undo(await last(sample), AUTHOR, START)
    await book.undo(first, AUTHOR, START)
    assert (await book.find("1")).region == ""


async def calls_of(database: AsyncEngine) -> list[tuple[str, int, int]]:
    async with database.connect() as connection:
        query = select(t.calls.c.id, t.calls.c.company_id, t.calls.c.contact_id).order_by(t.calls.c.id)
        return [tuple(row) for row in await connection.execute(query)]


async def test_a_merge_moves_people_calls_and_tickets_and_is_taken_back(
    book: CompanyRepository, sample: AsyncEngine
) -> None:
    double = await add(book, replace(NEW, contacts=(Contact("王建国", ("+8613900000001",)), Contact("孙丽"))))
    tickets = TicketRepository(sample)
    await tickets.open_or_join(problem("1.1", 6, 6))
    async with sample.begin() as connection:
        for call, contact in (("1.1", 6), ("1.2", 7), ("1.3", None)):
            await connection.execute(
                text(
                    "insert into calls (id, hotline, caller, company_id, company, contact_id, contact, level, service,"
                    " queue, agent, outcome, recording) values (:call, '', '', 6, 'x', :contact, '', '', '', '', '', '', '')"
                ),
                {"call": call, "contact": contact},
            )
    before, first = await calls_of(sample), await book.find("1")
    await book.merge(first, double, AUTHOR, START)
    both = await book.find("1")
    assert [(one.id, one.name, one.numbers) for one in both.contacts] == [
        (1, "王建国", ("+8613800000001", "+8613900000001")),
        (7, "孙丽", ()),
    ]
    assert await calls_of(sample) == [("1.1", 1, 1), ("1.2", 1, 7), ("1.3", 1, None)]
    assert (await tickets.all())[0]["company"] == first.name
    known = await CustomerRepository(sample).by_number("+8613900000001")
    assert known is not None
    assert (known.company, known.contact) == (1, 1)
    await book.undo(await last(sample), AUTHOR, START)
    assert (await book.find("1"), await book.find("6"), await calls_of(sample)) == (first, double, before)
    assert (await tickets.all())[0]["company"] == double.name


async def test_thousands_are_saved_at_once_or_not_at_all(book: CompanyRepository, sample: AsyncEngine) -> None:
    many = [Company(f"公司{n}", contacts=(Contact("a", (f"+86139{n:08}",)),)) for n in range(3000)]
    done = await book.save([Edit(None, one) for one in many], AUTHOR, START)
    assert len({one.service_code for one in await book.all()}) == 3005
    twice = Company("公司3001", contacts=(Contact("a", ("+8613800000001",)),))
    others = [Edit(None, Company(f"b{n}")) for n in range(3000)]
    with pytest.raises(Conflict, match="Do it again"):
        await book.save([*others, Edit(None, twice)], AUTHOR, START)
    assert len(await book.all()) == 3005
    assert {one.name: one for one in await book.all() if one.id and one.id > 5} == {
        edit.after.name: edit.after for edit in done if edit.after
    }
    changed = [Edit(edit.after, replace(edit.after or NEW, region="x")) for edit in done]
    assert len(await book.save(changed, AUTHOR, START)) == 3000
    await book.undo(await last(sample), AUTHOR, START)
    await book.undo(await last(sample), AUTHOR, START)
    assert len(await book.all()) == 5
    async with sample.connect() as connection:
        assert (await connection.execute(select(func.count()).select_from(t.contact_numbers))).scalar_one() == 4


async def test_new_and_changed_ones_at_once_are_one_change_with_its_webhooks(sample: AsyncEngine) -> None:
    book, outbox = CompanyRepository(sample, webhooks=True), OutboxRepository(sample)
    first, second, *_ = await book.all()
    edits = [
        Edit(first, replace(first, name="先前的名字")),
        *(Edit(None, Company(f"公司{n}", group="新组")) for n in range(2999)),
        Edit(None, Company(first.name, contacts=(Contact("b"), Contact("a", ("+8613900000001",))))),
        Edit(second, second),
    ]
    await book.save(edits, AUTHOR, START)
    assert (await book.find("1")).name == "先前的名字"
    again = await book.find(first.name)
    assert ([one.name for one in again.contacts], again.group) == (["b", "a"], "")
    assert (await book.find("公司7")).group == "新组"
    change = await last(sample)
    assert [item.key for item in change.items[:3]] == ["1", "6", "7"]
    assert (len(change.items), change.items[-1].after) == (3001, plain(again))
    assert await outbox.waiting() == {"waiting": 3001, "given_up": 0}
    sent = [message.company for message in await outbox.due(START, 5000)]
    assert len(sent) == 3001
    made = await add(book, Company("x"))
    assert made.id == (again.id or 0) + 1
