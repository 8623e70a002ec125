"""The sign-in client as a state machine: what to ask next, given what was answered.

The machine is the table ``NEXT``: in a state, an answer of a kind leads to a state. Each state has one
request. Three kinds of client walk it: a page that uses the frame, a page that calls the servers directly,
and a script outside any browser. The flow is `docs/protocol.md` 0.3; the order of the entry points 1.1;
what happens on a host change 1.9.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum

from hairpin.signin.journey import Outcome
from hairpin.signin.steps import (
    Answer,
    Challenged,
    Created,
    Links,
    Page,
    Redirected,
    Refused,
    Silent,
    Ticketed,
    read_answer,
)
from hairpin.signin.trust import may_follow
from hairpin.signin.wish import Anonymous, Password, Transport, Wish, entry_points, frame_of_root
from hairpin.wire.challenge import ANONYMOUS, PASSWORD
from hairpin.wire.diagnostics import NEW_TICKET_NEEDED
from hairpin.wire.exchange import Reply
from hairpin.wire.message import Headers, Request
from hairpin.wire.oauth import FORM, ticket_form
from hairpin.wire.origin import maybe_origin, origin_of

MOST_REDIRECTS = 10


class State(StrEnum):
    """Where the sign-in stands; the name is of the request to be made."""

    DISCOVER = "discover"
    USER = "user"
    TICKET = "ticket"
    HOME = "home"
    PROBE = "probe"
    HOME_TICKET = "home-ticket"
    CREATE = "create"
    SIGNED_IN = "signed-in"
    FAILED = "failed"


NEXT: dict[State, dict[type[Answer], State]] = {
    State.DISCOVER: {Links: State.USER, Redirected: State.DISCOVER},
    State.USER: {Challenged: State.TICKET, Links: State.CREATE, Redirected: State.DISCOVER},
    State.TICKET: {Ticketed: State.HOME},
    State.HOME: {Links: State.CREATE, Redirected: State.DISCOVER},
    State.PROBE: {Challenged: State.HOME_TICKET, Refused: State.HOME_TICKET, Links: State.CREATE},
    State.HOME_TICKET: {Ticketed: State.CREATE},
    State.CREATE: {Created: State.SIGNED_IN},
}
ENDED = frozenset({State.SIGNED_IN, State.FAILED})


@dataclass(frozen=True, slots=True)
class LoadFrame:
    """Show this URL in the frame; from then on the frame's script asks."""

    url: str


@dataclass(frozen=True, slots=True)
class Send:
    """Send this request: from the frame at ``document``, from the page, or from no browser (None)."""

    request: Request
    document: str | None


Ask = LoadFrame | Send


