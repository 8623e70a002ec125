"""The two web sites of a pool offer different grants, and the client has landed on the other one."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.tickets import grant_of, grant_refusals
from hairpin.doctor.turn import Turn


def look(case: Case) -> Iterator[Sign]:
    for refused in grant_refusals(case):
        wanted = grant_of(refused)
        here = _challenge_of(case, refused, wanted, offered=False)
        there = _challenge_of(case, refused, wanted, offered=True)
        if wanted is None or here is None or there is None or not _sides_differ(case, here, there):
            continue
        yield Sign(
            Certainty.PROBABLE,
            f"{there.host} offers {wanted} and {refused.host} does not: the two web sites differ.",
            (
                refused.evidence("outcome", refused.outcome()),
                here.evidence("grants offered", ", ".join(here.challenge.grants if here.challenge else ())),
                there.evidence(
                    "grants offered", ", ".join(there.challenge.grants if there.challenge else ())
                ),
            ),
            {"ext": there.host, "int": refused.host},
        )


def _challenge_of(case: Case, refused: Turn, grant: str | None, *, offered: bool) -> Turn | None:
    """A challenge of the same server that offers the grant, or one that does not."""
    server = (refused.step.server_fqdn or "").lower()
    return next(
        (
            turn
            for turn in case.ours
            if turn.challenge is not None
            and (turn.step.server_fqdn or "").lower() == server
            and (grant in turn.challenge.grants) is offered
        ),
        None,
    )


def _sides_differ(case: Case, here: Turn, there: Turn) -> bool:
    return here.host != there.host and case.names.side(here.host) is not case.names.side(there.host)


ENTRY = Entry(
    id="auth-differs-by-side",
    title="The two web sites offer different sign-ins",
    group=Group.AUTHENTICATION,
    owner=Owner.SERVER_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE),
    symptom="A Windows prompt inside and a form outside, or a client that works on one side only.",
    looks_at="""
        A refused grant, and two challenges of the same server under different names: one lists the grant
        and the other does not.
        """,
    cause="""
        Internal and external web site have separate authentication settings. A name that leads to the
        wrong site brings the wrong settings with it: <int> does not allow what <ext> allows.
        """,
    remedies=(
        Change(
            "See first that <ext> leads to the external web site, from inside as well.", {}, Owner.DNS_ADMIN
        ),
        Change(
            "Use one scenario for both sides, set for all.",
            {
                "Lync Server Management Shell": """
                    Get-CsWebServiceConfiguration | Format-List Identity, Override*
                    Set-CsAuthConfig -Scenario AllowAllExternallyAndInternally
                    """
            },
        ),
    ),
    verify=Change(
        "The same grants on both sides, or the intended ones.",
        {
            "shell": """
                for host in <ext> <int>; do curl -s -o /dev/null -D - https://$host/Autodiscover/AutodiscoverService.svc/root/oauth/user | grep -o 'grant_type="[^"]*"'; done
                """
        },
    ),
    undo=Change("Set the former scenario."),
    look_alikes={
        "grant-type-not-offered": "Neither side offers the grant.",
        "ext-fqdn-resolves-to-internal-site": "The wrong site stops a browser before any grant is asked for.",
    },
    sources=((Mark.DOCUMENTED, "Set-CsAuthConfig"), (Mark.INFERRED, "the combination with the wrong site")),
    rule=look,
    causes=("grant-type-not-offered",),
)
