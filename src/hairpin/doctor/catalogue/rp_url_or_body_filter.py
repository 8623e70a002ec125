"""A filter in front rejects a legitimate URL or body."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.filters import filter_words
from hairpin.doctor.finding import Certainty, Owner, Severity
from hairpin.doctor.foreign import family, foreign_answers
from hairpin.signin.steps import Role

_REFUSALS = frozenset({400, 403, 404, 406, 413, 414, 501})


def look(case: Case) -> Iterator[Sign]:
    reached = {
        (turn.capture, turn.host, family(turn)) for turn in case.ours if turn.by_server and not turn.preflight
    }
    told: set[tuple[str, str]] = set()
    for turn in foreign_answers(case):
        key = (turn.host, family(turn))
        if turn.status not in _REFUSALS or turn.preflight or key in told or turn.role is Role.XFRAME:
            continue
        words = filter_words(turn)
        too_long = turn.status in {413, 414}
        if not words and not too_long and (turn.capture, *key) not in reached:
            continue
        told.add(key)
        yield Sign(
            Certainty.PROBABLE,
            f"A filter in front of {turn.host} refused this request; others on /{family(turn)} reach Lync.",
            (
                turn.evidence("status", turn.status),
                turn.evidence("response header X-Ms-diagnostics", "absent"),
                *((turn.evidence("words of the page", words),) if words else ()),
            ),
            {"ext": turn.host, "path": f"/{family(turn)}/"},
            severity=Severity.WARNING if case.signed_in(turn) else None,
        )


ENTRY = Entry(
    id="rp-url-or-body-filter",
    title="A filter rejects legitimate requests",
    group=Group.PROXY,
    owner=Owner.PROXY_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE),
    symptom="Some users cannot sign in, or some contacts cannot be opened: it depends on what is in the request.",
    looks_at="""
        A 400, 403, 404, 413 or 414 without a mark of Lync, on a path where other requests do reach Lync, or
        on a page that names its filter.
        """,
    cause="""
        Generic rules find something in a password, in an address with ;gruu;opaque= or %3a, or in a long
        batch, that looks like an attack.
        """,
    remedies=(
        Change(
            "Take /webticket and /ucwa out of the rules for bodies and URLs.",
            {
                "ModSecurity": """
                    SecRule REQUEST_URI "@rx (?i)^/(webticket|ucwa)/" "id:1001,phase:1,pass,nolog,ctl:ruleEngine=Off"
                    """,
                "IIS": """
                    appcmd set config /section:requestFiltering /allowDoubleEscaping:true
                    """,
                "Apache": "AllowEncodedSlashes NoDecode",
            },
        ),
    ),
    verify=Change("The request that failed passes through the proxy as it does on port 4443 of the server."),
    undo=Change("Remove the exception."),
    look_alikes={
        "rp-path-not-published": "No request on that path ever reaches Lync.",
        "origin-not-allowed-28070": "A 403 with X-Ms-diagnostics 28070.",
        "mobility-or-app-policy-403": "A 403 with a JSON body.",
    },
    sources=((Mark.DOCUMENTED, "UCWA: AuthenticationInUCWA (token bodies)"), (Mark.INFERRED, "rule names")),
    rule=look,
)
