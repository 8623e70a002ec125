"""The windows grant: a login belongs to its connection, and to no other."""

from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hairpin.deployment.model import Side
from hairpin.deployment.routing import WebSite
from hairpin.server import Farm, Login, LoginRefused
from hairpin.wire.challenge import PASSWORD, WINDOWS
from hairpin.wire.message import Headers, Request, Response
from hairpin.wire.oauth import read_ticket, ticket_form
from hairpin.wire.ticket import unseal
from tests.server.farms import DEPLOYMENT, NOW, PASSWORDS, at_once, diagnosed

FIRST = b"NTLMSSP\0\x01\0\0\0 and so on"
KEYS = {pool.name: pool.name.encode().ljust(32, b"!") for pool in DEPLOYMENT.pools}
INVITED = ("Negotiate", "NTLM")


class Scripted:
    """A handshake of two messages; the second names who is proven, or what goes wrong."""

    logon = ""

    def __init__(self, last: bytes = b"") -> None:
        self.begun = False
        self.last = last

    def step(self, message: bytes) -> bytes:
        if not self.begun:
            self.begun = True
            return b"challenge"
        if message == b"wrong":
            raise LoginRefused
        if message == b"broken":
            raise RuntimeError
        self.logon = message.decode()
        return self.last


def farm(last: bytes = b"") -> Farm:
    return Farm(DEPLOYMENT, KEYS, PASSWORDS, lambda: "7" * 32, lambda: Scripted(last))


def ask(
    farm: Farm,
    login: Login | None,
    message: bytes | None = None,
    *,
    scheme: str = "NTLM",
    pool: str = "director",
    body: bytes = ticket_form(WINDOWS),
) -> Response:
    found = DEPLOYMENT.pool_named(pool)
    site = WebSite(found, found.servers[0], Side.EXTERNAL, secure=True)
    lines = [] if message is None else [("Authorization", f"{scheme} {b64encode(message).decode()}")]
    request = Request("POST", f"https://{found.external_fqdn}/WebTicket/oauthtoken", Headers.of(lines), body)
    return at_once(farm.answer(site, request, NOW, login))


def whose(response: Response, pool: str = "director") -> str | None:
    ticket = read_ticket(response)
    return None if ticket is None else unseal(ticket, pool, KEYS[pool], NOW).subject


def invitation(response: Response) -> tuple[int, tuple[str, ...]]:
    return response.status, response.headers.all("www-authenticate")


def logged_in(farm: Farm, name: bytes = b"NNY\\lene") -> Login:
    login = Login()
    ask(farm, login, FIRST)
    assert ask(farm, login, name).status == 200
    return login


def test_two_messages_and_a_ticket() -> None:
    one, login = farm(), Login()
    assert invitation(ask(one, login)) == (401, INVITED)
    assert invitation(ask(one, login, FIRST)) == (401, ("NTLM Y2hhbGxlbmdl",))
    done = ask(one, login, b"NNY\\lene")
    assert invitation(done) == (200, ())
    assert whose(done) == "lene@nnylync.info"
    assert done.headers.get("cache-control") == "no-store"


def test_the_last_word_of_a_handshake_comes_with_the_ticket() -> None:
    one, login = farm(last=b"done"), Login()
    ask(one, login, b"\x60 spnego", scheme="negotiate")
    assert invitation(ask(one, login, b"lene", scheme="NEGOTIATE")) == (200, ("Negotiate ZG9uZQ==",))


def test_the_connection_stays_the_users_and_no_other_does() -> None:
    one = farm()
    login = logged_in(one)
    assert whose(ask(one, login)) == whose(ask(one, login)) == "lene@nnylync.info"
    assert invitation(ask(one, Login())) == (401, INVITED)
    assert invitation(ask(one, None)) == (401, INVITED)


def test_other_grants_go_by_what_they_say() -> None:
    one = farm()
    form = ticket_form(PASSWORD, username="john@nnylync.info", password="j")
    assert whose(ask(one, logged_in(one), body=form)) == "john@nnylync.info"


