"""Structures of bots, tokens, invites, groups, and of what admins see."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from api.schemas.inbox import Outcome
from api.schemas.people import Person, Profile, Struct
from api.schemas.secrets import Secret


class PersonInDirectory(Profile, kw_only=True):
    """A person and their availability."""

    availability: Literal["on", "away", "dnd", "off"]


class Directory(Struct, kw_only=True):
    """A page of people, and the number of the next page or null."""

    people: list[PersonInDirectory]
    next: int | None


class DeletedMessages(Struct, kw_only=True):
    """How many messages were deleted, and how many are being deleted in the background."""

    deleted: int
    remaining: int


class Bot(Person, kw_only=True):
    is_active: bool


class Bots(Struct, kw_only=True):
    bots: list[Bot]


class Token(Struct, kw_only=True):
    """An API token. `hint`: the end of its secret."""

    id: int
    holder: Person
    name: str
    hint: str
    scopes: list[Literal["read", "write", "files", "moderate", "admin"]]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class Tokens(Struct, kw_only=True):
    tokens: list[Token]


class Invite(Struct, kw_only=True):
    """An invite link. `max_uses`: null for any number. `room`: the id of the room that people join with it."""

    id: int
    by: Person
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    uses: int
    max_uses: int | None
    room: int | None


class NewInvite(Invite, kw_only=True):
    """An invite with its link, a path."""

    url: Secret


class Invites(Struct, kw_only=True):
    """A page of invites. `next`: the value of `before` for the next page, or null."""

    invites: list[Invite]
    next: str | None


class UserGroup(Struct, kw_only=True):
    """A group that can be mentioned by its `name`. `people`: how many are in it."""

    id: int
    name: str
    title: str
    description: str
    people: int
    is_member: bool


class Groups(Struct, kw_only=True):
    """A page of groups. `next`: the value of `after` for the next page, or null."""

    groups: list[UserGroup]
    next: str | None


class Account(Person, kw_only=True):
    """An account as admins see it."""

    email: str
    is_active: bool
    suspended_until: datetime | None
    is_staff: bool
    is_superuser: bool
    joined_at: datetime
    last_seen_at: datetime | None


class Accounts(Struct, kw_only=True):
    """A page of accounts. `next`: the value of `after` for the next page, or null."""

    people: list[Account]
    next: str | None


class Connection(Struct, kw_only=True):
    """An open connection. `room`: the name of the room in view, which may be hidden."""

    id: UUID
    user_id: int
    user: str
    name: str
    address: str
    port: int | None
    browser: str
    kind: Literal["page", "terminal", "bot"]
    room: str
    since: datetime
    last_active: datetime
    messages: int
    server: str


class Connections(Struct, kw_only=True):
    """A page of connections, and counts of all that are open.

    `next`: the value of `before` for the next page, or null.
    """

    people: int
    connections: int
    found: int
    rows: list[Connection]
    next: str | None


class Named(Struct, kw_only=True):
    id: int
    name: str


class Target(Struct, kw_only=True):
    kind: str
    id: int | None
    name: str


class AuditEvent(Struct, kw_only=True):
    """An entry of the audit log. Names are those at that time."""

    id: int
    at: datetime
    kind: str
    actor: Named | None
    target: Target
    address: str
    detail: dict[str, Any]


class AuditEvents(Struct, kw_only=True):
    """A page of events. `next`: the value of `before` for the next page, or null."""

    events: list[AuditEvent]
    next: int | None


class Site(Struct, kw_only=True):
    """The site's settings. Empty ones have their defaults."""

    name: str
    registration: Literal["", "open", "invite", "closed"]
    notification_level: Literal["", "all", "mentions", "nothing"]
    bot_creation: Literal["", "everyone", "admins"]
    has_logo: bool


class ReportedMessage(Struct, kw_only=True):
    """A report in the admins' queue. `body`: the message's text, or null if it was deleted."""

    id: int
    message: int
    room: int
    seq: int
    author: Person
    body: str | None
    reporter: Person
    reason: str
    created_at: datetime
    state: Literal["open", "handled"]
    outcome: Outcome | None
    handled_by: Person | None
    handled_at: datetime | None


class Reports(Struct, kw_only=True):
    """A page of reports. `next`: the value of `after` for the next page, or null."""

    reports: list[ReportedMessage]
    next: str | None
