"""Which certificate a client is shown: the one that covers the name it asks for (SNI), else the first."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID


def server_context() -> ssl.SSLContext:
    """TLS for clients; HTTP/1.1 only, because logins bound to a connection need one of their own."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.set_alpn_protocols(["http/1.1"])
    return context


def choose_by_name(context: ssl.SSLContext, more: Iterable[tuple[str, str]]) -> None:
    """Let ``context`` show one of these certificates (PEM chain, PEM key) to clients that ask for its names.

    Raises OSError, ssl.SSLError or ValueError for files that cannot be used.
    """
    contexts: dict[str, ssl.SSLContext] = {}
    for chain, key in more:
        other = server_context()
        other.load_cert_chain(chain, key)
        for name in certificate_names(Path(chain).read_bytes()):
            contexts.setdefault(name, other)

    def choose(shown: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext) -> None:
        low = (name or "").lower()
        found = contexts.get(low) or contexts.get("*." + low.partition(".")[2])
        if found is not None:
            shown.context = found

    context.sni_callback = choose if contexts else None


def certificate_names(chain: bytes) -> frozenset[str]:
    """The DNS names of the first certificate of a PEM chain, in lower case; raises ValueError."""
    certificate = x509.load_pem_x509_certificates(chain)[0]
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return frozenset(str(name.value).lower() for name in common)
    return frozenset(name.lower() for name in names.get_values_for_type(x509.DNSName))
