import json
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from rig.center import Center


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path: Asterisk's control socket has to fit into 108 characters."""
    with tempfile.TemporaryDirectory(prefix="cc-") as path:
        yield Path(path) / "site"


@pytest.fixture
async def center(folder: Path, request: pytest.FixtureRequest) -> AsyncIterator[Center]:
    """A site that is up. Afterwards nothing of a call may be left in controller or Asterisk."""
    marker = request.node.get_closest_marker("settings")
    server = request.getfixturevalue("postgresql") if request.node.get_closest_marker("postgres") else None
    address = server.database() if server else ""
    made = Center(
        folder, settings=marker.kwargs if marker else None, database=server.address(address) if server else ""
    )
    await made.create()
    for configured in request.node.iter_markers("configured"):
        await made.configure(**configured.kwargs)
    for sql in request.node.iter_markers("sql"):
        made.write(*sql.args)
    try:
        await made.up()
        yield made
        assert await made.leftovers() == []
    except BaseException:
        _show_logs(folder)
        raise
    finally:
        await made.down()
        if server:
            server.drop(address)


def _show_logs(folder: Path) -> None:
    for name in ("up.out", "controller.out", "asterisk.log"):
        file = folder / "log" / name
        if file.exists():
            print(f"---- {name}", *file.read_text(errors="replace").splitlines()[-60:], sep="\n")  # noqa: T201
    settings = folder / "contactcenter.toml"
    print(json.dumps({"site": str(folder), "settings": settings.exists()}))  # noqa: T201
