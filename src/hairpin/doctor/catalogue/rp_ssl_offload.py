"""TLS ends at the proxy, or the published ports are wrong: links carry http or a port nobody can reach."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner, Severity
from hairpin.doctor.foreign import page_text
from hairpin.doctor.sites import handed_out
from hairpin.doctor.turn import Turn
from hairpin.wire.origin import origin_of


def look(case: Case) -> Iterator[Sign]:
    for turn in case.ours:
        found = _wrong_link(case, turn)
        refused = "403.4" in page_text(turn) if turn.status == 403 and not turn.by_server else False
        if found is None and not refused:
            continue
        yield Sign(
            Certainty.CERTAIN if found else Certainty.PROBABLE,
            f"{turn.origin} hands out {found}."
            if found
            else f"{turn.host} was asked in plain http behind the proxy.",
            (turn.evidence("link", found) if found else turn.evidence("status", "403.4"),),
            {"ext": turn.host},
            tuple(
                one for one in case.after(turn) if found and str(one.origin) == found and not one.succeeded
            ),
            Severity.INFO if case.signed_in(turn) else None,
        )
        return


def _wrong_link(case: Case, turn: Turn) -> str | None:
    """An origin of the host that was asked, with another scheme or port."""
    if turn.origin is None or turn.origin.scheme != "https":
        return None
    for _, href, host in handed_out(case, turn):
        if host == turn.host and origin_of(href) != turn.origin:
            return str(origin_of(href))
    return None


ENTRY = Entry(
    id="rp-ssl-offload",
    title="Links carry http or a backend's port",
    group=Group.PROXY,
    owner=Owner.PROXY_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE),
    symptom="The frame is blocked as mixed content, or the client is sent to port 4443 and hangs.",
    looks_at="A link with the host that was asked and another scheme or port, or a 403.4.",
    cause="""
        The proxy passes plain http on to the servers, or the published ports in the topology are not those
        clients use. Offloading TLS is not supported for these web services.
        """,
    remedies=(
        Change(
            "Encrypt again on the way to port 4443.",
            {
                "nginx": "proxy_pass https://<server>:4443;",
                "IIS ARR": "Routing rules: clear Enable SSL offloading",
            },
        ),
        Change(
            "Publish the ports that clients use.",
            {
                "Lync Server Management Shell": """
                    Get-CsService -WebServer | Format-List *Port*
                    Set-CsWebServer -Identity "WebServer:<pool>" -ExternalHttpsPublishedPort 443
                    """
            },
            Owner.SERVER_ADMIN,
        ),
    ),
    verify=Change(
        "Every link begins with https://<ext>/.",
        {"shell": "curl -s https://<ext>/Autodiscover/AutodiscoverService.svc/root"},
    ),
    undo=Change("Restore the former rule and the former published port."),
    look_alikes={"mixed-content-frame": "The application itself begins on http."},
    sources=(
        (Mark.DOCUMENTED, "Lync Server 2013: web publishing rules; Set-CsWebServer"),
        (Mark.INFERRED, "the symptoms"),
    ),
    rule=look,
    causes=(
        "mixed-content-frame",
        "hairpin-blocked",
        "direct-xhr-without-xframe",
        "xframe-not-moved-to-home-pool",
    ),
)
