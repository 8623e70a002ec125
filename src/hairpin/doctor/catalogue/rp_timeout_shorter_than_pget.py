"""Something cuts the pending GET of the event channel before the server answers it."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner, Severity
from hairpin.doctor.turn import Turn
from hairpin.signin.steps import Role
from hairpin.wire.exchange import Failure

# Nobody's idle timeout is shorter; what ends sooner ended for another reason.
SHORTEST = 20.0
SPREAD = 0.1


def look(case: Case) -> Iterator[Sign]:
    cut: dict[tuple[int, str], list[Turn]] = {}
    for turn in case.of(Role.EVENTS):
        if _cut(turn):
            cut.setdefault((turn.capture, turn.host), []).append(turn)
    for (_, host), turns in cut.items():
        times = [turn.step.exchange.seconds or 0.0 for turn in turns]
        steady = len(turns) > 1 and max(times) - min(times) <= SPREAD * max(times)
        yield Sign(
            Certainty.CERTAIN if steady else Certainty.PROBABLE,
            f"The event channel to {host} is cut after {round(times[0])} seconds.",
            tuple(
                turn.evidence(
                    "ended after seconds, with", f"{turn.step.exchange.seconds:.1f}, {turn.outcome()}"
                )
                for turn in turns[:3]
            ),
            {"ext": host},
        )


def _cut(turn: Turn) -> bool:
    gave_up = turn.status in {408, 502, 504} and not turn.by_server
    broken = turn.failure in {Failure.RESET, Failure.TIMEOUT} and turn.status is None
    return (gave_up or broken) and (turn.step.exchange.seconds or 0.0) >= SHORTEST


ENTRY = Entry(
    id="rp-timeout-shorter-than-pget",
    title="The event channel is cut before it is answered",
    group=Group.PROXY,
    owner=Owner.PROXY_ADMIN,
    severity=Severity.WARNING,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE),
    symptom="Signed in, then offline after a minute or a few; presence does not change; phones say that they reconnect.",
    looks_at="""
        A GET of the event channel that ends with 502, 504 or a closed connection, without a mark of Lync,
        after twenty seconds or more. The same time again and again makes it certain.
        """,
    cause="""
        The server holds this request until something happens: three minutes by default, fifteen for mobile
        clients. An idle timeout on the way to <ext> is shorter.
        """,
    remedies=(
        Change(
            "Raise every timeout on the way to 960 seconds (200 at the very least), and TCP idle to 1800.",
            {
                "nginx": """
                    proxy_read_timeout 960s;
                    proxy_send_timeout 960s;
                    """,
                "HAProxy": """
                    timeout client 960s
                    timeout server 960s
                    """,
                "Web Application Proxy, PowerShell": """
                    Get-WebApplicationProxyApplication | Where-Object ExternalUrl -eq 'https://<ext>/' | Set-WebApplicationProxyApplication -InactiveTransactionsTimeoutSec 960
                    """,
                "NetScaler": "set lb vserver <ext> -cltTimeout 1800",
                "IIS ARR": "Server farm, Proxy: Time-out 960",
            },
        ),
        Change(
            "Or let the server hold it for less time.",
            {
                "Lync Server Management Shell": """
                    Set-CsWebServiceConfiguration -Identity global -PendingGetWaitTimeOutInMinutes 5 -PendingGetWaitSupportingApps "All;"
                    """
            },
            Owner.SERVER_ADMIN,
        ),
        Change(
            "Or let the application ask for less: add timeout=180 to the event link as it was given.",
            {},
            Owner.APP_DEVELOPER,
        ),
    ),
    verify=Change("A channel without events lives for more than 900 seconds."),
    undo=Change(
        "Set the former timeouts.",
        {
            "Lync Server Management Shell": """
                Set-CsWebServiceConfiguration -Identity global -PendingGetWaitTimeOutInMinutes 15 -PendingGetWaitSupportingApps "None"
                """
        },
    ),
    look_alikes={
        "second-instance-replaces-channel": "409 with PGetReplaced: a second client took the channel over.",
        "proxy-or-tls-inspection-in-the-way": "The cut happens in one network only.",
    },
    sources=(
        (Mark.DOCUMENTED, "Lync Server 2013: web publishing rules (200, 900 and 960 seconds)"),
        (Mark.DOCUMENTED, "UCWA: EventChannelDetails; Set-CsWebServiceConfiguration"),
    ),
    rule=look,
)
