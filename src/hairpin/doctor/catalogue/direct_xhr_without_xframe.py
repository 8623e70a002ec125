"""The application's own page asks the server directly instead of through the frame."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.crossorigin import blocked, cors_is_on, is_frame_origin
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner


def look(case: Case) -> Iterator[Sign]:
    told: set[str] = set()
    for turn in case.ours:
        asker = turn.asker
        if asker is None or str(asker) in told or not blocked(case, turn):
            continue
        if is_frame_origin(case, asker) or cors_is_on(case, turn.host):
            continue
        told.add(str(asker))
        later = tuple(one for one in case.after(turn) if one.asker == asker and blocked(case, one))
        yield Sign(
            Certainty.CERTAIN if turn.preflight else Certainty.PROBABLE,
            f"A script of {asker} asked {turn.origin} directly; only the frame of {turn.origin} may.",
            (
                turn.evidence("request header Origin", turn.sent.get("origin") or asker),
                turn.evidence(
                    "response header Access-Control-Allow-Origin",
                    turn.got.get("access-control-allow-origin") or "absent",
                ),
                turn.evidence("outcome", turn.outcome()),
            ),
            {"app origin": str(asker), "ext": turn.host},
            later,
        )


ENTRY = Entry(
    id="direct-xhr-without-xframe",
    title="The application asks the server directly instead of through its frame",
    group=Group.CROSS_DOMAIN,
    owner=Owner.APP_DEVELOPER,
    seen_by=(SeenBy.CAPTURE, SeenBy.PREDICT),
    symptom="""
        The console says that no Access-Control-Allow-Origin header is present; server-side clients work.
        """,
    looks_at="""
        A request or preflight whose Origin is the application's page, sent to a name of the deployment,
        and answered without a matching Access-Control-Allow-Origin. Where a request's frame is unknown
        its Referer stands in.
        """,
    cause="""
        The server does not take part in CORS unless it is told to. A browser application is meant to
        embed the frame that <ext> serves and to let that frame's script ask; here a script of <app
        origin> asked by itself.
        """,
    remedies=(
        Change(
            """
            Load the frame of the host that is to be asked, and send each request through it with
            postMessage.
            """,
            {
                "HTML": """
                    <iframe src="https://<ext>/Autodiscover/XFrame/XFrame.html" hidden></iframe>
                    """,
            },
        ),
        Change(
            """
            Or switch CORS on, on servers whose updates know the switch, with the origin on the allow
            list. The documentation is one sentence long: test which paths and headers it covers.
            """,
            {
                "Lync Server Management Shell": """
                    Set-CsWebServiceConfiguration -Identity global -EnableCORS $true
                    Set-CsAutodiscoverConfiguration -Identity global -EnableCORS $true
                    """,
            },
            Owner.SERVER_ADMIN,
        ),
        Change(
            """
            Or put Hairpin's gateway in front of the deployment, which answers preflights for the origins
            it is given.
            """,
            {
                "shell": "hairpin up --deployment deployment.toml",
            },
        ),
    ),
    verify=Change(
        """
        Requests to <ext> come from its own frame, so no OPTIONS is in the trace; or the answer allows
        <app origin>.
        """,
        {
            "shell": """
                curl -s -o /dev/null -D - -X OPTIONS -H "Origin: <app origin>" -H "Access-Control-Request-Method: GET" https://<ext>/ | grep -i access-control
                """,
        },
    ),
    undo=Change(
        "Switch CORS off again; the frame keeps working.",
        {
            "Lync Server Management Shell": """
                Set-CsWebServiceConfiguration -Identity global -EnableCORS $false
                Set-CsAutodiscoverConfiguration -Identity global -EnableCORS $false
                """,
        },
    ),
    look_alikes={
        "ext-fqdn-resolves-to-internal-site": "The preflight's Origin is the frame's host, which was sent to another name.",
        "xframe-not-moved-to-home-pool": "The frame is used, but it is the frame of another host.",
        "origin-not-allowed-28070": "The server answered 403 with 28070: the frame is used and its embedder is not listed.",
    },
    sources=(
        (Mark.DOCUMENTED, "UCWA: Cross_domainIFRAME; mattermost-plugin-skype4business issue 65"),
        (Mark.DOCUMENTED, "office-docs-powershell pull requests 7862 and 7863 (EnableCORS)"),
    ),
    rule=look,
    causes=("rp-options-blocked",),
)
