"""Windows logins by NTLM, bare or inside SPNEGO, against the users of a deployment.

pyspnego does the handshake, in Python alone. It looks accounts up in the file that NTLM_USER_FILE names; ours
has hashes, no passwords.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import spnego
from spnego._context import GSSMech
from spnego._ntlm_raw.crypto import ntowfv1
from spnego._spnego import NegTokenInit, unpack_token
from spnego.exceptions import SpnegoError

from hairpin.deployment.model import Deployment, User
from hairpin.server import LoginRefused

_ACCOUNTS = "NTLM_USER_FILE"
# Never the platform's own logins: those know other users, and Kerberos besides.
_IN_PYTHON = spnego.NegotiateOptions.use_negotiate | spnego.NegotiateOptions.use_ntlm

_looking_up = Lock()


class Logins:
    """The accounts of a deployment, kept in a file of ``directory``."""

    def __init__(self, deployment: Deployment, directory: Path) -> None:
        self._accounts = directory / "accounts"
        self._accounts.touch(mode=0o600)
        self._accounts.write_text("".join(line for user in deployment.users for line in _lines(user)))

    def begin(self) -> Handshake:
        """The accepting side of one login."""
        return Handshake(self._accounts)


class Handshake:
    """One login; the messages are NTLM's own or SPNEGO's."""

    def __init__(self, accounts: Path) -> None:
        self._accounts = str(accounts)
        self._context = spnego.server(protocol="negotiate", options=_IN_PYTHON)

    @property
    def logon(self) -> str:
        """The name as the client wrote it, once it is proven."""
        return (self._context.client_principal or "") if self._context.complete else ""

    def step(self, message: bytes) -> bytes:
        """The reply to a message. Raises LoginRefused, or whatever a malformed message leads to."""
        try:
            with _knowing(self._accounts):
                return self._context.step(_without_guess(message)) or b""
        except SpnegoError as error:
            raise LoginRefused from error


def _without_guess(message: bytes) -> bytes:
    """SPNEGO's first token without what the client guessed for another mechanism, which pyspnego would not ignore.

    RFC 4178 section 4.2.1: such as the Kerberos ticket of a client that would do with NTLM too.
    """
    if not message.startswith(b"\x60"):
        return message
    first = unpack_token(message)
    if not isinstance(first, NegTokenInit) or first.mech_types[:1] == [GSSMech.ntlm.value]:
        return message
    return NegTokenInit(first.mech_types, req_flags=first.req_flags).pack()


@contextmanager
def _knowing(accounts: str) -> Iterator[None]:
    """Have pyspnego look into this file for now; an empty name afterwards means that there is none."""
    with _looking_up:
        before = os.environ.get(_ACCOUNTS, "")
        os.environ[_ACCOUNTS] = accounts
        try:
            yield
        finally:
            os.environ[_ACCOUNTS] = before


def _lines(user: User) -> Iterator[str]:
    """One smbpasswd line for each name a user may log on with: ``name:uid:LM hash:NT hash:flags:changed``.

    The LM hash is of nothing, so that nobody gets in by it. A name with a colon in it logs nobody on.
    """
    nothing, secret = secrets.token_hex(16), ntowfv1(user.password).hex()
    names = {user.logon, user.logon.rpartition("\\")[2], user.upn, user.address} - {""}
    for name in sorted(names):
        if name.isprintable():
            yield f"{name}:0:{nothing}:{secret}:[U]:LCT-0\n"
