"""Customers for the dealer's CRM: read and written by the CRM's own ids."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from aiohttp import web

from contactcenter.changes import Author
from contactcenter.clock import Clock
from contactcenter.customers.company import Company, differences, plain
from contactcenter.customers.documents import company_of
from contactcenter.customers.numbers import normalise
from contactcenter.customers.ports import CompanyBook, ConflictList
from contactcenter.customers.unique import Edit
from contactcenter.errors import BadInput, Conflict, NotFound

LARGEST = 256 * 1024
"""Bytes of a body."""
LONGEST_ID = 100
CUSTOMERS = web.AppKey("customers", CompanyBook)
CONFLICTS = web.AppKey("conflicts", ConflictList)
CLOCK = web.AppKey("customers_clock", Clock)
REGION = web.AppKey("customers_region", str)

routes = web.RouteTableDef()


def install(app: web.Application, companies: CompanyBook, conflicts: ConflictList, clock: Clock, region: str) -> None:
    """region: ISO 3166 two letters, the country of numbers without a country code."""
    app[CUSTOMERS], app[CONFLICTS], app[CLOCK], app[REGION] = companies, conflicts, clock, region
    app.add_routes(routes)


@routes.get("/api/v1/customers")
async def find(request: web.Request) -> web.Response:
    """?number=: whose number it is, in any notation; an empty list when nobody's."""
    if not (given := request.query.get("number", "")):
        raise BadInput("say which: /api/v1/customers?number=+8613800000001")
    number = normalise(given, request.app[REGION])
    found = await request.app[CUSTOMERS].by_number(number) if number else None
    return _answer({"customers": [plain(found)] if found else []})


@routes.get("/api/v1/customers/{external_id}")
async def show(request: web.Request) -> web.Response:
    found = await _known(request)
    return _answer(plain(found), revision=found.revision)


@routes.put("/api/v1/customers/{external_id}")
async def put(request: web.Request) -> web.Response:
    """Makes the company what the document says; keys that it has not stay as they are. 201 created, 200 changed or unchanged, 409
    when something belongs to another company, 412 when If-Match names another revision than there is.
    """
    app, external_id = request.app, _external_id(request)
    document, now = await _document(request), app[CLOCK].now()
    before = await app[CUSTOMERS].by_external_id(external_id)
    wanted = request.headers.get("If-Match", "").strip('"')
    if wanted and wanted != str(before.revision if before else 0):
        return _answer({"error": "the customer is another one by now: get it again."}, status=412)
    try:
        before, stored = await _stored(request, external_id, document, now)
    except BadInput as error:
        refused = await app[CONFLICTS].refuse(external_id, author(request).origin, str(error), document, now)
        status = 409 if isinstance(error, Conflict) else 400
        return _answer({"error": str(error), "conflict": refused}, status=status)
    await app[CONFLICTS].resolve(external_id, now)
    changed = differences(before, stored) if before else ()
    result = "created" if before is None else "changed" if changed else "unchanged"
    answer = {"result": result, "changed": changed, "customer": plain(stored)}
    return _answer(answer, status=201 if before is None else 200, revision=stored.revision)


async def _stored(
    request: web.Request, external_id: str, document: Mapping[str, Any], now: datetime
) -> tuple[Company | None, Company]:
    """The company before and after. Once more when somebody else was at it in the same moment."""
    app = request.app
    for last in (False, True):
        before = await app[CUSTOMERS].by_external_id(external_id)
        after = replace(company_of(document, app[REGION], before), external_id=external_id)
        try:
            done = await app[CUSTOMERS].save([Edit(before, after)], author(request), now, from_crm=True)
        except Conflict:
            present = await app[CUSTOMERS].by_external_id(external_id)
            if last or (present and present.revision) == (before and before.revision):
                raise
        else:
            return before, (done[0].after if done else None) or after
    raise AssertionError("the second time returns or raises")


@routes.delete("/api/v1/customers/{external_id}")
async def remove(request: web.Request) -> web.Response:
    """Calls and tickets keep the company's name."""
    found = await _known(request)
    now = request.app[CLOCK].now()
    await request.app[CUSTOMERS].save([Edit(found, None)], author(request), now, from_crm=True)
    await request.app[CONFLICTS].resolve(_external_id(request), now)
    return _answer({"result": "removed"})


@routes.get("/api/v1/conflicts")
async def conflicts(request: web.Request) -> web.Response:
    """What could not be taken and is still open; ?all=1: also what is settled."""
    return _answer({"conflicts": await request.app[CONFLICTS].all(resolved="all" in request.query)})


def author(request: web.Request) -> Author:
    """Of a change over HTTP, for the audit log."""
    return Author("crm", f"HTTP from {request.remote or 'nowhere'}", f"{request.method} {request.path}")


async def _known(request: web.Request) -> Company:
    external_id = _external_id(request)
    found = await request.app[CUSTOMERS].by_external_id(external_id)
    if found is None:
        raise NotFound(f"there is no customer with the external_id {external_id}.")
    return found


def _external_id(request: web.Request) -> str:
    text = request.match_info["external_id"].strip()
    if not text or len(text) > LONGEST_ID or not text.isprintable():
        raise BadInput(f"the external_id has to be 1 to {LONGEST_ID} characters.")
    return text


async def _document(request: web.Request) -> Mapping[str, Any]:
    body = bytearray()
    while chunk := await request.content.read(LARGEST):
        body += chunk
        if len(body) > LARGEST:
            raise web.HTTPRequestEntityTooLarge(
                LARGEST,
                len(body),
                text=json.dumps({"error": f"the body is larger than {LARGEST // 1024} kB."}),
                content_type="application/json",
            )
    try:
        document = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise BadInput("the body is no JSON in UTF-8.") from None
    if not isinstance(document, dict):
        raise BadInput("the body is no JSON object with the company's fields.")
    if document.get("external_id") not in [None, _external_id(request)]:
        raise BadInput("external_id in the body is another one than in the address.")
    return {key: value for key, value in document.items() if key != "external_id"}


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")


def _answer(value: Any, status: int = 200, revision: int | None = None) -> web.Response:
    headers = {"ETag": f'"{revision}"'} if revision is not None else None
    text = json.dumps(value, ensure_ascii=False, default=_plain)
    return web.json_response(text=text, status=status, headers=headers)


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")
