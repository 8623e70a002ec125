"""A Windows client on a plain socket: real NTLM messages, and nothing tried twice that would hide a fault."""

from __future__ import annotations

import asyncio
import json
import re
import ssl
from base64 import b64decode, b64encode, urlsafe_b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import spnego
from msgspec.structs import replace

from hairpin.deployment.file import load
from hairpin.deployment.model import Deployment, User
from tests.gateway.front import Answer, read_answer, request

TOKEN = "/WebTicket/oauthtoken"
GRANT = b"grant_type=urn:microsoft.rtc:windows"
IN_PYTHON = spnego.NegotiateOptions.use_negotiate | spnego.NegotiateOptions.use_ntlm


def crowded(users: int) -> Deployment:
    """The original case with that many users, each with a password of their own."""
    people = tuple(
        User(
            sip=f"user{number}@nnylync.info", pool="ny", logon=f"NNY\\user{number}", password=f"pass@{number}"
        )
        for number in range(users)
    )
    return replace(load(), user=people)


@dataclass
class Connection:
    """One TCP connection to the ticket service at ``path`` of ``host``."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    host: str
    path: str = TOKEN

    async def ask(self, *lines: str, body: bytes = GRANT) -> Answer:
        form = ("Content-Type: application/x-www-form-urlencoded", f"Host: {self.host}")
        self.writer.write(request(self.path, *form, *lines, method="POST", body=body))
        return await read_answer(self.reader)

    async def log_in(self, name: str, password: str, scheme: str = "NTLM") -> Answer:
        """Every message of a handshake in turn; the answer that ends it."""
        context = spnego.client(name, password, protocol=scheme.lower(), options=IN_PYTHON)
        message = context.step()
        while message:
            answer = await self.ask(f"Authorization: {scheme} {b64encode(message).decode()}")
            replies = [line.split(" ") for line in answer.all("WWW-Authenticate")]
            reply = next((rest[0] for known, *rest in replies if known == scheme and rest), None)
            if reply is None:
                return answer
            message = context.step(b64decode(reply))
        return answer


@asynccontextmanager
async def connected(
    address: str, port: int, host: str, tls: ssl.SSLContext | None = None, path: str = TOKEN
) -> AsyncIterator[Connection]:
    name = host.partition(":")[0] if tls else None
    reader, writer = await asyncio.open_connection(address, port, ssl=tls, server_hostname=name)
    try:
        yield Connection(reader, writer, host, path)
    finally:
        writer.transport.abort()


def whose(answer: Answer) -> str | None:
    """The user that a ticket in an answer belongs to: the SIP address inside it (docs/protocol.md 3.8)."""
    if answer.status != 200:
        return None
    ticket = json.loads(answer.body)["access_token"].removeprefix("cwt=")
    found = re.search(rb"[a-z0-9.]+@nnylync\.info", urlsafe_b64decode(ticket + "=" * (-len(ticket) % 4)))
    return None if found is None else found[0].decode()
