"""The certificate by which phones know the site (TLS): the admin's own, looked at before anything starts, or one made here."""

import os
import socket
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from contactcenter.config import Settings
from contactcenter.errors import SiteError
from contactcenter.network import Sip
from contactcenter.site import Site

VALID_DAYS = 3650
"""Phones are told to trust a certificate that nobody else has signed; each new one has to be brought to all of them."""


def files_of(site: Site, sip: Sip) -> tuple[Path, Path]:
    """Certificate and key."""
    if sip.tls_certificate:
        return Path(sip.tls_certificate), Path(sip.tls_key)
    return site.tls / "phones.crt", site.tls / "phones.key"


def prepare_certificate(site: Site, settings: Settings, now: datetime) -> None:
    """Makes one where the admin has none, and looks at it. Raises SiteError. Does nothing without TLS."""
    if settings.sip.tls == "off":
        return
    certificate, key = files_of(site, settings.sip)
    if not settings.sip.tls_certificate and not (certificate.exists() and key.exists()):
        _make(site, settings, now)
    check_certificate(certificate, key, now)


def check_certificate(certificate: Path, key: Path, now: datetime) -> datetime:
    """The last moment it is valid. Raises SiteError for a pair that phones would not take, or others may read."""
    try:
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
        private = serialization.load_pem_private_key(key.read_bytes(), password=None)
    except OSError as error:
        raise SiteError(
            f"{error.filename} can't be read: {error.strerror}. It is for TLS of phones ([sip] tls)."
        ) from None
    except (ValueError, TypeError) as error:
        raise SiteError(f"{certificate} and {key} are not both PEM files, without a passphrase: {error}") from None
    if mode := key.stat().st_mode & 0o077:
        raise SiteError(f"{key} can be read or changed by others (mode {mode | 0o600:o}). Do: chmod 600 {key}")
    if found.public_key() != private.public_key():
        raise SiteError(f"{key} is not the key of {certificate}. Name the two that belong together.")
    if not found.not_valid_before_utc <= now <= found.not_valid_after_utc:
        raise SiteError(
            f"{certificate} is valid from {found.not_valid_before_utc:%Y-%m-%d} to {found.not_valid_after_utc:%Y-%m-%d}. "
            "Get a new one."
        )
    return found.not_valid_after_utc


def _make(site: Site, settings: Settings, now: datetime) -> None:
    """Self-signed, for the name and the addresses of this machine."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, socket.gethostname()[:64] or "contactcenter")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now.astimezone(UTC) - timedelta(days=1))
        .not_valid_after(now.astimezone(UTC) + timedelta(days=VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName(_names(settings.sip)), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    plain, pkcs8 = serialization.NoEncryption(), serialization.PrivateFormat.PKCS8
    try:
        site.tls.mkdir(mode=0o700, exist_ok=True)
        _write(site.tls / "phones.key", key.private_bytes(serialization.Encoding.PEM, pkcs8, plain), 0o600)
        _write(site.tls / "phones.crt", certificate.public_bytes(serialization.Encoding.PEM), 0o644)
    except OSError as error:
        raise SiteError(f"{error.filename} can't be written: {error.strerror}.") from None


def _names(sip: Sip) -> list[x509.GeneralName]:
    names: list[x509.GeneralName] = [x509.DNSName(socket.gethostname() or "localhost")]
    for text in {sip.address, sip.external_address} - {"", "0.0.0.0"}:
        try:
            names.append(x509.IPAddress(IPv4Address(text)))
        except ValueError:
            names.append(x509.DNSName(text))
    return names


def _write(file: Path, data: bytes, mode: int) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as out:
        out.write(data)
