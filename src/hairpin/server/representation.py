"""UCWA resources, inputs and errors in JSON and XML (`docs/protocol.md` 6.1, 6.10)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from xml.etree.ElementTree import Element, SubElement, tostring

import msgspec

from hairpin.server.accept import preferred
from hairpin.server.answers import Line, answer
from hairpin.server.asked import Asked
from hairpin.wire.discovery import JSON, UCWA, UCWA_JSON, UCWA_XML, XML, XML_DECLARATION
from hairpin.wire.document import local_name, looks_like_xml, read_json, read_xml
from hairpin.wire.message import Response

Resource = Mapping[str, object]

LONGEST_INPUT = 1024 * 1024

_OFFERED = (JSON, UCWA_JSON, UCWA_XML, XML)
_INPUTS = {JSON, UCWA_JSON, UCWA_XML, XML, "text/xml", "application/vnd.microsoft.ucwa+xml", ""}
_STRING_OR_COMMA = re.compile(rb'"(?:[^"\\]|\\.?)*(?:"|\Z)|,(?=\s*[}\]])', re.DOTALL)
_CODES = {
    400: "BadRequest",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    409: "Conflict",
    410: "Gone",
    413: "EntityTooLarge",
    415: "UnsupportedMediaType",
    429: "TooManyRequests",
}


class BadInput(Exception):
    """An input that cannot be read; ``status`` and ``subcode`` say how it is refused."""

    def __init__(self, status: int, subcode: str) -> None:
        super().__init__(subcode)
        self.status = status
        self.subcode = subcode


def read_input(asked: Asked) -> dict[str, object]:
    """Properties in body and query, names in lower case. Raises BadInput.

    JSON may have the trailing comma of Microsoft's own example; links and embedded resources are ignored.
    """
    found: dict[str, object] = {name.lower(): value for name, value in asked.parameters}
    body = asked.request.body
    if len(body) > LONGEST_INPUT:
        raise BadInput(413, "LimitExceeded")
    if not body.strip():
        return found
    if (asked.header("content-type") or "").partition(";")[0].strip().lower() not in _INPUTS:
        raise BadInput(415, "UnsupportedMediaType")
    properties = _properties_of_xml(body) if looks_like_xml(body) else _properties_of_json(body)
    if properties is None:
        raise BadInput(400, "DeserializationFailure")
    return found | properties


def _properties_of_json(body: bytes) -> dict[str, object] | None:
    document = read_json(body)
    if document is None:
        document = read_json(_STRING_OR_COMMA.sub(lambda found: b"" if found[0] == b"," else found[0], body))
    if not isinstance(document, dict):
        return None
    return {name.lower(): value for name, value in document.items() if not name.startswith("_")}


def _properties_of_xml(body: bytes) -> dict[str, object] | None:
    root = read_xml(body)
    if root is None or local_name(root) != "input":
        return None
    found: dict[str, object] = {}
    for child in root:
        name = (child.get("name") or "").lower()
        if local_name(child) == "property":
            found[name] = child.text or ""
        elif local_name(child) == "propertylist":
            found[name] = [item.text or "" for item in child]
    return found


def resource(asked: Asked, status: int, rel: str, content: Resource, *lines: Line) -> Response:
    """A resource in the representation asked for. ``content`` is its JSON form without ``rel``."""
    if wants_xml(asked):
        return answer(
            asked, status, xml_bytes(_resource_element(rel, content)), f"{XML}; charset=utf-8", *lines
        )
    return answer(
        asked, status, msgspec.json.encode({**content, "rel": rel}), f"{JSON}; charset=utf-8", *lines
    )


def method_inputs(asked: Asked, method: str, names: Iterable[str]) -> Response:
    """What an authenticated OPTIONS is told: the inputs that a method takes (4.5)."""
    if wants_xml(asked):
        root = Element("optionsMetadata")
        entry = SubElement(SubElement(root, "metadata"), "httpMethodMetadata")
        SubElement(entry, "httpMethod").text = method
        parameters = SubElement(entry, "parameters")
        for name in names:
            SubElement(SubElement(parameters, "parameter"), "name").text = name
        return answer(asked, 200, xml_bytes(root), f"{XML}; charset=utf-8")
    told = {"metadata": [{"httpMethod": method, "parameters": [{"name": name} for name in names]}]}
    return answer(asked, 200, msgspec.json.encode(told), f"{JSON}; charset=utf-8")


def error(
    asked: Asked, status: int, subcode: str, message: str, parameters: Mapping[str, str] | None = None
) -> Response:
    """UCWA's own error body; ``parameters`` names the inputs that are wrong."""
    told = {"code": _CODES[status], "subcode": subcode, "message": message}
    if wants_xml(asked):
        root = Element("reason", {"xmlns": UCWA})
        for name, value in told.items():
            SubElement(root, name).text = value
        SubElement(root, "debugInfo")
        bag = SubElement(root, "parameters")
        for name, value in (parameters or {}).items():
            SubElement(bag, "property", {"name": name}).text = value
        return answer(asked, status, xml_bytes(root), f"{XML}; charset=utf-8")
    body = {**told, "parameters": parameters} if parameters else told
    return answer(asked, status, msgspec.json.encode(body), f"{JSON}; charset=utf-8")


def wants_xml(asked: Asked) -> bool:
    return preferred(asked.header("accept"), _OFFERED) in {XML, UCWA_XML}


def xml_bytes(root: Element) -> bytes:
    return XML_DECLARATION + tostring(root)


def _resource_element(rel: str, content: Resource) -> Element:
    """``_links.self`` becomes the element's href; every other link, property and resource a child."""
    links = content.get("_links")
    embedded = content.get("_embedded")
    pairs = links if isinstance(links, dict) else {}
    root = Element("resource", {"xmlns": UCWA, "rel": rel, "href": pairs.get("self", {}).get("href", "")})
    for name, link in pairs.items():
        if name != "self":
            SubElement(root, "link", {"rel": name, **link})
    SubElement(root, "property", {"name": "rel"}).text = rel
    for name, value in content.items():
        if name in {"_links", "_embedded", "rel"}:
            continue
        if isinstance(value, list):
            items = SubElement(root, "propertyList", {"name": name})
            for item in value:
                SubElement(items, "item").text = str(item)
        else:
            SubElement(root, "property", {"name": name}).text = str(value)
    for name, inner in (embedded if isinstance(embedded, dict) else {}).items():
        child = _resource_element(name, inner)
        del child.attrib["xmlns"]
        root.append(child)
    return root
