"""What a pool's web sites answer: discovery, challenge, tickets, the frame, applications.

`farm` is the way in and sends each path to the file that knows it; `proxy` is what the reverse proxy says
itself. Time and ids are passed in.
"""

from hairpin.server.farm import Farm
from hairpin.server.hold import Hold
from hairpin.server.proxy import unpublished
from hairpin.server.windows import Handshake, Login, LoginRefused

__all__ = ["Farm", "Handshake", "Hold", "Login", "LoginRefused", "unpublished"]
