"""One side no longer speaks TLS 1.0 and 1.1, the other speaks nothing newer."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner
from hairpin.doctor.silence import Tls, tls_failures

_CURRENT = {"TLSv1.2", "TLSv1.3"}


def look(case: Case) -> Iterator[Sign]:
    for turn in tls_failures(case, Tls.VERSION):
        yield Sign(
            Certainty.CERTAIN,
            f"This client and {turn.host} have no protocol version or cipher in common.",
            (turn.evidence("failure", turn.step.exchange.note),),
            {"ext": turn.host},
        )
    for shown in case.survey.certificates:
        if shown.protocols and not _CURRENT.intersection(shown.protocols):
            yield Sign(
                Certainty.CERTAIN,
                f"{shown.address} speaks only {', '.join(shown.protocols)} for {shown.name}.",
                (shown.evidence("protocols", ", ".join(shown.protocols)),),
                {"ext": shown.name},
            )


ENTRY = Entry(
    id="tls-version-mismatch",
    title="Client and server have no TLS version in common",
    group=Group.TLS,
    owner=Owner.SERVER_ADMIN,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE),
    symptom="New browsers and phones fail, old desk phones work; or the other way round after hardening.",
    looks_at="A TLS failure with the words of a version or cipher; a probe tries one handshake per version.",
    cause="Hardening on one side and age on the other. Browsers have refused TLS 1.0 and 1.1 since 2020.",
    remedies=(
        Change(
            "Switch TLS 1.2 on, on the servers and on both sides of the proxy, for .NET as well.",
            {
                "PowerShell": r"""
                    New-ItemProperty -Path 'HKLM:\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Server' -Name Enabled -Value 1 -PropertyType DWord -Force
                    New-ItemProperty -Path 'HKLM:\SOFTWARE\Microsoft\.NETFramework\v4.0.30319' -Name SchUseStrongCrypto -Value 1 -PropertyType DWord -Force
                    """,
                "nginx": "ssl_protocols TLSv1.2 TLSv1.3;",
            },
        ),
    ),
    verify=Change(
        "A TLS 1.2 handshake succeeds.", {"shell": "openssl s_client -connect <ext>:443 -tls1_2 </dev/null"}
    ),
    undo=Change("Delete the two values again and restart."),
    look_alikes={"proxy-or-tls-inspection-in-the-way": "An inspecting proxy ends the handshake."},
    sources=(
        (Mark.DOCUMENTED, "Skype for Business Server: load balancing requirements (TLS 1.2)"),
        (Mark.INFERRED, "browser versions"),
    ),
    rule=look,
    causes=("cert-interstitial-hidden-in-iframe",),
)