class SignIn:
    """One sign-in. Call ``ask`` for what to do, ``answered`` with its outcome, until ``state`` is in
    ENDED.
    """

    def __init__(self, wish: Wish) -> None:
        self.wish = wish
        self.state = State.DISCOVER
        self.stuck_at: State | None = None
        self.why = ""
        self.application: str | None = None
        self.ticket: str | None = None
        self._entries = list(wish.roots or entry_points(wish))
        self._root = self._entries.pop(0)
        self._frame: str | None = None
        self._wanted_frame: str | None = frame_of_root(self._root)
        self._user = self._token = self._applications = ""
        self._redirects = 0
        self._asked_again = False
        self._asked: Ask | None = None

    @property
    def outcome(self) -> Outcome:
        ended = {State.SIGNED_IN: Outcome.SIGNED_IN, State.FAILED: Outcome.FAILED}
        return ended.get(self.state, Outcome.UNFINISHED)

    def ask(self) -> Ask:
        """The next thing to do; the same until it is answered. Raises ValueError once the sign-in has
        ended.
        """
        if self.state in ENDED:
            raise ValueError(f"the sign-in has ended: {self.state}")
        if self._asked is None:
            self._asked = self._next_ask()
        return self._asked

    def answered(self, reply: Reply) -> None:
        """Take the reply to the last ask and move on."""
        asked, self._asked = self.ask(), None
        request = Request("GET", asked.url) if isinstance(asked, LoadFrame) else asked.request
        answer = read_answer(request, reply.response, reply.failure)
        if isinstance(asked, LoadFrame):
            self._frame_loaded(asked, answer)
            return
        self._keep(request.url, answer)
        if self.state in ENDED:
            return
        following = NEXT[self.state].get(type(answer))
        if following is None and self._needs_own_ticket(answer):
            self._asked_again = True
            following = State.PROBE
        if following is None:
            self._give_up(answer)
            return
        if following is State.CREATE and self.state in {State.USER, State.HOME} and self._moved(request.url):
            following = State.PROBE
        self.state = following

    def _next_ask(self) -> Ask:
        transport = self.wish.client.transport
        if transport is Transport.FRAME and self._wanted_frame and self._wanted_frame != self._frame:
            return LoadFrame(self._wanted_frame)
        request = self._request()
        if transport is Transport.FRAME:
            return Send(request, self._frame)
        page = self.wish.page
        return Send(request, f"{page}/" if transport is Transport.XHR and page else None)

    def _request(self) -> Request:
        match self.state:
            case State.DISCOVER:
                return self._get(self._root)
            case State.USER:
                return self._get(self._user)
            case State.HOME:
                return self._get(self._user, ticket=self.ticket)
            case State.PROBE:
                return self._get(self._applications)
            case State.TICKET | State.HOME_TICKET:
                return self._post(self._token, FORM, self._form())
            case _:
                return self._post(
                    self._applications, "application/json", self._application(), ticket=self.ticket
                )

    def _get(self, url: str, ticket: str | None = None) -> Request:
        return Request("GET", url, self._headers(ticket))

    def _post(self, url: str, content_type: str, body: bytes, ticket: str | None = None) -> Request:
        return Request(
            "POST", url, Headers.of([*self._headers(ticket), ("Content-Type", content_type)]), body
        )

    def _headers(self, ticket: str | None) -> Headers:
        lines = [("Accept", "application/json")]
        if ticket is not None:
            lines.append(("Authorization", f"Bearer {ticket}"))
        if self.wish.client.transport is Transport.FRAME and self.wish.page is not None:
            lines.append(("X-Ms-Origin", str(self.wish.page)))
        return Headers.of(lines)

    def _form(self) -> bytes:
        match self.wish.credentials:
            case Password(username, password):
                return ticket_form(PASSWORD, username=username, password=password)
            case Anonymous(uri, key):
                return ticket_form(ANONYMOUS, password=key, conference=uri)

    def _application(self) -> bytes:
        wish = self.wish
        body = {"UserAgent": wish.user_agent, "EndpointId": wish.endpoint_id, "Culture": wish.culture}
        return json.dumps(body, separators=(",", ":")).encode()

    def _keep(self, url: str, answer: Answer) -> None:
        """Remember what an answer handed out."""
        match answer:
            case Links():
                self._keep_links(answer)
            case Redirected(href):
                self._follow(url, href)
            case Challenged(challenge) if (
                challenge is not None and challenge.href and maybe_origin(challenge.href)
            ):
                self._token = challenge.href
            case Challenged() | Refused() if self.state is State.PROBE:
                self._token = f"{origin_of(self._applications)}/WebTicket/oauthtoken"
            case Challenged() if self.state is State.USER:
                self._fail("the 401 carries no MsRtcOAuth challenge")
            case Ticketed(ticket):
                self.ticket = ticket
            case Created(href):
                self.application = href
            case _:
                pass

    def _keep_links(self, answer: Links) -> None:
        wanted = {State.DISCOVER: "user", State.USER: "applications", State.HOME: "applications"}.get(
            self.state
        )
        href = answer.get(wanted) if wanted else None
        if wanted and (href is None or maybe_origin(href) is None):
            self._fail(f"the answer has no {wanted} link")
            return
        if wanted == "user":
            self._user = href or ""
        elif wanted == "applications":
            self._applications = href or ""
        if (frame := answer.get("xframe")) and maybe_origin(frame):
            self._wanted_frame = frame

    def _follow(self, url: str, href: str) -> None:
        self._redirects += 1
        if self._redirects > MOST_REDIRECTS:
            self._fail(f"more than {MOST_REDIRECTS} redirects")
        elif not may_follow(url, href, self.wish.sip_domain, self.wish.approved):
            self._fail(f"the redirect from {url} to {href} is not trusted")
        else:
            self._root = href
            self._wanted_frame = frame_of_root(href)
            self.ticket = None

    def _moved(self, asked: str) -> bool:
        """Whether a careful client needs a ticket of its own where the applications link leads (1.9)."""
        return self.wish.client.reticket and maybe_origin(self._applications) != maybe_origin(asked)

    def _needs_own_ticket(self, answer: Answer) -> bool:
        """The application was refused for its ticket: where no host changed, only that tells (1.9)."""
        if self.state is not State.CREATE or not self.wish.client.reticket or self._asked_again:
            return False
        told = answer.diagnostics if isinstance(answer, Refused) else None
        return isinstance(answer, Challenged) or (told is not None and told.id in NEW_TICKET_NEEDED)

    def _frame_loaded(self, asked: LoadFrame, answer: Answer) -> None:
        if isinstance(answer, Page):
            self._frame = asked.url
        else:
            self._give_up(answer)

    def _give_up(self, answer: Answer) -> None:
        if self.state is State.DISCOVER and self._entries and self._redirects == 0:
            self._root = self._entries.pop(0)
            self._wanted_frame = frame_of_root(self._root)
            return
        match answer:
            case Silent(failure):
                self._fail(str(failure))
            case Refused(status, diagnostics):
                self._fail(f"{status} {diagnostics}" if diagnostics else str(status))
            case Challenged():
                self._fail("401")
            case _:
                self._fail(f"an answer without meaning here: {type(answer).__name__}")

    def _fail(self, why: str) -> None:
        self.stuck_at, self.state, self.why = self.state, State.FAILED, why
