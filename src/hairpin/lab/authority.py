"""The lab's certificate authority: made in memory, its key never written.

The ssl module loads keys from files only, so each machine's key stands for a moment in the lab's own
directory, which nobody else may enter.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hairpin.deployment.names import is_address

_LIFE = timedelta(days=30)
_LONGEST_COMMON_NAME = 64


class Authority:
    """Signs certificates for one lab. ``certificate`` is the PEM file that clients must trust."""

    def __init__(self, directory: Path, now: datetime | None = None) -> None:
        self._now = now or datetime.now(UTC)
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Hairpin lab authority")])
        usage = _usage(key_cert_sign=True, crl_sign=True)
        signed = (
            self._builder(self._name, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.certificate = directory / "authority.pem"
        _write(self.certificate, signed.public_bytes(serialization.Encoding.PEM))

    def server_context(self, names: Iterable[str]) -> ssl.SSLContext:
        """What a TLS server with these host names or IPv4 addresses needs; the first is the common name."""
        listed = list(dict.fromkeys(names))
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, listed[0][:_LONGEST_COMMON_NAME])])
        alternatives = [
            x509.IPAddress(IPv4Address(name)) if is_address(name) else x509.DNSName(name) for name in listed
        ]
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        signed = (
            self._builder(subject, key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(digital_signature=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
            .add_extension(authority, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        chain = self._directory / "machine.pem"
        _write(chain, private + signed.public_bytes(serialization.Encoding.PEM))
        try:
            context.load_cert_chain(chain)
        finally:
            chain.unlink()
        return context

    def client_context(self) -> ssl.SSLContext:
        """A client that trusts this authority and nobody else."""
        return ssl.create_default_context(cafile=str(self.certificate))

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._now - timedelta(hours=1))
            .not_valid_after(self._now + _LIFE)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        )


def _usage(
    *, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _write(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)
