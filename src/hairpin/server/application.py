"""One running application of a user, and the resource that describes it (`docs/protocol.md` 6.2)."""

from __future__ import annotations

from dataclasses import dataclass, field

from hairpin.server.events import Channel, Sender, instance_query

Document = dict[str, object]

_PEOPLE = {
    "presenceSubscriptions": "presenceSubscriptions",
    "subscribedContacts": "subscribedContacts",
    "presenceSubscriptionMemberships": "presenceSubscriptionMemberships",
    "myGroups": "groups",
    "myGroupMemberships": "groupMemberships",
    "myContacts": "contacts",
    "myPrivacyRelationships": "privacyRelationships",
    "myContactsAndGroupsSubscription": "contactsAndGroupsSubscription",
    "search": "search",
}
_MEETINGS = {
    "myOnlineMeetings": "myOnlineMeetings",
    "onlineMeetingDefaultValues": "defaultValues",
    "onlineMeetingEligibleValues": "eligibleValues",
    "onlineMeetingInvitationCustomization": "customInvitation",
    "onlineMeetingPolicies": "policies",
    "phoneDialInInformation": "phoneDialInInformation",
}
_COMMUNICATION = {
    "conversations": "conversations?filter=active",
    "startMessaging": "messagingInvitations",
    "startOnlineMeeting": "onlineMeetingInvitations?onlineMeetingUri=adhoc",
    "joinOnlineMeeting": "onlineMeetingInvitations",
}


@dataclass(slots=True)
class Application:
    """``address`` is the owner's SIP address without ``sip:``; ``guid`` names what a PUT must return.

    ``channels`` are by instance: the tabs of a browser share an application, and each has its own events.
    """

    id: str
    address: str
    name: str
    culture: str
    user_agent: str
    endpoint_id: str
    is_guest: bool
    guid: str
    used: float
    is_available: bool = False
    channels: dict[str, Channel] = field(default_factory=dict)

    def channel_of(self, instance: str | None) -> Channel | None:
        """The channel of an instance; where none is named, that of no instance or else the oldest."""
        if instance is None:
            return self.channels.get("") or next(iter(self.channels.values()))
        return self.channels.get(instance)

    def document(self, here: str, channel: Channel) -> Document:
        """The application at path ``here`` with what a client needs first embedded; without ``rel``."""
        instance = channel.instance
        return {
            "culture": self.culture,
            "userAgent": self.user_agent,
            **({"type": "Browser", "instanceId": instance} if instance else {}),
            "_links": {
                **_links(here, {"policies": "policies", "batch": "batch"}),
                "self": {"href": here + instance_query(instance, "?")},
                "events": {"href": channel.href(f"{here}/events")},
            },
            "_embedded": self.parts(here),
        }

    def parts(self, here: str) -> dict[str, Document]:
        """The embedded resources by relation, which is also their path under ``here``."""
        return {
            "me": self._me(f"{here}/me", here),
            "people": {"_links": _links(f"{here}/people", _PEOPLE), "rel": "people"},
            "onlineMeetings": {
                "_links": _links(f"{here}/onlineMeetings", _MEETINGS),
                "rel": "onlineMeetings",
            },
            "communication": {
                self.guid: "please pass this in a PUT request",
                "supportedModalities": ["Messaging"] if self.is_available else [],
                "supportedMessageFormats": ["Plain"],
                "_links": _links(f"{here}/communication", _COMMUNICATION),
                "rel": "communication",
                "etag": str(int(self.guid[:8], 16)),
            },
        }

    def _me(self, me: str, here: str) -> Document:
        if self.is_guest:
            return {"uri": f"sip:{self.address}", "_links": _links(me, {}), "rel": "me"}
        presence = ("presence", "note", "location", "reportMyActivity")
        names = presence if self.is_available else ("makeMeAvailable",)
        links = _links(me, {name: name for name in (*names, "callForwardingSettings", "phones")})
        links["photo"] = {"href": f"{here}/photos/{self.address}"}
        return {"name": self.name, "uri": f"sip:{self.address}", "_links": links, "rel": "me"}

    def make_available(self, here: str) -> None:
        """Publish presence, and tell the event channel (6.6)."""
        self.is_available = True
        me, communication = f"{here}/me", f"{here}/communication"
        senders = (
            Sender("communication", communication, (("updated", "communication", communication),)),
            Sender(
                "me",
                me,
                (
                    ("updated", "me", me),
                    ("added", "presence", f"{me}/presence"),
                    ("added", "note", f"{me}/note"),
                    ("added", "location", f"{me}/location"),
                ),
            ),
        )
        for channel in self.channels.values():
            channel.tell(*senders)


def _links(here: str, names: dict[str, str]) -> dict[str, dict[str, str]]:
    """``self`` and the named paths under it."""
    return {"self": {"href": here}, **{rel: {"href": f"{here}/{path}"} for rel, path in names.items()}}
