"""The certificate of phones' TLS: made where there is none, refused where phones would refuse it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contactcenter.asterisk.certificate import check_certificate, files_of, prepare_certificate
from contactcenter.config import Settings
from contactcenter.errors import SiteError
from contactcenter.network import Sip
from contactcenter.site import Site

NOW = datetime(2026, 11, 24, tzinfo=UTC)
TLS = Settings(sip=Sip(tls="required", address="127.0.0.1"))


@pytest.fixture
def made(tmp_path: Path) -> tuple[Path, Path]:
    prepare_certificate(Site(tmp_path), TLS, NOW)
    return files_of(Site(tmp_path), TLS.sip)


def test_one_is_made_and_kept(made: tuple[Path, Path], tmp_path: Path) -> None:
    certificate, key = made
    assert key.stat().st_mode & 0o777 == 0o600
    before = certificate.read_bytes(), key.read_bytes()
    prepare_certificate(Site(tmp_path), TLS, NOW + timedelta(days=1))
    assert (certificate.read_bytes(), key.read_bytes()) == before
    assert check_certificate(certificate, key, NOW) == NOW + timedelta(days=3650)


def test_without_tls_nothing_is_made(tmp_path: Path) -> None:
    prepare_certificate(Site(tmp_path), Settings(), NOW)
    assert list(tmp_path.iterdir()) == []


def test_what_is_wrong_with_a_pair_is_said(made: tuple[Path, Path], tmp_path: Path) -> None:
    certificate, key = made
    other = tmp_path / "other"
    other.mkdir()
    prepare_certificate(Site(other), TLS, NOW)
    foreign = files_of(Site(other), TLS.sip)[1]
    with pytest.raises(SiteError, match="is not the key of"):
        check_certificate(certificate, foreign, NOW)
    with pytest.raises(SiteError, match="is valid from 2026-11-23 to 2036-11-21"):
        check_certificate(certificate, key, NOW + timedelta(days=3651))
    with pytest.raises(SiteError, match="are not both PEM files"):
        check_certificate(key, key, NOW)
    key.chmod(0o640)
    with pytest.raises(SiteError, match=f"mode 640.* chmod 600 {key}"):
        check_certificate(certificate, key, NOW)
    key.unlink()
    with pytest.raises(SiteError, match=f"{key} can't be read: No such file"):
        check_certificate(certificate, key, NOW)
