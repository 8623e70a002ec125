"""Requests of a script on page.example and what servers answer to them: tables, and a strategy for what is in none."""

from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

from hairpin.wire.message import Response
from tests.browser.ground import response

HTTPS, AGAIN, HTTP = "https", "again", "http"


@dataclass(frozen=True)
class Case:
    """A request of a script on ``page.example`` and what the server answers to it and to its preflight."""

    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    credentials: bool = False
    host: str = "pool.example"
    port: str = HTTPS
    preflight: Response = field(default_factory=lambda: response(204))
    answer: Response = field(
        default_factory=lambda: response(200, ("Access-Control-Allow-Origin", "*"), body=b"read")
    )

    def __str__(self) -> str:
        allowed = [
            (answer.status, [line for line in answer.headers if line[0].startswith("Access")])
            for answer in (self.preflight, self.answer)
        ]
        return f"{self.method} {self.host}:{self.port} {self.headers} {self.credentials=} {allowed}"


ORIGIN = "{origin}"  # stands for the page's origin in an answer


def allow(*lines: tuple[str, str], status: int = 204, origin: str | None = ORIGIN) -> Response:
    first = () if origin is None else (("Access-Control-Allow-Origin", origin),)
    return response(status, *first, *((f"Access-Control-{name}", value) for name, value in lines))


FORM = "application/x-www-form-urlencoded"
OAUTH = (
    ("Content-Type", f"{FORM};charset='utf-8'"),
    ("Accept", "application/json"),
    ("X-Ms-Origin", "https://x"),
)

SIMPLE = [
    Case(),
    Case(method="HEAD", answer=response(200, ("Access-Control-Allow-Origin", ORIGIN))),
    Case(method="post", body="a=b"),
    *(
        Case(method="POST", headers=(("Content-Type", value),), body="a=b")
        for value in (
            FORM,
            FORM.upper(),
            f"{FORM};charset=UTF-8",
            f"{FORM};charset='utf-8'",
            f'{FORM};charset="utf-8"',
            f"{FORM} ; charset = utf-8",
            f"{FORM};",
            "text/plain",
            "text/plain;charset=utf-8;odd",
            "multipart/form-data; boundary=x",
            "multipart/form-data; boundary=(x)",
            "multipart/batching;boundary=x",
            "application/json",
            "application/json, text/plain",
            "text/plain, application/json",
            "text/plain application/json",
            ";text/plain",
            "",
            "text",
            "text/plain;" + "a" * 200,
        )
    ),
    *(
        Case(headers=(("Accept", value),))
        for value in ("application/json", "a{b}", "text/html;q=0.9, */*", "x" * 129, "")
    ),
    *(
        Case(headers=(("Accept-Language", value),))
        for value in ("de-CH, en;q=0.5", "de_CH", "x" * 128, "x" * 129)
    ),
    *(
        Case(headers=(("Range", value),))
        for value in ("bytes=0-9", "bytes=5-", "bytes=-5", "bytes=0-9,20-29", "items=0-9")
    ),
    Case(headers=(("X-Requested-With", "XMLHttpRequest"),)),
    Case(headers=(("Authorization", "Bearer x"),)),
    Case(headers=(("If-Match", '"1"'),)),
    Case(
        headers=(("Cookie", "a=b"), ("Origin", "https://else.example"), ("Sec-Odd", "1"), ("Proxy-Odd", "1"))
    ),
    Case(
        headers=(("Via", "x"), ("TE", "x"), ("Host", "x"), ("DNT", "1"), ("Keep-Alive", "x"), ("Date", "x"))
    ),
    Case(headers=(("Access-Control-Request-Private-Network", "true"), ("X-B", "1"), ("a-b", "2"))),
    Case(headers=tuple((name, "x" * 128) for name in ("Accept", "Accept-Language", "Content-Language"))),
    *(
        Case(method=method)
        for method in ("put", "PATCH", "patch", "DELETE", "delete", "OPTIONS", "Custom", "head")
    ),
]

PREFLIGHTS = [
    response(
        400, ("X-Ms-diagnostics", '28020;source="Director.NNY.local";reason="No valid security token."')
    ),
    *(
        allow(("Allow-Headers", "*"), status=status)
        for status in (200, 204, 206, 299, 301, 302, 304, 400, 401, 403, 404, 405, 500)
    ),
    *(
        allow(("Allow-Headers", value))
        for value in (
            "x-ms-origin,content-type",
            "X-MS-Origin , Content-Type,",
            "x-ms-origin",
            "content-type",
            "x-ms-origin;content-type",
            "*, x-other",
            '"*"',
            "x ms origin",
        )
    ),
    allow(("Allow-Headers", "x-ms-origin"), ("Allow-Headers", "content-type")),
    allow(("Allow-Headers", "*"), origin=None),
    *(
        allow(("Allow-Headers", "*"), origin=origin)
        for origin in (
            "*",
            "null",
            "https://page.example",
            "HTTPS://PAGE.EXAMPLE",
            ORIGIN + "/",
            ORIGIN + " ",
            ORIGIN + ", *",
        )
    ),
    allow(("Allow-Headers", "*"), ("Allow-Origin", ORIGIN)),
    allow(("Allow-Headers", "*"), ("Allow-Methods", "GET")),
    allow(("Allow-Headers", "*"), ("Allow-Credentials", "true")),
    allow(("Allow-Headers", "x-ms-origin,content-type"), ("Allow-Credentials", "true")),
    allow(("Allow-Headers", "x-ms-origin,content-type"), ("Allow-Credentials", "TRUE")),
    allow(("Allow-Headers", "x-ms-origin,content-type"), ("Allow-Credentials", "true"), origin="*"),
]

