"""The page that embeds UCWA, on an origin of its own: a sample application that a browser can sign in with.

`page/` holds it as the browser gets it. It asks through the pool's frame only, one frame per host, and writes
how the sign-in ended into the element ``#outcome``.
"""

from __future__ import annotations

from importlib.resources import files

import msgspec

from hairpin.deployment.model import Deployment
from hairpin.lab.http import Peer
from hairpin.wire.message import Headers, Request, Response
from hairpin.wire.origin import path_of

_PAGE = files("hairpin.lab") / "page"
_TYPES = {"html": "text/html", "js": "text/javascript", "css": "text/css"}
_FILES = {"/": "index.html", "/sign-in.js": "sign-in.js", "/style.css": "style.css"}


class AppPage:
    """The files of the page, and ``/deployment.json`` with what it has to know of the deployment.

    ``roots`` are the root URLs it starts at instead of the discovery names.
    """

    def __init__(self, deployment: Deployment, roots: tuple[str, ...] = ()) -> None:
        known = {"sipDomains": deployment.sip_domains, "httpsPort": deployment.https_port, "roots": roots}
        self._answers = {"/deployment.json": _answer("application/json", msgspec.json.encode(known))}
        for path, name in _FILES.items():
            content = (_PAGE / name).read_bytes()
            self._answers[path] = _answer(f"{_TYPES[name.rpartition('.')[2]]}; charset=utf-8", content)

    async def answer(self, request: Request, peer: Peer) -> Response:  # noqa: ARG002 - one page for every listener
        if request.method not in {"GET", "HEAD"}:
            return Response(405, Headers.of([("Allow", "GET, HEAD")]))
        return self._answers.get(path_of(request.url), Response(404))


def _answer(content_type: str, body: bytes) -> Response:
    lines = [
        ("Content-Type", content_type),
        ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
    ]
    return Response(200, Headers.of(lines), body)
