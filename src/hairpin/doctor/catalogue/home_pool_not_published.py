"""The first pool is published; the one where the user is at home is not."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.foreign import is_foreign
from hairpin.doctor.silence import is_internal, is_second_pool, unanswered
from hairpin.doctor.turn import Turn
from hairpin.doctor.wrongsite import name_facts
from hairpin.wire.exchange import Failure

_SILENT = (
    Failure.NAME_NOT_RESOLVED,
    Failure.REFUSED,
    Failure.UNREACHABLE,
    Failure.TIMEOUT,
    Failure.RESET,
    Failure.TLS,
)


def look(case: Case) -> Iterator[Sign]:
    for turn in (*unanswered(case, *_SILENT), *_answered_by_nobody(case)):
        if is_internal(case, turn) or not is_second_pool(case, turn):
            continue
        evidence = [
            turn.evidence("failure" if turn.status is None else "status", turn.failure or turn.status)
        ]
        evidence += [
            one.evidence("link applications", f"https://{turn.host}/")
            for one in case.before(turn)
            if dict(one.links()).get("applications", "").lower().startswith(f"https://{turn.host}")
        ][:1]
        yield Sign(
            Certainty.PROBABLE,
            f"The user is at home on {turn.host}, and that name is not published: {turn.outcome()}.",
            tuple(evidence),
            {"ext2": turn.host, **name_facts(turn.host)},
        )


def _answered_by_nobody(case: Case) -> Iterator[Turn]:
    """404 or 403 of a proxy on a host where Lync never answered."""
    told: set[tuple[int, str]] = set()
    lync = {(turn.capture, turn.host) for turn in case.ours if turn.by_server}
    for turn in case.ours:
        key = (turn.capture, turn.host)
        if key in told or key in lync or turn.status not in {403, 404, 502, 503}:
            continue
        if is_foreign(case, turn) and not case.signed_in(turn):
            told.add(key)
            yield turn


ENTRY = Entry(
    id="home-pool-not-published",
    title="The user's home pool is not published",
    group=Group.PROXY,
    owner=Owner.PROXY_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE, SeenBy.PREDICT),
    symptom="Some users sign in and others do not; the frame of the second pool never loads.",
    looks_at="""
        Everything is well up to the user's own document, which leads to another pool's external name; that
        name does not resolve, does not answer, fails in TLS, or is answered by a proxy that knows nothing
        of it.
        """,
    cause="DNS records, rules and certificates were made for the first pool or the Director only, not for <ext2>.",
    remedies=(
        Change(
            "Publish <ext2> as the first pool is: a rule of its own, 443 to 4443, and the name in the certificate.",
            {
                "nginx": "server { listen 443 ssl; server_name <ext2>; location / { proxy_pass https://<server of the home pool>:4443; proxy_set_header Host $host; } }",
                "Web Application Proxy, PowerShell": """
                    Add-WebApplicationProxyApplication -Name '<ext2>' -ExternalPreAuthentication PassThrough -ExternalUrl 'https://<ext2>/' -BackendServerUrl 'https://<ext2>:4443/' -ExternalCertificateThumbprint <thumbprint>
                    """,
            },
        ),
        Change(
            "Create the record in both views.",
            {
                "PowerShell": """
                    Add-DnsServerResourceRecordA -ZoneName <zone> -Name <label> -IPv4Address <proxy address>
                    """
            },
            Owner.DNS_ADMIN,
        ),
    ),
    verify=Change(
        "Every pool's external name answers.",
        {
            "Lync Server Management Shell": "Get-CsService -WebServer | Select-Object ExternalFqdn",
            "shell": "curl -sI https://<ext2>/Autodiscover/XFrame/XFrame.html",
        },
    ),
    undo=Change("Remove the rule and the record of <ext2>."),
    look_alikes={
        "ticket-from-other-pool": "The second pool answers, and refuses the ticket.",
        "ext-fqdn-missing-inside": "The name exists outside and is missing from the internal zone only.",
        "rp-cert-san-missing": "The rule exists, and only the certificate lacks the name.",
    },
    sources=((Mark.DOCUMENTED, "Lync Server 2013: one publishing rule for each pool and Director"),),
    rule=look,
    causes=(
        "cert-interstitial-hidden-in-iframe",
        "rp-path-not-published",
        "rp-backend-tls-fails",
        "frame-postmessage-origin",
    ),
)
