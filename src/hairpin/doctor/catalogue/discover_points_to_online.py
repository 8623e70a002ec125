"""The discovery name leads to the retired online service while users are at home on premises."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.online import is_online
from hairpin.doctor.turn import DISCOVER
from hairpin.signin.steps import Role
from hairpin.wire.origin import maybe_origin


def look(case: Case) -> Iterator[Sign]:
    told: set[str] = set()
    for turn in case.ours:
        if not turn.is_discovery or turn.host in told or case.signed_in(turn):
            continue
        target = next((href for _, href in turn.links() if _online(href)), None)
        named = "online.lync.com" in turn.step.exchange.note.lower()
        if turn.role not in {Role.ROOT, Role.XFRAME} or not (target or named):
            continue
        told.add(turn.host)
        gone = tuple(one for one in case.after(turn) if is_online(one.host) and not one.succeeded)
        yield Sign(
            Certainty.CERTAIN if target else Certainty.PROBABLE,
            f"{turn.host} leads to Microsoft's online service, which no longer exists for these clients.",
            (turn.evidence("link", target) if target else turn.evidence("failure", turn.step.exchange.note),),
            {"discover": turn.host},
            gone,
        )
    for lookup in case.survey.lookups:
        if lookup.name.startswith(DISCOVER) and any(is_online(alias) for alias in lookup.aliases):
            yield Sign(
                Certainty.CERTAIN,
                f"{lookup.name} is an alias of Microsoft's online service.",
                (lookup.evidence(),),
                {"discover": lookup.name},
            )


def _online(href: str) -> bool:
    origin = maybe_origin(href)
    return origin is not None and is_online(origin.host)


ENTRY = Entry(
    id="discover-points-to-online",
    title="The discovery name leads to the retired online service",
    group=Group.NAMES,
    owner=Owner.DNS_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE, SeenBy.PREDICT),
    symptom="""
        The browser says that it could not prove the name, because the certificate is from
        *.online.lync.com; or every user is sent to webdir.online.lync.com and refused there.
        """,
    looks_at="""
        A discovery document or redirect of lyncdiscover that leads to a host of online.lync.com before
        anyone has signed in, a TLS failure that names that certificate, or the alias itself.
        """,
    cause="""
        The record of <discover> was moved to Microsoft 365 although users are at home on premises. In a
        hybrid, too, external records must lead to the servers on premises.
        """,
    remedies=(
        Change(
            "Let public DNS answer <discover> with the address of the reverse proxy.",
            {"zone file": "lyncdiscover  300  IN  A  <proxy address>"},
        ),
        Change(
            "After everybody has moved to Teams: remove the record and retire the application.",
            {},
            Owner.SERVER_ADMIN,
        ),
    ),
    verify=Change(
        "A public resolver names the proxy, and the first answer has X-MS-Server-Fqdn.",
        {"shell": "curl -s -o /dev/null -D - https://<discover>/ | grep -i x-ms-server-fqdn"},
    ),
    undo=Change(
        "Put the alias back.", {"zone file": "lyncdiscover  300  IN  CNAME  webdir.online.lync.com."}
    ),
    look_alikes={
        "hybrid-user-homed-online": "Only this user is redirected, after authentication.",
        "discover-cname-other-domain": "The alias leads into another domain of one's own.",
    },
    sources=(
        (Mark.DOCUMENTED, "OfficeDev/skype-docs issue 597"),
        (Mark.DOCUMENTED, "Plan hybrid connectivity; cannot switch to TeamsOnly mode"),
    ),
    rule=look,
    causes=(
        "sdk-or-cloud-retired",
        "rp-cert-san-missing",
        "cert-interstitial-hidden-in-iframe",
        "ext-fqdn-missing-inside",
    ),
)