def test_the_first_message_may_come_without_the_form() -> None:
    one, login = farm(), Login()
    assert invitation(ask(one, login, FIRST, body=b"")) == (401, ("NTLM Y2hhbGxlbmdl",))
    assert whose(ask(one, login, b"lene@nny.local")) == "lene@nnylync.info"
    assert invitation(ask(one, Login(), body=b"")) == (400, ())


def test_a_login_can_be_begun_anew() -> None:
    one, login = farm(), Login()
    assert invitation(ask(one, login, FIRST)) == invitation(ask(one, login, FIRST))
    assert whose(ask(one, login, b"NNY\\lene")) == "lene@nnylync.info"


@pytest.mark.parametrize("message", [b"NTLMSSP\0\x03\0\0\0", b"wrong", b"", b"\xa1"])
def test_a_last_message_without_a_first_is_no_login(message: bytes) -> None:
    one = farm()
    assert invitation(ask(one, Login(), message)) == (401, INVITED)
    login = logged_in(one)
    assert invitation(ask(one, login, message)) == (401, INVITED)
    assert invitation(ask(one, login)) == (401, INVITED), "what came before is forgotten"


@pytest.mark.parametrize(("message", "status"), [(b"wrong", 401), (b"broken", 500)])
def test_what_goes_wrong_ends_the_login(message: bytes, status: int) -> None:
    one, login = farm(), Login()
    ask(one, login, FIRST)
    response = ask(one, login, message)
    assert response.status == status
    assert diagnosed(response) == (28001 if status == 500 else None)
    assert response.media_type == "text/html"
    assert ask(one, login, b"NNY\\lene").status == 401
    assert ask(one, login).status == 401


def test_credentials_that_are_no_base64() -> None:
    found = DEPLOYMENT.first_pool
    site = WebSite(found, found.servers[0], Side.EXTERNAL, secure=True)
    for text in ("NTLM", "NTLM ", "Negotiate *", "NTLM é", "ntlm TlRM TVNT"):
        request = Request("POST", "https://h/WebTicket/oauthtoken", Headers((("Authorization", text),)))
        assert invitation(at_once(farm().answer(site, request, NOW, Login()))) == (401, INVITED)


@pytest.mark.parametrize("name", [b"gone@nnylync.info", b"NNY\\stranger"])
def test_who_is_not_sip_enabled(name: bytes) -> None:
    one, login = farm(), Login()
    ask(one, login, FIRST)
    response = ask(one, login, name)
    assert (response.status, diagnosed(response)) == (403, 28000)


def test_without_handshakes_there_is_only_the_invitation() -> None:
    bare = Farm(DEPLOYMENT, KEYS, PASSWORDS, lambda: "7" * 32)
    assert invitation(ask(bare, Login(), FIRST)) == (401, INVITED)
    assert invitation(ask(bare, None, FIRST)) == (401, INVITED)


def test_where_the_grant_is_not_offered_nobody_logs_in() -> None:
    pools = DEPLOYMENT.pools
    without: Any = type(pools[1])(
        name="x", internal_fqdn="x", external_fqdn="y", servers=(), grants=(PASSWORD,)
    )
    site = WebSite(without, pools[0].servers[0], Side.EXTERNAL, secure=True)
    line = ("Authorization", f"NTLM {b64encode(FIRST).decode()}")
    request = Request("POST", "https://y/WebTicket/oauthtoken", Headers((line,)), ticket_form(WINDOWS))
    response = at_once(farm().answer(site, request, NOW, Login()))
    assert (response.status, diagnosed(response)) == (400, 28029)


USERS = {b"NNY\\lene": "lene@nnylync.info", b"john@nnylync.info": "john@nnylync.info"}
MESSAGES = st.sampled_from([None, FIRST, b"wrong", *USERS])


@given(st.lists(st.tuples(st.integers(0, 3), MESSAGES), max_size=40))
def test_however_connections_interleave_each_has_its_own_user(asked: list[tuple[int, bytes | None]]) -> None:
    one = farm()
    logins = [Login() for _ in range(4)]
    under_way = [False] * 4
    owner: list[str | None] = [None] * 4
    for number, message in asked:
        response = ask(one, logins[number], message)
        if message is not None:
            owner[number] = USERS.get(message) if under_way[number] else None
            under_way[number] = message == FIRST
        assert whose(response) == owner[number]
        assert response.status == (401 if owner[number] is None else 200)
