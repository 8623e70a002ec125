"""Batches: every careless spelling of one, the same answers as one by one, and damage."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hairpin.server.batch import MOST
from hairpin.wire.message import Response
from tests.server.farms import Client, at_once, bearer, content, links
from tests.server.test_applications import JSON, create

BOUNDARY = "77f2569d-c005-442b-b856-782305305e5f"
KIND = ("Content-Type", f"multipart/batching;boundary={BOUNDARY}")
PART = "Content-Type: application/http; msgtype=request"


class Session:
    """A signed-in client with one application at ``here``."""

    def __init__(self) -> None:
        self.client = Client(pool="ny")
        self.ticket = self.client.ticket()
        self.here = links(create(self.client, self.ticket))["self"]

    def send(self, body: str | bytes, kind: tuple[str, str] = KIND) -> Response:
        data = body if isinstance(body, bytes) else body.encode()
        return self.client.post(f"{self.here}/batch", bearer(self.ticket), kind, body=data)

    def one(self, method: str, path: str, body: bytes = b"") -> Response:
        return at_once(self.client.ask(method, f"{self.here}{path}", bearer(self.ticket), JSON, body=body))


def written(*requests: str) -> str:
    """A batch as it is published."""
    parts = [f"--{BOUNDARY}\r\n{PART}\r\n\r\n{request}\r\n\r\n" for request in requests]
    return "".join([*parts, f"--{BOUNDARY}--\r\n"])


def read(response: Response) -> list[tuple[int, dict[str, str], bytes]]:
    """Status, header lines and body of every part, by RFC 2046 and RFC 9112 to the letter."""
    assert response.status == 200
    found = re.fullmatch(
        r'multipart/batching; boundary="([\w-]+)"', response.headers.get("content-type") or ""
    )
    assert found is not None
    dashes = f"--{found[1]}".encode()
    first, *parts, last = (b"\r\n" + response.body).split(b"\r\n" + dashes)
    assert (first, last) == (b"", b"--\r\n")
    answers = []
    for part in parts:
        kind, head, body = part.split(b"\r\n\r\n", 2)
        assert kind == b"\r\nContent-Type: application/http; msgtype=response"
        line, *lines = head.decode().split("\r\n")
        status = re.fullmatch(r"HTTP/1\.1 (\d{3}) [\w ]+", line)
        assert status is not None
        answers.append((int(status[1]), dict(one.split(": ", 1) for one in lines), body))
    return answers


def get(session: Session, path: str = "/me") -> str:
    return f"GET {session.here}{path} HTTP/1.1\r\nHost: lyncweb.contoso.com\r\nAccept: application/json"


def test_answers_stand_where_their_requests_stood() -> None:
    session = Session()
    made = read(session.send(written(get(session), get(session, "/nothing"), get(session, "/people"))))
    assert [status for status, _, _ in made] == [200, 404, 200]
    assert made[0][2] == session.one("GET", "/me").body
    assert made[2][2] == session.one("GET", "/people").body
    assert made[0][1] == {"Cache-Control": "no-cache", "Content-Type": "application/json; charset=utf-8"}


def spelt(session: Session, boundary: str) -> str:
    return written(get(session), get(session)).replace(BOUNDARY, boundary)


@pytest.mark.parametrize(
    ("kind", "boundary", "change"),
    [
        ('multipart/batching;boundary="b"', "b", lambda text: text),
        ("Multipart/Batching; charset=utf-8; BOUNDARY = b", "b", lambda text: text),
        ("multipart/batching; boundary=b", "b", lambda text: "preamble\r\n" + text + "\r\nepilogue"),
        ("multipart/batching; boundary=b", "b", lambda text: "\r\n" + text),
        ("multipart/batching; boundary=b", "b", lambda text: text.replace("\r\n", "\n")),
        ("multipart/batching; boundary=b", "b", lambda text: text.replace("; msgtype", ";msgtype")),
        ("multipart/batching; boundary=b", "b", lambda text: text.replace("GET", "\r\n\r\nGET")),
        ("multipart/batching; boundary=b", "b", lambda text: text.replace("\r\n\r\n--", "\r\n--")),
        ("multipart/batching; boundary=b", "b", lambda text: text.replace("json\r\n\r\n--", "json\r\n--")),
        ("multipart/batching; boundary=b", "b", lambda text: text.replace(f"{PART}\r\n\r\n", "")),
        (
            "multipart/batching; boundary=b",
            "b",
            lambda text: text.replace(PART, f"{PART}\r\nContent-Length: 7"),
        ),
        ("multipart/batching; boundary=b", "b", lambda text: text.replace("--b\r\n", "--b  \r\n")),
        (
            "multipart/batching; boundary=b",
            "b",
            lambda text: text.replace("GET /", "Get https://h.test:443/"),
        ),
        ("multipart/batching; boundary=b", "b", lambda text: text.replace(" HTTP/1.1", "")),
        ("multipart/batching; boundary=(a)+.?", "(a)+.?", lambda text: text),
    ],
)
def test_one_batch_in_every_spelling(kind: str, boundary: str, change) -> None:
    session = Session()
    made = read(session.send(change(spelt(session, boundary)), ("Content-Type", kind)))
    assert [(status, body) for status, _, body in made] == [(200, session.one("GET", "/me").body)] * 2


@pytest.mark.parametrize(
    "request_",
    [
        "POST {here}/me/makeMeAvailable HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{json}",
        "POST {here}/me/makeMeAvailable HTTP/1.1\r\nContent-Type: application/json\r\nData: {json}",
        "POST {here}/me/makeMeAvailable HTTP/1.1\r\nContent-Length: 3\r\n\r\n{json}\r\n",
    ],
)
def test_bodies_and_where_clients_put_them(request_: str) -> None:
    session = Session()
    good = request_.replace("{here}", session.here)
    sent = [good.replace("{json}", '{"a"'), good.replace("{json}", '{"SupportedModalities":["Messaging"]}')]
    assert [status for status, _, _ in read(session.send(written(*sent)))] == [400, 204]
    assert b"reportMyActivity" in session.one("GET", "/me").body


@pytest.mark.parametrize(
    "path", ["/batch", "/events?ack=1", "/Events/", "/%65vents", "/photos/a@b", "/me/photo"]
)
def test_what_may_not_be_in_a_batch(path: str) -> None:
    session = Session()
    refused, allowed = read(session.send(written(get(session, path), get(session))))
    assert (refused[0], allowed[0]) == (403, 200)
    assert links(create(session.client, session.ticket))["events"].endswith("ack=1"), "nothing acknowledged"


def test_what_is_no_request_has_an_answer_in_its_place() -> None:
    session = Session()
    odd = ["", "hello", f"GET\r\n{session.here}", "GET [ HTTP/1.1", "GET https://[/ HTTP/1.1"]
    made = read(session.send(written(get(session), *odd, get(session))))
    assert [status for status, _, _ in made] == [200, *[400] * len(odd), 200]


def test_a_batch_reaches_what_its_owner_reaches() -> None:
    session = Session()
    body = written(f"GET {session.here}/me HTTP/1.1\r\nAuthorization: {bearer(session.ticket)[1]}").encode()
    other = session.client.ticket("john@nnylync.info", "j")
    assert session.client.post(f"{session.here}/batch", bearer(other), KIND, body=body).status == 404
    assert session.client.post(f"{session.here}/batch", KIND, body=body).status == 401
    outside = written("GET /Autodiscover/AutodiscoverService.svc/root HTTP/1.1")
    assert [status for status, _, _ in read(session.send(outside))] == [404]


def test_one_hundred_and_no_more() -> None:
    session = Session()
    end = f"DELETE {session.here} HTTP/1.1"
    assert len(read(session.send(written(*[get(session)] * MOST)))) == MOST
    refused = session.send(written(end, *[get(session)] * MOST))
    assert (refused.status, content(refused)["code"]) == (429, "TooManyRequests")
    assert session.one("GET", "").status == 200, "nothing was carried out"


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", "{}", 415),
        ("", "--b--", 415),
        ("multipart/batching", "--b\r\n\r\nGET / HTTP/1.1\r\n--b--", 400),
        ('multipart/batching; boundary=""', "--\r\n\r\nGET / HTTP/1.1\r\n----", 400),
        ("multipart/batching; boundary=b", "", 400),
        ("multipart/batching; boundary=b", "--b--", 400),
        ("multipart/batching; boundary=b", "--b\r\n\r\nDELETE {here} HTTP/1.1\r\n\r\n", 400),
        ("multipart/batching; boundary=b", "--b\r\n\r\nDELETE {here} HTTP/1.1\r\n\r\n--b", 400),
        ("multipart/batching; boundary=b", "x" * 2_000_000, 413),
    ],
)
def test_what_is_no_batch_is_not_carried_out(kind: str, body: str, status: int) -> None:
    session = Session()
    response = session.send(body.replace("{here}", session.here), ("Content-Type", kind))
    assert (response.status, response.media_type) == (status, "application/json")
    assert session.one("GET", "").status == 200


def test_only_post() -> None:
    assert Session().one("GET", "/batch").status == 405


REQUESTS = st.sampled_from(
    [
        ("GET", "/me"),
        ("GET", ""),
        ("GET", "/communication"),
        ("PUT", "/me"),
        ("GET", "/x"),
        ("POST", "/me/reportMyActivity"),
    ]
)


@given(
    st.lists(
        st.tuples(REQUESTS, st.sampled_from(["\r\n", "\n"]), st.binary(max_size=9)), min_size=1, max_size=9
    )
)
def test_a_batch_answers_as_its_requests_do_one_by_one(wanted: list) -> None:
    session = Session()
    alone = [session.one(method, path, body) for (method, path), _, body in wanted]
    pieces = []
    for (method, path), end, body in wanted:
        head = [
            f"--{BOUNDARY}",
            PART,
            "",
            f"{method} {session.here}{path} HTTP/1.1",
            JSON[0] + ": " + JSON[1],
            "",
            "",
        ]
        pieces.append(end.join(head).encode() + body + end.encode())
    made = read(session.send(b"".join(pieces) + f"--{BOUNDARY}--".encode()))
    assert [(status, body) for status, _, body in made] == [(one.status, one.body) for one in alone]


@settings(max_examples=300)
@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                [b"--b", b"--b--", b"\r\n", b"\n", b"GET /me", b" HTTP/1.1", b":", b"Data", b"\xff"]
            ),
            st.binary(max_size=12),
        ),
        max_size=60,
    )
)
def test_damage_is_answered(pieces: list[bytes]) -> None:
    response = SHARED.send(b"".join(pieces), ("Content-Type", "multipart/batching; boundary=b"))
    assert response.status in {200, 400, 429}
    if response.status == 200:
        assert {status for status, _, _ in read(response)} <= {400, 403, 404, 405}


SHARED = Session()
