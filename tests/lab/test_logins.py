"""Handshakes against a deployment's users, without a socket: who gets in, and what damaged messages do."""

import os
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from spnego._context import GSSMech
from spnego._spnego import NegTokenInit, NegTokenResp, pack_mech_type_list, unpack_token

from hairpin.deployment.file import load
from hairpin.deployment.model import Side, User
from hairpin.deployment.routing import WebSite
from hairpin.lab.logins import Logins
from hairpin.server import Farm, Login, LoginRefused
from hairpin.wire.message import Headers, Request, Response
from tests.lab.windows import GRANT, TOKEN, initiator

CASE = replace(
    load(),
    user=(
        User(
            sip="adele@nnylync.info",
            pool="ny",
            logon="NNY\\adele",
            upn="a.brandt@nny.local",
            password="a:ä🔑",
        ),
        User(sip="boris@nnylync.info", pool="ny", logon="NNY\\boris", password=""),
        User(sip="odd@nnylync.info", pool="ny", logon="NNY\\o:d\nd", password="o"),
    ),
)
Scheme = Literal["ntlm", "negotiate"]


def prove(logins: Logins, name: str, password: str, scheme: Scheme = "ntlm") -> str:
    """The logon name that a handshake proves."""
    client, server = initiator(name, password, scheme), logins.begin()
    message = client.step()
    while message and not server.logon:
        message = client.step(server.step(message))
    return server.logon


@pytest.mark.parametrize("scheme", ["ntlm", "negotiate"])
@pytest.mark.parametrize(
    "name", ["NNY\\adele", "nny\\ADELE", "adele", "a.brandt@nny.local", "adele@nnylync.info"]
)
def test_by_every_name_that_a_user_has(tmp_path: Path, name: str, scheme: Scheme) -> None:
    proven = prove(Logins(CASE, tmp_path), name, "a:ä🔑", scheme)
    found = CASE.user_named(proven)
    assert found is not None
    assert found.address == "adele@nnylync.info"


@pytest.mark.parametrize("scheme", ["ntlm", "negotiate"])
@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("NNY\\adele", "a"),
        ("NNY\\adele", ""),
        ("LA\\adele", "a:ä🔑"),
        ("nobody", "a:ä🔑"),
        ("d", "o"),
    ],
)
def test_who_does_not_get_in(tmp_path: Path, name: str, password: str, scheme: Scheme) -> None:
    with pytest.raises(LoginRefused):
        prove(Logins(CASE, tmp_path), name, password, scheme)


@pytest.mark.parametrize("guess", [b"\x60\x82\x01\x00a ticket", b"NEGOEXTS" + bytes(60), None])
def test_a_client_that_would_rather_have_kerberos(tmp_path: Path, guess: bytes | None) -> None:
    """It guesses, is told that NTLM it will be, and proves its list of mechanisms in the end (RFC 4178 5)."""
    mechanisms = [GSSMech._ms_kerberos.value, GSSMech.kerberos.value, GSSMech.ntlm.value]
    server = Logins(CASE, tmp_path).begin()
    reply = unpack_token(server.step(NegTokenInit(mechanisms, mech_token=guess).pack()))
    assert isinstance(reply, NegTokenResp)
    assert reply.supported_mech == GSSMech.ntlm.value
    client = initiator("NNY\\adele", "a:ä🔑", "NTLM")
    asked = server.step(NegTokenResp(response_token=client.step()).pack())
    challenge = unpack_token(asked)
    assert isinstance(challenge, NegTokenResp)
    proof = client.step(challenge.response_token)
    server.step(
        NegTokenResp(response_token=proof, mech_list_mic=client.sign(pack_mech_type_list(mechanisms))).pack()
    )
    assert server.logon == "NNY\\adele"


def test_no_password_is_in_the_file_and_nothing_to_get_in_by_instead(tmp_path: Path) -> None:
    written = []
    for _ in range(2):
        Logins(CASE, tmp_path)
        written.append((tmp_path / "accounts").read_text())
    assert "ä🔑" not in written[0]
    weak, strong = ([[line.split(":")[at] for line in one.splitlines()] for one in written] for at in (2, 3))
    assert strong[0] == strong[1]
    assert not set(weak[0]) & set(weak[1])


def test_others_in_the_process_are_not_told_of_the_accounts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for before in ("", "elsewhere"):
        monkeypatch.setenv("NTLM_USER_FILE", before)
        prove(Logins(CASE, tmp_path), "NNY\\adele", "a:ä🔑")
        assert os.environ["NTLM_USER_FILE"] == before


def test_two_deployments_at_once_keep_their_users_apart(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    one = Logins(CASE, tmp_path)
    other = Logins(replace(CASE, user=(replace(CASE.user[0], password="b"),)), tmp_path / "other")
    for _ in range(2):
        assert prove(one, "NNY\\adele", "a:ä🔑") == prove(other, "NNY\\adele", "b") == "NNY\\adele"
        with pytest.raises(LoginRefused):
            prove(other, "NNY\\adele", "a:ä🔑")


def ask(farm: Farm, login: Login, message: bytes) -> Response:
    pool = CASE.first_pool
    site = WebSite(pool, pool.servers[0], Side.EXTERNAL, secure=True)
    line = ("Authorization", f"Negotiate {b64encode(message).decode()}")
    answer = farm.answer(site, Request("POST", f"https://h{TOKEN}", Headers((line,)), GRANT), 1.4e9, login)
    assert isinstance(answer, Response)
    return answer


@st.composite
def damaged(draw: st.DrawFn, message: bytes) -> bytes:
    """A message with some bytes changed, and perhaps cut short or made longer."""
    bad = bytearray(message)
    for _ in range(draw(st.integers(0, 4))):
        bad[draw(st.integers(0, len(bad) - 1))] = draw(st.integers(0, 255))
    end = draw(st.one_of(st.none(), st.integers(0, len(bad))))
    return bytes(bad[:end]) + draw(st.binary(max_size=8))


@pytest.mark.parametrize("scheme", ["ntlm", "negotiate"])
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_messages_never_break_the_server(tmp_path: Path, scheme: Scheme, data: st.DataObject) -> None:
    logins = Logins(CASE, tmp_path)
    farm = Farm(CASE, {"director": b"k" * 32, "ny": b"n" * 32}, {}, lambda: "7" * 32, logins.begin)
    client = initiator("NNY\\adele", "a:ä🔑", scheme)
    first, login = client.step() or b"", Login()
    if data.draw(st.booleans()):
        assert ask(farm, login, data.draw(damaged(first))).status in {401, 500}
        return
    reply = (ask(farm, login, first).headers.get("www-authenticate") or "").partition(" ")[2]
    last = data.draw(damaged(client.step(b64decode(reply)) or b""))
    assert ask(farm, login, last).status in {200, 401, 500}
    assert login.logon.lower() in {"", "nny\\adele"}
