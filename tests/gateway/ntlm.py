"""A web site that logs connections in by NTLM, as IIS does, and clients that do real handshakes with it.

The site answers every request with the user its connection belongs to. Whoever is told another name than its own
has been handed somebody else's login.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import spnego

from tests.gateway.front import Answer, Front, read_answer, request
from tests.gateway.upstream import Asked, answer

PASSWORD = "pass@word1"
NOBODY = "nobody"


@contextlib.contextmanager
def accounts(names: list[str]) -> Iterator[None]:
    """Make users known to pyspnego's acceptor for as long as the block lasts."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "users")
        file.write_text("".join(f"NNY:{name}:{PASSWORD}\n" for name in names))
        before = os.environ.get("NTLM_USER_FILE")
        os.environ["NTLM_USER_FILE"] = str(file)
        try:
            yield
        finally:
            if before is None:
                del os.environ["NTLM_USER_FILE"]
            else:
                os.environ["NTLM_USER_FILE"] = before


@dataclass
class LoginSite:
    """The handler of such a site; ``users`` has the user of each connection that is logged in."""

    scheme: str = "NTLM"
    users: dict[int, str] = field(default_factory=dict)
    contexts: dict[int, Any] = field(default_factory=dict)

    async def __call__(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        given = asked.get("authorization") or ""
        if given.startswith(self.scheme + " "):
            writer.write(self._shake(asked.connection, base64.b64decode(given.partition(" ")[2])))
        elif asked.target.startswith("/open") or asked.connection in self.users:
            user = self.users.get(asked.connection, NOBODY)
            writer.write(answer(user.encode(), kind="text/plain"))
        else:
            writer.write(answer(b"", "401 Unauthorized", f"WWW-Authenticate: {self.scheme}"))

    def _shake(self, connection: int, token: bytes) -> bytes:
        context = self.contexts.get(connection)
        if context is None:
            context = self.contexts[connection] = spnego.server(protocol="ntlm")
        reply = context.step(token)
        if not context.complete:
            text = base64.b64encode(reply or b"").decode()
            return answer(b"", "401 Unauthorized", f"WWW-Authenticate: {self.scheme} {text}")
        del self.contexts[connection]
        user = str(context.client_principal).rpartition("\\")[2]
        self.users[connection] = user
        return answer(user.encode(), kind="text/plain")


async def log_in(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    user: str,
    path: str,
    scheme: str = "NTLM",
    host: str = "gateway.test",
) -> Answer:
    """The three messages on one connection; the answer to the last."""
    context = spnego.client(f"NNY\\{user}", PASSWORD, protocol="ntlm")
    token, got = context.step(), None
    for _ in range(2):
        assert token is not None
        line = f"Authorization: {scheme} {base64.b64encode(token).decode()}"
        writer.write(request(path, f"Host: {host}", line))
        got = await read_answer(reader)
        if got.status == 200:
            return got
        challenge = got.get("WWW-Authenticate") or ""
        token = context.step(base64.b64decode(challenge.partition(" ")[2]))
    assert got is not None
    return got


async def crowd(front: Front, users: list[str], requests: int, seed: int = 1) -> int:
    """That many requests of logged-in users and strangers, mixed; how often somebody was taken for somebody else."""
    share = requests // (2 * len(users))
    leaks = 0

    async def member(user: str) -> None:
        nonlocal leaks
        dice = random.Random(f"{user}{seed}")
        done = 0
        while done < share:
            reader, writer = await front.open()
            got = await log_in(reader, writer, user, "/director/who")
            done += 1
            for _ in range(dice.randrange(1, 200)):
                leaks += got.status != 200 or got.body != user.encode()
                writer.write(request(dice.choice(("/director/who", "/director/open"))))
                got = await read_answer(reader)
                done += 1
            writer.close()

    async def stranger(number: int) -> None:
        nonlocal leaks
        dice = random.Random(number + seed)
        done = 0
        while done < share:
            reader, writer = await front.open()
            for _ in range(dice.randrange(1, 50)):
                writer.write(request("/director/open"))
                leaks += (await read_answer(reader)).body != NOBODY.encode()
                done += 1
            writer.write(request("/director/who"))
            leaks += (await read_answer(reader)).status != 401
            done += 1
            writer.close()

    await asyncio.gather(*map(member, users), *map(stranger, range(len(users))))
    return leaks
