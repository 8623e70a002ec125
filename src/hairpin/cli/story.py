"""The story of `hairpin up`: one user signs in four times, on real sockets, and each time it is explained.

From outside; from inside, as the deployment file has it; from inside once DNS sends the published names to
the reverse proxy; from inside with both names of every pool equal, as a test lab may have them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import msgspec

from hairpin.cli.lines import Line, line_of
from hairpin.client.names import name_server
from hairpin.client.network import Network
from hairpin.client.signin import sign_in, sign_out
from hairpin.deployment.changes import with_dns_fixed, with_equal_names
from hairpin.deployment.model import Deployment, User
from hairpin.deployment.routing import INSIDE, OUTSIDE
from hairpin.doctor import Finding, Word, examine
from hairpin.lab.lab import Lab
from hairpin.predict import foresee
from hairpin.predict.foresee import wish_for
from hairpin.signin.journey import Outcome
from hairpin.signin.wish import CLIENTS, Password

SCHEMA = "hairpin.story/1"
CLIENT = CLIENTS["frame"]


@dataclass(frozen=True, slots=True)
class Chapter:
    """One sign-in of the story; ``change`` is None where the deployment stays as its file has it."""

    id: str
    title: str
    vantage: str
    change: Callable[[Deployment], Deployment] | None = None


CHAPTERS = (
    Chapter("outside", "From outside", OUTSIDE),
    Chapter("inside", "From inside", INSIDE),
    Chapter("inside-dns-changed", "From inside, after the DNS change", INSIDE, with_dns_fixed),
    Chapter(
        "inside-equal-names", "From inside, with both names equal (test labs only)", INSIDE, with_equal_names
    ),
)


class Told(msgspec.Struct, frozen=True):
    """How a chapter went. ``as_foreseen``: prediction had the very same journey."""

    id: str
    title: str
    vantage: str
    outcome: Outcome
    as_foreseen: bool
    verdict: Word
    findings: tuple[Finding, ...]
    trace: tuple[Line, ...]


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """The whole story, schema ``hairpin.story/1``."""

    schema: str = SCHEMA
    deployment: str
    user: str
    client: str = CLIENT.name
    outcomes: tuple[Told, ...]

    @property
    def is_as_foreseen(self) -> bool:
        return all(told.as_foreseen for told in self.outcomes)


async def tell(lab: Lab, deployment: Deployment, user: User) -> AsyncIterator[Told]:
    """Live through the chapters, each as it ends; ``lab`` runs ``deployment``, a changed one gets its own."""
    for chapter in CHAPTERS:
        if chapter.change is None:
            yield await _live(lab, chapter, user)
        else:
            async with Lab(chapter.change(deployment), offset=lab.offset) as changed:
                yield await _live(changed, chapter, user)


async def _live(lab: Lab, chapter: Chapter, user: User) -> Told:
    server = next(one for one in lab.describe().dns if one.view == chapter.vantage)
    logon = user.logon or user.upn or user.address
    wish = wish_for(lab.deployment, Password(logon, user.password), user.address, CLIENT)
    lookup = name_server(server.address, server.port)
    async with Network(lookup, trust=lab.certificate, known_as=lab.places.real) as network:
        session = await sign_in(wish, network)
        await sign_out(session, network)
    foreseen = foresee(lab.deployment, chapter.vantage, user, CLIENT)
    verdict = examine(session.journey, lab.deployment)
    return Told(
        chapter.id,
        chapter.title,
        chapter.vantage,
        session.journey.outcome,
        foreseen.journey.outline() == session.journey.outline(),
        verdict.verdict,
        verdict.findings,
        tuple(line_of(step) for step in session.journey.steps),
    )
