"""One address serves several names, and a client that sends none, or shares a connection, gets the wrong one."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.signin.steps import Role


def look(case: Case) -> Iterator[Sign]:
    told: set[str] = set()
    for turn in case.ours:
        if turn.status == 421 and turn.role is not Role.OTHER and turn.host not in told:
            told.add(turn.host)
            if not case.signed_in(turn):
                yield Sign(
                    Certainty.PROBABLE,
                    f"A connection made for another name was used for {turn.host}, and its server refused.",
                    (turn.evidence("status", turn.status),),
                    {"ext": turn.host},
                )
    for shown in case.survey.certificates:
        named = [one for one in case.survey.certificates if one.sent_name and one.name == shown.name]
        if (
            not shown.sent_name
            and not shown.covers(shown.name)
            and any(one.covers(shown.name) for one in named)
        ):
            yield Sign(
                Certainty.CERTAIN,
                f"Without SNI, {shown.address} presents another certificate than the one for {shown.name}.",
                (shown.evidence("names in the certificate without SNI", ", ".join(shown.names)),),
                {"ext": shown.name},
            )


ENTRY = Entry(
    id="rp-sni-default-certificate",
    title="Without SNI another site answers",
    group=Group.PROXY,
    owner=Owner.PROXY_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE),
    symptom="Desk phones, old phones, scripts or the balancer's monitor fail; browsers see a 421 or 404 now and then.",
    looks_at="""
        A 421 on a Lync path. A probe compares the certificates presented with and without a server name.
        """,
    cause="""
        Several names share one address. A client that sends no server name gets the default certificate;
        over HTTP/2 a browser may reuse a connection of another name that the same certificate covers.
        """,
    remedies=(
        Change(
            "Make the certificate of <ext> the default on this address, or give it an address of its own.",
            {
                "Windows": """
                    netsh http add sslcert ipport=0.0.0.0:443 certhash=<thumbprint> appid={f955c070-e044-456c-ac00-e9e4275b3f04}
                    """,
                "nginx": "listen 443 ssl default_server;",
            },
        ),
        Change("Where 421 appears: switch HTTP/2 off on this listener."),
    ),
    verify=Change(
        "The same certificate with and without SNI.",
        {
            "shell": """
                openssl s_client -connect <ext>:443 -servername <ext> </dev/null | openssl x509 -noout -subject
                openssl s_client -connect <ext>:443 -noservername </dev/null | openssl x509 -noout -subject
                """
        },
    ),
    undo=Change("Delete the default binding.", {"Windows": "netsh http delete sslcert ipport=0.0.0.0:443"}),
    look_alikes={"rp-cert-san-missing": "Even with SNI the certificate lacks the name."},
    sources=((Mark.DOCUMENTED, "Reports on IIS ARR with several certificates"), (Mark.INFERRED, "the rest")),
    rule=look,
    causes=("rp-cert-san-missing",),
)
