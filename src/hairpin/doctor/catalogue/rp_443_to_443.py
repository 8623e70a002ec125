"""The reverse proxy forwards port 443 to port 443, where the internal web site listens, instead of to 4443."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.sites import Crossing, Path
from hairpin.doctor.wrongsite import wrong_site_sign, wrong_sites


def look(case: Case) -> Iterator[Sign]:
    through = [
        found
        for found in wrong_sites(case)
        if found.crossing.path is Path.PROXY and not _may_be_published(case, found.crossing)
    ]
    # A proxy that gets one name wrong usually gets all of them wrong: one finding, told by the name that failed.
    for found in sorted(through, key=lambda one: one.crossing.turn.is_discovery)[:1]:
        crossing = found.crossing
        yield wrong_site_sign(
            case,
            found,
            Certainty.CERTAIN if crossing.firm else Certainty.PROBABLE,
            f"{crossing.asked} was answered by the internal web site, which handed out {crossing.handed}, "
            f"although {crossing.because}.",
        )


def _may_be_published(case: Case, crossing: Crossing) -> bool:
    """With equal names the external site hands out an internal-looking name too: a sign-in that works clears it."""
    return not crossing.firm and crossing.turn.is_discovery and case.signed_in(crossing.turn)


ENTRY = Entry(
    id="rp-443-to-443",
    title="The reverse proxy forwards 443 to 443 instead of 4443",
    group=Group.PROXY,
    owner=Owner.PROXY_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE, SeenBy.PREDICT),
    symptom="""
        Signing in fails from outside as well: the browser is sent to an internal name that does not even
        resolve there, and phones hang. Discovery often hands out internal names from its first answer
        on.
        """,
    looks_at="""
        The same 401 as in the original case, under an address that is not the server's: the address of
        the discovery name or of other external names, a public address, or one that differs from the
        internal name's.
        """,
    cause="""
        Something stands in front of <ext>, but it passes port 443 on to port 443, where the internal web
        site listens. The external site, which hands out <ext>, listens on 4443 (and on 8080 for port
        80).
        """,
    remedies=(
        Change(
            """
            Send port 443 of <ext> to port 4443 of the servers, and port 80 to 8080; encrypt again on the
            way and keep the Host header.
            """,
            {
                "nginx": """
                    proxy_pass https://<server>:4443;
                    proxy_set_header Host $host;
                    proxy_ssl_server_name on;
                    proxy_ssl_name <ext>;
                    """,
                "HAProxy": """
                    server fe1 <server address>:4443 ssl verify required ca-file /etc/ssl/internal-ca.pem sni str(<ext>)
                    """,
                "IIS ARR, PowerShell": """
                    Set-WebConfigurationProperty -pspath MACHINE/WEBROOT/APPHOST -filter "webFarms/webFarm[@name='<ext>']/server/applicationRequestRouting" -name httpsPort -value 4443
                    """,
                "Web Application Proxy, PowerShell": """
                    Get-WebApplicationProxyApplication | Where-Object ExternalUrl -eq 'https://<ext>/' | Set-WebApplicationProxyApplication -BackendServerUrl 'https://<ext>:4443/'
                    """,
                "netfilter": """
                    iptables -t nat -A PREROUTING -d <proxy address> -p tcp --dport 443 -j DNAT --to <server address>:4443
                    """,
            },
        ),
    ),
    verify=Change(
        "Through the proxy, the challenge names the host that was asked.",
        {
            "shell": """
                curl -s -o /dev/null -D - https://<ext>/Autodiscover/AutodiscoverService.svc/root/oauth/user | grep -i msrtcoauth
                """,
        },
    ),
    undo=Change(
        "Set the backend port to 443 again; nothing else was changed.",
    ),
    look_alikes={
        "ext-fqdn-resolves-to-internal-site": """
            The same answers, but <ext> resolves to the server itself and no proxy is on the path: then
            DNS is to be changed.
            """,
        "rp-host-header-rewritten": "The external site answers (AccessLocation is External), only the name is wrong.",
        "lyncdiscover-resolves-to-internal-site": "Only the discovery name is wrong, and it leads to the server itself.",
    },
    sources=(
        (
            Mark.DOCUMENTED,
            """
        Skype for Business Server: load balancing requirements; web publishing rules for a single pool
        """,
        ),
        (Mark.DOCUMENTED, "Set-CsWebServer, parameters ExternalHttpsPort and ExternalHttpPort"),
    ),
    rule=look,
    causes=(
        "auth-differs-by-side",
        "ext-fqdn-missing-inside",
        "internal-ca-not-trusted",
        "lyncdiscover-resolves-to-internal-site",
        "rp-options-blocked",
        "local-network-access-blocked",
        "rp-cert-san-missing",
        "hairpin-blocked",
    ),
)
