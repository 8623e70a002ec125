"""The frame: a page of the pool that asks on behalf of the page that embeds it (`docs/protocol.md` 4.1, 4.2).

The page itself is `xframe.html`; it needs no ticket, and nothing here may keep it from being framed.
"""

from __future__ import annotations

from importlib.resources import files

from hairpin.server.answers import answer
from hairpin.server.asked import Asked
from hairpin.wire.message import Response

PAGE = (files(__package__) / "xframe.html").read_bytes()


def frame(asked: Asked) -> Response:
    return answer(asked, 200, PAGE, "text/html; charset=utf-8")
