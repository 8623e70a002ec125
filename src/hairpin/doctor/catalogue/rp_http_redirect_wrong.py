"""Port 80 of the discovery name redirects to another host than the one that was asked."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.logins import is_login
from hairpin.doctor.online import is_online
from hairpin.signin.steps import Redirected, Role
from hairpin.wire.origin import maybe_origin


def look(case: Case) -> Iterator[Sign]:
    told: set[str] = set()
    for turn in case.ours:
        if turn.origin is None or turn.origin.scheme != "http" or turn.host in told or case.signed_in(turn):
            continue
        if turn.status == 200 or not isinstance(turn.answer, Redirected) or is_login(turn):
            continue
        target = maybe_origin(turn.answer.href)
        # A browser's own upgrade and a redirect to https on the same host are as they should be.
        if target is None or target.host == turn.host or is_online(target.host) or turn.role is Role.OTHER:
            continue
        told.add(turn.host)
        yield Sign(
            Certainty.CERTAIN,
            f"Port 80 of {turn.host} redirects to {target}, another host.",
            (turn.evidence("response header Location", turn.answer.href),),
            {"discover": turn.host},
            tuple(one for one in case.after(turn) if one.host == target.host and not one.succeeded),
        )


ENTRY = Entry(
    id="rp-http-redirect-wrong",
    title="Port 80 redirects to the wrong host",
    group=Group.PROXY,
    owner=Owner.PROXY_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE),
    symptom="Clients that begin on http give up or land on a web site; pages on https never notice.",
    looks_at="""
        A redirect of an http discovery URL to another host. To https on the same host, or a 200 with a
        redirect link that Lync wrote, is as it should be.
        """,
    cause="""
        A rule that forces https everywhere rewrites the host as well, and port 80 of <discover> is not sent
        to 8080. A redirect to another domain makes clients give the attempt up.
        """,
    remedies=(
        Change(
            "Send port 80 of the discovery name to port 8080, or redirect to the same host and path on https.",
            {
                "nginx": "server { listen 80; server_name <discover>; return 301 https://$host$request_uri; }",
                "netfilter": "iptables -t nat -A PREROUTING -d <proxy address> -p tcp --dport 80 -j DNAT --to <server address>:8080",
            },
        ),
    ),
    verify=Change("2xx, or https on the same host.", {"shell": "curl -sI http://<discover>/"}),
    undo=Change("Restore the former redirect."),
    look_alikes={
        "hsts-pins-the-name": "307 without any server: the browser's own memory.",
        "autodiscover-redirect-not-trusted": "Lync's own redirect leads to another domain, and the client does not follow.",
        "rp-preauthentication": "The redirect leads to a login page.",
    },
    sources=((Mark.DOCUMENTED, "UCWA: RootURL, step 3; plan for mobility (80 to 8080)"),),
    rule=look,
    causes=("ext-fqdn-missing-inside",),
)
