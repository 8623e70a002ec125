"""No secret comes out of an exchange, wherever it was planted; what a diagnosis needs does."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hairpin.wire.challenge import Challenge, read_challenge, write_challenge
from hairpin.wire.exchange import observe
from hairpin.wire.message import Headers, Request, Response
from hairpin.wire.oauth import read_ticket
from hairpin.wire.redact import redact_headers, redact_request, redact_response, redact_text, redact_url
from hairpin.wire.scrub import scrub

URL = "https://webdir.nnylync.info/WebTicket/oauthtoken"
BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

# Long enough that no part of a fixture holds it by chance, with the characters that break simple patterns.
passwords = st.text(st.sampled_from("aZ09 _-+&=%#@:;,.'\"\\/<>[]{}()!?äß€"), min_size=6, max_size=20).map(
    lambda text: "Gq" + text + "Xv"
)
words = st.text(st.sampled_from(BASE64), min_size=12, max_size=40).map(lambda text: "Gq" + text)
tickets = words.map(lambda word: "cwt=AAEB" + word)
jwts = words.map(
    lambda word: ".".join(
        base64.urlsafe_b64encode(part).decode().rstrip("=")
        for part in (b'{"alg":"RS256","typ":"JWT"}', b'{"sub":"x"}', word.encode())
    )
)


def _ntlm(word: str) -> str:
    return base64.b64encode(b"NTLMSSP\0\3\0\0\0" + word.encode() * 3).decode()


def _spnego(word: str) -> str:
    return base64.b64encode(b"\x60\x82\1\2\x06\x06\x2b\x06\x01\x05\x05\x02" + word.encode() * 3).decode()


def leaked(secret: str, message: Request | Response) -> bool:
    """The secret in what came out, in any spelling."""
    shown = repr(message) + json.dumps(repr(message))
    spellings = {secret, quote(secret), quote(secret, safe=""), quote(quote(secret)), html.escape(secret)}
    spellings |= {json.dumps(secret)[1:-1], json.dumps(json.dumps(secret)[1:-1])[1:-1], repr(secret)[1:-1]}
    spellings |= {
        base64.b64encode(secret.encode()).decode()[:-4],
        json.dumps(secret, ensure_ascii=False)[1:-1],
    }
    return any(spelling in shown for spelling in spellings)


def _form(value: str) -> Request:
    return Request(
        "POST",
        URL,
        Headers.of([("content-TYPE", "application/x-www-form-urlencoded;charset='utf-8'")]),
        f"grant_type=password&username=lene&password={quote(value, safe='')}&x=1".encode(),
    )


def _raw_form(value: str) -> Request:
    body = f"grant_type=password&username=lene&password={value.replace('&', '').replace('%', '')}"
    return Request("POST", URL, Headers(), body.encode())


def _answer(body: bytes, media: str = "application/json") -> Response:
    return Response(200, Headers.of([("Content-Type", media)]), body)


def _batch(inner: str) -> Request:
    body = f"--b\r\nContent-Type: application/http; msgtype=request\r\n\r\n{inner}\r\n--b--\r\n"
    return Request(
        "POST", URL, Headers.of([("Content-Type", 'multipart/batching; boundary="b"')]), body.encode()
    )


def _sent(name: str, value: str) -> Request:
    return Request("GET", URL, Headers.of([(name, value)]))


def _basic(password: str) -> str:
    return "Basic " + base64.b64encode(f"lene:{password}".encode()).decode()


def _json(value: object) -> str:
    return json.dumps(value)


def _html(text: str) -> Response:
    return _answer(text.encode(), "text/html")


def _xml(text: str) -> Response:
    return _answer(text.encode(), "text/xml")


def _percent(text: str) -> str:
    return quote(text, safe="")


def _bare(text: str) -> str:
    """A password as it may stand in a cookie."""
    return "".join(character for character in text if character not in ";,=")


def redacted(message: Request | Response) -> Request | Response:
    return redact_request(message) if isinstance(message, Request) else redact_response(message)


Place = Callable[[str], Request | Response]

PLACES_FOR_PASSWORDS: dict[str, Place] = {
    "form": _form,
    "query": lambda s: Request("GET", f"{URL}?a=b&Password={_percent(s)}&c=d"),
    "fragment": lambda s: Request("GET", f"{URL}#password={_percent(s)}"),
    "user info": lambda s: Request("GET", f"https://lene:{_percent(s)}@webdir.nnylync.info/x?y=z"),
    "url in a query": lambda s: Request("GET", f"{URL}?to={_percent('https://a/?password=' + _percent(s))}"),
    "referer": lambda s: _sent("rEFERER", f"{URL}?pwd={_percent(s)}"),
    "json": lambda s: _answer(_json({"a": [{"newPassword": s, "b": 1}]}).encode()),
    "json, not escaped": lambda s: _answer(
        json.dumps({"password": s}, ensure_ascii=False, indent=2).encode()
    ),
    "json in json": lambda s: _answer(_json({"data": _json({"password": s})}).encode()),
    "json in json in json": lambda s: _answer(_json([_json(_json({"passwd": s}))]).encode()),
    "json, cut off": lambda s: _answer(_json({"password": s, "b": 1}).encode()[:-3]),
    "json, escaped name": lambda s: _answer(_json({"password": s}).replace("pass", "\\u0070ass").encode()),
    "json, base64": lambda s: _answer(
        _json({"d": base64.b64encode(_json({"password": s}).encode()).decode()}).encode()
    ),
    "name and value": lambda s: _answer(_json([{"name": "password", "value": s}]).encode()),
    "form in json": lambda s: _answer(
        _json({"data": f"grant_type=password&password={_percent(s)}"}).encode()
    ),
    "xml": lambda s: _xml(f"<a><Password Type='x'>{html.escape(s)}</Password></a>"),
    "xml with prefix": lambda s: _xml(f"<w:Password>{html.escape(s)}</w:Password>"),
    "xml in xml": lambda s: _xml(html.escape(f"<b><Password>{html.escape(s)}</Password></b>")),
    "attribute": lambda s: _xml(f'<a password="{html.escape(s)}" b="c"/>'),
    "property": lambda s: _xml(f'<property name="password">{html.escape(s)}</property>'),
    "input": lambda s: _html(f'<input value="{html.escape(s)}" type="password" name=p>'),
    "hidden": lambda s: _html(f'<input type=hidden name="x" value="{html.escape(s)}">'),
    "batch, json": lambda s: _batch("POST /x HTTP/1.1\r\n\r\n" + _json({"password": s})),
    "batch, query": lambda s: _batch(f"GET /x?password={_percent(s)} HTTP/1.1\r\n\r\n"),
    "batch, basic": lambda s: _batch(f"GET /x HTTP/1.1\r\nAuthorization: {_basic(s)}"),
    "multipart form": lambda s: _batch(
        f'\r\n--c\r\nContent-Disposition: form-data; name="password"\r\n\r\n{s}\r\n--c--'
    ),
    "header": lambda s: _sent("x-Api-KEY", s),
    "basic": lambda s: _sent("authorization", _basic(s)),
    "utf-16": lambda s: _answer(_json({"password": s}).encode("utf-16")),
    "utf-16 without mark": lambda s: _answer(_json({"password": s}).encode("utf-16-le")),
}
PLACES_FOR_BARE_PASSWORDS: dict[str, Place] = {
    "raw form": lambda s: Request(
        "POST", URL, Headers(), b"grant_type=password&username=lene&password=" + s.encode()
    ),
    "cookie": lambda s: _sent("COOKIE", f"a=b; MSWSMAN={s}; c=d"),
    "set-cookie": lambda s: Response(200, Headers.of([("set-COOKIE", f"FedAuth={s}; path=/; secure")])),
    "cookie without a name": lambda s: _sent("Cookie", s),
}


@pytest.mark.parametrize("place", [*PLACES_FOR_PASSWORDS, *PLACES_FOR_BARE_PASSWORDS])
@settings(max_examples=25)
@given(password=passwords)
def test_no_password_comes_out(place, password):
    plant = PLACES_FOR_PASSWORDS.get(place)
    if plant is None:
        password = _bare(password.replace("&", "").replace("%", "").replace("+", ""))
        plant = PLACES_FOR_BARE_PASSWORDS[place]
    clean = redacted(plant(password))
    assert not leaked(password, clean)
    assert redacted(clean) == clean


PLACES_FOR_TOKENS: dict[str, Place] = {
    "json": lambda t: _answer(json.dumps({"access_token": t, "expires_in": 1}).encode()),
    "json, equals escaped": lambda t: _answer(
        json.dumps({"access_token": t}).replace("=", "\\u003d").encode()
    ),
    "renewal": lambda t: Request(
        "POST", URL, Headers(), b"ms_rtc_renew=" + quote(t, safe="").encode() + b"&a=b"
    ),
    "query": lambda t: Request("GET", f"{URL}?access_token={quote(t, safe='')}"),
    "bearer": lambda t: _sent("AUTHORIZATION", f"bearer {t}"),
    "no scheme": lambda t: _sent("Authorization", t),
    "proxy": lambda t: _sent("Proxy-Authorization", f"Bearer {t}"),
    "csrf": lambda t: _sent("X-CSRF-Token", t),
    "location": lambda t: Response(
        302, Headers.of([("Location", f"/x#id_token={quote(t, safe='')}&state=1")])
    ),
    "batch": lambda t: _batch(f"GET /x HTTP/1.1\r\nauthorization: Bearer {t}\r\nAccept: */*\r\n"),
    "message to a frame": lambda t: _answer(
        json.dumps({"type": "get", "headers": json.dumps({"Authorization": f"Bearer {t}"})}).encode()
    ),
    "script": lambda t: _answer(f"var token = '{t}', other = 1;".encode(), "text/javascript"),
    "log": lambda t: _answer(f"sent Authorization: Bearer {t}".encode(), "text/plain"),
}


@pytest.mark.parametrize("place", PLACES_FOR_TOKENS)
@settings(max_examples=25)
@given(token=tickets | jwts | words.map(lambda word: "psat=" + word))
def test_no_token_comes_out(place, token):
    clean = redacted(PLACES_FOR_TOKENS[place](token))
    assert not leaked(token.partition("=")[2] or token.rpartition(".")[2], clean)
    assert redacted(clean) == clean


SHAPES = {
    "ticket": lambda w: f"cwt=AAEB{w}",
    "bare ticket": lambda w: "AAEBHAEFAAAAAAAFFQAAA" + w * 2,
    "jwt": lambda w: f"eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.{w}",
    "ntlm": _ntlm,
    "negotiate": _spnego,
    "bearer": lambda w: f"Bearer {w}7",
    "saml": lambda w: f'<saml:Assertion ID="1"><a>{w}</a></saml:Assertion>',
    "saml, escaped": lambda w: html.escape(f'<saml:Assertion ID="1"><a>{w}</a></saml:Assertion>'),
    "saml, base64": lambda w: base64.b64encode(f"<saml:Assertion>{w}</saml:Assertion>".encode()).decode(),
    "saml, percent": lambda w: quote(f"<saml:Assertion>{w}</saml:Assertion>", safe=""),
    "opaque": lambda w: f"opaque={base64.b64encode(w.encode()).decode()}",
    "userinfo": lambda w: f"https://u:{w}@webdir.nnylync.info/",
    "conference": lambda w: f"sip:john@contoso.com;gruu;opaque=app:conf:focus:id:{w}",
}


PLACES_FOR_SHAPES: dict[str, Place] = {
    "header": lambda s: _sent("X-Anything", s),
    "url": lambda s: Request("GET", f"{URL}?anything={_percent(s)}"),
    "json": lambda s: _answer(_json({"anything": s}).encode()),
    "html": lambda s: _html(f"<p>{s}</p>"),
    "text": lambda s: _answer(f"before\r\n{s}\r\nafter".encode(), "text/plain"),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("where", PLACES_FOR_SHAPES)
@settings(max_examples=25)
@given(word=words)
def test_secrets_are_known_by_their_shape(shape, where, word):
    clean = redacted(PLACES_FOR_SHAPES[where](SHAPES[shape](word)))
    assert not leaked(word, clean)
    assert redacted(clean) == clean


@given(st.text(max_size=300))
def test_redacting_any_text_twice_changes_nothing(text):
    clean = redact_text(text)
    assert redact_text(clean) == clean


_bits = st.sampled_from(
    [
        "%3d", "%22", "\\u003d", "&lt;", "&quot;", "[redacted]", "[redacted:0a1b2c]", "Bearer ", "name=", "value=",
        "<input ", "Assertion", "AAEBabcdefgh", "eyJhbGciOiJS.x.y", "\r\n", "</", "//", "password", "token", "cwt",
        "Cookie", "hidden", "key", "abc", *"=:\"'\\&<>{}[], @",
    ]
)  # fmt: skip


@given(st.lists(_bits, max_size=24).map("".join))
def test_redacting_hostile_text_twice_changes_nothing(text):
    clean = redact_text(text)
    assert redact_text(clean) == clean


@given(st.lists(_bits, max_size=24).map("".join))
def test_redacting_a_url_twice_changes_nothing(text):
    clean = redact_url("https://a.example/" + text)
    assert redact_url(clean) == clean


@given(tickets, tickets)
def test_one_ticket_is_told_from_another(one, other):
    def sent(ticket: str) -> str | None:
        return observe(_sent("Authorization", f"Bearer {ticket}")).request.headers.get("authorization")

    def got(ticket: str) -> str | None:
        return read_ticket(redact_response(_answer(_json({"access_token": ticket}).encode())))

    assert sent(one) == f"Bearer {got(one)}"
    assert (sent(one) == sent(other)) == (one == other)


KEPT = [
    '{"error":"invalid_grant","ms_rtc_passiveauthuri":"https:\\/\\/a\\/PassiveAuth\\/PassiveAuth.aspx"}',
    '{"code":"Forbidden","subcode":"None","message":"no"}',
    '{"token_type":"Bearer","expires_in":28289,"ms_rtc_identityscope":"local"}',
    '{"AccessLocation":"Internal","Root":{"Links":[{"token":"User","href":"https://a/root/user"}]}}',
    '<AutodiscoverResponse AccessLocation="External"><User><Link token="Internal/Ucwa" href="https://a/"/></User>',
    '28020;source="Director.NNY.local";reason="No valid security token."',
    "grant_type=urn:microsoft.rtc:windows&scope=all",
    "https://a/Autodiscover/AutodiscoverService.svc/root/oauth/user?originalDomain=nnylync.info",
    "content-type,accept,x-ms-origin,authorization",
    "Access-Control-Allow-Credentials: true\r\nAccess-Control-Allow-Headers: authorization, cookie\r\n",
    'Basic realm="proxy", Negotiate, NTLM, Bearer trusted_issuers="", client_id="0000"',
    "the basic information, a bearer certificate and tokens",
]


@pytest.mark.parametrize("text", KEPT)
def test_what_a_diagnosis_needs_stays(text):
    assert redact_text(text) == text


@given(
    st.sampled_from(
        [
            "https://webdir.nnylync.info/WebTicket/oauthtoken",
            "https://director.nny.local/WebTicket/oauthtoken",
        ]
    ),
    st.lists(
        st.sampled_from(["urn:microsoft.rtc:windows", "urn:microsoft.rtc:passive", "password"]), unique=True
    ),
)
def test_a_challenge_stays_whole(href, grants):
    lines = write_challenge(Challenge(href, tuple(grants)))
    assert redact_headers(Headers.of(lines)) == Headers.of(lines)
    folded = redact_headers(
        Headers.of([("www-authenticate", ", ".join(value for _, value in lines) + ", Negotiate")])
    )
    assert read_challenge(folded.all("www-authenticate")) == read_challenge([value for _, value in lines])


def test_a_logins_message_keeps_its_kind():
    blobs = {
        kind: base64.b64encode(b"NTLMSSP\0" + bytes([kind, 0, 0, 0]) + b"x" * 30).decode()
        for kind in (1, 2, 3)
    }
    sent = Headers.of([("Authorization", f"NTLM {blobs[3]}"), ("Authorization", f"Negotiate {_spnego('x')}")])
    assert redact_headers(sent).all("authorization") == ("NTLM [redacted:ntlm3]", "Negotiate [redacted]")
    got = Headers.of([("WWW-Authenticate", f"NTLM {blobs[2]}"), ("WWW-Authenticate", "Negotiate")])
    assert redact_headers(got).all("www-authenticate") == ("NTLM [redacted:ntlm2]", "Negotiate")


def test_cookies_keep_names_and_attributes():
    line = (
        "cwt_ucwa=geheim; path=/ucwa; expires=Wed, 21 Oct 2026 07:28:00 GMT; SameSite=None; Secure; HttpOnly"
    )
    assert redact_headers(Headers.of([("Set-Cookie", line)])).get("set-cookie") == line.replace(
        "geheim", "[redacted]"
    )


def test_folded_cookies_lose_every_value():
    folded = redact_headers(Headers.of([("Set-Cookie", "a=geheim; path=/, b=geheim2; secure")])).get(
        "set-cookie"
    )
    assert folded == "a=[redacted]; path=/, b=[redacted]; secure"


def test_bodies_that_are_no_text_are_dropped():
    assert redact_response(_answer(b"\x89PNG\0\0\0\rgeheim", "image/png")).body == b""


@pytest.mark.parametrize(
    "unit",
    ["password=", 'token":"', "<password>", '\\"', "cwt=", "a=b&", "<input ", "[", "%3d", 'name="password"'],
)
def test_hostile_text_takes_no_long_time(unit):
    scrub(unit * (200_000 // len(unit)))
