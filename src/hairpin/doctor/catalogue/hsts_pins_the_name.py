"""The browser remembers that this host is https only, and allows no exception to its certificate."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.turn import Turn
from hairpin.signin.steps import Role


def look(case: Case) -> Iterator[Sign]:
    told: set[str] = set()
    for turn in case.ours:
        if not _by_browser(turn) or turn.host in told or case.signed_in(turn) or turn.role is Role.OTHER:
            continue
        failed = [one for one in case.after(turn) if one.host == turn.host and one.url.startswith("https:")]
        if any(one.status is not None for one in failed) or not failed:
            continue
        told.add(turn.host)
        yield Sign(
            Certainty.PROBABLE,
            f"The browser itself turned http://{turn.host} into https, which does not answer.",
            (
                turn.evidence("status", "307, made by the browser"),
                failed[0].evidence("failure", failed[0].step.exchange.note or failed[0].failure),
            ),
            {"ext": turn.host},
            tuple(failed),
        )


def _by_browser(turn: Turn) -> bool:
    """307 Internal Redirect: no server has answered."""
    if turn.status != 307 or not turn.url.startswith("http:"):
        return False
    reason = turn.got.get("non-authoritative-reason") or ""
    return "hsts" in reason.lower() or (len(turn.got.lines) <= 2 and "server" not in turn.got)


ENTRY = Entry(
    id="hsts-pins-the-name",
    title="The browser has pinned the name to https",
    group=Group.TLS,
    owner=Owner.SERVER_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE),
    symptom="http is never asked, and the certificate warning has no way to go on; a fresh profile behaves.",
    looks_at="A 307 that the browser made itself for an http URL, followed by a failure of the https one.",
    cause="""
        The servers send Strict-Transport-Security for ten years by default. From the first good answer of
        <ext> on, the browser uses https only and forgives no certificate.
        """,
    remedies=(
        Change(
            "Repair the certificate of the name; that is what really fails.",
            {
                "shell": "openssl s_client -connect <ext>:443 -servername <ext> </dev/null | openssl x509 -noout -dates -ext subjectAltName"
            },
        ),
        Change(
            "While things are being set up, let browsers remember for a day, or not at all (a negative value).",
            {
                "Lync Server Management Shell": "Set-CsWebServiceConfiguration -Identity global -HstsMaxAgeInSeconds 86400"
            },
        ),
        Change("Clear the memory of one browser.", {"Chrome": "chrome://net-internals/#hsts"}, Owner.USER),
    ),
    verify=Change(
        "The header has the value that was set, and a fresh profile behaves.",
        {"shell": "curl -sI https://<ext>/ | grep -i strict-transport-security"},
    ),
    undo=Change(
        "Set the default again.",
        {
            "Lync Server Management Shell": "Set-CsWebServiceConfiguration -Identity global -HstsMaxAgeInSeconds 315360000"
        },
    ),
    look_alikes={"rp-http-redirect-wrong": "A server answered on port 80, with a Location."},
    sources=((Mark.DOCUMENTED, "Set-CsWebServiceConfiguration; Microsoft support article 4043641"),),
    rule=look,
    causes=("mixed-content-frame", "rp-cert-san-missing", "cert-interstitial-hidden-in-iframe"),
)
