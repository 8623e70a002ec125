"""Discovery documents in their three representations (`docs/protocol.md` 1.2).

A is JSON with ``_links``, B the same as an XML ``resource``, C the ``AutodiscoverResponse`` with its token
list. The reader gives one answer for all of them: relation → href, in the names of A. It reads every other
resource with links too, so an application and an event document pass through the same door.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, SubElement, tostring

import msgspec

from hairpin.wire.document import local_name, read_document
from hairpin.wire.message import Response

UCWA = "http://schemas.microsoft.com/rtc/2012/03/ucwa"
JSON = "application/json"
UCWA_JSON = "application/vnd.microsoft.com.ucwa+json"
XML = "application/xml"
UCWA_XML = "application/vnd.microsoft.com.ucwa+xml"
AUTODISCOVER_XML = "application/vnd.microsoft.rtc.autodiscover+xml"

XML_DECLARATION = b'<?xml version="1.0" encoding="utf-8"?>'

_XSD = "http://www.w3.org/2001/XMLSchema"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"

# relation → the tokens of C that mean it, best first; {side} is the document's AccessLocation.
_TOKENS = {
    "user": ("oauth", "user"),
    "applications": ("ucwa", "{side}/ucwa"),
    "xframe": ("xframe", "{side}/xframe"),
}

Links = Iterable[tuple[str, str]]


def read_links(response: Response) -> Mapping[str, str] | None:
    """relation → href as written, of any representation; None where the body is no such document.

    A link that comes as an array counts with its first entry; links without a usable href are left out.
    """
    document = read_document(response)
    if isinstance(document, Element):
        return _links_of_xml(document)
    if isinstance(document, dict):
        links = document.get("_links")
        return _links_of_hal(links) if isinstance(links, dict) else _links_of_token_json(document)
    return None


def access_location(response: Response) -> Literal["Internal", "External"] | None:
    """Which side a C document says it was asked from; None where it does not say."""
    document = read_document(response)
    told: object = None
    if isinstance(document, Element):
        told = _attribute(document, "accesslocation")
    elif isinstance(document, dict):
        told = _member(document, "accesslocation")
    return _side(told)


def _side(told: object) -> Literal["Internal", "External"] | None:
    match told.strip().lower() if isinstance(told, str) else None:
        case "internal":
            return "Internal"
        case "external":
            return "External"
        case _:
            return None


def _links_of_hal(links: dict[str, object]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for rel, link in links.items():
        first = link[0] if isinstance(link, list) and link else link
        if isinstance(first, dict) and (href := _usable(first.get("href"))):
            found[rel] = href
    return found


def _links_of_xml(root: Element) -> Mapping[str, str] | None:
    match local_name(root):
        case "resource" | "events":
            return _links_of_resource(root)
        case "autodiscoverresponse":
            pairs = (
                (_attribute(link, "token"), _attribute(link, "href"))
                for section in root
                for link in section
                if local_name(link) == "link"
            )
            return _named_as_relations(pairs, _side(_attribute(root, "accesslocation")))
        case _:
            return None


def _links_of_resource(root: Element) -> Mapping[str, str]:
    """The links of B; a resource has no self link there, it is its own ``href``."""
    found: dict[str, str] = {}
    if href := _usable(_attribute(root, "href")):
        found["self"] = href
    for link in root:
        rel, href = _attribute(link, "rel"), _usable(_attribute(link, "href"))
        if local_name(link) == "link" and rel and href:
            found.setdefault(rel, href)
    return found


def _links_of_token_json(document: dict[str, object]) -> Mapping[str, str] | None:
    """The older JSON of C: ``{"AccessLocation": …, "Root": {"Links": [{"token": …, "href": …}]}}``."""
    for section in ("root", "user", "domain"):
        inner = _member(document, section)
        links = _member(inner, "links") if isinstance(inner, dict) else None
        if isinstance(links, list):
            pairs = (
                (_member(link, "token"), _member(link, "href")) for link in links if isinstance(link, dict)
            )
            return _named_as_relations(pairs, _side(_member(document, "accesslocation")))
    return None


def _named_as_relations(
    pairs: Iterable[tuple[object, object]], side: Literal["Internal", "External"] | None
) -> Mapping[str, str]:
    """Tokens in lower case, and beside them the relations of A that they mean."""
    tokens: dict[str, str] = {}
    for token, link in pairs:
        if isinstance(token, str) and token.strip() and (href := _usable(link)):
            tokens.setdefault(token.strip().lower(), href)
    found = dict(tokens)
    for relation, names in _TOKENS.items():
        wanted = (name.replace("{side}", (side or "External").lower()) for name in names)
        if href := next((tokens[name] for name in wanted if name in tokens), None):
            found[relation] = href
    return found


def _usable(href: object) -> str | None:
    """A link that can be followed, or None."""
    if not isinstance(href, str) or not href.strip():
        return None
    try:
        urlsplit(href)
    except ValueError:
        return None
    return href.strip()


def _member(document: Mapping[str, object], name: str) -> object:
    return next((value for key, value in document.items() if key.lower() == name), None)


def _attribute(element: Element, name: str) -> str | None:
    return next((value for key, value in element.items() if key.rpartition("}")[2].lower() == name), None)


def write_json(links: Links) -> bytes:
    """Representation A, compact as servers send it."""
    return msgspec.json.encode({"_links": {rel: {"href": href} for rel, href in links}})


def write_resource(rel: str, links: Links) -> bytes:
    """Representation B; the link ``self`` becomes the resource's own href."""
    pairs = dict(links)
    own = {"href": pairs.pop("self")} if "self" in pairs else {}
    root = Element("resource", {"rel": rel, **own, "xmlns": UCWA})
    for name, href in pairs.items():
        SubElement(root, "link", {"rel": name, "href": href})
    SubElement(root, "property", {"name": "rel"}).text = rel
    return XML_DECLARATION + tostring(root)


def write_autodiscover(
    section: Literal["Root", "User", "Domain"],
    location: Literal["Internal", "External"],
    tokens: Links,
    sip_access: Iterable[tuple[str, str, int]] = (),
) -> bytes:
    """Representation C; ``sip_access`` is (element, fqdn, port) of the SIP servers named before the links."""
    root = Element("AutodiscoverResponse", {"xmlns:xsd": _XSD, "xmlns:xsi": _XSI, "AccessLocation": location})
    inner = SubElement(root, section)
    for element, fqdn, port in sip_access:
        SubElement(inner, element, {"fqdn": fqdn, "port": str(port)})
    for token, href in tokens:
        SubElement(inner, "Link", {"token": token, "href": href})
    return tostring(root)
