"""The public discovery name leads to the internal web site, so everything after it is internal."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.sites import Path
from hairpin.doctor.survey import INSIDE
from hairpin.doctor.turn import DISCOVER, DISCOVER_INTERNAL
from hairpin.doctor.wrongsite import wrong_site_sign, wrong_sites


def look(case: Case) -> Iterator[Sign]:
    for found in wrong_sites(case):
        if found.crossing.turn.is_discovery and found.crossing.path is not Path.PROXY:
            direct = found.crossing.path is Path.DIRECT and found.crossing.firm
            yield wrong_site_sign(
                case,
                found,
                Certainty.CERTAIN if direct else Certainty.PROBABLE,
                f"{found.crossing.asked} was answered by the internal web site and handed out "
                f"{found.crossing.handed}; {found.crossing.because}.",
            )
    for lookup in case.survey.lookups:
        if lookup.vantage == INSIDE and lookup.name.startswith(DISCOVER) and lookup.addresses:
            twin = DISCOVER_INTERNAL + lookup.name.removeprefix(DISCOVER)
            if set(lookup.addresses) & case.survey.addresses(twin, INSIDE):
                yield Sign(
                    Certainty.PROBABLE,
                    f"Inside, {lookup.name} and {twin} lead to one address.",
                    (lookup.evidence(), *(one.evidence() for one in case.survey.of(twin, INSIDE))),
                    {"discover": lookup.name},
                )


ENTRY = Entry(
    id="lyncdiscover-resolves-to-internal-site",
    title="The discovery name leads to the internal web site",
    group=Group.NAMES,
    owner=Owner.DNS_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE, SeenBy.PREDICT),
    symptom="""
        Domain computers sign in; phones and private laptops on the same Wi-Fi do not, because they cannot
        resolve or do not trust the internal name they are sent to.
        """,
    looks_at="""
        The first discovery document of lyncdiscover hands out an internal name (or says AccessLocation
        Internal), at the address of the server itself. From there on everything is consistent, so there is
        no preflight.
        """,
    cause="""
        The internal zone gives <discover> the address of the server, copied from lyncdiscoverinternal.
        Port 443 there is the internal web site, which hands out <int>.
        """,
    remedies=(
        Change(
            """
            Let internal DNS answer <discover> with the proxy's address, or remove it inside so that only
            lyncdiscoverinternal answers there.
            """,
            {
                "PowerShell": """
                    Remove-DnsServerResourceRecord -ZoneName <sip domain> -Name lyncdiscover -RRType A -Force
                    Add-DnsServerResourceRecordA -ZoneName <sip domain> -Name lyncdiscover -IPv4Address <proxy address>
                    """,
                "BIND, internal view": "lyncdiscover  300  IN  A  <proxy address>",
            },
        ),
        Change(
            "Until then, give the client its entry point.",
            {"configuration of the application": "https://<ext>/Autodiscover/AutodiscoverService.svc/root"},
            Owner.APP_DEVELOPER,
        ),
    ),
    verify=Change(
        "lyncdiscover says External, lyncdiscoverinternal says Internal.",
        {
            "shell": """
                curl -s -H "Accept: application/vnd.microsoft.rtc.autodiscover+xml;v=1" https://<discover>/ | grep -o 'AccessLocation="[A-Za-z]*"'
                """
        },
    ),
    undo=Change(
        "Put the former record back.",
        {
            "PowerShell": """
                Remove-DnsServerResourceRecord -ZoneName <sip domain> -Name lyncdiscover -RRType A -Force
                Add-DnsServerResourceRecordA -ZoneName <sip domain> -Name lyncdiscover -IPv4Address <server address>
                """
        },
    ),
    look_alikes={
        "ext-fqdn-resolves-to-internal-site": "Discovery hands out external names, and only <ext> is wrong.",
        "rp-443-to-443": "The discovery name leads to the proxy, which forwards to the internal site.",
        "internal-ca-not-trusted": "The names are right, and the device does not know the company's root.",
    },
    sources=((Mark.DOCUMENTED, "Skype for Business Server: DNS requirements; plan for mobility"),),
    rule=look,
    causes=("ext-fqdn-missing-inside", "internal-ca-not-trusted", "rp-cert-san-missing"),
)
