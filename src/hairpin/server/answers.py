"""What every answer of a web site has in common: its headers, its error pages, its diagnostics.

`docs/protocol.md` 0.2. Clients look header names up in exactly this case. A body in HTML tells them that
IIS, the authentication layer or a proxy answered; JSON and XML come from UCWA itself (6.10).
"""

from __future__ import annotations

from email.utils import formatdate
from html import escape

from hairpin.server.asked import Asked
from hairpin.wire.challenge import Challenge, write_challenge
from hairpin.wire.diagnostics import REASONS, diagnosed
from hairpin.wire.message import Headers, Response

Line = tuple[str, str]

NO_CACHE: tuple[Line, ...] = (("Cache-Control", "no-cache"), ("Pragma", "no-cache"), ("Expires", "-1"))
NO_STORE: tuple[Line, ...] = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))
PRIVATE: tuple[Line, ...] = (("Cache-Control", "private"),)

_PAGE = """<!DOCTYPE html>
<html>
<head><title>{title}</title></head>
<body>
<h1>Server Error</h1>
<h2>{title}</h2>
<p>{text}</p>
</body>
</html>
"""

_TEXTS = {
    302: ("Found", "What was asked for is at another address."),
    400: ("Bad Request", "The server could not make sense of this request."),
    401: ("Unauthorized", "This page needs credentials, and none that are valid came with the request."),
    403: ("Forbidden", "The server understood the request and will not carry it out."),
    404: ("Not Found", "There is nothing at this address."),
    405: ("Method Not Allowed", "This address does not answer to this method."),
    500: ("Internal Server Error", "The request failed inside the server."),
}


class Refusal(Exception):
    """Raised where going on makes no sense; carries the answer to send instead."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def answer(
    asked: Asked,
    status: int,
    body: bytes = b"",
    content_type: str = "",
    *lines: Line,
    caching: tuple[Line, ...] = NO_CACHE,
) -> Response:
    """An answer with the headers of 0.2; ``lines`` come before what the platform adds."""
    content: tuple[Line, ...] = (("Content-Type", content_type),) if content_type else ()
    platform: tuple[Line, ...] = (
        ("Server", "Microsoft-IIS/7.5"),
        ("X-AspNet-Version", "4.0.30319"),
        ("X-MS-Server-Fqdn", asked.server),
        ("X-Powered-By", "ASP.NET"),
        ("X-Content-Type-Options", "nosniff"),
        ("Date", formatdate(asked.now, usegmt=True)),
    )
    return Response(status, Headers((*caching, *content, *lines, *platform)), body)


def page(asked: Asked, status: int, *lines: Line, text: str = "") -> Response:
    """An error page of the platform, in HTML."""
    name, usual = _TEXTS[status]
    body = _PAGE.format(title=f"{status} - {name}", text=escape(text or usual))
    return answer(asked, status, body.encode(), "text/html", *lines, caching=PRIVATE)


def diagnostics(asked: Asked, id: int, faultcode: str = "") -> Line:
    """The ``X-Ms-diagnostics`` line of this server (3.7)."""
    return "X-Ms-diagnostics", str(diagnosed(id, asked.server, faultcode))


def refused(asked: Asked, id: int, *lines: Line, status: int | None = None, faultcode: str = "") -> Response:
    """An error page with diagnostics, at the status that is usual for the id unless told otherwise."""
    usual, reason = REASONS[id]
    return page(asked, status or usual, diagnostics(asked, id, faultcode), *lines, text=reason)


def challenged(asked: Asked, *lines: Line) -> Response:
    """The 401 that says where this site's tickets are made and by which grants (2.1)."""
    pool = asked.site.pool
    challenge = Challenge(f"{asked.base}/WebTicket/oauthtoken", pool.grants, pool.trusted_issuers)
    return page(asked, 401, *write_challenge(challenge), *lines)
