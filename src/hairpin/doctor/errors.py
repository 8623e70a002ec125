"""UCWA's own error bodies: code and subcode (protocol.md 6.10)."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from hairpin.doctor.turn import Turn
from hairpin.wire.document import local_name, read_document


@dataclass(frozen=True, slots=True)
class UcwaError:
    """``code`` and ``subcode`` of an answer; both empty where its body is none of UCWA's."""

    code: str = ""
    subcode: str = ""


def error_of(turn: Turn) -> UcwaError:
    response = turn.step.response
    if response is None or response.status < 400:
        return UcwaError()
    document = read_document(response)
    if isinstance(document, dict):
        code, subcode = document.get("code"), document.get("subcode")
        return UcwaError(code if isinstance(code, str) else "", subcode if isinstance(subcode, str) else "")
    if isinstance(document, Element) and local_name(document) == "reason":
        told = {local_name(child): (child.text or "").strip() for child in document}
        return UcwaError(told.get("code", ""), told.get("subcode", ""))
    return UcwaError()
