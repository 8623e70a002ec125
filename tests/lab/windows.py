"""Windows clients on plain sockets: real NTLM messages, and nothing tried twice that would hide a fault."""

from __future__ import annotations

import asyncio
import json
import random
import re
import ssl
from base64 import b64decode, b64encode, urlsafe_b64decode
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field

import spnego
from msgspec.structs import replace

from hairpin.deployment.file import load
from hairpin.deployment.model import Deployment, User
from tests.gateway.front import Answer, read_answer, request

TOKEN = "/WebTicket/oauthtoken"
NOBODY = "nobody"
GRANT = b"grant_type=urn:microsoft.rtc:windows"


def initiator(name: str, password: str, scheme: str) -> spnego.ContextProxy:
    """The client's side of a login: NTLM's own messages, or for Negotiate those inside SPNEGO."""
    wrapped = scheme.lower() == "negotiate"
    options = spnego.NegotiateOptions.use_negotiate if wrapped else spnego.NegotiateOptions.use_ntlm
    return spnego.client(name, password, protocol=scheme.lower(), options=options)


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

    async def log_in(
        self, name: str, password: str, scheme: str = "NTLM", *, only_first: bool = False
    ) -> Answer:
        """Every message of a handshake in turn, or only the first; the answer to the last one sent."""
        context = initiator(name, password, scheme)
        message = context.step()
        while message:
            answer = await self.ask(f"Authorization: {scheme} {b64encode(message).decode()}")
            if only_first:
                return answer
            replies = [line.split(" ") for line in answer.all("WWW-Authenticate")]
            reply = next((rest[0] for known, *rest in replies if known == scheme and rest), None)
            if reply is None:
                return answer
            message = context.step(b64decode(reply))
        return answer


@dataclass
class Count:
    """What a crowd met with. ``leaks`` and ``broken`` say who got what instead of what was theirs."""

    requests: int = 0
    logins: int = 0
    leaks: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def saw(self, owner: str, answer: Answer, *, requests: int = 1) -> None:
        """An answer on a connection of ``owner``, who is nobody while it is not logged in."""
        self.requests += requests
        holder = whose(answer) or NOBODY
        if holder not in {owner, NOBODY}:
            self.leaks.append(f"{owner} got the ticket of {holder}")
        elif holder != owner or answer.status not in {200, 401}:
            self.broken.append(f"{owner} got {answer.status}")


async def crowd(
    connect: Callable[[], AbstractAsyncContextManager[Connection]], users: int, requests: int, seed: int = 1
) -> Count:
    """Users of `crowded` and half as many strangers at once, until that many requests are answered.

    Users log in, ask again without credentials, log in anew, and hang up at any point, in the middle of a
    handshake too. Strangers ask without credentials, with bad ones, and with a password in the form.
    """
    count = Count()

    async def user(number: int) -> None:
        dice = random.Random(f"{seed} {number}")
        name, logon, password = f"user{number}@nnylync.info", f"NNY\\user{number}", f"pass@{number}"
        while count.requests < requests:
            async with connect() as own:
                if dice.random() < 0.1:
                    await own.log_in(logon, password, only_first=True)
                    count.requests += 1
                    continue
                for _ in range(dice.randint(1, 3)):
                    scheme = dice.choice(("NTLM", "Negotiate"))
                    count.saw(name, await own.log_in(logon, password, scheme), requests=2)
                    count.logins += 1
                    for _ in range(dice.randrange(6)):
                        count.saw(name, await own.ask())

    async def stranger(number: int) -> None:
        dice = random.Random(f"{seed} stranger {number}")
        name, password = f"user{number}@nnylync.info", f"pass@{number}"
        while count.requests < requests:
            async with connect() as own:
                for _ in range(dice.randint(1, 6)):
                    if dice.random() < 0.2:
                        form = f"grant_type=password&username={name}&password={password}"
                        count.saw(name, await own.ask(body=form.encode()))
                    elif dice.random() < 0.1:
                        count.saw(NOBODY, await own.log_in(f"NNY\\user{number}", "wrong"), requests=2)
                    else:
                        count.saw(NOBODY, await own.ask())

    await asyncio.gather(*map(user, range(users)), *map(stranger, range(users // 2)))
    return count


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
    """The user whose ticket an answer holds: the SIP address inside it (docs/protocol.md 3.8)."""
    if answer.status != 200:
        return None
    return " and ".join(sorted(_inside(json.loads(answer.body)["access_token"].removeprefix("cwt="))))


def _inside(ticket: str) -> set[str]:
    """Every user in a ticket, or in the several tickets that a gateway hands out as one."""
    plain = urlsafe_b64decode(ticket.removeprefix("HPR1") + "==")
    if ticket.startswith("HPR1"):
        return {user for one in json.loads(plain).values() for user in _inside(one)}
    return {found.decode() for found in re.findall(rb"[a-z0-9.]+@nnylync\.info", plain)}
