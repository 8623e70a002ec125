"""Both web sites have one name: a shortcut for test labs that has reached a real deployment."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner, Severity
from hairpin.signin.steps import Links
from hairpin.wire.origin import maybe_origin


def look(case: Case) -> Iterator[Sign]:
    for turn in case.ours:
        if not isinstance(turn.answer, Links):
            continue
        for rel, href in turn.answer.links:
            inside = maybe_origin(href) if rel.startswith("internal/") else None
            outside = maybe_origin(turn.answer.get("external/" + rel.removeprefix("internal/")))
            if inside is not None and outside is not None and inside.host == outside.host:
                yield Sign(
                    Certainty.CERTAIN,
                    f"{inside.host} is the name of the internal and of the external web site.",
                    (turn.evidence(f"links {rel} and external/{rel.removeprefix('internal/')}", href),),
                    {"ext": inside.host},
                    severity=Severity.INFO if case.signed_in(turn) else None,
                )
                return
    if case.deployment is None or not _asked(case):
        return
    for pool in case.deployment.pools:
        if pool.internal_fqdn.lower() == pool.external_fqdn.lower():
            yield Sign(
                Certainty.CERTAIN,
                f"The deployment file gives both web sites of {pool.name} the name {pool.external_fqdn}.",
                (),
                {"ext": pool.external_fqdn, "pool": pool.name},
                severity=Severity.INFO,
            )


def _asked(case: Case) -> bool:
    return bool(case.survey.lookups or case.ours)


ENTRY = Entry(
    id="internal-equals-external-fqdn",
    title="The internal and the external web site have one name",
    group=Group.NAMES,
    owner=Owner.SERVER_ADMIN,
    severity=Severity.WARNING,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE, SeenBy.PREDICT),
    symptom="""
        Sign-in works. Management paths can be seen from outside, external users may be asked for Windows
        credentials, and phones jump between the two sites.
        """,
    looks_at="""
        A discovery document that gives the same host for its internal and its external link, or a
        deployment file that does. In a lab that is a way out of the original case and only worth knowing.
        """,
    cause="""
        The internal web name of the pool was set to <ext> so that no link ever crosses origins. The product's
        rules demand two names.
        """,
    remedies=(
        Change(
            """
            Give the internal web site a name of its own in Topology Builder, publish, issue certificates
            anew, and then let internal DNS lead <ext> to the reverse proxy.
            """,
            {
                "Lync Server Management Shell": """
                    Get-CsService -WebServer | Select-Object PoolFqdn, InternalFqdn, ExternalFqdn
                    Enable-CsTopology
                    """
            },
        ),
    ),
    verify=Change(
        "Two names, and AccessLocation differs by side.",
        {
            "Lync Server Management Shell": "Get-CsService -WebServer | Select-Object InternalFqdn, ExternalFqdn"
        },
    ),
    undo=Change("Set the internal web name to <ext> again and publish the topology."),
    look_alikes={"ext-fqdn-resolves-to-internal-site": "Two names, and the wrong one is handed out."},
    sources=(
        (Mark.DOCUMENTED, "Skype for Business Server: plan for mobility (names must differ)"),
        (Mark.INFERRED, "the effects outside"),
    ),
    rule=look,
)
