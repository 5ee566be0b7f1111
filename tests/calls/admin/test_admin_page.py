"""The page for admins, run word for word: from an empty site to a working hotline, and then a customer of the page calls.

The page takes the usual ports, so it has a network of its own, with nothing in it but loopback.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from contactcenter.asterisk.installation import cached_tree

HERE = Path(__file__).parent
SECONDS = 240


@pytest.mark.timeout(SECONDS + 10)
def test_the_page_leads_to_a_working_hotline() -> None:
    with tempfile.TemporaryDirectory(prefix="cc-") as home:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        cache = str(cached_tree().parents[1])  # the home is empty, Asterisk is there
        done = subprocess.run(
            ["unshare", "--net", "--", sys.executable, HERE / "page_in_a_network.py"],
            env={**os.environ, "HOME": home, "PATH": path, "XDG_CACHE_HOME": cache},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert done.stdout.splitlines()[-1] == "answered by 1004 in vip, rule VIP first"
