"""The web ticket service: credentials in, a ticket out (`docs/protocol.md` 3).

Everything that is not a granted token request is an OAuth error: 400, JSON, never cached. So is a CORS
preflight, which this service takes for a token request that forgot its grant: 400 with 28020, which is how
the original case ends.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import replace

from hairpin.deployment.model import Deployment, Meeting, Pool, User
from hairpin.server.answers import NO_STORE, Refusal, answer, challenged, diagnostics, refused
from hairpin.server.asked import Asked
from hairpin.server.windows import Handshake, invited, proceed
from hairpin.wire import challenge
from hairpin.wire.diagnostics import (
    GRANT_NOT_ALLOWED,
    NO_TOKEN,
    NOT_SIP_ENABLED,
    TICKET_EXPIRED,
    TICKET_INVALID,
)
from hairpin.wire.message import Headers, Response
from hairpin.wire.oauth import TicketForm, read_conference, read_form, write_error, write_ticket
from hairpin.wire.ticket import PREFIX, ExpiredTicket, InvalidTicket, Ticket, TicketRefused, seal, unseal

_FAILED = "wsse:FailedAuthentication"


class TicketService:
    """Makes and checks the tickets of every pool.

    ``keys`` are by pool name, ``passwords`` by SIP address in lower case; ``new_id`` gives fresh, unguessable
    hexadecimal digits. ``begin_login`` begins the handshake of a Windows login; without it there are none.
    """

    def __init__(
        self,
        deployment: Deployment,
        keys: Mapping[str, bytes],
        passwords: Mapping[str, str],
        new_id: Callable[[], str],
        begin_login: Callable[[], Handshake] | None = None,
    ) -> None:
        self._deployment = deployment
        self._keys = keys
        self._passwords = passwords
        self._new_id = new_id
        self._begin_login = begin_login

    def answer(self, asked: Asked) -> Response:
        """What ``/WebTicket/oauthtoken`` says; always in JSON, whatever ``Accept`` asks for (3.1)."""
        if challenge.WINDOWS not in _grants(asked):
            return self._granted(asked)
        # A client may log in with an empty body, before it sends the form: the handshake goes first.
        lines = proceed(asked, self._begin_login)
        response = self._granted(asked)
        return replace(response, headers=Headers((*response.headers, *lines)))

    def _granted(self, asked: Asked) -> Response:
        form = read_form(asked.request.body) if asked.method == "POST" else None
        if form is None or form.grant is None:
            return _error(asked, "invalid_request")
        if form.grant not in _grants(asked):
            return _error(asked, "unsupported_grant_type", GRANT_NOT_ALLOWED)
        if form.scope not in {None, "", "all"}:
            return _error(asked, "invalid_scope")
        match form.grant:
            case challenge.PASSWORD:
                return self._to_user(asked, form)
            case challenge.ANONYMOUS:
                return self._to_guest(asked, form)
            case challenge.WINDOWS:
                return self._to_login(asked)
            case challenge.PASSIVE:
                return _error(asked, "invalid_grant", passive=f"{asked.base}/PassiveAuth/PassiveAuth.aspx")
            case _:
                return _error(asked, "unsupported_grant_type", GRANT_NOT_ALLOWED)

    def holder(self, asked: Asked) -> Ticket:
        """The ticket that came with a request. Raises Refusal for a missing or bad one (1.9)."""
        scheme, _, text = (asked.header("authorization") or "").strip().partition(" ")
        if scheme.lower() != "bearer" or not text.strip():
            raise Refusal(challenged(asked))
        pool = asked.site.pool
        try:
            return unseal(text.strip(), pool.name, self._keys[pool.name], asked.now)
        except ExpiredTicket:
            raise Refusal(challenged(asked, diagnostics(asked, TICKET_EXPIRED))) from None
        except InvalidTicket:
            raise Refusal(self._foreign(asked)) from None

    def photo_cookie(self, pool: Pool, ticket: Ticket) -> str:
        """A ticket that opens nothing but the photos of an application (4.7), without ``cwt=``."""
        nonce = self._new_id().encode()
        return seal(ticket, f"{pool.name}/photos", self._keys[pool.name], nonce).removeprefix(PREFIX)

    def _foreign(self, asked: Asked) -> Response:
        """A ticket this pool did not make: 28032, at a status that sources disagree about."""
        status = self._deployment.settings.wrong_pool_status
        if status == 401:
            return challenged(asked, diagnostics(asked, TICKET_INVALID))
        return refused(asked, TICKET_INVALID, status=status)

    def _to_user(self, asked: Asked, form: TicketForm) -> Response:
        if not form.username or form.password is None:
            return _error(asked, "invalid_request")
        user = self._deployment.user_named(form.username)
        if user is None or not self._knows(user, form.password):
            return _error(asked, "invalid_grant")
        return self._issue_to(asked, user)

    def _to_login(self, asked: Asked) -> Response:
        """The user whose login the connection carries, whether this request made it or an earlier one."""
        logon = asked.login.logon if asked.login is not None else ""
        if not logon:
            return invited(asked)
        return self._issue_to(asked, self._deployment.user_named(logon))

    def _issue_to(self, asked: Asked, user: User | None) -> Response:
        if user is None or not user.enabled:
            return refused(asked, NOT_SIP_ENABLED, faultcode=_FAILED)
        return self._issue(asked, user.address, "", self._deployment.settings.ticket_seconds)

    def _knows(self, user: User, password: str) -> bool:
        known = self._passwords.get(user.address)
        return known is not None and hmac.compare_digest(known.encode(), password.encode())

    def _to_guest(self, asked: Asked, form: TicketForm) -> Response:
        """An anonymous guest of a meeting; a renewal keeps the guest's identity (3.5)."""
        named = read_conference(form.conference) if form.conference else None
        if form.conference is None or named is None or form.password is None:
            return _error(asked, "invalid_request")
        meeting = self._meeting(*named)
        if meeting is None or not _opens(meeting, form.password):
            return _error(asked, "invalid_grant")
        subject = f"{int(self._new_id(), 16) % 10**10}@anonymous.invalid"
        if form.renew:
            pool = asked.site.pool
            try:
                before = unseal(form.renew, pool.name, self._keys[pool.name], asked.now)
            except TicketRefused:
                return _error(asked, "invalid_grant")
            if read_conference(before.meeting) != named:
                return _error(asked, "invalid_grant")
            subject = before.subject
        return self._issue(
            asked, subject, form.conference, self._deployment.settings.anonymous_ticket_seconds
        )

    def _meeting(self, organizer: str, conference: str) -> Meeting | None:
        return next(
            (
                meeting
                for meeting in self._deployment.meeting
                if meeting.organizer.lower().removeprefix("sip:") == organizer and meeting.id == conference
            ),
            None,
        )

    def _issue(self, asked: Asked, subject: str, meeting: str, longest: int) -> Response:
        """A ticket of this pool, which lives a little less than the round number, as real ones do (3.2)."""
        nonce = self._new_id()
        seconds = longest - int(nonce, 16) % (longest // 20 + 1)
        ticket = Ticket(subject, int(asked.now) + seconds, meeting)
        pool = asked.site.pool
        sealed = seal(ticket, pool.name, self._keys[pool.name], nonce.encode())
        return answer(asked, 200, write_ticket(sealed, seconds), "application/json", caching=NO_STORE)


def _grants(asked: Asked) -> set[str]:
    return {grant.lower() for grant in asked.site.pool.grants}


def _opens(meeting: Meeting, key: str) -> bool:
    return hmac.compare_digest((meeting.key or meeting.id).encode(), key.encode())


def _error(asked: Asked, error: str, id: int = NO_TOKEN, passive: str | None = None) -> Response:
    return answer(
        asked,
        400,
        write_error(error, passive),
        "application/json;charset=UTF-8",
        diagnostics(asked, id),
        caching=NO_STORE,
    )
