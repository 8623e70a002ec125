"""A cache on the way answers in the server's stead."""

from collections.abc import Iterator

from hairpin.doctor.case import Case
from hairpin.doctor.entry import Change, Entry, Group, Mark, SeenBy, Sign
from hairpin.doctor.finding import Certainty, Owner, Severity
from hairpin.doctor.turn import Turn
from hairpin.signin.steps import Role

_CACHE_HEADERS = (
    "x-cache",
    "cf-cache-status",
    "x-proxy-cache",
    "x-cache-status",
    "x-varnish-cache",
    "x-cache-lookup",
)


def look(case: Case) -> Iterator[Sign]:
    told: set[tuple[str, bool]] = set()
    for turn in case.ours:
        if turn.role is Role.OTHER or turn.status is None:
            continue
        found = _from_cache(turn)
        is_frame = turn.role is Role.XFRAME
        if found is None or (turn.host, is_frame) in told:
            continue
        told.add((turn.host, is_frame))
        yield Sign(
            Certainty.CERTAIN,
            f"A cache on the way answered for {turn.host}.",
            (turn.evidence(f"response header {found[0]}", found[1]),),
            {"ext": turn.host},
            severity=Severity.INFO if is_frame else None,
        )


def _from_cache(turn: Turn) -> tuple[str, str] | None:
    age = turn.got.get("age")
    if age is not None and age.strip().isdigit() and int(age[:12]) > 0:
        return "Age", age
    for name in _CACHE_HEADERS:
        value = turn.got.get(name)
        if value is not None and value.strip().upper().startswith("HIT"):
            return name, value
    return None


ENTRY = Entry(
    id="rp-caches-responses",
    title="A cache answers in the server's stead",
    group=Group.PROXY,
    owner=Owner.PROXY_ADMIN,
    severity=Severity.WARNING,
    seen_by=(SeenBy.CAPTURE, SeenBy.PROBE),
    symptom="Stale answers; one user sees what another was answered; an old frame page after an update.",
    looks_at="""
        Age above zero, or X-Cache: HIT and its kin, on a path of the protocol. A cached frame page alone is
        only worth knowing.
        """,
    cause="Caching made for static content covers <ext> as well.",
    remedies=(
        Change(
            "Switch caching off for these names.",
            {
                "nginx": "proxy_cache off;",
                "IIS ARR": "Server farm, Caching: clear Enable disk cache",
                "CDN": "Bypass the cache for <ext>.",
            },
        ),
    ),
    verify=Change(
        "No Age and no HIT on the second request.",
        {
            "shell": """
                curl -s -o /dev/null -D - https://<ext>/Autodiscover/AutodiscoverService.svc/root | grep -iE "^(age|x-cache)"
                """
        },
    ),
    undo=Change("Switch caching on again."),
    look_alikes={"hsts-pins-the-name": "The browser's own memory, not a proxy's."},
    sources=((Mark.DOCUMENTED, "Lync Server 2013: web publishing rules, step 9 (disk cache)"),),
    rule=look,
)
