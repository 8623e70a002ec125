"""The proxy publishes some paths of a name and not others."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.filters import filter_words
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.foreign import family, foreign_answers
from hairpin.wire.origin import path_of


def look(case: Case) -> Iterator[Sign]:
    published: dict[tuple[int, str], set[str]] = {}
    for turn in case.ours:
        if turn.by_server or turn.succeeded:
            published.setdefault((turn.capture, turn.host), set()).add(family(turn))
    told: set[tuple[int, str, str]] = set()
    for turn in foreign_answers(case):
        key = (turn.capture, turn.host, family(turn))
        others = published.get(key[:2], set())
        if turn.status not in {403, 404} or key in told or turn.preflight or filter_words(turn):
            continue
        if family(turn) in others or not others or case.signed_in(turn):
            continue
        told.add(key)
        path = path_of(turn.url)
        # A filter refuses bodies in the same words.
        unsure = turn.status == 403 and turn.method == "POST"
        yield Sign(
            Certainty.POSSIBLE if unsure else Certainty.PROBABLE,
            f"{turn.host} answers other paths and does not pass {path} on to the server.",
            (
                turn.evidence("status", turn.status),
                turn.evidence("response header X-MS-Server-Fqdn", "absent"),
                turn.evidence("response header Content-Type", turn.got.get("content-type") or "absent"),
            ),
            {"ext": turn.host, "path": path},
        )


ENTRY = Entry(
    id="rp-path-not-published",
    title="The proxy does not publish a path",
    group=Group.PROXY,
    owner=Owner.PROXY_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE),
    symptom="""
        Sign-in stops at the step that owns the path: an empty frame, a failed sign-in, or a client that is
        signed in and dead.
        """,
    looks_at="""
        A 403 or 404 without any mark of Lync on one path, while other paths of the same host are answered
        by Lync. The first segment of the path is what rules are written for.
        """,
    cause="The list of published paths was copied from an old or partial one, or compares case.",
    remedies=(
        Change(
            """
            Publish everything under <ext>, or at least these paths, without regard to case: the same one
            appears as /WebTicket/ and as /webticket/.
            """,
            {
                "nginx": "location ~* ^/(autodiscover|webticket|ucwa|passiveauth|xframe)(/|$) { proxy_pass https://<server>:4443; proxy_set_header Host $host; }",
                "TMG, WAP, ARR": "Path: /*",
            },
        ),
    ),
    verify=Change(
        "Each path is answered by Lync: 200, 200, 401, 4xx and 401, all with X-MS-Server-Fqdn.",
        {
            "shell": """
                for path in /Autodiscover/XFrame/XFrame.html /Autodiscover/AutodiscoverService.svc/root /Autodiscover/AutodiscoverService.svc/root/oauth/user /WebTicket/oauthtoken /ucwa/oauth/v1/applications; do
                  curl -s -o /dev/null -D - https://<ext>$path | grep -iE "^HTTP|x-ms-server-fqdn"
                done
                """
        },
    ),
    undo=Change("Take the paths off the rule again."),
    look_alikes={
        "lyncucwa-app-pool-dead": "A 500 or 503 from the server itself.",
        "rp-url-or-body-filter": "The path works for other requests; this one's URL or body was refused.",
        "wildcard-dns-catches-discover": "No path of the host is ever answered by Lync.",
    },
    sources=((Mark.DOCUMENTED, "Lync Server 2013: configuration requirements for reverse proxy"),),
    rule=look,
)
