"""Security headers added in front forbid the page to embed the frame."""

import re
from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner, Severity
from hairpin.doctor.turn import Turn
from hairpin.signin.steps import Role
from hairpin.wire.exchange import Failure

_ANCESTORS = re.compile(r"(?i)frame-ancestors([^;]*)")


def look(case: Case) -> Iterator[Sign]:
    told: set[str] = set()
    for turn in case.of(Role.XFRAME):
        found = _forbids(case, turn)
        if found is None or turn.host in told:
            continue
        told.add(turn.host)
        blocked = turn.failure is Failure.BLOCKED_FRAME
        yield Sign(
            Certainty.CERTAIN if blocked else Certainty.PROBABLE,
            f"The frame of {turn.host} may not be embedded by the application's page.",
            (turn.evidence(f"response header {found[0]}", found[1]),),
            {"ext": turn.host},
            severity=Severity.INFO if case.signed_in(turn) else None,
        )


def _forbids(case: Case, turn: Turn) -> tuple[str, str] | None:
    """frame-ancestors outweighs X-Frame-Options (CSP 3, 6.4.2)."""
    policies = turn.got.all("content-security-policy")
    for policy in policies:
        if found := _ANCESTORS.search(policy):
            return None if _permits(case, turn, found[1]) else ("Content-Security-Policy", policy)
    option = (turn.got.get("x-frame-options") or "").strip().upper()
    same = case.page is not None and case.page == turn.origin
    if option == "DENY" or (option == "SAMEORIGIN" and not same):
        return "X-Frame-Options", option
    return None


def _permits(case: Case, turn: Turn, sources: str) -> bool:
    """The page's origin is in the list, as far as the page is known."""
    page = case.page
    for source in sources.lower().split():
        if source == "*" or (page is not None and source in {str(page), f"{page.scheme}:", page.host}):
            return True
        if source == "'self'" and page is not None and page == turn.origin:
            return True
        host = source.rpartition("://")[2]
        if host.startswith("*.") and page is not None and page.host.endswith(host[1:]):
            return True
    return False


ENTRY = Entry(
    id="rp-adds-frame-or-csp-headers",
    title="Added security headers forbid the frame",
    group=Group.PROXY,
    owner=Owner.PROXY_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE),
    symptom="The console says that the frame refused to be displayed; nothing else happens.",
    looks_at="""
        X-Frame-Options or frame-ancestors on the frame's page that leaves the application's origin out. The
        latter outweighs the former.
        """,
    cause="""
        A hardening template adds these headers to everything, and the page of <ext> that exists to be framed
        is no longer allowed to be. The application's own frame-src can do the same from the other side.
        """,
    remedies=(
        Change(
            "Except the two frame pages from the template, or name the application there.",
            {
                "nginx": """
                    location ~* (/xframe$|/autodiscover/xframe/) {
                        proxy_hide_header X-Frame-Options;
                        add_header Content-Security-Policy "frame-ancestors <app origin>" always;
                        proxy_pass https://<server>:4443;
                        proxy_set_header Host $host;
                    }
                    """
            },
        ),
        Change(
            "Let the application's own policy name the frame.",
            {
                "HTTP header": "Content-Security-Policy: frame-src https://<ext> https://lyncdiscover.<sip domain>"
            },
            Owner.APP_DEVELOPER,
        ),
    ),
    verify=Change(
        "The frame's page comes without those headers, as it does on port 4443 of the server.",
        {
            "shell": """
                curl -sI https://<ext>/Autodiscover/XFrame/XFrame.html | grep -iE "x-frame-options|frame-ancestors"
                """
        },
    ),
    undo=Change("Remove the exception."),
    look_alikes={
        "cert-interstitial-hidden-in-iframe": "The page did not arrive at all.",
        "frame-postmessage-origin": "The frame is shown, and messages do not reach it.",
        "third-party-frame-storage-partitioned": "The frame works, and its cookies do not.",
    },
    sources=(
        (Mark.DOCUMENTED, "UCWA: Cross_domainIFRAME"),
        (Mark.INFERRED, "header semantics: CSP 3, RFC 7034"),
    ),
    rule=look,
    causes=("frame-postmessage-origin", "ie-security-zones"),
)
