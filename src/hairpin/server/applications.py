"""UCWA itself: applications are made, read and ended (`docs/protocol.md` 6.2, 6.3).

An application belongs to one user at one web site of a pool, and answers nobody else: for others it does
not exist.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from hairpin.deployment.model import Deployment, Pool
from hairpin.server.answers import answer
from hairpin.server.application import Application
from hairpin.server.asked import Asked
from hairpin.server.batch import batch
from hairpin.server.events import Channel
from hairpin.server.hold import Hold
from hairpin.server.representation import BadInput, error, method_inputs, read_input, resource
from hairpin.wire.message import Response
from hairpin.wire.ticket import Ticket

MOST_PER_USER = 20
MOST_INSTANCES = 20
# An application that nobody used for so long is forgotten; the true numbers are not known (6.3).
IDLE_SECONDS = 3600
# Resources are as in this revision or an older one; from it on, the tabs of a browser share an application.
NEWEST_REVISION = 2

_PATH = re.compile(
    r"/ucwa/(?P<tree>(?:oauth/)?v1)/(?P<what>applications|anonapplications)(?:/(?P<id>[^/]+)(?:/(?P<rest>.+))?)?"
)
_IDENTITY = {"culture": "culture", "endpointid": "endpointId", "useragent": "userAgent"}
_INPUTS = {**_IDENTITY, "instanceid": "instanceId"}
_LONGEST = 100

Key = tuple[str, str, str, str]


class Applications:
    """Every running application; ``photo_cookie`` makes the ticket of the ``cwt_ucwa`` cookie (4.7)."""

    def __init__(
        self,
        deployment: Deployment,
        new_id: Callable[[], str],
        photo_cookie: Callable[[Pool, Ticket], str],
    ) -> None:
        self._deployment = deployment
        self._new_id = new_id
        self._photo_cookie = photo_cookie
        self._running: dict[Key, Application] = {}

    def answer(self, asked: Asked, ticket: Ticket) -> Response | Hold:
        """What any path under ``/ucwa`` says to the holder of a valid ticket."""
        if _wanted_revision(asked) > NEWEST_REVISION:
            return error(asked, 404, "APIVersionNotSupported", "There is no such revision of this resource.")
        found = _PATH.fullmatch(asked.path)
        if found is None:
            return error(asked, 404, "None", "There is no such resource.")
        if found["id"] is None:
            if asked.method == "OPTIONS":
                return method_inputs(asked, "POST", _INPUTS.values())
            if asked.method != "POST":
                return _wrong_method(asked)
            return self._create(
                asked, ticket, found["tree"], is_anonymous_path=found["what"] != "applications"
            )
        key = _key(asked, ticket, found["id"])
        running = self._running.get(key) if found["what"] == "applications" else None
        if running is None:
            return _not_found(asked)
        here = f"/ucwa/{found['tree']}/applications/{running.id}"
        self._touch(key, asked.now)
        if found["rest"] is None and asked.method == "DELETE":
            return self._delete(key, asked)
        if found["rest"] == "batch" and asked.method == "POST":
            return batch(asked, lambda inner: self.answer(inner, ticket), _guid(self._new_id()))
        return _resource_of(asked, running, here, found["rest"] or "")

    def _create(self, asked: Asked, ticket: Ticket, tree: str, *, is_anonymous_path: bool) -> Response:
        try:
            told = read_input(asked)
        except BadInput as bad:
            return error(asked, bad.status, bad.subcode, "The body of the request cannot be read.")
        has_instances = "instanceid" in told and _wanted_revision(asked) >= NEWEST_REVISION
        passed_over = {"endpointid"} if is_anonymous_path else set()
        passed_over |= set() if has_instances else {"instanceid"}
        values = {name: told.get(name, "") for name in _INPUTS}
        wrong = {
            _INPUTS[name]: f"needs 1 to {_LONGEST} printable characters"
            for name in _INPUTS
            if name not in passed_over and not _is_sound(values[name])
        }
        if wrong:
            return error(asked, 400, "ParameterValidationFailure", "Some inputs are missing or wrong.", wrong)
        running = self._same_or_new(asked, ticket, {name: str(values[name]) for name in _IDENTITY})
        instance = str(values["instanceid"]) if has_instances else ""
        is_known = has_instances and instance in running.channels
        here = f"/ucwa/{tree}/applications/{running.id}"
        cookie = self._photo_cookie(asked.site.pool, ticket)
        return resource(
            asked,
            200 if is_known else 201,
            "application",
            running.document(here, self._channel(asked, running, instance)),
            ("P3P", 'CP="IDC CUR ADMa OUR BUS"'),
            ("Set-Cookie", f"cwt_ucwa={cookie}; path={here}/photos; secure; HttpOnly"),
        )

    def _same_or_new(self, asked: Asked, ticket: Ticket, values: dict[str, str]) -> Application:
        """Culture, endpoint and user agent are what makes it the same application."""
        self._forget_idle(asked.now)
        prefix = _key(asked, ticket, "")[:3]
        own = [(key, one) for key, one in self._running.items() if key[:3] == prefix]
        for key, one in own:
            if (one.culture, one.endpoint_id, one.user_agent) == tuple(values.values()):
                self._touch(key, asked.now)
                return one
        if len(own) >= MOST_PER_USER:
            self._end(own[0][0], asked)
        user = self._deployment.user_named(ticket.subject)
        running = Application(
            id=str(10**11 + int(self._new_id(), 16) % (9 * 10**11)),
            address=ticket.subject,
            name=(user.name if user else "") or ticket.subject.partition("@")[0],
            culture=values["culture"],
            endpoint_id=values["endpointid"],
            user_agent=values["useragent"],
            is_guest=bool(ticket.meeting),
            guid=_guid(self._new_id()),
            used=asked.now,
        )
        self._running[_key(asked, ticket, running.id)] = running
        return running

    def _channel(self, asked: Asked, running: Application, instance: str) -> Channel:
        """The channel of an instance, which is made where there is none."""
        channels = running.channels
        if instance not in channels:
            if len(channels) >= MOST_INSTANCES:
                channels.pop(next(iter(channels))).end(_not_found(asked))
            channels[instance] = Channel(instance)
        return channels[instance]

    def _delete(self, key: Key, asked: Asked) -> Response:
        """The application, or only the channel of the instance that is named when there are others."""
        channels, instance = self._running[key].channels, asked.parameter("instanceid")
        if instance is not None and instance not in channels:
            return _not_found(asked)
        if instance is None or len(channels) == 1:
            self._end(key, asked)
        else:
            channels.pop(instance).end(_not_found(asked))
        return answer(asked, 204)

    def _touch(self, key: Key, now: float) -> None:
        """Used just now, so the last to be forgotten."""
        running = self._running.pop(key)
        running.used = now
        self._running[key] = running

    def _forget_idle(self, now: float) -> None:
        """Those used least recently stand first."""
        while self._running and next(iter(self._running.values())).used < now - IDLE_SECONDS:
            self._running.pop(next(iter(self._running)))

    def _end(self, key: Key, asked: Asked) -> None:
        for channel in self._running.pop(key).channels.values():
            channel.end(_not_found(asked))


def _wanted_revision(asked: Asked) -> float:
    """The oldest revision the client can do with (6.4); what is no number wants nothing."""
    try:
        return float(asked.header("x-ms-requiresminresourceversion") or 1)
    except ValueError:
        return 1.0


def _key(asked: Asked, ticket: Ticket, id: str) -> Key:
    """Both web sites of a pool run UCWA of their own (5.5)."""
    return asked.site.pool.name, asked.site.side, ticket.subject, id


def _guid(id: str) -> str:
    digits = id.zfill(32)[-32:]
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _is_sound(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= len(value) <= _LONGEST and value.isprintable()


def _resource_of(asked: Asked, running: Application, here: str, path: str) -> Response | Hold:
    """What an application says at a path below it."""
    channel = running.channel_of(asked.parameter("instanceid"))
    parts = {rel.lower(): (rel, content) for rel, content in running.parts(here).items()}
    match asked.method, path:
        case "GET", "" if channel:
            return resource(asked, 200, "application", running.document(here, channel))
        case "GET", "events" if channel:
            return channel.ask(asked, f"{here}/events")
        case "GET", "" | "events":
            return _not_found(asked)
        case "POST", "me/makemeavailable":
            return _make_available(asked, running, here)
        case "POST", "me/reportmyactivity":
            return _report_activity(asked, running)
        case "GET", part if part in parts:
            rel, content = parts[part]
            return resource(asked, 200, rel, content)
        case _, "" | "batch" | "events" | "me/makemeavailable" | "me/reportmyactivity":
            return _wrong_method(asked)
        case _, part if part in parts:
            return _wrong_method(asked)
    return error(asked, 404, "None", "There is no such resource.")


def _make_available(asked: Asked, running: Application, here: str) -> Response:
    try:
        read_input(asked)
    except BadInput as bad:
        return error(asked, bad.status, bad.subcode, "The body of the request cannot be read.")
    if running.is_guest:
        return error(asked, 403, "AnonymousNotAllowed", "A guest has no presence to publish.")
    if running.is_available:
        return error(asked, 409, "AlreadyExists", "Presence is published already.")
    running.make_available(here)
    return answer(asked, 204)


def _report_activity(asked: Asked, running: Application) -> Response:
    if running.is_guest:
        return error(asked, 403, "AnonymousNotAllowed", "A guest has no presence to keep up.")
    if not running.is_available:
        return error(asked, 409, "MakeMeAvailableRequired", "Presence is not published yet.")
    return answer(asked, 204)


def _not_found(asked: Asked) -> Response:
    return error(asked, 404, "ApplicationNotFound", "There is no such application, or no longer.")


def _wrong_method(asked: Asked) -> Response:
    return error(asked, 405, "None", "This resource does not answer to this method.")
