import asyncio
from pathlib import Path

import pytest
from command_line import done, free_ports, happen

from contactcenter.site import Site


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sample site on ports of its own, with two calls in its past."""
    folder = tmp_path_factory.mktemp("cli") / "center"
    names = ("--sip-port", "--http-port", "--ami-port", "--agi-port")
    ports = [word for name, port in zip(names, free_ports(4), strict=True) for word in (name, str(port))]
    done("init", folder, "--sample", "--bind", "127.0.0.1", *ports)
    asyncio.run(happen(Site(folder)))
    return folder


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site without sample data, made in a folder that was there and empty."""
    folder = tmp_path_factory.mktemp("empty")
    assert str(folder) in done("init", folder)
    return folder