METHODS = [
    Case(method=method, credentials=credentials,
         preflight=allow(("Allow-Methods", value), ("Allow-Credentials", "true")),
         answer=allow(("Allow-Credentials", "true"), status=200))
    for method in ("PUT", "DELETE", "PATCH", "patch", "Custom")
    for value in ("PUT", "delete", "*", "PATCH, DELETE", "custom,Custom", "")
    for credentials in (False, True)
]  # fmt: skip

ANSWERS = [
    *(Case(credentials=credentials, answer=replace(answer, status=200, body=b""))
      for credentials in (False, True)
      for answer in PREFLIGHTS),
    *(Case(answer=allow(status=status)) for status in (200, 204, 400, 401, 404, 500)),
    *(
        Case(
            credentials=credentials,
            answer=allow(
                ("Expose-Headers", value), ("Allow-Credentials", "true"), status=401,
            )
        )
        for value in ("WWW-Authenticate, X-Ms-diagnostics", "www-authenticate,,x-b", "*", "set-cookie", "")
        for credentials in (False, True)
    ),
]  # fmt: skip

NEAR = [
    Case(host="page.example", headers=OAUTH, method="POST", body="a=b"),
    Case(host="page.example", answer=response(401, ("Set-Cookie", "a=b"), ("X-Any", "1"))),
    Case(host="PAGE.example"),
    Case(host="page.example", port=AGAIN),
    Case(host="page.example", port=AGAIN, headers=OAUTH),
    Case(host="sub.page.example"),
    Case(host="sub.page.example", headers=OAUTH),
    Case(host="machine.pool.local", headers=OAUTH, method="POST", body="a=b", preflight=PREFLIGHTS[0]),
    Case(host="pool.example", port=HTTP),
    Case(host="page.example", port=HTTP, headers=OAUTH),
]

PREFLIGHTED = [
    Case(method="POST", headers=OAUTH, body="grant_type=password", credentials=credentials, preflight=answer,
         answer=allow(("Allow-Credentials", "true"), status=200))
    for answer in PREFLIGHTS
    for credentials in (False, True)
]  # fmt: skip

AUTHORIZED = [
    Case(headers=(("Authorization", "Bearer x"),), credentials=credentials,
         preflight=allow(("Allow-Headers", value), ("Allow-Credentials", "true")),
         answer=allow(("Allow-Credentials", "true"), status=200))
    for value in ("*", "authorization", "*,Authorization")
    for credentials in (False, True)
]  # fmt: skip


VALUES = st.sampled_from(
    (
        "x",
        "application/json",
        FORM,
        f"{FORM};charset='utf-8'",
        "text/plain",
        "bytes=1-2",
        "de,en;q=0.5",
        "a:b",
        "y" * 128,
        "",
    )
) | st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=12)
NAMES = st.sampled_from(
    ("Accept", "Accept-Language", "Content-Language", "Content-Type", "Range", "Authorization", "X-Ms-Origin", "Cookie",
     "If-None-Match", "X-Requested-With", "Sec-Fetch-Mode", "client-request-id", "Pragma")
)  # fmt: skip
LISTS = st.lists(
    st.sampled_from(
        ("*", "PUT", "delete", "PATCH", "x-ms-origin", "Content-Type", "authorization", "accept", "range")
    ),
    max_size=4,
).map(", ".join)
ORIGINS = st.sampled_from((ORIGIN, ORIGIN, "*", "null", "https://pool.example", "https://page.example"))


@st.composite
def grants(draw: st.DrawFn, statuses: tuple[int, ...]) -> Response:
    lines = [("Access-Control-Allow-Origin", draw(ORIGINS))] if draw(st.booleans()) else []
    names = draw(st.lists(st.sampled_from(("Allow-Headers", "Allow-Methods", "Expose-Headers")), unique=True))
    lines += [(f"Access-Control-{name}", draw(LISTS)) for name in names]
    if draw(st.booleans()):
        lines.append(("Access-Control-Allow-Credentials", draw(st.sampled_from(("true", "false", "True")))))
    return response(
        draw(st.sampled_from(statuses)), *lines, ("X-Ms-diagnostics", "28020"), ("WWW-Authenticate", "Bearer")
    )


CASES = st.builds(
    Case,
    method=st.sampled_from(("GET", "HEAD", "POST", "put", "DELETE", "PATCH", "patch", "OPTIONS", "Odd")),
    headers=st.lists(st.tuples(NAMES, VALUES.map(str.strip)), max_size=3, unique_by=lambda line: line[0]).map(
        tuple
    ),
    credentials=st.booleans(),
    host=st.sampled_from(("pool.example", "page.example", "machine.pool.local")),
    port=st.sampled_from((HTTPS, HTTPS, AGAIN)),
    preflight=grants((200, 204, 204, 302, 400, 404)),
    answer=grants((200, 401, 403, 500)),
)
