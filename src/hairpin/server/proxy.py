"""What the reverse proxy itself answers, with nothing of the server in it."""

from __future__ import annotations

from hairpin.wire.message import Headers, Response

_PAGE = b"<!DOCTYPE html><title>404</title><h1>Not found</h1><p>This name is not published here.</p>"


def unpublished() -> Response:
    """A plain http request for a host that no publication names: a 404 without X-MS-Server-Fqdn."""
    lines = (("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(_PAGE))))
    return Response(404, Headers(lines), _PAGE)
