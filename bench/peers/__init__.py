"""Other people's proxies, each set up as its documentation allows to do what the gateway does.

One file per peer: ``configure`` writes its files into a folder and returns the command that starts it; ``missing``
says what is not installed. All have one pool under the path ``/director``, listen with TLS, speak TLS to the
upstream and verify its certificate, and use one core.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

EXTERNAL = "webdir.nnylync.info"
INTERNAL = "director.nny.local"


@dataclass(frozen=True)
class Setup:
    """What a peer is given: a folder of its own, its port, the upstream's port, and PEM files.

    The upstream is ``webdir.nnylync.info``; links name it or ``director.nny.local`` and are to lead to `base`.
    ``tls`` is false where clients come without TLS, ``upstream_tls`` where the upstream has none.
    """

    folder: Path
    port: int
    upstream: int
    certificate: Path
    key: Path
    ca: Path
    tls: bool = True
    upstream_tls: bool = True

    @property
    def public(self) -> str:
        return f"{'https' if self.tls else 'http'}://localhost:{self.port}"

    @property
    def base(self) -> str:
        return f"{self.public}/director"

    @property
    def inner(self) -> str:
        return f"{'https' if self.upstream_tls else 'http'}://127.0.0.1:{self.upstream}"

    def write(self, name: str, text: str) -> str:
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / name
        path.write_text(text)
        return str(path)
