"""Sign-ins foreseen: one vantage, one user, one kind of client, from the deployment file alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from hairpin.deployment.model import Deployment, User
from hairpin.predict.cause import cause_of, wrong_sites
from hairpin.predict.memory import Memory
from hairpin.server import Farm
from hairpin.signin.journey import Journey, Outcome
from hairpin.signin.run import Recorder, run
from hairpin.signin.wish import Anonymous, Client, Password, Transport, Wish
from hairpin.wire.origin import Origin, origin_of

SOMEBODY = "https://app.example"
NOON = 1_700_000_000.0


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a sign-in will do; ``verdict`` is a failure id of the catalogue, or ``healthy``.

    ``met`` holds the ids of deployment faults on the way, whether or not they decided the end.
    """

    vantage: str
    user: str
    client: str
    journey: Journey
    verdict: str
    why: str
    met: frozenset[str] = frozenset()

    @property
    def works(self) -> bool:
        return self.journey.outcome is Outcome.SIGNED_IN


def foresee(
    deployment: Deployment,
    vantage: str,
    user: User,
    client: Client,
    *,
    password: str | None = None,
    page: Origin | None = None,
) -> Prediction:
    """Foresee one sign-in. ``password`` is what the user types (the right one unless given), ``page`` the
    embedder.
    """
    passwords = {one.address: one.password or f"password of {one.address}" for one in deployment.users}
    typed = passwords[user.address] if password is None else password
    wish = wish_for(
        deployment, Password(user.logon or user.upn or user.address, typed), user.address, client, page
    )
    recorder = Recorder()
    network = Memory(deployment, vantage, farm_for(deployment, passwords), NOON)
    running = run(wish, recorder)
    try:
        outgoing = next(running)
        while True:
            outgoing = running.send(network.send(outgoing.request))
    except StopIteration as end:
        machine = end.value
    journey = recorder.journey(machine, "predicted")
    cause = cause_of(deployment, vantage, journey, wish)
    met = frozenset(one.cause.id for one in wrong_sites(deployment, vantage, journey))
    return Prediction(vantage, user.address, client.name, journey, cause.id, cause.why, met)


def farm_for(deployment: Deployment, passwords: dict[str, str]) -> Farm:
    """Web sites for a prediction: their keys and ids are fixed, since nothing leaves the process."""
    numbers: Iterator[int] = count(1)
    keys = {pool.name: pool.name.encode().ljust(32, b".") for pool in deployment.pools}
    return Farm(deployment, keys, passwords, lambda: f"{next(numbers):032x}")


def wish_for(
    deployment: Deployment,
    credentials: Password | Anonymous,
    address: str,
    client: Client,
    page: Origin | None = None,
) -> Wish:
    """The wish of a user of this deployment: its discovery ports, its app's origin for clients in a page."""
    embedder = None
    if client.transport is not Transport.NATIVE:
        embedder = page or origin_of(deployment.app.origin if deployment.app else SOMEBODY)
    ports = deployment.first_pool.ports
    return Wish(
        sip_domain=address.rpartition("@")[2],
        credentials=credentials,
        client=client,
        page=embedder,
        endpoint_id="predicted",
        https_port=ports.published_https,
        http_port=ports.published_http,
    )
