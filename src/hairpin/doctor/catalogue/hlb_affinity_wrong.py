"""A load balancer sends one session to several servers."""

from collections.abc import Iterator

from hairpin.doctor.affinity import lost_applications, servers_at
from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner


def look(case: Case) -> Iterator[Sign]:
    for lost in lost_applications(case):
        by_address = servers_at(case, lost.capture, lost.host)
        crowded = next((names for names in by_address.values() if len(names) > 1), None)
        if crowded is None:
            continue
        yield Sign(
            Certainty.PROBABLE,
            f"{lost.host} was answered by {len(crowded)} servers in turn, and one did not know the application.",
            (
                lost.evidence("X-MS-Server-Fqdn seen under this name", ", ".join(sorted(crowded))),
                lost.evidence("outcome", lost.outcome()),
            ),
            {"ext": lost.host},
        )


ENTRY = Entry(
    id="hlb-affinity-wrong",
    title="The load balancer spreads one session over servers",
    group=Group.PROXY,
    owner=Owner.PROXY_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE),
    symptom="Signed in and then thrown out, now and then, for everybody behind that balancer.",
    looks_at="""
        Several values of X-MS-Server-Fqdn under one name at one address, and an application that one of
        them does not know. Changing servers alone is normal: servers pass requests on to each other.
        """,
    cause="""
        The internal web name needs source affinity. The external one needs none since 2013; where a cookie
        is used it must be called MS-WSMAN, not be HttpOnly, not expire, and be set in every answer.
        """,
    remedies=(
        Change(
            "Set source affinity for the internal virtual server, and none for the external one.",
            {
                "HAProxy, internal": """
                    balance source
                    hash-type consistent
                    """,
                "F5": "Persistence profile: source_addr (internal), none (external); OneConnect for mobile clients",
            },
        ),
    ),
    verify=Change("Twenty requests of one client inside, one server."),
    undo=Change("Restore the former persistence."),
    look_alikes={
        "web-names-dns-load-balanced": "Several addresses for the name: DNS spreads, not a balancer.",
        "lyncucwa-app-pool-dead": "One server, and all of its /ucwa is dead.",
    },
    sources=((Mark.DOCUMENTED, "Skype for Business Server: load balancing requirements"),),
    rule=look,
)
