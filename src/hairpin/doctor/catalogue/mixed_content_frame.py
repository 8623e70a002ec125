"""A page on https begins on http, which browsers block."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.turn import Turn
from hairpin.signin.steps import Role
from hairpin.wire.exchange import Failure


def look(case: Case) -> Iterator[Sign]:
    for turn in case.ours:
        if case.signed_in(turn) or not _blocked(case, turn):
            continue
        told = turn.failure is Failure.BLOCKED_MIXED
        yield Sign(
            Certainty.CERTAIN if told else Certainty.PROBABLE,
            f"A page on https asked for {turn.url.partition('?')[0]} on http, which its browser blocks.",
            (
                turn.evidence("scheme", "http"),
                turn.evidence("failure", turn.step.exchange.note or turn.failure),
                *((turn.evidence("embedding page", case.page),) if case.page else ()),
            ),
            {"discover": turn.host, "ext": turn.host},
        )
        return


def _blocked(case: Case, turn: Turn) -> bool:
    if turn.failure is Failure.BLOCKED_MIXED:
        return True
    plain = turn.origin is not None and turn.origin.scheme == "http" and turn.role is not Role.OTHER
    secure_page = case.page is not None and case.page.scheme == "https"
    return plain and secure_page and turn.status is None and turn.failure is Failure.UNKNOWN


ENTRY = Entry(
    id="mixed-content-frame",
    title="A secure page asks over plain http",
    group=Group.CLIENT,
    owner=Owner.APP_DEVELOPER,
    seen_by=(SeenBy.CAPTURE,),
    symptom="The console says Mixed Content: the request has been blocked. Nothing reaches any server.",
    looks_at="An http request or frame of an https page that was blocked or never answered.",
    cause="""
        A page on https may not load or ask anything over http. The http forms of discovery are therefore
        of no use to such a page.
        """,
    remedies=(
        Change("Begin at the https form of the discovery name.", {"URL": "https://<discover>/xframe"}),
        Change(
            "See that the certificate covers the discovery name.",
            {
                "shell": "openssl s_client -connect <discover>:443 -servername <discover> </dev/null | openssl x509 -noout -ext subjectAltName"
            },
            Owner.PROXY_ADMIN,
        ),
    ),
    verify=Change("Every request in the trace is on https."),
    undo=Change("Nothing in the deployment was changed."),
    look_alikes={
        "rp-ssl-offload": "The server's own links carry http.",
        "hsts-pins-the-name": "The browser turned http into https by itself.",
    },
    sources=((Mark.DOCUMENTED, "UCWA: RootURL (use https only)"), (Mark.INFERRED, "Mixed Content, W3C")),
    rule=look,
)
