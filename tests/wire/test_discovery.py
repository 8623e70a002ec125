"""Discovery documents: what is written is read back, and strangers' documents never harm."""

import json
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hairpin.wire.discovery import (
    access_location,
    read_links,
    write_autodiscover,
    write_json,
    write_resource,
)
from hairpin.wire.message import Headers, Response

SERVICE = "https://webdir.nnylync.info/Autodiscover/AutodiscoverService.svc/root"

RELS = st.from_regex(r"[a-z][A-Za-z]{0,12}", fullmatch=True)
HREFS = st.builds(
    "https://{}.example/{}?originalDomain={}".format,
    st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True),
    st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=12).filter(lambda text: "[" not in text),
    st.text(st.characters(categories=["L", "N"]), max_size=12),
).filter(lambda href: read_links(answer(write_json([("x", href)]))) == {"x": href})


def answer(body: bytes | str, media: str | None = "application/json") -> Response:
    lines = () if media is None else (("Content-Type", media),)
    return Response(200, Headers(lines), body if isinstance(body, bytes) else body.encode())


@given(st.dictionaries(RELS, HREFS, max_size=6))
def test_json_is_read_back(links: dict[str, str]) -> None:
    assert read_links(answer(write_json(links.items()))) == links


@given(st.dictionaries(RELS, HREFS, max_size=6))
def test_a_resource_is_read_back(links: dict[str, str]) -> None:
    assert read_links(answer(write_resource("root", links.items()), "application/xml")) == links


@given(st.dictionaries(RELS.map(str.lower), HREFS, max_size=6), st.sampled_from(["Internal", "External"]))
def test_an_autodiscover_response_is_read_back(
    links: dict[str, str], side: Literal["Internal", "External"]
) -> None:
    document = answer(
        write_autodiscover("Root", side, links.items(), [("SipClientInternalAccess", "a.b", 443)])
    )
    found = read_links(document)
    assert found is not None
    assert {rel: found[rel] for rel in links} == links
    assert access_location(document) == side


def test_tokens_mean_the_relations_of_json() -> None:
    tokens = [
        ("User", f"{SERVICE}/user"),
        ("OAuth", f"{SERVICE}/oauth/user"),
        ("Ucwa", "https://ext.example/ucwa/v1/applications"),
        ("XFrame", "https://ext.example/Autodiscover/XFrame/XFrame.html"),
        ("Self", SERVICE),
    ]
    found = read_links(answer(write_autodiscover("Root", "External", tokens)))
    assert found is not None
    assert found["user"] == f"{SERVICE}/oauth/user"
    assert found["applications"] == "https://ext.example/ucwa/v1/applications"
    assert found["xframe"].endswith("XFrame.html")
    assert found["self"] == SERVICE


@pytest.mark.parametrize("side", ["Internal", "External"])
def test_a_token_of_the_own_side_serves_where_the_plain_one_is_missing(
    side: Literal["Internal", "External"],
) -> None:
    tokens = [
        ("Internal/Ucwa", "https://internal.example/u"),
        ("External/Ucwa", "https://external.example/u"),
    ]
    found = read_links(answer(write_autodiscover("User", side, tokens)))
    assert found is not None
    assert found["applications"] == f"https://{side.lower()}.example/u"


def test_the_user_token_serves_without_oauth_and_a_redirect_stands_alone() -> None:
    only_user = read_links(answer(write_autodiscover("Root", "External", [("user", "https://a.example/u")])))
    assert only_user == {"user": "https://a.example/u"}
    redirect = read_links(
        answer(write_autodiscover("Root", "External", [("Redirect", "https://b.example/r")]))
    )
    assert redirect == {"redirect": "https://b.example/r"}


def test_the_older_json_of_the_token_list() -> None:
    body = {
        "AccessLocation": "external",
        "Root": {"Links": [{"token": "User", "href": "https://a.example/u"}]},
    }
    assert read_links(answer(json.dumps(body))) == {"user": "https://a.example/u"}
    assert access_location(answer(json.dumps(body))) == "External"


