"""The proxy replaces the Host header, or sends one name to another pool: the links carry a name nobody asked."""

from collections.abc import Iterator

from hairpin.deployment.model import Side
from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner, Severity
from hairpin.doctor.sites import handed_out, is_address
from hairpin.doctor.turn import Turn
from hairpin.wire.discovery import access_location


def look(case: Case) -> Iterator[Sign]:
    told = {(crossing.asked, crossing.handed) for crossing in case.crossings}
    for turn in case.ours:
        if case.names.side(turn.host) is Side.INTERNAL:
            continue
        for rel, href, host in handed_out(case, turn):
            if host == turn.host or (turn.host, host) in told or not _strange(case, turn, host):
                continue
            told.add((turn.host, host))
            broken = tuple(one for one in case.after(turn) if one.host == host and not one.succeeded)
            yield Sign(
                Certainty.PROBABLE,
                f"{turn.host} was answered by an external web site that calls itself {host}.",
                (
                    turn.evidence(
                        "response header WWW-Authenticate" if rel == "ticket" else f"link {rel}", href
                    ),
                    *(turn.evidence("AccessLocation", "External") for _ in range(_says_external(turn))),
                ),
                {"ext": turn.host, "other name": host},
                broken,
                Severity.INFO if case.signed_in(turn) else None,
            )


def _says_external(turn: Turn) -> bool:
    return turn.step.response is not None and access_location(turn.step.response) == "External"


def _strange(case: Case, turn: Turn, host: str) -> bool:
    """An address or a backend's name on the external site, or another published name where this one was asked."""
    if is_address(host) or (_says_external(turn) and case.names.side(host) is not Side.EXTERNAL):
        return True
    return not turn.is_discovery and case.names.side(host) is Side.EXTERNAL


ENTRY = Entry(
    id="rp-host-header-rewritten",
    title="The proxy does not keep the Host header",
    group=Group.PROXY,
    owner=Owner.PROXY_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE, SeenBy.PREDICT),
    symptom="Like the original case, or a name that does not resolve; simple URLs give 404.",
    looks_at="""
        The external web site answers (AccessLocation is External, or the handed-out name is a published
        one), and yet its links carry a backend's name, an address, or another published name than <ext>.
        No trace of a real server shows what exactly a rewritten Host does, so this is never certain.
        """,
    cause="""
        The proxy sends its own idea of a Host to the servers, or one rule answers every name alike. Many
        products do so unless they are told to keep the header that the client sent.
        """,
    remedies=(
        Change(
            "Keep the client's Host header, and give each external name a rule to its own pool.",
            {
                "nginx": "proxy_set_header Host $host;",
                "Apache": "ProxyPreserveHost On",
                "IIS ARR": """
                    appcmd set config -section:system.webServer/proxy -preserveHostHeader:true /commit:apphost
                    """,
                "Web Application Proxy, PowerShell": """
                    Get-WebApplicationProxyApplication | Where-Object ExternalUrl -eq 'https://<ext>/' | Set-WebApplicationProxyApplication -DisableTranslateUrlInRequestHeaders:$true
                    """,
                "TMG": "Rule, To tab: forward the original host header instead of the actual one",
            },
        ),
    ),
    verify=Change(
        "Every link of the first answer names the host that was asked.",
        {"shell": "curl -s https://<ext>/Autodiscover/AutodiscoverService.svc/root"},
    ),
    undo=Change("Turn the option off again."),
    look_alikes={
        "rp-443-to-443": "AccessLocation is Internal: the internal site answered.",
        "xframe-not-moved-to-home-pool": "The other name comes from the user's own document, after signing in.",
    },
    sources=(
        (
            Mark.DOCUMENTED,
            "Skype for Business Server: load balancing; reverse proxy configuration requirements",
        ),
        (Mark.INFERRED, "the exact effect on links"),
    ),
    rule=look,
    causes=("ext-fqdn-missing-inside", "rp-cert-san-missing", "xframe-not-moved-to-home-pool"),
)
