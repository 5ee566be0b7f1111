"""What reads bytes of others, with what hypothesis makes up: bytes, words of the protocol in any order, documents of any shape."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rig.fuzzing import METHODS, PLACES, SEEDS, TARGETS, Fuzzing

QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def fuzzing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzing]:
    made = Fuzzing(tmp_path_factory.mktemp("fuzzed"))
    yield made
    made.close()


def shuffled(*words: bytes) -> st.SearchStrategy[bytes]:
    """Words in any order and number, with bytes of any kind between them; the first byte says how they are cut."""
    part = st.one_of(st.sampled_from(words), st.binary(max_size=30), st.text(max_size=10).map(str.encode))
    return st.lists(part, max_size=40).map(b"".join)


GREETING = b"\x0cAsterisk Call Manager/11.0.0\r\n"
AMI = shuffled(
    b"Event: DialEnd\r\n", b"Response: Success\r\n", b"Response: Error\r\n", b"ActionID: 1\r\n", b"ActionID: 2\r\n",
    b"EventList: start\r\n", b"Event: ListComplete\r\n", b"EventList: Complete\r\n", b"Message: x\r\n", b"\r\n", b"\r", b"\n",
    "王".encode()[:2], b": ", b"Output: a\r\n",
)  # fmt: skip
HEAD = b"\x1eagi_request: agi://127.0.0.1/call\nagi_callerid: 1\n"
AGI = shuffled(
    b"200 result=1\n", b"200 result=-1 (hangup)\n", b"200 result=1 (a\n", b"b)\n", b"100 result=0 Trying...\n", b"511 x\n",
    b"520-x\n", b"520 End\n", b"HANGUP\n", b"\n", b"(", b'endpos="', b" a=", b"agi_uniqueid: 2\n",
)  # fmt: skip


@pytest.mark.parametrize("name", list(TARGETS))
@QUICK
@given(data=st.binary(max_size=600))
def test_any_bytes(fuzzing: Fuzzing, name: str, data: bytes) -> None:
    TARGETS[name](fuzzing, data)


@pytest.mark.parametrize("name", list(TARGETS))
def test_where_atheris_begins(fuzzing: Fuzzing, name: str) -> None:
    for seed in SEEDS[name]:
        TARGETS[name](fuzzing, seed)


@QUICK
@given(data=AMI)
def test_words_of_ami(fuzzing: Fuzzing, data: bytes) -> None:
    fuzzing.ami(GREETING + data)


@QUICK
@given(head=AGI, data=AGI)
def test_words_of_agi(fuzzing: Fuzzing, head: bytes, data: bytes) -> None:
    fuzzing.agi(HEAD + head + b"\n\n" + data)
    fuzzing.answers(data)


@pytest.mark.parametrize("length", [5_000, 70_000])
def test_a_flood_costs_no_more_memory_than_is_allowed(fuzzing: Fuzzing, length: int) -> None:
    """The targets themselves look at what is kept."""
    for flood in (b"x" * length, b"x: y\r\n" * (length // 6), b"(\n" * (length // 2)):
        fuzzing.ami(GREETING + flood)
        fuzzing.agi(HEAD + flood)
        fuzzing.agi(HEAD + b"\n200 result=1 (" + flood)


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["welcome", "vip", "a", "b"]),
)
FLOW_WORDS = (
    "start", "nodes", "rules", "a", "b", "type", "prompt", "next", "keys", "queue", "when", "level", "priority", "failed", "menu",
    "name", "flow", "values", "seconds", "into", "url", "yes", "no", "to",
)  # fmt: skip
TYPES = st.sampled_from(
    ["play", "menu", "hours", "collect", "queue", "http", "set", "say", "route", "hangup", "subflow", "done"]
)


def documents(words: tuple[str, ...]) -> st.SearchStrategy[object]:
    keys = st.one_of(st.sampled_from(words), st.text(max_size=8))
    return st.recursive(
        SCALARS,
        lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=6)),
        max_leaves=25,
    )


@QUICK
@given(document=documents(FLOW_WORDS))
def test_a_flow_of_any_shape(fuzzing: Fuzzing, document: object) -> None:
    fuzzing.flow(json.dumps(document).encode())


NODE = st.fixed_dictionaries({"type": TYPES}, optional={word: documents(FLOW_WORDS) for word in ("prompt", "next", "keys", "queue", "seconds", "values", "into", "failed")})  # fmt: skip


@QUICK
@given(nodes=st.dictionaries(st.sampled_from(["a", "b", "c"]), NODE, min_size=1), start=SCALARS)
def test_a_flow_of_odd_nodes(fuzzing: Fuzzing, nodes: dict[str, object], start: object) -> None:
    fuzzing.flow(json.dumps({"start": start, "nodes": nodes}).encode())


COMPANY_WORDS = (
    "name", "level", "service_from", "service_until", "service_code", "products", "fields", "contacts", "numbers", "mail", "notes",
    "external_id", "id", "revision", "version", "group",
)  # fmt: skip


@QUICK
@given(document=st.dictionaries(st.sampled_from(COMPANY_WORDS), documents(COMPANY_WORDS)))
def test_a_company_of_any_shape(fuzzing: Fuzzing, document: dict[str, object]) -> None:
    data = json.dumps(document).encode()
    fuzzing.company(data)
    fuzzing.http(bytes([METHODS.index("PUT"), PLACES.index("/api/v1/customers/")]) + b"c1\n" + data)


@QUICK
@given(
    method=st.sampled_from(range(len(METHODS))),
    place=st.sampled_from(range(len(PLACES))),
    rest=st.text(max_size=40),
    body=st.one_of(st.binary(max_size=60), documents(COMPANY_WORDS).map(lambda one: json.dumps(one).encode())),
)
def test_a_request_of_any_kind(fuzzing: Fuzzing, method: int, place: int, rest: str, body: bytes) -> None:
    address = rest.encode(errors="replace").replace(b"\n", b"")
    fuzzing.http(bytes([method, place]) + address + b"\n" + body)


CELLS = st.one_of(
    st.text(max_size=12), st.sampled_from(["公司", "电话", "=1+1", "'=1", "13800000001", '"', "2027/1/1", "VIP"])
)


@QUICK
@given(rows=st.lists(st.lists(CELLS, max_size=5), max_size=6), delimiter=st.sampled_from(",;\t"))
def test_a_sheet_of_any_cells(fuzzing: Fuzzing, rows: list[list[str]], delimiter: str) -> None:
    text = "\n".join(["公司" + delimiter + "电话", *(delimiter.join(row) for row in rows)])
    fuzzing.sheet(text.encode(errors="replace"))