def test_an_array_counts_with_its_first_link_and_unusable_links_are_left_out() -> None:
    body = {
        "_links": {
            "member": [{"href": "/one"}, {"href": "/two"}],
            "none": [],
            "number": {"href": 5},
            "broken": {"href": "http://[oops"},
            "text": "/text",
        }
    }
    assert read_links(answer(json.dumps(body))) == {"member": "/one"}


def test_event_documents_and_applications_pass_through_the_same_door() -> None:
    events = '<events href="/e?ack=1" xmlns="http://schemas.microsoft.com/rtc/2012/03/ucwa">'
    events += '<link rel="next" href="/e?ack=2"/></events>'
    assert read_links(answer(events, "application/xml")) == {"self": "/e?ack=1", "next": "/e?ack=2"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_json_in_any_utf_and_with_a_byte_order_mark(encoding: str) -> None:
    body = '{"_links":{"self":{"href":"/é"}}}'.encode(encoding)
    assert read_links(answer(body)) == {"self": "/é"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_xml_with_a_byte_order_mark(encoding: str) -> None:
    body = '<resource href="/é"/>'.encode(encoding)
    assert read_links(answer(body, None)) == {"self": "/é"}


@pytest.mark.parametrize("media", [None, "text/plain", "application/octet-stream", "application/json"])
def test_the_content_decides_when_the_media_type_does_not(media: str | None) -> None:
    assert read_links(answer('\r\n <resource href="/x"/>', media)) == {"self": "/x"}
    assert read_links(answer('\n{"_links":{}}', media)) == {}


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "[]",
        '"text"',
        "{}",
        '{"_links":[]}',
        '{"Root":{"Links":{}}}',
        "<html><body/></html>",
        "<resource",
        '<!DOCTYPE resource><resource href="/x"/>',
        '<!DOCTYPE r [<!ENTITY a "b">]><resource href="&a;"/>',
        '<?xml version="1.0" encoding="klingon"?><resource/>',
        '{"_links":' + "[" * 100_000,
        "<a>" * 100_000,
        "{" + " " * 5_000_000 + "}",
        b"\xff\xfe\x00",
        '{"_links":{"self":{"href":"\\ud800"}}}',
    ],
)
def test_anything_else_is_none(body: str | bytes) -> None:
    assert not read_links(answer(body, None))
    assert access_location(answer(body, None)) is None


def test_html_is_never_a_document_however_it_looks() -> None:
    assert read_links(answer(write_json([("self", "/x")]), "text/html; charset=utf-8")) is None


SOUND = [
    write_json([("self", "/x"), ("user", "/y")]),
    write_resource("root", [("self", "/x"), ("user", "/y")]),
    write_autodiscover("Root", "External", [("User", "/x")]),
    b'{"AccessLocation":"Internal","Root":{"Links":[{"token":"User","href":"/u"}]}}',
]


@given(st.sampled_from(SOUND), st.integers(0, 400), st.binary(max_size=8), st.integers(0, 8))
def test_damaged_documents_never_raise(body: bytes, at: int, put: bytes, cut: int) -> None:
    damaged = answer(body[:at] + put + body[at + cut :], None)
    links = read_links(damaged)
    assert links is None or all(isinstance(href, str) for href in links.values())
    access_location(damaged)


@given(
    st.recursive(
        st.none() | st.booleans() | st.text() | st.floats(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["_links", "href", "Root", "Links", "token", "AccessLocation", "self"]), inner
            )
        ),
    )
)
def test_json_of_any_shape_never_raises(document: object) -> None:
    body = json.dumps(document)
    read_links(answer(body))
    access_location(answer(body))


@given(st.binary())
def test_any_bytes_never_raise(body: bytes) -> None:
    read_links(answer(body, None))
    access_location(answer(body, None))
