"""Certificate authorities that vouch for nobody but the servers of a test."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from attrs import define, field
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

__all__ = ["Authority"]

_DAY: Final = timedelta(days=1)


@define(eq=False)
class Authority:
    """An authority, which vouches for itself."""

    _name: str
    _key: ec.EllipticCurvePrivateKey = field(init=False)
    #: What whoever trusts it has to have, as PEM.
    root: bytes = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        limits = x509.BasicConstraints(ca=True, path_length=0)
        made = self._begun(self._name, self._key).add_extension(limits, critical=True)
        self.root = self._signed(made)

    def issue(self, host: str) -> tuple[bytes, bytes]:
        """Return a certificate for the server of this name, and its key, as PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        made = self._begun(host, key).add_extension(names, critical=False)
        return self._signed(made), key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    def _begun(
        self, name: str, key: ec.EllipticCurvePrivateKey
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(_named(name))
            .issuer_name(_named(self._name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _DAY)
            .not_valid_after(now + _DAY)
        )

    def _signed(self, made: x509.CertificateBuilder) -> bytes:
        signed = made.sign(self._key, hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.PEM)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
