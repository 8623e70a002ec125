"""The discovery name is an alias into another domain, and the certificate there does not cover it."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner, Severity
from hairpin.doctor.online import is_online
from hairpin.doctor.turn import DISCOVER, DISCOVER_INTERNAL


def look(case: Case) -> Iterator[Sign]:
    for lookup in case.survey.lookups:
        domain = lookup.name.partition(".")[2]
        if not lookup.name.startswith((DISCOVER, DISCOVER_INTERNAL)) or not lookup.aliases:
            continue
        target = lookup.aliases[-1]
        if target.lower().endswith("." + domain) or is_online(target):
            continue
        shown = [one for one in case.survey.certificates if one.name == lookup.name]
        uncovered = [one for one in shown if not one.covers(lookup.name)]
        if shown and not uncovered:
            continue
        yield Sign(
            Certainty.CERTAIN if uncovered else Certainty.POSSIBLE,
            f"{lookup.name} is an alias of {target}, in another domain"
            + (", and the certificate there does not cover it." if uncovered else "."),
            (
                lookup.evidence(),
                *(one.evidence("names in the certificate", ", ".join(one.names)) for one in uncovered),
            ),
            {"discover": lookup.name, "target": target},
            severity=None if uncovered else Severity.INFO,
        )


ENTRY = Entry(
    id="discover-cname-other-domain",
    title="The discovery name is an alias into another domain",
    group=Group.NAMES,
    owner=Owner.PROXY_ADMIN,
    seen_by=(SeenBy.PROBE,),
    symptom="""
        TLS fails on the discovery name before anything is asked. In a frame nothing is shown; in a tab the
        browser names the certificate of another domain.
        """,
    looks_at="""
        The alias of the discovery name and the names in the certificate at its end. No capture shows
        either: it shows a request that failed, which is reported under its certificate.
        """,
    cause="""
        An alias changes where <discover> leads and not which name the client checks: the certificate at
        <target> has to cover <discover> all the same. Over https such an alias is not supported.
        """,
    remedies=(
        Change(
            "Put the discovery name of every SIP domain into the certificate of the reverse proxy.",
            {
                "shell": """
                    openssl s_client -connect <discover>:443 -servername <discover> </dev/null | openssl x509 -noout -ext subjectAltName
                    """
            },
        ),
        Change(
            "Or give the name an address of its own, or an alias within its own domain.",
            {"BIND": "lyncdiscover  300  IN  A  <proxy address>"},
            Owner.DNS_ADMIN,
        ),
        Change(
            "Or answer the first hop on port 80, which leads on to a covered name; web pages on https cannot use it."
        ),
    ),
    verify=Change(
        "The certificate covers the name that was asked.",
        {"shell": "curl -sI https://<discover>/"},
    ),
    undo=Change("Use the former certificate or the former alias again."),
    look_alikes={
        "discover-points-to-online": "The alias leads to Microsoft's cloud.",
        "rp-cert-san-missing": "The name has an address of its own, and the proxy's certificate lacks it.",
    },
    sources=(
        (Mark.DOCUMENTED, "Lync Server 2013: DNS summary, Autodiscover; technical requirements for mobility"),
    ),
    rule=look,
    causes=("rp-cert-san-missing",),
)
