from pathlib import Path

import pytest
from injection import MARK, NASTY


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test with the argument `nasty` runs once for each string."""
    if "nasty" in metafunc.fixturenames:
        metafunc.parametrize("nasty", list(NASTY.values()), ids=list(NASTY))


@pytest.fixture(autouse=True, scope="session")
def nothing_was_run() -> object:
    """Some of the strings would leave a file if anything ran them."""
    yield
    assert not Path(MARK).exists()
