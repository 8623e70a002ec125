"""A proxy refuses OPTIONS, or another verb, before the server sees it."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.crossorigin import allowed, cors_is_on
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner, Severity
from hairpin.doctor.foreign import is_foreign
from hairpin.signin.steps import Role

_VERBS = frozenset({"OPTIONS", "PUT", "DELETE"})


def look(case: Case) -> Iterator[Sign]:
    told: set[tuple[str, str]] = set()
    for turn in case.ours:
        if turn.role is Role.OTHER or turn.method not in _VERBS or (turn.host, turn.method) in told:
            continue
        if turn.status is None or turn.status < 400 or not is_foreign(case, turn) or allowed(turn):
            continue
        told.add((turn.host, turn.method))
        on_purpose = turn.method != "OPTIONS" or cors_is_on(case, turn.host)
        yield Sign(
            Certainty.PROBABLE if on_purpose else Certainty.POSSIBLE,
            f"Something in front of {turn.host} refuses {turn.method}.",
            (
                turn.evidence("status", turn.status),
                turn.evidence("response header X-Ms-diagnostics", "absent"),
                turn.evidence("response header Server", turn.got.get("server") or "absent"),
            ),
            {"ext": turn.host, "verb": turn.method},
            severity=None if on_purpose else Severity.WARNING,
        )


ENTRY = Entry(
    id="rp-options-blocked",
    title="A proxy or filter refuses OPTIONS",
    group=Group.PROXY,
    owner=Owner.PROXY_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE),
    symptom="The console says that the preflight failed, although the server allows the application's origin.",
    looks_at="""
        OPTIONS, PUT or DELETE answered with an error and without any mark of Lync. With the classic frame
        no OPTIONS is needed at all, so unless the server takes part in CORS this is a second finding
        behind the wrong origin that caused the OPTIONS.
        """,
    cause="A rule in front of <ext> lets only GET and POST through.",
    remedies=(
        Change(
            "Let GET, POST, PUT, DELETE and OPTIONS through to /autodiscover, /webticket and /ucwa, and let Lync answer OPTIONS.",
            {
                "nginx": "limit_except GET POST PUT DELETE OPTIONS { deny all; }",
                "IIS request filtering": """
                    appcmd set config /section:requestFiltering /-verbs.[verb='OPTIONS']
                    """,
            },
        ),
    ),
    verify=Change(
        "OPTIONS is answered by Lync.",
        {
            "shell": "curl -s -o /dev/null -D - -X OPTIONS https://<ext>/ucwa/oauth/v1/applications | grep -i x-ms-server-fqdn"
        },
    ),
    undo=Change("Restore the former list of verbs."),
    look_alikes={
        "ext-fqdn-resolves-to-internal-site": "An OPTIONS that should not exist at all, answered by Lync with 28020.",
        "direct-xhr-without-xframe": "CORS is off; the application should use the frame.",
    },
    sources=((Mark.DOCUMENTED, "UCWA: HTTP (verbs)"), (Mark.INFERRED, "the rest")),
    rule=look,
)
