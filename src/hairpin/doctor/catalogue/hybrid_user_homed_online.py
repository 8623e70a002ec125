"""The user is at home in the cloud, and discovery says so after authentication."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.online import is_online
from hairpin.signin.steps import Role
from hairpin.wire.origin import maybe_origin


def look(case: Case) -> Iterator[Sign]:
    for turn in case.of(Role.USER):
        target = next(
            (
                href
                for rel, href in turn.links()
                if rel in {"redirect", "applications"}
                and (origin := maybe_origin(href))
                and is_online(origin.host)
            ),
            None,
        )
        if target is None or is_online(turn.host) or case.signed_in(turn):
            continue
        yield Sign(
            Certainty.CERTAIN,
            "The user is at home in Microsoft's cloud, which no longer takes such clients.",
            (turn.evidence("link", target),),
            {"ext": turn.host},
            tuple(one for one in case.after(turn) if is_online(one.host) and not one.succeeded),
        )
        return


ENTRY = Entry(
    id="hybrid-user-homed-online",
    title="The user is at home in the cloud",
    group=Group.AUTHENTICATION,
    owner=Owner.SERVER_ADMIN,
    seen_by=(SeenBy.CAPTURE,),
    symptom="One user is sent to online.lync.com after the password was accepted; others sign in.",
    looks_at="The user's own document, after authentication, leads to a host of online.lync.com.",
    cause="The account was moved to the cloud, where the service this application speaks was retired in 2021.",
    remedies=(
        Change(
            "Move the user back, if this application is to be used.",
            {
                "Lync Server Management Shell": """
                    Get-CsUser -Identity <user> | Select-Object HostingProvider, RegistrarPool
                    Move-CsUser -Identity <user> -Target <pool>
                    """
            },
        ),
        Change(
            "Follow redirect links, and tell the user that the account is in Teams.", {}, Owner.APP_DEVELOPER
        ),
    ),
    verify=Change(
        "The account has a pool on premises.",
        {
            "Lync Server Management Shell": "Get-CsUser -Identity <user> | Select-Object HostingProvider, RegistrarPool"
        },
    ),
    undo=Change("Move the user to the cloud again."),
    look_alikes={"discover-points-to-online": "Everybody is sent there, before any authentication."},
    sources=((Mark.DOCUMENTED, "UCWA: RootURL, step 5; pyucwa issue 3; SIPE change log"),),
    rule=look,
    causes=("sdk-or-cloud-retired", "ext-fqdn-missing-inside", "client-parses-discovery-naively"),
)
